# Helpers of demo.sh: processes, waiting, measuring and checking. Sourced, not run.
samples=samples/bookinfo
meshes=(lubeck bergen riga)
state=${HANSE_DEMO_STATE:-$(mktemp -d "${TMPDIR:-/tmp}/hanse-demo.XXXXXX")}
chmod 700 "$state"
pids=() # every process this demo started
failures=0
declare -A controller_pid controller_flags

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() { printf '   \033[31mFAILED\033[0m %s\n' "$*"; failures=$((failures + 1)); }
pass() { printf '   \033[32mok\033[0m     %s\n' "$*"; }

# expect WHAT COMMAND...: one line, whether the command succeeds.
expect() {
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then pass "$what"; else fail "$what"; fi
}

build() {
    Tests/tools/setup.sh demo
    if [ -z "${HANSE_BIN:-}" ]; then
        note "building (the first time takes some minutes)"
        swift build -c release --static-swift-stdlib --product hanse 2>&1 | tail -n 1
        swift build -c release --static-swift-stdlib --product bookinfo 2>&1 | tail -n 1
        HANSE_BIN=$(swift build -c release --static-swift-stdlib --show-bin-path)
    fi
}

# hanse MESH VERB...: our CLI with that mesh's admin credentials.
hanse() {
    local mesh=$1
    shift
    "$HANSE_BIN/hanse" "$@" --kubeconfig "$state/$mesh/admin.kubeconfig"
}

# The same, shown to the reader first.
run() {
    printf '\033[2m   %s$ hanse %s\033[0m\n' "$1" "$(shorten "${*:2}")"
    hanse "$@" | sed 's/^/     /'
}

shorten() { printf '%s' "$*" | tr '\n' ' ' | sed -E 's/-----BEGIN.*-----END CERTIFICATE-----/"$ROOT"/'; }

# start NAME COMMAND...: a background process of ours with its own log.
start() {
    local name=$1
    shift
    "$@" >"$state/$name.log" 2>&1 </dev/null &
    pids+=($!)
    last_pid=$!
}

# until_true SECONDS WHAT COMMAND...: waits for a condition, not for a time.
until_true() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        if [ $SECONDS -ge $deadline ]; then
            fail "$what did not happen in time"
            exit 1
        fi
        sleep 0.05
    done
}

controller() {
    local mesh=$1 range=$2
    shift 2
    controller_flags[$mesh]="$range $*"
    start "controller-$mesh" "$HANSE_BIN/hanse" controller --name "$mesh" --state "$state/$mesh" \
        --address-range "$range" "$@"
    controller_pid[$mesh]=$last_pid
    note "$mesh: controller with addresses of $range, state in $state/$mesh"
}

await_api() { until_true 20 "$1's API server" hanse "$1" get namespaces; }

# A gateway process of its own, fed by its controller.
gateway() {
    local mesh=$1
    until_true 20 "$mesh's bootstrap token" test -s "$state/$mesh/gateway/token"
    start "gateway-$mesh" "$HANSE_BIN/hanse" gateway --controller "https://127.0.11.1:15012" --mesh "$mesh" \
        --token-file "$state/$mesh/gateway/token" --ca-file "$state/$mesh/gateway/root-cert.pem" \
        --state "$state/$mesh/gateway/node" --address 127.0.11.2
    note "$mesh: gateway process $last_pid"
}

service() { # MESH SERVICE VERSION ADDRESS [PROXY]
    start "$1-$2-$3" "$HANSE_BIN/bookinfo" --service "$2" --version "$3" --listen "$4:9080" ${5:+--proxy "$5"}
    until_true 20 "$2 $3 of $1" curl -sS --max-time 2 "http://$4:9080/health"
}

start_services() {
    local proxy=http://127.0.11.2:15080
    service lubeck details v1 127.0.11.101
    service lubeck ratings v1 127.0.11.103
    service lubeck reviews v1 127.0.11.102 "$proxy"
    service lubeck productpage v1 127.0.11.104 "$proxy"
    service bergen details v2 127.0.12.101
    service bergen secrets v1 127.0.12.102
    service riga details v3 127.0.13.101
    service riga secrets v1 127.0.13.102
    note "eight service processes are up"
}

ingress_address() { # MESH PEER: the address of MESH's ingress gateway for PEER
    hanse "$1" get svc "$2-ingress" -n "$1-mesh" -o jsonpath='{.status.loadBalancer.ingress[0].ip}'
}

ingress_gateway() {
    hanse lubeck get svc istio-ingressgateway -n lubeck-mesh -o jsonpath='{.status.loadBalancer.ingress[0].ip}'
}

imported() { # PEER NAME
    hanse lubeck get importedservicesets "$1" -n lubeck-mesh -o jsonpath='{.status}' | grep -q "$2.bookinfo"
}
await_import() { until_true 30 "the import of $2 from $1" imported "$1" "$2"; }

show() { # MESH KIND NAME
    note "$1: $2/$3"
    hanse "$1" get "$2" "$3" -n "$1-mesh" -o jsonpath='{.status}' | fold -w 100 | sed 's/^/     /'
    echo
}

through_mesh() { curl -sS --max-time 60 -x http://127.0.11.2:15080 "$@"; }

answers_from_all() {
    local seen
    seen=$(through_mesh "http://details.bookinfo:9080/details/[1-60]")
    grep -q '"version":"v1"' <<<"$seen" && grep -q '"version":"v2"' <<<"$seen" && grep -q '"version":"v3"' <<<"$seen"
}
await_split() { until_true 30 "answers from all three meshes" answers_from_all; }

# measure_split WHAT URL COUNT: prints the shares beside 60/20/20; each may be 3 points off at the most.
#
# Calls are spread at random: a fair split misses this by chance in one of some 150 measurements of 2,000 calls, so a miss is
# judged again, once, by four times as many.
measure_split() {
    local what=$1 url=$2 count=$3
    if ! split_is_fair "$what" "$url" "$count"; then
        note "$what: more than 3 points off; measuring again with $((4 * count)) calls"
        split_is_fair "$what" "$url" $((4 * count)) || fail "$what: the split is not 60/20/20 within 3 points"
    fi
}

split_is_fair() {
    local what=$1 url=$2 count=$3 out="$state/split.txt" version want share good n fair=true
    through_mesh -w '\nstatus=%{http_code}\n' "$url?n=[1-$count]" >"$out"
    good=$(grep -c '^status=200$' "$out" || true)
    if [ "$good" = "$count" ]; then pass "$what: $count of $count calls answered 200"; else fail "$what: $good of $count calls answered 200"; fi
    printf '     %-9s %8s %8s %8s\n' version calls share wanted
    for version in v1:60 v2:20 v3:20; do
        want=${version#*:} version=${version%:*}
        n=$(grep -o "\"version\":\"$version\",\"service\":\"details\"\|details $version" "$out" | wc -l)
        share=$(awk -v n="$n" -v all="$count" 'BEGIN { printf "%.1f", 100 * n / all }')
        printf '     %-9s %8s %7s%% %7s%%\n' "$version" "$n" "$share" "$want"
        awk -v s="$share" -v w="$want" 'BEGIN { exit !(s >= w - 3 && s <= w + 3) }' || fair=false
    done
    $fair
}

requests_seen() { curl -sS --max-time 5 "http://$1:9080/requests"; } # how many calls a service has had

check_mirror() {
    local before after answers
    until_true 10 "the mirror route" only_v1
    before=$(requests_seen 127.0.12.101)
    answers=$(through_mesh "http://details.bookinfo:9080/details/[1-200]" | grep -o '"version":"v1"' | wc -l)
    if [ "$answers" = 200 ]; then pass "200 of 200 answers came from lubeck's own v1"; else fail "only $answers of 200 answers came from v1"; fi
    until_true 10 "200 copies in bergen" copies_arrived "$before" 200
    after=$(requests_seen 127.0.12.101)
    pass "bergen's details saw $((after - before)) copies"
}
only_v1() { ! through_mesh "http://details.bookinfo:9080/details/[1-40]" | grep -qE '"version":"v[23]"'; }
copies_arrived() { [ $(($(requests_seen 127.0.12.101) - $1)) -ge "$2" ]; }

# tls_call CERT KEY SNI ADDRESS: one request inside a TLS connection, the answer on stdout.
tls_call() {
    local identity=()
    [ -n "$1" ] && identity=(-cert "$1" -key "$2")
    printf 'GET /details/0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' |
        timeout 5 openssl s_client -quiet -ign_eof -tls1_3 "${identity[@]}" -servername "$3" -connect "$4:15443" 2>&1 || true
}

check_refusals() {
    local address exported hidden node certificate key answer
    address=$(ingress_address bergen lubeck)
    exported=outbound_.9080_._.details.bookinfo.svc.lubeck-exports.local
    hidden=outbound_.9080_._.secrets.bookinfo.svc.lubeck-exports.local
    node="$state/lubeck/gateway/node/secrets"
    certificate=$(echo "$node"/bergen-egress.*.pem)
    key=$(echo "$node"/bergen-egress.*.key)

    answer=$(tls_call "$certificate" "$key" "$exported" "$address")
    expect "control: lubeck's egress gateway may call details" grep -q '"version":"v2"' <<<"$answer"

    answer=$(tls_call "" "" "$exported" "$address")
    expect "no client certificate: alert certificate required" grep -qi 'certificate required' <<<"$answer"
    refused "no client certificate" "$answer"

    forge_identity
    answer=$(tls_call "$state/forged.pem" "$state/forged.key" "$exported" "$address")
    expect "riga's CA claiming lubeck's trust domain: certificate refused" \
        grep -qiE 'alert (certificate unknown|unknown ca|bad certificate)' <<<"$answer"
    refused "riga's CA claiming lubeck's trust domain" "$answer"

    answer=$(tls_call "$certificate" "$key" "$hidden" "$address")
    expect "a service that is not exported: closed before the handshake" \
        grep -qiE 'unexpected eof|errno=104|reset by peer|no peer certificate' <<<"$answer"
    refused "a service that is not exported" "$answer"
}

refused() { if grep -q 'HTTP/1.1 200' <<<"$2"; then fail "$1 was answered"; fi; }

# A leaf of riga's CA that says it is lubeck's egress gateway.
forge_identity() {
    local secret='{.data.ca-key\.pem}' chain='{.data.ca-cert\.pem}'
    hanse riga get secret istio-ca-secret -n riga-mesh -o jsonpath="$secret" | base64 -d >"$state/riga-ca.key"
    hanse riga get secret istio-ca-secret -n riga-mesh -o jsonpath="$chain" | base64 -d >"$state/riga-ca.pem"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / \
        -keyout "$state/forged.key" -out "$state/forged.csr" 2>/dev/null
    openssl x509 -req -in "$state/forged.csr" -CA "$state/riga-ca.pem" -CAkey "$state/riga-ca.key" \
        -CAcreateserial -days 1 -out "$state/forged.pem" -extfile <(
            echo "subjectAltName=critical,URI:spiffe://lubeck.local/ns/lubeck-mesh/sa/bergen-egress-service-account"
            echo "extendedKeyUsage=clientAuth,serverAuth"
        ) 2>/dev/null
}

check_restart() {
    local out="$state/restart.txt" load count=6000
    through_mesh -o /dev/null -w '%{http_code}\n' "http://details.bookinfo:9080/details/[1-$count]" >"$out" 2>"$state/restart.err" &
    load=$!
    until_true 10 "traffic" test -s "$out"
    kill -KILL "${controller_pid[lubeck]}"
    wait "${controller_pid[lubeck]}" 2>/dev/null || true
    until_true 10 "answers without a controller" more_lines_than "$out" "$(wc -l <"$out")"
    # shellcheck disable=SC2086
    set -- ${controller_flags[lubeck]}
    controller lubeck "$@"
    await_api lubeck
    wait "$load" || true
    local good
    good=$(grep -c '^200$' "$out" || true)
    if [ "$good" = "$count" ]; then
        pass "$count of $count calls answered 200 across kill -9 and restart"
    else
        fail "$((count - good)) of $count calls failed across the restart"
    fi
    await_import bergen details-v2
    pass "the restarted controller knows its imports"
}
more_lines_than() { [ "$(wc -l <"$1")" -gt "$2" ]; }

print_hints() {
    cat <<H

The meshes keep running. Look around:
   export KUBECONFIG=$state/lubeck/admin.kubeconfig:$state/bergen/admin.kubeconfig:$state/riga/admin.kubeconfig
   kubectl config use-context lubeck
   kubectl get servicemeshpeers,importedservicesets -n lubeck-mesh
   kubectl get virtualservices -A
   kubectl --context bergen -n bergen-mesh get exportedservicesets lubeck -o jsonpath='{.status}'
   curl -x http://127.0.11.2:15080 http://details.bookinfo:9080/details/0
Logs: $state/*.log
Stop:  kill ${pids[*]}
H
}

# Stops what this demo started, by pid, and says how it went.
finish() {
    local status=$?
    if [ "$status" = 0 ] && [ "$failures" -gt 0 ]; then status=1; fi
    if $keep && [ "$status" = 0 ]; then exit 0; fi
    local pid
    for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    if [ "$status" = 0 ]; then
        rm -rf "$state"
        title "All as it should be"
    else
        title "$failures deviations; logs are kept in $state"
        if $once; then tail -n 15 "$state"/*.log >&2 || true; fi
    fi
    exit "$status"
}
