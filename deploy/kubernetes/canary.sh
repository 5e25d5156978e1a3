#!/usr/bin/env bash
# Gives a new version a small part of the traffic first, and more while it does no worse than the old one.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

usage() {
    cat <<'TEXT'
canary.sh [options] start --image REF | weight N | run | promote | abort | status

  start     install the new version beside the old one, as that one is but for the image, with no traffic but that of `x-canary: always`;
            where a Job changes the schema, it does so first
  weight N  send N percent of the requests to it
  run       5, 25, 50 percent, each for --pause seconds; goes on only while the new version does no worse, else aborts; then promotes
  promote   make the old version the new one, send everything there, and take the canary away
  abort     no traffic to the canary at once, then take it away
  status    what runs, and what each has counted

      --edge NAME        gateway (HTTPRoute), ingress-nginx or istio (default gateway)
      --image REF        the new version, best with its digest
      --replicas N       pods of the canary to begin with (default 1); `run` adds as many as each share needs
      --pause SECONDS    how long each step of `run` is watched (default 300)
      --least N          requests that a step must have seen to be judged (default 100)
  -n, --namespace NS     where (default: default)
      --context CTX      the cluster
      --dry-run          say what would be changed
  -y, --yes              ask nothing
  -h, --help             this text

"No worse": its share of 5xx and its share of requests over 250 ms are each at most one and a half times that of the old version
plus half a percent. Both versions use the same database, so the new one must live with the old one's schema and the other way round.
TEXT
}

verb='' argument='' edge=gateway image='' replicas=1 pause=300 least=100
while [ $# -gt 0 ]; do
    common_option "$@"
    if [ "$taken" -gt 0 ]; then shift "$taken"; continue; fi
    case "$1" in
        --edge|--image|--replicas|--pause|--least)
            [ $# -ge 2 ] || die "$1 needs a value" 64
            case "$1" in
                --edge) edge=$2 ;; --image) image=$2 ;; --replicas) replicas=$2 ;; --pause) pause=$2 ;; --least) least=$2 ;;
            esac
            shift 2 ;;
        -h|--help) usage; exit 0 ;;
        -*) usage >&2; die "unknown option: $1" 64 ;;
        *) if [ -z "$verb" ]; then verb=$1; elif [ -z "$argument" ]; then argument=$1; else die "too many words: $1" 64; fi; shift ;;
    esac
done
case "$edge" in gateway|ingress-nginx|istio) ;; *) die "--edge is gateway, ingress-nginx or istio, not '$edge'" 64 ;; esac
for figure in "$replicas" "$pause" "$least"; do [[ $figure =~ ^[0-9]+$ ]] || die "'$figure' is not a number" 64; done
case "$verb" in
    start) [ -n "$image" ] || die "start needs --image" 64 ;;
    weight) { [[ $argument =~ ^[0-9]+$ ]] && [ "$argument" -le 100 ]; } || die "weight needs a number from 0 to 100" 64 ;;
    run|promote|abort|status) ;;
    '') usage >&2; exit 64 ;;
    *) usage >&2; die "unknown word: $verb" 64 ;;
esac
readonly CANARY=$APP-canary

set_weight() {
    local stable=$((100 - $1))
    case "$edge" in
        gateway)
            change patch httproute "$APP" --type=json -p "[{\"op\": \"replace\", \"path\": \"/spec/rules/0/backendRefs\", \"value\": [
                {\"name\": \"$APP-service\", \"port\": 80, \"weight\": $stable}, {\"name\": \"$CANARY\", \"port\": 80, \"weight\": $1}]}]" ;;
        istio)
            change patch virtualservice "$APP" --type=json -p "[{\"op\": \"replace\", \"path\": \"/spec/http/0/route\", \"value\": [
                {\"destination\": {\"host\": \"$APP-service\", \"port\": {\"number\": 80}}, \"weight\": $stable},
                {\"destination\": {\"host\": \"$CANARY\", \"port\": {\"number\": 80}}, \"weight\": $1}]}]" ;;
        ingress-nginx)
            change annotate ingress "$APP-ingress-canary" --overwrite "nginx.ingress.kubernetes.io/canary-weight=$1" ;;
    esac
    say "weight of the canary: $1 %"
}

# A route to a Service that is gone makes the whole route invalid, so the reference goes first.
forget_canary() {
    local route="" path="" whole=""
    case "$edge" in
        gateway) route=httproute path=/spec/rules/0/backendRefs whole="{\"name\": \"$APP-service\", \"port\": 80}" ;;
        istio) route=virtualservice path=/spec/http/0/route whole="{\"destination\": {\"host\": \"$APP-service\", \"port\": {\"number\": 80}}}" ;;
    esac
    if [ -n "$route" ] && [ -n "$(k get "$route" "$APP" -o name --ignore-not-found)" ]; then
        change patch "$route" "$APP" --type=json -p "[{\"op\": \"replace\", \"path\": \"$path\", \"value\": [$whole]}]"
    fi
    change delete -f "$here/delivery/canary/$edge.yaml" --ignore-not-found
    change delete "deployment/$CANARY" --ignore-not-found --wait=true --timeout=180s
    change delete -f "$here/delivery/canary/canary.yaml" --ignore-not-found
}

start() {
    confirm "install $image beside the version that serves?"
    migrate_to "$image"
    apply_version "$APP" "$CANARY" "$image" caddy-canary
    change apply --server-side --field-manager=caddy-canary -f "$here/delivery/canary/canary.yaml"
    change scale "deployment/$CANARY" --replicas="$replicas"
    change rollout status "deployment/$CANARY" --timeout=300s || { forget_canary; die "the new version does not serve; it was taken away" 1; }
    change apply --server-side --field-manager=caddy-canary -f "$here/delivery/canary/$edge.yaml"
    set_weight 0
}

# As many pods as a share of the traffic takes of those that the old version has: too few of them would be judged for their number.
make_room() {
    local stable canary wanted
    stable=$(k get "deployment/$APP" -o 'jsonpath={.status.readyReplicas}'); canary=$(k get "deployment/$CANARY" -o 'jsonpath={.status.readyReplicas}')
    wanted=$(((${stable:-0} * $1 + 99) / 100))
    [ "$wanted" -gt "${canary:-0}" ] || return 0
    change scale "deployment/$CANARY" --replicas="$wanted"
    change rollout status "deployment/$CANARY" --timeout=300s || { abort; die "the canary has no room to grow to $wanted pods; aborted" 1; }
}

# Succeeds where the second triple of counts is no worse than the first: is_no_worse "ALL FAILED SLOW" "ALL FAILED SLOW"
is_no_worse() {
    awk -v stable="$1" -v canary="$2" 'BEGIN {
        split(stable, s); split(canary, c)
        for (i = 2; i <= 3; ++i) {
            allowed = (s[1] > 0 ? s[i] / s[1] : 0) * 1.5 + 0.005
            share = c[1] > 0 ? c[i] / c[1] : 0
            printf "  %s: old %.3f %%, new %.3f %%, allowed %.3f %%\n", (i == 2 ? "5xx" : "over 250 ms"),
                   (s[1] > 0 ? 100 * s[i] / s[1] : 0), 100 * share, 100 * allowed
            if (share > allowed) worse = 1
        }
        exit worse
    }'
}

run() {
    local step stable_before canary_before stable canary seen
    confirm "give the canary 5, 25 and 50 percent of the traffic, and all of it if it does no worse?"
    assume_yes=true
    for step in 5 25 50; do
        make_room "$step"
        set_weight "$step"
        if $dry_run; then continue; fi
        stable_before=$(counts "$APP"); canary_before=$(counts "$CANARY")
        sleep "$pause"
        stable=$(difference "$stable_before" "$(counts "$APP")"); canary=$(difference "$canary_before" "$(counts "$CANARY")")
        read -r seen _ <<< "$canary"
        if [ "$seen" -lt "$least" ]; then abort; die "the canary has seen $seen requests in $pause s, too few of $least to judge; aborted" 1; fi
        if ! is_no_worse "$stable" "$canary"; then abort; die "the new version does worse; aborted" 1; fi
    done
    promote
}

promote() {
    local new old
    new=$(image_of "$CANARY" 2>/dev/null || true)
    [ -n "$new" ] || $dry_run || die "there is no canary to promote" 1
    old=$(image_of "$APP")
    confirm "make $new the version of all pods?"
    apply_version "$APP" "$APP" "$new" caddy-deploy
    if ! change rollout status "deployment/$APP" --timeout=600s; then
        apply_version "$APP" "$APP" "$old" caddy-deploy
        die "the new version did not roll out; the old one stays, and so does the canary" 1
    fi
    take_jobs_along "$new"
    forget_canary
    say "promoted: $new"
}

abort() {
    forget_canary
    say "aborted"
}

status() {
    k get deployment "$APP" "$CANARY" -o wide --ignore-not-found
    say "old: $(difference '' "$(counts "$APP")") (requests, 5xx, over 250 ms since the pods started)"
    say "new: $(difference '' "$(counts "$CANARY")")"
}

need_tools kubectl jq awk
need_cluster
case "$verb" in weight) set_weight "$argument" ;; *) "$verb" ;; esac
