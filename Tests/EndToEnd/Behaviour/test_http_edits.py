"""6 and 11: in which order header changes are made, what their operators read, and which answers carry them."""

import pytest

from http_world import ALWAYS, added, fault
from resources import bootstrap, chain, cluster, http, http_rbac, listener, named, policy, route
from running import Gateway, place
from wire import Recorder, exchange, request, values
from worlds import ids, worlds

ALL = [added("x-on-all", "yes"), added("x-asked-for", "%REQ(:path)%"),
       added("x-local", "%DOWNSTREAM_LOCAL_ADDRESS%")]
CORS = {"typed_per_filter_config": {"envoy.filters.http.cors": {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy",
    "allow_origin_string_match": [{"safe_regex": {"regex": ".*"}}], "allow_methods": "PUT"}}}
REPLACE = "OVERWRITE_IF_EXISTS_OR_ADD"


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend = kind, Recorder()
        self.place, self.dead = place(), place()
        filters = [named("envoy.filters.http.cors", "extensions.filters.http.cors.v3.Cors"),
                   named("envoy.filters.http.fault", "extensions.filters.http.fault.v3.HTTPFault"),
                   http_rbac(policy({"any": True}, {"url_path": {"path": {"prefix": "/denied"}}}, action="DENY"))]
        routes = [
            route("kind", "/kind", "backend", response_headers_to_add=[
                added("x-kind", "%RESP(content-type)%"), added("x-none", "%RESP(x-none)%"),
                added("server", "route", REPLACE), added("x-first", "%REQ(x-many)%")]),
            route("rewritten", "/rewritten", "backend", {"prefix_rewrite": "/new", "host_rewrite_literal": "new.example"},
                  request_headers_to_add=[
                      added("x-path", "%REQ(:path)%"), added("x-host", "%REQ(:authority)%"),
                      added("x-none", "a %REQ(x-none)% b"), added("x-first", "%REQ(x-many)%"),
                      added("x-local", "%DOWNSTREAM_LOCAL_ADDRESS%"),
                      added("x-try", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%")]),
            route("order", "/order", "backend", request_headers_to_add=[
                added("x-list", "A"), added("x-list", "B", REPLACE), added("x-swap", "%REQ(x-gone)%"),
                added("x-own", "%REQ(x-list)%")], request_headers_to_remove=["x-gone"]),
            route("denied", "/denied", "backend"), route("cors", "/cors", "backend", {}, **CORS),
            route("abort", "/abort", "backend", {}, **fault(abort={"http_status": 429, "percentage": ALWAYS})),
            route("nc", "/nc", "nowhere"), route("uh", "/uh", "empty"), route("uf", "/uf", "dead"),
            route("ut", "/ut", "backend", {"timeout": "0.2s"}), route("plain", "/plain", "backend"),
            route("moved", "/moved", None, redirect={"path_redirect": "/elsewhere"}),
            route("direct", "/direct", None, direct_response={"status": 418}, response_headers_to_add=[
                added("date", "today"), added("server", "route")])]
        for made in routes[-2:]:
            del made["route"]
        self.gateway = Gateway(kind, directory, bootstrap([listener("edits", self.place, chain(http(
            "edits", filters=filters, route_config={"name": "edits", "validate_clusters": False, "virtual_hosts": [{
                "name": "all", "domains": ["*"], "routes": routes, "response_headers_to_add": ALL,
                "request_headers_to_add": [added("x-seen-list", "%REQ(x-list)%")]}]})))], [
            cluster("backend", self.backend.port), cluster("dead", self.dead),
            cluster("empty", load_assignment={"cluster_name": "empty"})]))

    def call(self, target, *lines, **options):
        return exchange(self.place, request(target, *lines, **options), options.get("method", "GET"))

    def seen(self, target, *lines):
        """What the backend saw of a header: {name: values}."""
        before = len(self.backend.requests)
        assert self.call(target, *lines).status == 200
        [seen] = self.backend.requests[before:]
        lowered = [(key.lower(), value) for key, value in seen.headers]
        return {key: values(lowered, key) for key, _ in lowered}


world = worlds(World)

EVERY = [("proxied", "/plain", 200), ("no cluster", "/nc", 503), ("no endpoint", "/uh", 503), ("refused", "/uf", 503),
         ("late", "/ut", 504), ("denied", "/denied", 403), ("aborted", "/abort", 429), ("redirected", "/moved", 301),
         ("direct", "/direct", 418)]


@pytest.mark.parametrize("what,target,status", EVERY, ids=ids(EVERY))
def test_6_every_answer_of_a_route_carries_its_headers(world, what, target, status):
    answer = world.call(target + "/a?b", *(["x-answer: hang"] if target == "/ut" else []))
    assert answer.status == status
    assert [answer.values(name) for name in ("x-on-all", "x-asked-for", "x-local")] == [
        ["yes"], [target + "/a?b"], ["%s:%d" % tuple(world.place)]]


def test_6_an_answer_without_a_route_carries_none(world):
    answer = world.call("/nothing")
    assert answer.status == 404 and not answer.values("x-on-all")


def test_6_a_preflight_carries_none(world):
    answer = world.call("/cors", "origin: https://a.example", "access-control-request-method: PUT", method="OPTIONS")
    assert answer["access-control-allow-methods"] == "PUT" and not answer.values("x-on-all")


def test_6_operators_read_the_answer_as_the_backend_gave_it(world):
    answer = world.call("/kind", "x-many: one", "x-many: two")
    assert answer["x-kind"] == "text/plain" and not answer.values("x-none")
    assert answer.values("x-first") == ["one"]
    assert answer.values("server") == [world.kind], "the gateway's own name comes last"


def test_6_one_date_and_one_server(world):
    answer = world.call("/direct")
    assert answer.values("date") == ["today"] and answer.values("server") == [world.kind]


def test_6_operators_read_the_request_before_it_is_rewritten(world):
    seen = world.seen("/rewritten/a?b", "x-many: one", "x-many: two")
    assert seen["x-path"] == ["/rewritten/a?b"] and seen["x-host"] == ["a.example"]
    assert seen["host"] == ["new.example"] and seen["x-envoy-original-path"] == ["/rewritten/a?b"]
    assert seen["x-none"] == ["a  b"], "what is absent is nothing in a header"
    assert seen["x-first"] == ["one"]
    assert seen["x-local"] == ["%s:%d" % tuple(world.place)] and seen["x-try"] == ["1"]


def test_6_a_list_is_judged_by_the_head_as_it_was(world):
    seen = world.seen("/order", "x-list: C", "x-gone: 1")
    assert seen["x-list"] == ["B", "A"], "replaced first, then added"
    assert "x-swap" not in seen, "removed before"
    assert seen["x-own"] == ["C"]
    assert seen["x-seen-list"] == ["B"], "the next list sees what this one made"


def test_5_an_empty_list_of_addresses_gets_no_comma(world):
    [value] = world.seen("/plain", "x-forwarded-for:")["x-forwarded-for"]
    assert value and "," not in value
