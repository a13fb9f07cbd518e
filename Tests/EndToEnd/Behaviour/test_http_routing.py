"""6 and 12: which route a request takes, and what the backend and the client see of it."""

import uuid

import pytest

from harness.waiting import eventually
from http_world import World, lowered
from wire import exchange, request, values, wire
from worlds import both, ids, known_failure, shortfall

# Request target, further header lines, the route it takes (None: no route); a fourth column is the method.
MATCHES = [
    ("/exact", [], "exact"), ("/exact?q=1", [], "exact"), ("/exact/", [], None), ("/exactly", [], None),
    ("/Exact", [], None), ("/order/a", [], "first"), ("/order/ab", [], "first"), ("/order/b", [], "second"),
    ("/order", [], "second"), ("/orders", [], "second"), ("/api", [], "separated"), ("/api/x", [], "separated"),
    ("/api?q", [], "separated"), ("/apix", [], None), ("/re/abc/12", [], "regex"), ("/re/abc/12?q", [], "regex"),
    ("/re/abc/12/", [], None), ("/x/re/abc/12", [], None), ("/re/ABC/12", [], None), ("/anycase", [], "any-case"),
    ("/ANYCASE", [], "any-case"), ("/anypreX", [], "any-case-prefix"), ("/plain", [], "plain"),
    ("/nothing", [], None), ("/?/exact", [], None), ("/a/../exact", [], "exact"), ("/%65xact", [], "exact"),
    ("/./exact", [], "exact"), ("/order\\a", [], "first"),
    ("/h/exact", ["x-word: One"], "h-exact"), ("/h/exact", ["X-WORD: One"], "h-exact"),
    ("/h/exact", ["x-word: one"], None), ("/h/exact", [], None), ("/h/prefix", ["x-word: One"], "h-prefix"),
    ("/h/prefix", ["x-word: xOne"], None), ("/h/suffix", ["x-word: One"], "h-suffix"),
    ("/h/suffix", ["x-word: Oney"], None), ("/h/contains", ["x-word: One"], "h-contains"),
    ("/h/contains", ["x-word: x"], None), ("/h/regex", ["x-word: One"], "h-regex"),
    ("/h/half-regex", ["x-word: One"], None), ("/h/ignore", ["x-word: OnE"], "h-ignore"),
    ("/h/present", ["x-word: y"], "h-present"), ("/h/present", [], None), ("/h/absent", [], "h-absent"),
    ("/h/absent", ["x-word: y"], None), ("/h/invert", ["x-word: One"], "h-invert"),
    ("/h/invert", ["x-word: Two"], None), ("/h/method", [], "h-method", "PUT"), ("/h/method", [], None),
    ("/h/authority", [], "h-authority"), ("/h/path?z", [], "h-path"), ("/h/path?y", [], None),
    ("/h/two", ["x-word: One", "x-more: 1"], "h-two"), ("/h/two", ["x-word: One"], None),
    ("/q/exact?k=v", [], "q-exact"), ("/q/exact?a=b&k=v", [], "q-exact"), ("/q/exact?k=w", [], None),
    ("/q/exact", [], None), ("/q/prefix?k=vw", [], "q-prefix"), ("/q/present?debug", [], "q-present"),
    ("/q/present?debug=1", [], "q-present"), ("/q/present?debugger", [], None), ("/q/regex?k=v1", [], "q-regex"),
    ("/h/cookie", ["cookie: a=b; canary=yes"], "cookie"), ("/h/cookie", ["cookie: a=b; canary=no"], None),
    ("/mixed?c", ["x-a: 1"], "mixed"), ("/mixed?c", [], None), ("/mixed", ["x-a: 1"], None),
    ("/q/regex?k=v12", [], None), ("/q/two?b=2&a=1", [], "q-two"), ("/q/two?a=1", [], None),
]

HOSTS = [
    ("a.example", "a"), ("A.EXAMPLE", "a"), ("a.example:81", None), ("b.example:81", "b-port"), ("b.example", None),
    ("b.example:82", None), (".wild.example", None),
    ("x.wild.example", "suffix"), ("y.x.wild.example", "suffix"), ("wild.example", None),
    ("z.long.wild.example", "longer"), ("exact.wild.example", "exact-over-wild"), ("pre.anything", "prefix"),
    ("pre.", None), ("pre.long.x", "longer-prefix"), ("pre.wild.example", "suffix"), ("other", None),
]

REWRITES = [
    ("/rewrite/x", "/x", "/rewrite/x"), ("/rewrite/x?q=/rewrite/", "/x?q=/rewrite/", "/rewrite/x?q=/rewrite/"),
    ("/mount", "/base", "/mount"), ("/mount/a", "/base/a", "/mount/a"), ("/mounted", "/baseed", "/mounted"),
    ("/groups/abc/12", "/12/abc", "/groups/abc/12"), ("/groups/abc/12?q=1", "/12/abc?q=1", "/groups/abc/12?q=1"),
    ("/plain/a?b", "/plain/a?b", None), ("/plain/%41", "/plain/A", None), ("/plain//a", "/plain//a", None),
    ("/plain/%2Fa", "/plain/%2Fa", None),
]

REDIRECTS = [
    ("/r/host/a?q=1", 301, "http://new.example/r/host/a?q=1"), ("/r/https", 301, "https://a.example/r/https"),
    ("/r/port", 301, "http://a.example:8443/r/port"), ("/r/path/a?q", 301, "http://a.example/elsewhere?q"),
    ("/r/prefix/a?q", 301, "http://a.example/moved/a?q"), ("/r/strip?q", 301, "http://a.example/bare"),
    ("/r/found", 302, "http://n.example/r/found"), ("/r/see", 303, "http://n.example/r/see"),
    ("/r/temporary", 307, "http://n.example/r/temporary"), ("/r/permanent", 308, "http://n.example/r/permanent"),
]

REFUSED = "upstream connect error or disconnect/reset before headers. reset reason: "
# Target, header lines, status, start of the body, flags, start of the details.
LOCAL = [
    ("/nothing", [], 404, "", "NR", "route_not_found"), ("/missing", [], 503, "", "NC", "cluster_not_found"),
    ("/absent-404", [], 404, "", "NC", "cluster_not_found"),
    ("/empty", [], 503, "no healthy upstream", "UH", "no_healthy_upstream"),
    ("/dead", [], 503, REFUSED + "remote connection failure", "UF", "upstream_reset_before_response_started{"),
    ("/plain/drop", ["x-answer: drop"], 503, REFUSED + "connection termination", "UC",
     "upstream_reset_before_response_started{"),
    ("/plain/garbage", ["x-answer: garbage"], 502, REFUSED + "protocol error", "UPE",
     "upstream_reset_before_response_started{"),
    ("/late", ["x-answer: hang"], 504, "upstream request timeout", "UT", None),
    ("/idle", ["x-answer: hang"], 504, "stream timeout", "SI", "stream_idle_timeout"),
    ("/longest", ["x-answer: hang"], 504, "downstream duration timeout", None, None),
    ("/abort", [], 555, "fault filter abort", "FI", "fault_filter_abort"), ("/unharmed", [], 200, "backend", "-", None),
    ("/delay", [], 200, "backend", "DI", "via_upstream"),
    ("/direct", [], 418, "short and stout", "-", "direct_response"),
    ("/direct-teapot", [], 418, "", "-", "direct_response"), ("/direct-empty", [], 204, "", "-", "direct_response"),
    ("/plain/ok", [], 200, "backend", "-", "via_upstream"),
    ("/retry/5xx", ["x-answer: 500"], 500, "backend", "URX", None),
    ("/retry/5xx/ok", [], 200, "backend", "-", None), ("/plain/500", ["x-answer: 500"], 500, "backend", "-", None),
]

# Target, what the backend is asked for, how often it is asked.
RETRIES = [
    ("/retry/5xx/1", "500", 3), ("/retry/5xx/2", "503", 3), ("/retry/5xx/3", "drop", 3), ("/retry/5xx/4", "404", 1),
    ("/retry/5xx/5", "200", 1), ("/retry/gateway/1", "502", 2), ("/retry/gateway/2", "503", 2),
    ("/retry/gateway/3", "504", 2), ("/retry/gateway/4", "500", 1), ("/retry/codes/1", "418", 4),
    ("/retry/codes/2", "409", 4), ("/retry/codes/3", "500", 1), ("/retry/reset/1", "drop", 2),
    ("/retry/reset/2", "reset", 2), ("/retry/reset/3", "503", 1), ("/plain/retry", "503", 1),
]


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


@pytest.mark.parametrize("row", MATCHES, ids=lambda row: "-".join(map(str, (row[0], *row[1], *row[3:]))))
def test_request_takes_the_first_route_that_matches(world, row):
    answer, seen, record = world.call(row[0], *row[1], method=(row[3:] or ["GET"])[0])
    assert record["route"] == row[2], (answer, record)
    assert answer.status == (200 if row[2] else 404)
    assert len(seen) == bool(row[2])


@pytest.mark.parametrize("host,found", HOSTS, ids=[h for h, _ in HOSTS])
def test_host_chooses_the_virtual_host(world, host, found):
    answer = exchange(world.hosts, request("/", host=host))
    assert (answer.status, answer.body.decode()) == ((200, found) if found else (404, ""))


@pytest.mark.parametrize("target,path,original", REWRITES, ids=[r[0] for r in REWRITES])
def test_backend_sees_the_rewritten_path(world, target, path, original):
    _, [seen], _ = world.call(target)
    assert seen.target == path
    assert values(lowered(seen), "x-envoy-original-path") == ([original] if original else [])


def test_backend_sees_the_rewritten_host(world):
    _, [seen], _ = world.call("/host")
    assert values(lowered(seen), "host") == ["other.example:81"]
    assert values(lowered(seen), "x-envoy-original-host") == ["a.example"]


@pytest.mark.parametrize("target,status,location", REDIRECTS, ids=[r[0] for r in REDIRECTS])
def test_redirect_is_absolute(world, target, status, location):
    answer, seen, _ = world.call(target)
    assert (answer.status, answer["location"], answer.body, seen) == (status, location, b"", [])


@pytest.mark.parametrize("word,location", [
    ("path", "http://a.example:81/elsewhere"), ("host", "http://new.example/r/host"),
    ("port", "http://a.example:8443/r/port")])
def test_redirect_keeps_the_port_unless_host_or_port_is_given(world, word, location):
    assert exchange(world.place, request(f"/r/{word}", host="a.example:81"))["location"] == location


@pytest.mark.parametrize("row", LOCAL, ids=ids(LOCAL))
def test_answer_flag_and_details_name_the_cause(world, row, request):
    known_failure(world, request, row)
    target, lines, status, body, flags, details = row
    answer, _, record = world.call(target, *lines)
    assert answer.status == status, answer
    assert answer.body.decode().startswith(body) and bool(answer.body) == bool(body)
    assert record["code"] == status
    assert flags is None or record["flags"] == flags, record
    assert details is None or record["details"].startswith(details), record


@pytest.mark.parametrize("target,word,count", RETRIES, ids=[r[0] for r in RETRIES])
def test_request_is_tried_as_often_as_the_policy_says(world, target, word, count):
    answer, seen, record = world.call(target, f"x-answer: {word}", method="POST", body=b"replayed")
    assert len(seen) == count == record["attempts"]
    assert {r.body for r in seen} == {b"replayed"}
    assert len({tuple(values(lowered(r), "x-request-id")) for r in seen}) == 1
    assert [values(lowered(r), "x-envoy-attempt-count") for r in seen] == [[str(n + 1)] for n in range(count)]


def test_every_try_may_time_out(world):
    answer, _, record = world.call("/retry/slow", "x-answer: hang")
    assert (answer.status, record["attempts"]) == (504, 2) and "UT" in record["flags"], record
    # The backend may come to read what it was asked after the gateway has given up.
    eventually("both tries reach the backend", lambda: len(world.seen(record["id"])) == 2)


@pytest.mark.parametrize("name,sent,wanted", [
    ("x-plain", [], ["1"]), ("x-second", ["client"], ["client", "gateway"]), ("x-second", [], ["gateway"]),
    ("x-absent", ["client"], ["client"]), ("x-absent", [], ["gateway"]), ("x-over", ["client"], ["gateway"]),
    ("x-over", [], ["gateway"]), ("x-if", ["client"], ["gateway"]), ("x-if", [], []), ("x-remove", ["client"], []),
    ("x-operator", [], ["from"]), ("x-percent", [], ["100%"]), ("x-protocol", [], ["HTTP/1.1"]),
    ("x-host-list", [], ["1"])])
def test_request_headers_are_changed_as_configured(world, name, sent, wanted):
    _, [seen], _ = world.call("/headers", "x-from: from", *[f"{name}: {value}" for value in sent])
    assert values(lowered(seen), name) == wanted


@pytest.mark.parametrize("name,wanted", [
    ("x-set", ["gateway"]), ("x-new", ["gateway"]), ("x-drop", []), ("x-code", ["200"]), ("x-twice", ["1", "2"]),
    ("set-cookie", ["a=1", "b=2"]), ("date", ["Thu, 01 Jan 2015 00:00:00 GMT"]), ("x-mixed", ["Case"]),
    ("connection", []), ("keep-alive", []), ("x-hop", [])])
def test_client_sees_response_headers_as_configured(world, name, wanted):
    if name == "x-hop":
        shortfall(world, "headers that a backend's connection header names are passed on")
    answer, _, _ = world.call("/headers", "x-answer: headers")
    assert answer.values(name) == wanted


def test_server_header_is_the_gateways_own(world):
    answer, _, _ = world.call("/headers", "x-answer: headers")
    assert len(answer.values("server")) == 1 and answer["server"] != "backend"


# A client's header line, and whether the backend sees that header.
PASSED = [
    ("x-other: 1", True), ("cookie: a=1", True), ("te: trailers", True), ("te: gzip", False),
    ("keep-alive: timeout=5", False), ("proxy-connection: keep-alive", False),
    ("x-forwarded-client-cert: By=me", False), ("x-envoy-retry-on: 5xx", False),
    ("x-envoy-upstream-rq-timeout-ms: 1", False), ("x-envoy-original-path: /x", False),
    ("x-envoy-max-retries: 9", False), ("accept: */*", True), ("authorization: Bearer x", True),
]


@pytest.mark.parametrize("line,passed", PASSED, ids=[r[0] for r in PASSED])
def test_backend_sees_only_headers_that_may_pass(world, line, passed):
    _, [seen], _ = world.call("/plain", line)
    name, _, value = line.partition(": ")
    assert (value in values(lowered(seen), name)) == passed


def test_headers_named_by_connection_are_dropped(world):
    _, [seen], _ = world.call("/plain", "connection: x-hop, keep-alive", "x-hop: 1")
    assert not values(lowered(seen), "x-hop") and not values(lowered(seen), "connection")


def test_backend_is_told_of_the_client(world):
    _, [seen], _ = world.call("/plain", "x-forwarded-for: 10.0.0.1", "x-forwarded-proto: https", "x-request-id: mine")
    head = lowered(seen)
    [forwarded] = values(head, "x-forwarded-for")
    assert forwarded.startswith("10.0.0.1,") and " " not in forwarded and len(forwarded.split(",")) == 2
    assert values(head, "x-forwarded-proto") == ["http"]
    [id] = values(head, "x-request-id")
    assert id != "mine" and uuid.UUID(id).version == 4


def test_absolute_target_replaces_the_host(world):
    _, [seen], _ = world.call("http://b.example/plain/absolute")
    assert seen.target == "/plain/absolute" and values(lowered(seen), "host") == ["b.example"]


@pytest.mark.parametrize("body", [b"", b"copied"])
def test_mirror_gets_a_copy_and_its_answer_is_discarded(world, body):
    answer, [seen], record = world.call("/mirror/a?b", method="POST", body=body)
    assert answer.body == b"backend"
    [copy] = eventually("the copy", lambda: world.seen(record["id"], world.shadow))
    assert (copy.method, copy.target, copy.body) == ("POST", "/mirror/a?b", body)
    assert values(lowered(copy), "host") == ["a.example-shadow"]


def test_mirrors_are_more_than_one(world):
    _, _, record = world.call("/twice-mirrored")
    [copy] = eventually("the copy", lambda: world.seen(record["id"], world.shadow))
    assert copy.target == "/twice-mirrored"


def test_mirror_that_hangs_never_delays(world):
    # One that was waited for would take the 15 s that a route has.
    with wire(world.place) as connection:
        for _ in range(5):
            connection.send(request("/spared-slow", method="POST", body=b"copied"))
            assert connection.answer().body == b"backend"
    eventually("the mirror was asked", lambda: world.silent.accepted)
    _, _, record = world.call("/spared-slow")
    assert record["duration"] < 5000, record


@pytest.mark.parametrize("target", ["/spared-dead", "/spared-never"])
def test_mirror_never_fails_the_request(world, target):
    answer, _, record = world.call(target)
    assert (answer.status, world.seen(record["id"], world.shadow)) == (200, [])


def test_weighted_clusters_share_by_weight(world):
    # 60 % of 1000 lies within 60 +- 6.5 points but for one honest run in 30,000.
    count, first = 1000, 0
    with wire(world.place) as connection:
        for _ in range(count):
            connection.send(request("/weighted"))
            first += connection.answer().body == b"backend"
    assert abs(first / count - 0.60) < 0.065
    legs = [[values(lowered(r), name) for r in backend.find("/weighted")] for name in ("x-leg", "host")
            for backend in (world.backend, world.shadow)]
    assert legs == [[["first"]] * first, [[]] * (count - first), [["leg.example"]] * first,
                    [["a.example"]] * (count - first)], "what a weight changes is its own"
