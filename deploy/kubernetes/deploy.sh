#!/usr/bin/env bash
# Installs the shop, or brings an installation to what these files say.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

usage() {
    cat <<'TEXT'
deploy.sh [options]

Installs Caddy Shopping into the cluster that kubectl speaks with, or updates it, and waits until it serves. Runs without
options: namespace default, the guide's files. Fails with what the pods said, after going back to the version before.

  -n, --namespace NS     where to (default: default)
      --overlay NAME     default, or a folder of overlays/: dev, production, multizone, region-a, region-b
      --image REF        another image, best with its digest: registry/name@sha256:…
      --context CTX      the cluster, as kubectl config get-contexts names it
      --create-secret    make the Secret from DB_HOST, DB_USERNAME, DB_PASSWORD, REDIS_PASSWORD and JWT_SECRET of the environment
                         where it is missing; without JWT_SECRET one is drawn
      --diff             show what would change before it is changed
      --dry-run          ask the server whether it would take everything, change nothing
      --timeout SECONDS  how long pods may take to serve (default 300)
      --take-over        own fields that somebody has changed by hand since (kubectl edit, kubectl rollout undo), which is refused otherwise
      --no-rollback      leave a failed version where it is
  -y, --yes              ask nothing (nothing is asked without a terminal either)
  -h, --help             this text

Exit codes: 0 it serves; 1 it does not; 64 wrong use; 69 kubectl or cluster missing; 78 Secret missing, incomplete or never filled in.
TEXT
}

overlay=default image='' show_diff=false time_limit=300 may_roll_back=true create_secret=false ownership=()
while [ $# -gt 0 ]; do
    common_option "$@"
    if [ "$taken" -gt 0 ]; then shift "$taken"; continue; fi
    case "$1" in
        --overlay|--image|--timeout)
            [ $# -ge 2 ] || die "$1 needs a value" 64
            case "$1" in --overlay) overlay=$2 ;; --image) image=$2 ;; --timeout) time_limit=$2 ;; esac
            shift 2 ;;
        --diff) show_diff=true; shift ;;
        --take-over) ownership=(--force-conflicts); shift ;;
        --no-rollback) may_roll_back=false; shift ;;
        --create-secret) create_secret=true; shift ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; die "unknown option: $1" 64 ;;
    esac
done
[[ $time_limit =~ ^[0-9]+$ ]] || die "--timeout needs a number of seconds, not '$time_limit'" 64
[[ $namespace =~ ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ ]] || die "'$namespace' is no name of a namespace" 64
if [ "$overlay" != default ] && [ ! -f "$here/overlays/$overlay/kustomization.yaml" ]; then
    die "there is no overlay '$overlay' in $here/overlays" 64
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The manifests, with the image that was asked for.
manifests() {
    if [ "$overlay" = default ]; then cat "$here/apply-all.yaml"; else kubectl kustomize "$here/overlays/$overlay"; fi |
        if [ -n "$image" ]; then
            sed -E "s#^( *image: )([^ ]*/)?${APP}[:@][^ ]*#\1${image}#"
        else
            cat
        fi
}

preflight() {
    local minor
    minor=$(k version -o json | grep -A12 '"serverVersion"' | sed -nE 's/.*"minor": "([0-9]+).*/\1/p' | head -1)
    if [ -n "$minor" ] && [ "$minor" -lt 23 ]; then die "the server is Kubernetes 1.$minor; 1.23 is the oldest that will do" 69; fi
    if [ "$(k get apiservice v1beta1.metrics.k8s.io -o 'jsonpath={.status.conditions[?(@.type=="Available")].status}' 2>/dev/null)" != True ]; then
        warn "no metrics server answers: the autoscaler will stand still, and kubectl top will say nothing"
    fi
    if grep -q '^  ingressClassName: nginx$' "$work/manifests.yaml" && ! k get ingressclass nginx >/dev/null 2>&1; then
        warn "there is no IngressClass 'nginx': nobody will serve the Ingress (edge/gateway is the recommended way in)"
    fi
    if grep -q '^kind: Gateway$' "$work/manifests.yaml" && ! k get gatewayclass eg >/dev/null 2>&1; then
        warn "there is no GatewayClass 'eg': nobody will serve the Gateway"
    fi
}

secret_value() { k get secret "$SECRET" -o "jsonpath={.data['$1']}" | base64 --decode; }

make_secret() {
    local file
    : "${DB_HOST:?--create-secret needs DB_HOST}" "${DB_USERNAME:?--create-secret needs DB_USERNAME}" "${DB_PASSWORD:?--create-secret needs DB_PASSWORD}"
    # Through files of this user alone: arguments would show in the list of processes.
    (umask 077; mkdir "$work/secret")
    printf %s "$DB_HOST" > "$work/secret/db-host"
    printf %s "$DB_USERNAME" > "$work/secret/db-username"
    printf %s "$DB_PASSWORD" > "$work/secret/db-password"
    printf %s "${REDIS_PASSWORD:-}" > "$work/secret/redis-password"
    if [ -n "${JWT_SECRET:-}" ]; then printf %s "$JWT_SECRET"; else head -c 48 /dev/urandom | base64 -w0; fi > "$work/secret/jwt-secret"
    local arguments=()
    for file in "${SECRET_KEYS[@]}"; do arguments+=("--from-file=$file=$work/secret/$file"); done
    say "making the Secret $SECRET"
    change create secret generic "$SECRET" "${arguments[@]}"
}

# All five keys, none of them empty (but Redis may have no password) and none as the guide prints it.
check_secret() {
    local key value keys faults=()
    # shellcheck disable=SC2016
    if ! keys=$(k get secret "$SECRET" -o 'go-template={{range $key, $_ := .data}}{{$key}}{{"\n"}}{{end}}' 2>/dev/null) || [ -z "$keys" ]; then
        if $create_secret; then make_secret; return; fi
        warn "the Secret $SECRET is missing or empty in namespace $namespace; make it first:"
        die "  kubectl -n $namespace create secret generic $SECRET$(printf " --from-literal=%s=…" "${SECRET_KEYS[@]}")" 78
    fi
    for key in "${SECRET_KEYS[@]}"; do
        if ! grep -qx -- "$key" <<< "$keys"; then faults+=("$key is missing"); continue; fi
        value=$(secret_value "$key")
        case "$value" in
            '') [ "$key" = redis-password ] || faults+=("$key is empty") ;;
            your-*|REPLACE_ME*|CHANGE_ME*|changeme*) faults+=("$key still has the value of an example") ;;
            *) if [ "$key" = jwt-secret ] && [ "${#value}" -lt 32 ]; then faults+=("jwt-secret has fewer than 32 bytes"); fi ;;
        esac
    done
    if [ ${#faults[@]} -gt 0 ]; then
        for value in "${faults[@]}"; do warn "Secret $SECRET: $value"; done
        die "pods would not start; correct it with: kubectl -n $namespace edit secret $SECRET" 78
    fi
}

# What a person would look for first.
explain_failure() {
    warn "pods do not serve after $time_limit s. What is known:"
    k get pods -l "app=$APP" -o wide >&2 || true
    k get events --field-selector=type=Warning --sort-by=.lastTimestamp | tail -20 >&2 || true
    k describe replicasets -l "app=$APP" 2>/dev/null | sed -n '/^Events:/,/^$/p' >&2 || true
    k logs -l "app=$APP" --all-containers --prefix --tail=20 >&2 || true
}

apply() {
    if ! k apply --server-side --field-manager=caddy-deploy "${ownership[@]}" "$@" -f "$work/manifests.yaml" 2> "$work/complaint"; then
        cat "$work/complaint" >&2
        if grep -q 'conflict' "$work/complaint"; then
            warn "somebody else manages fields that these files set, as named above; nothing was taken over."
            die "agree with them, or run deploy.sh once more with --take-over" 1
        fi
        die "the server did not take the manifests" 1
    fi
    cat "$work/complaint" >&2
}

# The Deployments as they are, to go back to: by the same hand, which alone may change them the next time.
remember() {
    local name
    for name in "$APP" "$JOBS"; do
        if k get "deployment/$name" >/dev/null 2>&1; then version_of "$name" "$name" '' > "$work/before-$name.json"; fi
    done
}

# All that the files bring serves or works.
rolled_out() {
    k rollout status "deployment/$APP" --timeout="${time_limit}s" || return 1
    grep -q "^  name: $JOBS\$" "$work/manifests.yaml" || return 0
    k rollout status "deployment/$JOBS" --timeout="${time_limit}s"
}

go_back() {
    local version
    for version in "$work"/before-*.json; do k apply --server-side --field-manager=caddy-deploy "${ownership[@]}" -f "$version"; done
}

smoke_test() {
    local health scaling ready
    health=$(k exec "deployment/$APP" -c backend -- curl -fsS --max-time 10 http://localhost:3000/health) ||
        die "pods are ready, but /health does not answer 200" 1
    say "health: $health"
    scaling=$(k get hpa "$APP-hpa" -o 'jsonpath={.status.conditions[?(@.type=="ScalingActive")].status}')
    [ "$scaling" = True ] || warn "the autoscaler is not active yet (first figures take a minute): kubectl -n $namespace describe hpa $APP-hpa"
    ready=$(k get endpointslices -l "kubernetes.io/service-name=$APP-service" -o 'jsonpath={.items[*].endpoints[*].conditions.ready}' |
            tr ' ' '\n' | grep -c '^true$' || true)
    [ "$ready" -ge 1 ] || die "the Service $APP-service has no pod that is ready" 1
    say "pods behind $APP-service: $ready"
}

main() {
    need_tools kubectl jq base64 sed awk
    need_cluster
    manifests > "$work/manifests.yaml"
    if grep -Eq '^ *image: .*@sha256:0{64}$' "$work/manifests.yaml"; then
        die "overlay $overlay has no image yet: name it with --image registry/name@sha256:…, or put its digest into overlays/$overlay/kustomization.yaml" 64
    fi
    say "cluster: ${context:-$(kubectl config current-context 2>/dev/null || echo '(inside)')}, namespace: $namespace, overlay: $overlay"
    preflight
    check_secret
    local comparable=()   # a Job is replaced, never changed: there is nothing to compare, and the server would refuse it
    if [ -n "$(k get "job/$MIGRATION" -o name --ignore-not-found)" ]; then comparable=(-l "app!=$MIGRATION"); fi
    if $show_diff; then k diff --server-side --field-manager=caddy-deploy "${comparable[@]}" -f "$work/manifests.yaml" || [ $? -eq 1 ]; fi
    if $dry_run; then
        apply --dry-run=server "${comparable[@]}"
        say "the server would take all of it; nothing was changed"
        return
    fi
    confirm "apply this?"

    local is_first=true
    if k get deployment "$APP" >/dev/null 2>&1; then is_first=false; remember; fi
    if grep -q "^  name: $MIGRATION\$" "$work/manifests.yaml"; then forget_migration; fi
    apply
    # The autoscaler owns the number of pods; a first installation begins with so many that it need not wait for it.
    if $is_first; then k scale "deployment/$APP" --replicas="$(number first)"; fi
    if ! rolled_out; then
        explain_failure
        if $is_first; then die "the first version does not serve; it was left there to be looked at" 1; fi
        if $may_roll_back; then
            go_back
            rolled_out || warn "the version before does not serve either"
            die "went back to the version before" 1
        fi
        die "the failed version was left there" 1
    fi
    smoke_test
    say "done. Look at it: kubectl -n $namespace port-forward service/$APP-service 3000:80, then http://localhost:3000/docs"
}

main
