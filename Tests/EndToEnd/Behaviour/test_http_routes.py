"""6: which route a request takes, and what becomes of it on the way."""

import collections

import pytest

from network import Connection, HttpBackend, connect, get
from resources import bootstrap, chain, cluster, http, listener, route
from running import Gateway, place
from worlds import both


def says(name, match, **fields):
    """A route whose answer is its name."""
    return {"name": name, "match": match, "direct_response": {"status": 200, "body": {"inline_string": name}}, **fields}


def host(name, *domains, routes=None):
    return {"name": name, "domains": list(domains), "routes": routes or [says(name, {"prefix": "/"})]}


def add(key, value, action=None):
    made = {"header": {"key": key, "value": value}}
    return {**made, "append_action": action} if action else made


def header(name, **how):
    return {"prefix": "/h", "headers": [{"name": name, **how}]}


def query(name, **how):
    return {"prefix": "/q", "query_parameters": [{"name": name, **how}]}


MATCHES = [
    says("exact", {"path": "/exact"}),
    says("no-case", {"path": "/NoCase", "case_sensitive": False}),
    says("separated", {"path_separated_prefix": "/api"}),
    says("regex", {"safe_regex": {"regex": "/r/[0-9]+/end"}}),
    says("h-exact", header("x-env", string_match={"exact": "stg"})),
    says("h-prefix", header("x-env", string_match={"prefix": "dev-"})),
    says("h-suffix", header("x-env", string_match={"suffix": "-eu"})),
    says("h-contains", header("cookie", string_match={"contains": "canary=yes"})),
    says("h-regex", header("x-user", string_match={"safe_regex": {"regex": "tester-[0-9]+"}})),
    says("h-ignore", header("x-mode", string_match={"exact": "LOUD", "ignore_case": True})),
    says("h-present", header("x-there", present_match=True)),
    says("h-method", header(":method", string_match={"exact": "DELETE"})),
    says("h-authority", header(":authority", string_match={"prefix": "special."})),
    says("h-not", header("x-rest", present_match=True, invert_match=True)),
    says("q-exact", query("v", string_match={"exact": "dev"})),
    says("q-prefix", query("v", string_match={"prefix": "stg"})),
    says("q-present", query("debug", present_match=True)),
    says("both", {"prefix": "/both", "headers": [{"name": "x-a", "present_match": True}, {
        "name": "x-b", "present_match": True}], "query_parameters": [{"name": "c", "present_match": True}]}),
    says("first", {"prefix": "/twice"}), says("second", {"prefix": "/twice"}),
    says("prefix", {"prefix": "/prefix"}),
]
WEIGHTS = {"weighted_clusters": {"clusters": [
    {"name": "a", "weight": 75, "request_headers_to_add": [add("x-leg", "a")]}, {"name": "b", "weight": 25}]}}
ACTIONS = [
    route("rewrite", {"prefix": "/rewrite/"}, "a", {"prefix_rewrite": "/"}),
    route("mount", {"prefix": "/mount"}, "a", {"prefix_rewrite": "/base"}),
    route("regex", {"prefix": "/user/"}, "a", {"regex_rewrite": {
        "pattern": {"regex": "/user/([^/]+)/(.*)"}, "substitution": "/\\2/of/\\1"}}),
    route("host", {"prefix": "/host"}, "a", {"host_rewrite_literal": "other.example"}),
    route("missing", {"prefix": "/missing"}, "none", {"cluster_not_found_response_code": "NOT_FOUND"}),
    route("headers", {"prefix": "/headers"}, "a", {}, request_headers_to_add=[
        add("x-add", "1"), add("x-new", "n", "ADD_IF_ABSENT"), add("x-over", "o", "OVERWRITE_IF_EXISTS_OR_ADD"),
        add("x-only", "e", "OVERWRITE_IF_EXISTS"), add("x-from", "%REQ(x-given)%")],
        request_headers_to_remove=["x-gone"], response_headers_to_add=[add("x-answer", "yes")],
        response_headers_to_remove=["content-type"]),
    route("weights", {"prefix": "/weights"}, action=WEIGHTS),
    {"name": "away", "match": {"path": "/away"}, "redirect": {"host_redirect": "new.example"}},
    {"name": "https", "match": {"path": "/https"}, "redirect": {"https_redirect": True}},
    {"name": "path", "match": {"path": "/path"}, "redirect": {"path_redirect": "/there", "response_code": "FOUND"}},
    {"name": "cut", "match": {"path": "/cut"}, "redirect": {
        "path_redirect": "/there", "strip_query": True, "response_code": "TEMPORARY_REDIRECT"}},
    {"name": "port", "match": {"path": "/port"}, "redirect": {
        "port_redirect": 8443, "response_code": "PERMANENT_REDIRECT"}},
    {"name": "start", "match": {"prefix": "/start/"}, "redirect": {
        "prefix_rewrite": "/go/", "response_code": "SEE_OTHER"}},
    {"name": "direct", "match": {"path": "/direct"}, "direct_response": {"status": 418}},
]
HOSTS = [
    host("exactly", "a.b.wild.local"), host("suffix-long", "*.b.wild.local"), host("suffix", "*.wild.local"),
    host("prefix", "wild.*"), host("prefix-long", "wild.long.*"), host("with-port", "ports.example:81"),
    host("matches", "m.example", "special.example", routes=MATCHES),
    {**host("actions", "act.example", routes=ACTIONS), "include_request_attempt_count": True,
     "response_headers_to_add": [add("x-host-level", "1")]},
]


class World:
    def __init__(self, kind, directory):
        self.kind, self.at, self.rest = kind, place(), place()
        self.a, self.b = HttpBackend("a"), HttpBackend("b")
        manager = http("routes")
        config = manager["typed_config"]["route_config"]
        config["virtual_hosts"], config["validate_clusters"] = HOSTS, False
        with_rest = http("rest", says("rest", {"prefix": "/"}))
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("routes", self.at, chain(manager)), listener("rest", self.rest, chain(with_rest))],
            [cluster("a", self.a.port), cluster("b", self.b.port)]))


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made
    made.a.stop()
    made.b.stop()


@pytest.mark.parametrize("name, wanted", [
    ("a.b.wild.local", "exactly"), ("A.B.Wild.LOCAL", "exactly"), ("x.b.wild.local", "suffix-long"),
    ("x.y.b.wild.local", "suffix-long"), ("x.wild.local", "suffix"), ("b.wild.local", "suffix"), (".wild.local", None),
    ("wild.local", "prefix"), ("wild.x", "prefix"), ("wild.", None), ("wild.long.x", "prefix-long"),
    ("ports.example:81", "with-port"), ("ports.example", None), ("ports.example:82", None), ("nobody", None)])
def test_6_domains_choose_the_virtual_host(world, name, wanted):
    reply = get(world.at, host=name)
    assert (reply.status, reply.body) == ((200, wanted) if wanted else (404, "")), reply


def test_6_a_star_takes_any_host(world):
    assert get(world.rest, host="anything").body == "rest"


@pytest.mark.parametrize("target, headers, method, wanted", [
    ("/exact", {}, "GET", "exact"), ("/exact?q", {}, "GET", "exact"), ("/exact/", {}, "GET", None),
    ("/Exact", {}, "GET", None), ("/nocase", {}, "GET", "no-case"), ("/NOCASE", {}, "GET", "no-case"),
    ("/api", {}, "GET", "separated"), ("/api/x", {}, "GET", "separated"), ("/api?q", {}, "GET", "separated"),
    ("/apix", {}, "GET", None), ("/r/12/end", {}, "GET", "regex"), ("/r/12/end?x", {}, "GET", "regex"),
    ("/r/12/ending", {}, "GET", None), ("/r/x/end", {}, "GET", None), ("/prefixed", {}, "GET", "prefix"),
    ("/h", {"x-env": "stg"}, "GET", "h-exact"), ("/h", {"X-ENV": "stg"}, "GET", "h-exact"),
    ("/h", {"x-env": "dev-1"}, "GET", "h-prefix"), ("/h", {"x-env": "a-eu"}, "GET", "h-suffix"),
    ("/h", {"cookie": "a=b; canary=yes"}, "GET", "h-contains"), ("/h", {"x-user": "tester-12"}, "GET", "h-regex"),
    ("/h", {"x-user": "a tester-12"}, "GET", "h-not"), ("/h", {"x-mode": "loud"}, "GET", "h-ignore"),
    ("/h", {"x-there": "1"}, "GET", "h-present"), ("/h", {}, "DELETE", "h-method"), ("/h", {}, "GET", "h-not"),
    ("/h", {"Host": "special.example"}, "GET", "h-authority"), ("/h", {"x-rest": "1"}, "GET", None),
    ("/h", {"x-env": "STG"}, "GET", "h-not"), ("/q?v=dev", {}, "GET", "q-exact"), ("/q?a=b&v=dev", {}, "GET", "q-exact"),
    ("/q?v=stg2", {}, "GET", "q-prefix"), ("/q?debug", {}, "GET", "q-present"), ("/q?debug=1", {}, "GET", "q-present"),
    ("/q?debugger", {}, "GET", None), ("/q", {}, "GET", None), ("/both?c", {"x-a": "1", "x-b": "2"}, "GET", "both"),
    ("/both?c", {"x-a": "1"}, "GET", None), ("/both", {"x-a": "1", "x-b": "2"}, "GET", None),
    ("/twice", {}, "GET", "first"), ("/x/../exact", {}, "GET", "exact"), ("/nothing", {}, "GET", None)])
def test_6_the_first_match_wins(world, target, headers, method, wanted):
    headers = dict(headers)
    reply = get(world.at, target, method=method, host=headers.pop("Host", "m.example"), headers=headers)
    assert (reply.status, reply.body) == ((200, wanted) if wanted else (404, "")), reply


def act(world, target, **headers):
    return get(world.at, target, host="act.example", headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize("target, path", [
    ("/rewrite/x?q=1", "/x?q=1"), ("/mount/x", "/base/x"), ("/mounted", "/baseed"), ("/user/me/home?a", "/home/of/me?a")])
def test_6_paths_are_rewritten_and_queries_kept(world, target, path):
    said = act(world, target).said
    assert said["path"] == path and said["headers"]["x-envoy-original-path"] == target, said


def test_6_the_host_is_rewritten(world):
    headers = act(world, "/host").said["headers"]
    assert headers["host"] == "other.example" and headers["x-envoy-original-host"] == "act.example"


def test_6_attempts_are_counted_where_asked(world):
    assert act(world, "/host").said["headers"]["x-envoy-attempt-count"] == "1"


def test_6_a_missing_cluster_answers_as_told(world):
    start = world.gateway.mark()
    assert act(world, "/missing").status == 404
    assert world.gateway.record("routes", start, path="/missing")["flags"] == "NC"


def test_6_headers_are_added_by_their_action(world):
    reply = act(world, "/headers", x_new="given", x_over="given", x_gone="here", x_given="copied")
    found = reply.said["headers"]
    assert (found["x-add"], found["x-new"], found["x-over"], found["x-from"]) == ("1", "given", "o", "copied"), found
    assert "x-gone" not in found and "x-only" not in found
    assert (reply.headers["x-answer"], reply.headers["x-host-level"]) == ("yes", "1")
    assert "content-type" not in reply.headers


def test_6_headers_that_are_absent_are_added(world):
    found = act(world, "/headers", x_only="given").said["headers"]
    assert (found["x-new"], found["x-over"], found["x-only"]) == ("n", "o", "e"), found


def test_6_weights_are_shares(world):
    """800 draws of 75 %: outside 68..82 % less often than once in 10^5 runs."""
    found = collections.Counter()
    with Connection(connect(world.at)) as connection:
        for _ in range(800):
            reply = connection.call("/weights", host="act.example")
            found[reply.backend] += 1
            assert (reply.said["headers"].get("x-leg") == "a") == (reply.backend == "a")
    assert 544 <= found["a"] <= 656 and found["a"] + found["b"] == 800, found


@pytest.mark.parametrize("target, status, location", [
    ("/away?q=1", 301, "http://new.example/away?q=1"), ("/https", 301, "https://act.example/https"),
    ("/path?q=1", 302, "http://act.example/there?q=1"), ("/cut?q=1", 307, "http://act.example/there"),
    ("/port", 308, "http://act.example:8443/port"), ("/start/x?q", 303, "http://act.example/go/x?q")])
def test_6_redirects_say_where(world, target, status, location):
    reply = act(world, target)
    assert (reply.status, reply.headers.get("location")) == (status, location), reply.headers


def test_6_a_direct_response_may_be_empty(world):
    reply = act(world, "/direct")
    assert (reply.status, reply.body) == (418, "")
