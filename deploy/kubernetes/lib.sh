# shellcheck shell=bash disable=SC2034,SC2154
# What the scripts of this folder share. They source it; it does nothing by itself.

readonly APP=caddy-shopping-backend
readonly JOBS=caddy-shopping-jobs
readonly MIGRATION=caddy-shopping-migrate
readonly SECRET=caddy-shopping-secrets
readonly SECRET_KEYS=(db-host db-username db-password jwt-secret redis-password)

namespace=default
context=
dry_run=false
assume_yes=false

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { warn "$1"; exit "${2:-1}"; }

# kubectl with the namespace and the context that were asked for.
k() { kubectl ${context:+--context="$context"} --namespace="$namespace" "$@"; }

# The same for what changes something; --dry-run shows it instead.
change() {
    if $dry_run; then printf 'would run: kubectl'; printf ' %q' "$@"; printf '\n'; else k "$@"; fi
}

# A question to a person. Without a terminal nobody is asked: the answer is yes.
confirm() {
    if $assume_yes || $dry_run || [ ! -t 0 ]; then return 0; fi
    local answer
    read -r -p "$1 [y/N] " answer
    [[ $answer =~ ^[yY]$ ]] || die "stopped; nothing was changed" 1
}

need_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null 2>&1 || die "'$tool' is not installed, or not on the PATH" 69
    done
}

need_cluster() {
    k version >/dev/null 2>&1 || die "no cluster answers; look at: kubectl config current-context" 69
}

# Options that all scripts take; sets `taken` to how many words it used, 0 where the option is not one of them.
common_option() {
    taken=0
    case "$1" in
        -n|--namespace) [ $# -ge 2 ] || die "$1 needs a value" 64; namespace=$2; taken=2 ;;
        --context) [ $# -ge 2 ] || die "$1 needs a value" 64; context=$2; taken=2 ;;
        --dry-run) dry_run=true; taken=1 ;;
        -y|--yes) assume_yes=true; taken=1 ;;
    esac
}

# A number of templates/numbers.yaml that has its name to itself.
number() { sed -nE "s/^ *$1: *\"?([^\" #]+).*/\1/p" "$here/templates/numbers.yaml" | head -1; }

# The Deployment $1 as it lives, as the Deployment $2 with the image $3 (its own where that is empty), to be applied: so a sibling runs
# what the one that serves runs, whatever overlay made it. Left out is what the cluster adds, and the number of pods where it belongs to
# an autoscaler: whoever applies a field owns it, and takes it away by not naming it the next time.
version_of() {
    k get deployment "$1" -o json --show-managed-fields | jq --arg from "$1" --arg to "$2" --arg image "$3" '
        def is_said_by_us: any(.metadata.managedFields[]?; .manager == "caddy-deploy" and .fieldsV1["f:spec"]["f:replicas"] != null);
        def by_people: with_entries(select(.key | test("^deployment.kubernetes.io/|last-applied-configuration$") | not));
        is_said_by_us as $keeps_replicas
        | {apiVersion, kind, spec, metadata: {name: $to, labels: .metadata.labels, annotations: (.metadata.annotations // {} | by_people)}}
        | walk(if type == "object" and .app? == $from then .app = $to else . end)
        | if .metadata.labels["app.kubernetes.io/instance"] == $from then .metadata.labels["app.kubernetes.io/instance"] = $to else . end
        | if $keeps_replicas then . else del(.spec.replicas) end
        | del(.spec.template.metadata.creationTimestamp)
        | if $image == "" then . else
            (.spec.template.spec | .containers[], .initContainers[]?) |= if .name == "backend" or .name == "migrate" then .image = $image else . end
          end'
}

# Makes a version of a Deployment what lives: apply_version FROM TO IMAGE MANAGER
apply_version() {
    if $dry_run; then printf 'would apply: Deployment %s with %s, otherwise as %s is\n' "$2" "$3" "$1"; return; fi
    version_of "$1" "$2" "$3" | k apply --server-side --field-manager="$4" -f -
}

# The image of a Deployment's program.
image_of() { k get "deployment/$1" -o 'jsonpath={.spec.template.spec.containers[?(@.name=="backend")].image}'; }

# Where jobs have pods of their own, they follow those that serve.
take_jobs_along() {
    if k get "deployment/$JOBS" >/dev/null 2>&1; then
        apply_version "$JOBS" "$JOBS" "$1" caddy-deploy
        change rollout status "deployment/$JOBS" --timeout=300s || die "$JOBS does not run $1; the version that serves does" 1
    fi
}

# Takes the finished Job that changes the schema away: a Job cannot be changed, and the next version brings one of its own.
forget_migration() {
    local ended
    [ -n "$(k get "job/$MIGRATION" -o name --ignore-not-found)" ] || return 0
    ended=$(k get "job/$MIGRATION" -o 'jsonpath={.status.conditions[?(@.status=="True")].type}')
    case "$ended" in
        *Complete*|*Failed*) ;;
        *) warn "the Job $MIGRATION still changes the schema; wait for it: kubectl -n $namespace logs -f job/$MIGRATION"
           die "if it cannot begin (a wrong image): kubectl -n $namespace delete job $MIGRATION" 1 ;;
    esac
    change delete "job/$MIGRATION" --ignore-not-found --wait=true --timeout=60s
}

# Where pods wait for the schema rather than change it: the same Job once more, with the image $1. Where it is long gone, it is made of what
# waits for it.
migrate_to() {
    local image=$1 from job
    [ "$(k get "deployment/$APP" -o 'jsonpath={.spec.template.spec.initContainers[?(@.name=="migrate")].args[0]}')" = check ] || return 0
    if $dry_run; then printf 'would run: Job %s with %s\n' "$MIGRATION" "$image"; return; fi
    from=deployment/$APP
    if k get "job/$MIGRATION" >/dev/null 2>&1; then from=job/$MIGRATION; fi
    job=$(k get "$from" -o json | jq --arg name "$MIGRATION" --arg image "$image" '
        def of_deployment: .spec.template.spec | .containers = [.initContainers[] | select(.name == "migrate") | .args = ["migrate"] + .args[2:]] |
            del(.initContainers, .affinity, .topologySpreadConstraints) | .restartPolicy = "OnFailure";
        (if .kind == "Job" then .spec.template.spec else of_deployment end) as $pod
        | (if .kind == "Job" then .metadata.labels else .metadata.labels + {app: $name, "app.kubernetes.io/component": "migration"} end) as $labels
        | {apiVersion: "batch/v1", kind: "Job", metadata: {name: $name, labels: $labels},
           spec: {backoffLimit: 10, activeDeadlineSeconds: 1800, ttlSecondsAfterFinished: 86400,
                  template: {metadata: {labels: $labels}, spec: ($pod | .containers[0].image = $image)}}}')
    forget_migration
    k apply --server-side --field-manager=caddy-deploy -f - <<< "$job"
    k wait --for=condition=complete --timeout=1800s "job/$MIGRATION" ||
        die "the schema was not changed; shoppers have seen nothing of it: kubectl -n $namespace logs job/$MIGRATION" 1
}

# What each pod of an app has counted since it started, a line each: its name, requests, answers of 5xx, requests slower than a quarter second.
# A pod that does not answer, since it is leaving, has its name alone.
counts() {
    local pod text
    for pod in $(k get pods -l "app=$1" --field-selector=status.phase=Running -o name); do
        text=$(k exec "$pod" -c backend -- curl -fsS --max-time 5 http://127.0.0.1:9797/metrics 2>/dev/null) || { say "$pod"; continue; }
        awk -v pod="$pod" '
            /^http_server_request_duration_seconds_count/ { all += $NF; if (/http_response_status_code="5/) failed += $NF }
            /^http_server_request_duration_seconds_bucket/ && /le="0.25"/ { quick += $NF }
            END { printf "%s %d %d %d\n", pod, all, failed, all - quick }' <<< "$text"
    done
}

# What the pods of two such counts have counted between them, in sum. A pod that is new, or began anew, has counted from nothing on; one that
# did not answer at either time is left out.
difference() {
    awk 'NR == FNR { if (NF == 1) unknown[$1] = 1; for (i = 2; i <= 4; ++i) before[$1, i] = $i; next }
         NF < 4 || $1 in unknown { next }
         { began_anew = $2 < before[$1, 2]; for (i = 2; i <= 4; ++i) sum[i] += $i - (began_anew ? 0 : before[$1, i]) }
         END { printf "%d %d %d", sum[2], sum[3], sum[4] }' <(printf '%s\n' "$1") <(printf '%s\n' "$2")
}
