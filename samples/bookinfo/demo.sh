#!/usr/bin/env bash
# Three meshes with three root CAs share one service on this machine.
#   demo.sh           builds, runs the whole walk-through, cleans up
#   demo.sh --once    the same without pauses; fails on any deviation (for CI)
#   demo.sh --keep    leaves the meshes running and prints how to look around
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

once=false keep=false
for argument in "$@"; do
    case $argument in
        --once) once=true ;;
        --keep) keep=true ;;
        -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "demo.sh: unknown option $argument; allowed: --once, --keep" >&2; exit 2 ;;
    esac
done

. samples/bookinfo/lib.sh

build
trap finish EXIT
trap 'exit 130' INT TERM
began=$(date +%s%N)

title "Three controllers, one per mesh; nothing is shared between them"
# lubeck's gateway is a process of its own, so that its controller can be killed under traffic later on;
# bergen and riga let the controller supervise theirs.
controller lubeck 127.0.11.0/24
controller bergen 127.0.12.0/24 --run-gateways
controller riga 127.0.13.0/24 --run-gateways
for mesh in "${meshes[@]}"; do await_api "$mesh"; done

title "Each admin describes a mesh: a control plane, its members and the services"
for mesh in "${meshes[@]}"; do
    run "$mesh" create namespace "$mesh-mesh"
    run "$mesh" create namespace bookinfo
    run "$mesh" apply -f "$samples/$mesh/mesh.yaml"
    run "$mesh" apply -f "$samples/$mesh/bookinfo.yaml"
done
for mesh in "${meshes[@]}"; do
    run "$mesh" wait --for condition=Ready -n "$mesh-mesh" smmr/default --timeout 60s
done
gateway lubeck
start_services

title "The admins exchange root certificates, as text, by hand"
for pair in lubeck:bergen lubeck:riga bergen:lubeck riga:lubeck; do
    mesh=${pair%:*} peer=${pair#*:}
    root=$(hanse "$peer" get configmap -n "$peer-mesh" istio-ca-root-cert -o jsonpath='{.data.root-cert\.pem}')
    run "$mesh" create configmap "$peer-ca-root-cert" --from-literal=root-cert.pem="$root" -n "$mesh-mesh"
done

title "Each side names its peers, what it exports and what it imports"
for pair in lubeck:bergen lubeck:riga bergen:lubeck riga:lubeck; do
    mesh=${pair%:*} peer=${pair#*:}
    address=$(ingress_address "$peer" "$mesh")
    note "$peer's ingress gateway for $mesh is at $address"
    sed "s/PEER_ADDRESS/$address/" "$samples/$mesh/peer-$peer.yaml" | run "$mesh" apply -f -
done
run bergen apply -f "$samples/bergen/export.yaml"
run riga apply -f "$samples/riga/export.yaml"
run lubeck apply -f "$samples/lubeck/import-bergen.yaml" -f "$samples/lubeck/import-riga.yaml"
run lubeck apply -f "$samples/lubeck/details-split.yaml" -f "$samples/lubeck/gateway.yaml"

title "Trust is up when both sides are connected, and services appear"
await_import bergen details-v2
await_import riga details-v3
show lubeck servicemeshpeer bergen
show bergen exportedserviceset lubeck
show lubeck importedserviceset bergen
show lubeck importedserviceset riga

title "2,000 calls to details through lubeck's mesh gateway"
await_split
measure_split "details, called directly" "http://details.bookinfo:9080/details/0" 2000
measure_split "details, through productpage" "http://productpage.bookinfo:9080/productpage" 2000
page=$(curl -sS --max-time 10 "http://$(ingress_gateway):8080/productpage")
expect "the product page answers through istio-ingressgateway" grep -q "The Comedy of Errors" <<<"$page"

title "A mirror: lubeck answers, bergen gets a copy of every call"
run lubeck apply -f "$samples/lubeck/details-mirror.yaml"
check_mirror
run lubeck apply -f "$samples/lubeck/details-split.yaml"

title "What is refused"
check_refusals

title "lubeck's controller is killed and restarted under traffic"
check_restart

title "Done in $((($(date +%s%N) - began) / 1000000)) ms"
if $keep; then print_hints; fi
