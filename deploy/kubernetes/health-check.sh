#!/usr/bin/env bash
# Says whether the shop is well, and what is not.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

usage() {
    cat <<'TEXT'
health-check.sh [options]

Pods, the Service behind them, the autoscaler and the shop's own /health. Exit 0 where all of it is well, 1 where something is not.

  -n, --namespace NS      where (default: default)
      --context CTX       the cluster
  -w, --watch [SECONDS]   again and again (default every 5 s) until Ctrl-C
      --dry-run           say which commands would run
  -h, --help              this text
TEXT
}

pause=
while [ $# -gt 0 ]; do
    common_option "$@"
    if [ "$taken" -gt 0 ]; then shift "$taken"; continue; fi
    case "$1" in
        -w|--watch)
            pause=5; shift
            if [[ ${1:-} =~ ^[0-9]+$ ]]; then pause=$1; shift; fi ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; die "unknown option: $1" 64 ;;
    esac
done

if $dry_run; then
    change get "deployment/$APP" "hpa/$APP-hpa"
    change get endpointslices -l "kubernetes.io/service-name=$APP-service"
    change exec "deployment/$APP" -c backend -- curl -s http://localhost:3000/health
    exit 0
fi
need_tools kubectl
need_cluster

look() {
    local faults=0 wanted ready endpoints scaling health
    wanted=$(k get "deployment/$APP" -o 'jsonpath={.spec.replicas}') || die "there is no Deployment $APP in namespace $namespace" 1
    ready=$(k get "deployment/$APP" -o 'jsonpath={.status.readyReplicas}')
    endpoints=$(k get endpointslices -l "kubernetes.io/service-name=$APP-service" -o 'jsonpath={.items[*].endpoints[*].conditions.ready}' |
                tr ' ' '\n' | grep -c '^true$' || true)
    scaling=$(k get "hpa/$APP-hpa" -o 'jsonpath={.status.conditions[?(@.type=="ScalingActive")].status}' 2>/dev/null || true)
    health=$(k exec "deployment/$APP" -c backend -- curl -s --max-time 10 http://localhost:3000/health 2>/dev/null || true)
    report() { printf '  %-5s %s\n' "$1" "$2"; if [ "$1" = BAD ]; then faults=$((faults + 1)); fi; }
    say "$(date '+%F %T')"
    if [ "${ready:-0}" -ge "${wanted:-1}" ]; then report ok "pods ready: $ready of $wanted"; else report BAD "pods ready: ${ready:-0} of $wanted"; fi
    if [ "$endpoints" -ge 1 ]; then report ok "behind the Service: $endpoints"; else report BAD "no pod is behind $APP-service"; fi
    if [ "$scaling" = True ]; then report ok "autoscaler active"; else report BAD "autoscaler: ScalingActive is ${scaling:-unknown}"; fi
    case "$health" in
        *'"status":"ok"'*) report ok "$health" ;;
        *'"status":"degraded"'*) report warn "$health" ;;
        '') report BAD "/health does not answer" ;;
        *) report BAD "$health" ;;
    esac
    [ "$faults" -eq 0 ]
}

if [ -z "$pause" ]; then look; exit; fi
while true; do look || true; sleep "$pause"; done
