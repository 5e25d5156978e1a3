#!/usr/bin/env bash
# Takes the shop away, and leaves what cannot be made again.
set -Eeuo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"

usage() {
    cat <<'TEXT'
undeploy.sh [options]

Deletes what deploy.sh has made, by its label and of every kind that the cluster knows, each pod with the time it needs to finish. The
Secret, volumes, a TiDB and the namespace stay.

  -n, --namespace NS   where (default: default)
      --context CTX    the cluster
      --purge          the Secret, the volume claims and a TiDB, too: the credentials and the database are gone then
      --dry-run        say what would be deleted
  -y, --yes            ask nothing
  -h, --help           this text
TEXT
}

purge=false
while [ $# -gt 0 ]; do
    common_option "$@"
    if [ "$taken" -gt 0 ]; then shift "$taken"; continue; fi
    case "$1" in
        --purge) purge=true; shift ;;
        -h|--help) usage; exit 0 ;;
        *) usage >&2; die "unknown option: $1" 64 ;;
    esac
done

need_tools kubectl
need_cluster
label=app.kubernetes.io/part-of=caddy-shopping
# What others make of it goes with its maker.
dependents='^(pods|replicasets\.apps|controllerrevisions\.apps|endpoints|endpointslices\.discovery\.k8s\.io|events|events\.events\.k8s\.io|pods\.metrics\.k8s\.io)$'
cannot_be_made_again='^(secrets|persistentvolumeclaims|[a-z]+\.core\.pingcap\.com)$'   # TiDB: deleting its groups deletes their stores
ways_in='^(ingresses|httproutes|virtualservices)\.'

# The kinds of which something of the shop stands in the namespace, whatever the cluster knows; ways in first, so that no request comes to
# pods that are gone.
standing() {
    local all kind found
    all=$(k api-resources --namespaced --verbs=list,delete -o name) || die "the cluster does not say which kinds of things it knows" 1
    while IFS= read -r kind; do
        if ! $purge && [[ $kind =~ $cannot_be_made_again ]]; then continue; fi
        found=$(k get "$kind" -l "$label" -o name --ignore-not-found </dev/null) || die "it cannot be seen whether there are $kind of the shop; nothing was deleted" 1
        if [ -n "$found" ]; then say "$kind"; fi
    done < <(grep -Ev "$dependents" <<< "$all")
}

present=$(standing)
mapfile -t kinds < <({ grep -E "$ways_in" <<< "$present" || true; grep -Ev "$ways_in" <<< "$present" || true; } | sed '/^$/d')
if [ ${#kinds[@]} -eq 0 ]; then say "namespace $namespace holds nothing of the shop"; exit 0; fi
say "namespace $namespace holds:"
k get "$(IFS=,; printf %s "${kinds[*]}")" -l "$label" -o name
if $purge; then warn "--purge: credentials and volumes are deleted, too"; fi
confirm "delete all of this?"
for kind in "${kinds[@]}"; do
    change delete "$kind" -l "$label" --ignore-not-found --wait=true --timeout=180s
done
say "done; the PriorityClass caddy-shopping-critical may serve other namespaces and was left"
