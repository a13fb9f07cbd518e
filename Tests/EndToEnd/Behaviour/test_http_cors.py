"""6: what the CORS filter answers itself and adds to answers, and how often the fault filter strikes."""

import pytest

from http_world import ALWAYS, fault
from resources import bootstrap, chain, cluster, http, listener, named, route
from running import Gateway, place
from wire import Recorder, exchange, request, wire
from worlds import ids, worlds

ORIGINS = [{"exact": "https://exact.example"}, {"prefix": "https://pre."}, {"suffix": ".trusted.example"},
           {"safe_regex": {"regex": "https://r[0-9]+\\.example"}},
           {"exact": "https://loud.example", "ignore_case": True}]
FULL = {"allow_methods": "GET, PUT", "allow_headers": "x-one, x-two", "expose_headers": "x-seen", "max_age": "600",
        "allow_credentials": True}
PREFLIGHT = ["access-control-allow-methods", "access-control-allow-headers", "access-control-max-age"]
ASKS = "access-control-request-method: PUT"


def policy(**fields):
    return {"typed_per_filter_config": {"envoy.filters.http.cors": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy", **fields}}}


def half(denominator, numerator):
    return {"numerator": numerator, "denominator": denominator}


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend, self.place = kind, Recorder(), place()
        filters = [named(f"envoy.filters.http.{name}", f"extensions.filters.http.{name}.v3.{type}") for name, type in (
            ("cors", "Cors"), ("fault", "HTTPFault"))]
        self.gateway = Gateway(kind, directory, bootstrap([listener("cors", self.place, chain(http(
            "cors",
            route("full", "/full", "backend", {}, **policy(allow_origin_string_match=ORIGINS, **FULL)),
            route("bare", "/bare", "backend", {}, **policy(allow_origin_string_match=[
                {"exact": "https://a.example"}])),
            route("any", "/any", "backend", {}, **policy(allow_origin_string_match=[
                {"safe_regex": {"regex": ".*"}}])),
            route("both", "/both", "backend", {}, **fault(
                delay={"fixed_delay": "0.1s", "percentage": ALWAYS}, abort={"http_status": 429, "percentage": ALWAYS})),
            *[route(name, f"/{name}", "backend", {}, **fault(abort={"http_status": 503, "percentage": share}))
              for name, share in SHARES.items()],
            route("off", "/off", "backend"), filters=filters)))], [cluster("backend", self.backend.port)]))

    def call(self, target, *lines, **options):
        return exchange(self.place, request(target, *lines, **options), options.get("method", "GET"))


SHARES = {"hundred": half("HUNDRED", 50), "ten-thousand": half("TEN_THOUSAND", 5000), "million": half("MILLION", 500000)}


world = worlds(World)


@pytest.mark.parametrize("origin,allowed", [
    ("https://exact.example", True), ("https://exact.example:81", False), ("http://exact.example", False),
    ("https://Exact.example", False), ("https://pre.any", True), ("https://x.trusted.example", True),
    ("https://r12.example", True), ("https://r12.example.evil", False), ("https://LOUD.example", True),
    ("null", False), ("https://evil.example", False)])
def test_6_origins_are_allowed_by_matchers(world, origin, allowed):
    answer = world.call("/full", f"origin: {origin}")
    assert (answer.status, answer.body) == (200, b"recorder")
    assert answer.values("access-control-allow-origin") == ([origin] if allowed else [])
    assert answer.values("access-control-allow-credentials") == (["true"] if allowed else [])
    assert answer.values("access-control-expose-headers") == (["x-seen"] if allowed else [])
    assert not any(answer.values(name) for name in PREFLIGHT), "only preflights are told of these"


def test_6_a_preflight_of_an_allowed_origin_is_the_gateways(world):
    before = len(world.backend.requests)
    answer = world.call("/full", "origin: https://exact.example", ASKS, method="OPTIONS")
    assert (answer.status, answer.body) == (200, b"")
    assert answer["access-control-allow-origin"] == "https://exact.example"
    assert [answer[name] for name in PREFLIGHT] == ["GET, PUT", "x-one, x-two", "600"]
    assert answer["access-control-allow-credentials"] == "true"
    assert len(world.backend.requests) == before


def test_6_a_preflight_says_nothing_that_is_not_configured(world):
    answer = world.call("/bare", "origin: https://a.example", ASKS, method="OPTIONS")
    assert answer["access-control-allow-origin"] == "https://a.example"
    assert not any(answer.values(name) for name in [*PREFLIGHT, "access-control-allow-credentials"]), answer


PASSED = [("other origin", "/full", ["origin: https://evil.example", ASKS]), ("no origin", "/full", [ASKS]),
          ("no method asked for", "/full", ["origin: https://exact.example"]),
          ("route without a policy", "/off", ["origin: https://exact.example", ASKS])]


@pytest.mark.parametrize("what,target,lines", PASSED, ids=ids(PASSED))
def test_6_other_options_requests_reach_the_backend(world, what, target, lines):
    before = len(world.backend.requests)
    answer = world.call(target, *lines, method="OPTIONS")
    assert (answer.status, answer.body) == (200, b"recorder")
    assert [seen.method for seen in world.backend.requests[before:]] == ["OPTIONS"]
    assert not any(answer.values(name) for name in PREFLIGHT)


def test_6_any_origin_may_be_allowed(world):
    answer = world.call("/any", "origin: https://whoever.example")
    assert answer["access-control-allow-origin"] == "https://whoever.example"
    assert answer["access-control-allow-credentials"] is None


@pytest.mark.parametrize("name", SHARES)
def test_6_faults_strike_their_share(world, name):
    """500 draws of 50 %: outside 40..60 % less often than once in 10^5 runs."""
    with wire(world.place) as connection:
        failed = 0
        for _ in range(500):
            connection.send(request(f"/{name}"))
            failed += connection.answer().status == 503
    assert 200 <= failed <= 300


def test_6_a_delay_comes_before_an_abort(world):
    start, before = world.gateway.mark(), len(world.backend.requests)
    answer = world.call("/both")
    assert (answer.status, answer.body) == (429, b"fault filter abort")
    record = world.gateway.record("cors", start, path="/both")
    # Of the 100 ms: Envoy takes the time once for all events of a turn, so that a few may be missing.
    assert set(record["flags"].split(",")) == {"DI", "FI"} and record["duration"] >= 50, record
    assert len(world.backend.requests) == before
