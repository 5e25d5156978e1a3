#!/usr/bin/env bash
# Keeps two complete installations and lets one of them serve.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

usage() {
    cat <<'TEXT'
blue-green.sh [options] deploy --image REF | switch | rollback | finish | status

The Deployment caddy-shopping-backend is blue, caddy-shopping-backend-green is green. Which of them serves is decided by the selector
of the Service caddy-shopping-backend-service, which all three edges (Gateway API, ingress-nginx, Istio) lead to.

  deploy    install REF as the colour that does not serve, as the one that serves but for the image, with as many pods, and wait until
            they are ready; where a Job changes the schema, it does so first
  switch    let that colour serve; the other one stays as it is. Pods that do jobs alone follow
  rollback  the same in the other direction
  finish    no pods any more for the colour that does not serve
  status    which colour serves, and both their images and pods

      --edge NAME       gateway, ingress-nginx or istio: which one is looked at for the route to the Service (default gateway)
      --image REF       the new version, best with its digest
      --timeout N       seconds that pods may take to be ready (default 600)
  -n, --namespace NS    where (default: default)
      --context CTX     the cluster
      --dry-run         say what would be changed
  -y, --yes             ask nothing
  -h, --help            this text

While both stand, the database sees the connections of both: look at DB_POOL_SIZE and max_connections first.
TEXT
}

verb='' image='' edge=gateway time_limit=600
while [ $# -gt 0 ]; do
    common_option "$@"
    if [ "$taken" -gt 0 ]; then shift "$taken"; continue; fi
    case "$1" in
        --image|--edge|--timeout)
            [ $# -ge 2 ] || die "$1 needs a value" 64
            case "$1" in --image) image=$2 ;; --edge) edge=$2 ;; --timeout) time_limit=$2 ;; esac
            shift 2 ;;
        -h|--help) usage; exit 0 ;;
        -*) usage >&2; die "unknown option: $1" 64 ;;
        *) [ -z "$verb" ] || die "too many words: $1" 64; verb=$1; shift ;;
    esac
done
case "$edge" in gateway|ingress-nginx|istio) ;; *) die "--edge is gateway, ingress-nginx or istio, not '$edge'" 64 ;; esac
[[ $time_limit =~ ^[0-9]+$ ]] || die "--timeout needs a number of seconds" 64
case "$verb" in
    deploy) [ -n "$image" ] || die "deploy needs --image" 64 ;;
    switch|rollback|finish|status) ;;
    '') usage >&2; exit 64 ;;
    *) usage >&2; die "unknown word: $verb" 64 ;;
esac

need_tools kubectl jq
need_cluster
live=$(k get service "$APP-service" -o 'jsonpath={.spec.selector.app}') || die "there is no Service $APP-service in namespace $namespace" 1
case "$live" in
    "$APP") idle=$APP-green ;;
    "$APP-green") idle=$APP ;;
    *) die "the Service selects app=$live, which is neither colour" 1 ;;
esac

# The edge must lead to the Service, or switching it would change nothing for shoppers.
check_edge() {
    local leads
    case "$edge" in
        gateway) leads=$(k get httproute "$APP" -o 'jsonpath={.spec.rules[0].backendRefs[*].name}') ;;
        ingress-nginx) leads=$(k get ingress "$APP-ingress" -o 'jsonpath={.spec.rules[0].http.paths[0].backend.service.name}') ;;
        istio) leads=$(k get virtualservice "$APP" -o 'jsonpath={.spec.http[0].route[*].destination.host}') ;;
    esac
    [ "$leads" = "$APP-service" ] || die "the route of $edge leads to '$leads', not to $APP-service alone (is a canary under way?)" 1
}

ready_of() { local count; count=$(k get "deployment/$1" -o 'jsonpath={.status.readyReplicas}' 2>/dev/null || true); printf '%s' "${count:-0}"; }

deploy() {
    local pods
    pods=$(ready_of "$live")
    if [ "$pods" -lt 1 ]; then die "$live has no pod that is ready; this is no moment to change" 1; fi
    confirm "install $image as $idle, with $pods pods?"
    migrate_to "$image"
    if [ "$idle" = "$APP" ]; then
        apply_version "$live" "$idle" "$image" caddy-deploy   # its owner, so that deploy.sh finds it its own
    else
        apply_version "$live" "$idle" "$image" caddy-blue-green
        change apply --server-side --field-manager=caddy-blue-green -f "$here/delivery/blue-green/green.yaml"
    fi
    change scale "deployment/$idle" --replicas="$pods"
    change rollout status "deployment/$idle" --timeout="${time_limit}s" || die "$idle does not serve; shoppers have seen nothing of it" 1
    say "ready: $idle. Look at it: kubectl -n $namespace port-forward deployment/$idle 3001:3000; then: blue-green.sh switch"
}

# To the other colour, once as many pods of it are ready as serve now.
flip() {
    check_edge
    local wanted ready
    wanted=$(ready_of "$live"); ready=$(ready_of "$idle")
    if [ "$ready" -lt 1 ] || [ "$ready" -lt "$wanted" ]; then
        $dry_run || die "$idle has $ready pods ready, $live has $wanted; run: blue-green.sh deploy, or scale it first" 1
    fi
    confirm "let $idle serve instead of $live?"
    change patch service "$APP-service" --type=merge -p "{\"spec\": {\"selector\": {\"app\": \"$idle\"}}}"
    say "serving: $idle. $live stays; it still gets requests for some seconds, until every node has heard of the change."
    take_jobs_along "$(image_of "$idle")"
}

finish() {
    confirm "end all pods of $idle?"
    change scale "deployment/$idle" --replicas=0   # an autoscaler leaves a Deployment of 0 alone
}

status() {
    local colour
    for colour in "$APP" "$APP-green"; do
        say "$([ "$colour" = "$live" ] && printf 'serves ' || printf 'idle   ') $colour: $(ready_of "$colour") ready, $(
            image_of "$colour" 2>/dev/null || echo 'not installed')"
    done
}

case "$verb" in switch|rollback) flip ;; *) "$verb" ;; esac
