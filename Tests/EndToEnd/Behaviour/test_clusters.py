"""8: which endpoint gets a request, and what keeps a cluster alive when endpoints are not."""

import collections
import json
import threading

import pytest

from ejections import heard
from harness.waiting import eventually, holds
from network import Connection, HttpBackend, Scripted, connect, get
from resources import (
    ENDPOINTS, assignment, bootstrap, chain, cluster, endpoint, files, group, http, limits, listener, response, route)
from running import Gateway, place
from worlds import ids, worlds

NAMES = ("one", "two", "three")
CHECK = {"timeout": "0.3s", "interval": "0.2s", "no_traffic_interval": "0.2s", "unhealthy_threshold": 2,
         "healthy_threshold": 1, "initial_jitter": "0.01s"}
HTTP_CHECK = {**CHECK, "http_health_check": {"path": "/healthz", "host": "check.local"}}
NO_WAIT = {"update_merge_window": "0s"}
NEVER = {"healthy_panic_threshold": {"value": 0}, **NO_WAIT}


def shares(world, path, count, **headers):
    """How many of `count` requests on one connection each backend answered; a status where none did."""
    found = collections.Counter()
    with Connection(connect(world.http)) as connection:
        for _ in range(count):
            reply = connection.call(path, headers=headers)
            found[reply.backend or reply.status] += 1
    return found


def outlier(**fields):
    return {"interval": "0.1s", "base_ejection_time": "0.6s", "max_ejection_percent": 100,
            "enforcing_success_rate": 0, "enforcing_failure_percentage": 0, **fields}


class World:
    """Clusters of three backends in every form that needs no control plane; `/<cluster>` leads to each."""

    def __init__(self, kind, directory):
        self.kind, self.http, self.dead = kind, place(), place()
        self.backends = {name: HttpBackend(name) for name in (*NAMES, "four")}
        self.one, self.two, self.three = (self.backends[name].port for name in NAMES)
        self.closing = Scripted(lambda s: s.recv(65536), name="closing")
        self.file = directory / f"{kind}-endpoints.json"
        self.write(assignment("the-service", group(self.one)))
        clusters = self.clusters()
        routes = [route(c["name"], {"path_separated_prefix": "/" + c["name"]}, c["name"], {
            "timeout": "3s", "hash_policy": [{"header": {"header_name": "x-user"}}]}) for c in clusters]
        again = route("again", {"path_separated_prefix": "/again"}, "broken", {"retry_policy": {
            "retry_on": "connect-failure", "num_retries": 3, "host_selection_retry_max_attempts": 5,
            "retry_host_predicate": [{"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            }}]}})
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http("http", again, *routes)))], clusters, admin=place()))

    def write(self, assigned, version="1"):
        part = self.file.with_suffix(".part")
        part.write_text(json.dumps(response(ENDPOINTS, assigned, version=version)))
        part.rename(self.file)

    def clusters(self):
        one, two, three, dead = self.one, self.two, self.three, self.dead
        made = [
            cluster("robin", one, two, three), cluster("random", one, two, three, lb_policy="RANDOM"),
            cluster("least", one, two, lb_policy="LEAST_REQUEST"),
            cluster("ring", one, two, three, lb_policy="RING_HASH", ring_hash_lb_config={"minimum_ring_size": 1024}),
            cluster("weighted", group(endpoint(one, load_balancing_weight=3), endpoint(two, load_balancing_weight=1))),
            cluster("unhealthy", group(endpoint(one, health_status="UNHEALTHY"), endpoint(two))),
            cluster("draining", group(endpoint(one, health_status="DRAINING"), endpoint(two))),
            cluster("healthy", group(endpoint(one, health_status="HEALTHY"))),
            cluster("sick-first", group(endpoint(one, health_status="UNHEALTHY")), group(two, priority=1)),
            cluster("half-first", group(endpoint(one, health_status="UNHEALTHY"), endpoint(two)),
                    group(three, priority=1)),
            cluster("most-first", group(endpoint(dead, health_status="UNHEALTHY"), one, two, three),
                    group(self.backends["four"].port, priority=1)),
            cluster("panic", group(*[endpoint(p, health_status="UNHEALTHY") for p in (one, two)])),
            cluster("no-panic", group(*[endpoint(p, health_status="UNHEALTHY") for p in (one, two)]),
                    common_lb_config=NEVER),
            cluster("empty", load_assignment={"cluster_name": "empty"}),
            cluster("broken", dead, one), cluster("refused", dead),
            cluster("closing", self.closing.port),
            cluster("outlier", one, two, outlier_detection=outlier(consecutive_5xx=3), common_lb_config=NO_WAIT),
            cluster("at-once", one, two, outlier_detection=outlier(consecutive_5xx=3, base_ejection_time="60s"),
                    common_lb_config=NO_WAIT),
            cluster("capped", one, two, common_lb_config=NO_WAIT, outlier_detection=outlier(
                consecutive_5xx=2, max_ejection_percent=50, base_ejection_time="60s")),
            cluster("passive", group(dead), group(two, priority=1),
                    outlier_detection=outlier(consecutive_5xx=2), common_lb_config=NO_WAIT),
            cluster("lenient", one, outlier_detection=outlier(consecutive_5xx=2, enforcing_consecutive_5xx=0)),
            cluster("narrow", one, circuit_breakers=limits(max_connections=1, max_pending_requests=1)),
            cluster("queue", two, circuit_breakers=limits(max_connections=1, max_pending_requests=10)),
            cluster("file", type="EDS", eds_cluster_config={"service_name": "the-service",
                                                            "eds_config": files(self.file)}),
            cluster("localhost", group(endpoint(one, "localhost")), type="STRICT_DNS", dns_lookup_family="V4_ONLY"),
            cluster("address", group(endpoint(one, "127.0.0.1")), type="STRICT_DNS", dns_lookup_family="V4_ONLY"),
        ]
        return made

    def stop(self):
        for backend in (*self.backends.values(), self.closing):
            backend.stop()


world = worlds(World, World.stop)


@pytest.fixture(autouse=True)
def calm(world):
    """Every backend answers 200 again after each case."""
    yield
    for backend in world.backends.values():
        backend.status, backend.gate = 200, None


def test_8_round_robin_takes_turns(world):
    assert shares(world, "/robin", 30) == {"one": 10, "two": 10, "three": 10}


def test_8_random_reaches_all(world):
    """Each of three is expected 100 times in 300; below 60 less often than once in 10^6."""
    found = shares(world, "/random", 300)
    assert set(found) == set(NAMES) and min(found.values()) > 60, found


def test_8_least_request_avoids_the_busy(world):
    """With 20 requests held at one endpoint, the other gets nearly all; two draws may both hit the busy one."""
    gate, replies, busy = threading.Event(), [], world.backends["one"]
    busy.gate = gate
    threads = [threading.Thread(target=lambda: replies.append(get(world.http, "/least"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    eventually("all are held or answered", lambda: busy.waiting + len(replies) == 20, 10)
    assert 1 <= busy.waiting < 15, "the rest went to the idle endpoint"
    gate.set()
    for thread in threads:
        thread.join()


def test_8_endpoint_weights_are_shares(world):
    """400 requests of weights 3 and 1; random gateways are off by more than 10 points once in 10^5 runs."""
    found = shares(world, "/weighted", 400)
    assert 260 <= found["one"] <= 340 and found["one"] + found["two"] == 400, found


def test_8_ring_hash_keeps_a_key_at_its_endpoint(world):
    for user in range(20):
        assert len(shares(world, "/ring", 5, **{"x-user": f"user-{user}"})) == 1, user


def test_8_ring_hash_spreads_keys(world):
    """200 keys over three endpoints: each gets some of them."""
    found = collections.Counter()
    for user in range(200):
        found += shares(world, "/ring", 1, **{"x-user": f"user-{user}"})
    assert set(found) == set(NAMES) and min(found.values()) > 25, found


def test_8_ring_hash_without_a_key_reaches_more_than_one(world):
    assert len(shares(world, "/ring", 40)) > 1


@pytest.mark.parametrize("name", ["unhealthy", "draining"])
def test_8_endpoints_that_are_said_to_be_down_are_not_picked(world, name):
    assert shares(world, "/" + name, 20) == {"two": 20}


def test_8_an_endpoint_that_is_said_to_be_healthy_is_picked(world):
    assert shares(world, "/healthy", 5) == {"one": 5}


def test_8_all_goes_to_the_next_priority_when_the_first_is_down(world):
    assert shares(world, "/sick-first", 30) == {"two": 30}


def test_8_half_healthy_keeps_70_percent(world):
    """600 draws of 70 %: outside 62..78 % less often than once in 50,000 runs."""
    found = shares(world, "/half-first", 600)
    assert 372 <= found["two"] <= 468 and found["two"] + found["three"] == 600, found


def test_8_above_72_percent_nothing_spills_over(world):
    assert shares(world, "/most-first", 60) == {"one": 20, "two": 20, "three": 20}


def test_8_panic_uses_all_endpoints(world):
    assert shares(world, "/panic", 20) == {"one": 10, "two": 10}


def test_8_without_panic_there_is_no_healthy_upstream(world):
    start = world.gateway.mark()
    reply = get(world.http, "/no-panic")
    assert (reply.status, reply.body) == (503, "no healthy upstream")
    record = world.gateway.record("http", start, path="/no-panic")
    assert (record["flags"], record["details"]) == ("UH", "no_healthy_upstream")


def test_8_no_endpoint_is_no_healthy_upstream(world):
    start = world.gateway.mark()
    reply = get(world.http, "/empty")
    assert (reply.status, reply.body) == (503, "no healthy upstream")
    assert world.gateway.record("http", start, path="/empty")["flags"] == "UH"


def test_8_a_refused_connection_is_UF(world):
    start = world.gateway.mark()
    reply = get(world.http, "/refused")
    assert reply.status == 503 and "remote connection failure" in reply.body, reply
    assert world.gateway.record("http", start, path="/refused")["flags"] == "UF"


def test_8_an_upstream_that_closes_unasked_is_UC(world):
    start = world.gateway.mark()
    reply = get(world.http, "/closing")
    assert reply.status == 503 and "connection termination" in reply.body, reply
    assert world.gateway.record("http", start, path="/closing")["flags"] == "UC"


def test_8_retries_go_to_another_endpoint(world):
    assert shares(world, "/again", 20) == {"one": 20}


def test_8_without_retries_a_dead_endpoint_fails_its_share(world):
    assert shares(world, "/broken", 20) == {"one": 10, 503: 10}


def test_8_consecutive_errors_eject_and_time_brings_back(world):
    def ejected():
        return world.gateway.stat("cluster.outlier.outlier_detection.ejections_active")

    world.backends["one"].status = 500
    eventually("the endpoint is out", lambda: shares(world, "/outlier", 6)["two"] == 6 and ejected() == 1, 10)
    world.backends["one"].status = 200
    eventually("it is back", lambda: set(shares(world, "/outlier", 4)) == {"one", "two"} and ejected() == 0, 15)


def test_8_ejection_is_at_once(world):
    """The sixth answer of turns is the third 500; the seventh request goes elsewhere already."""
    world.backends["one"].status = 500
    with Connection(connect(world.http)) as connection:
        def ask(count):
            return [connection.call("/at-once").backend for _ in range(count)]

        assert ask(6).count("one") == 3
        heard(world, "it is ejected", lambda: ask(2) == ["two"] * 2)
        assert ask(8) == ["two"] * 8


def test_8_no_more_than_the_percentage_is_ejected(world):
    def ejected():
        return world.gateway.stat("cluster.capped.outlier_detection.ejections_active")

    for name in ("one", "two"):
        world.backends[name].status = 500
    shares(world, "/capped", 12)
    heard(world, "one is ejected", lambda: ejected() == 1 and len(shares(world, "/capped", 8)) == 1)
    assert len(shares(world, "/capped", 8)) == 1 and ejected() == 1


def test_8_ejection_fails_over_without_checks(world):
    """Connect failures count as 5xx."""
    eventually("the second priority takes over", lambda: shares(world, "/passive", 5) == {"two": 5}, 10, pause=0.01)


def test_8_what_is_not_enforced_ejects_nobody(world):
    world.backends["one"].status = 500
    assert shares(world, "/lenient", 10) == {"one": 10}


def test_8_over_the_pending_limit_is_UO(world):
    backend, gate, replies = world.backends["one"], threading.Event(), []
    backend.gate = gate
    before, start = world.gateway.stat("cluster.narrow.upstream_rq_pending_overflow"), world.gateway.mark()
    threads = [threading.Thread(target=lambda: replies.append(get(world.http, "/narrow"))) for _ in range(5)]
    threads[0].start()
    eventually("the connection is busy", lambda: backend.waiting == 1, 10)
    for thread in threads[1:]:
        thread.start()
    eventually("one waits, the others are refused", lambda: len(replies) == 3, 10)
    assert all(r.status == 503 and r.headers.get("x-envoy-overloaded") == "true" for r in replies), replies
    assert world.gateway.record("http", start, path="/narrow", code=503)["flags"] == "UO"
    assert world.gateway.stat("cluster.narrow.upstream_rq_pending_overflow") == before + 3
    gate.set()
    for thread in threads:
        thread.join()
    assert [r.status for r in replies] == [503, 503, 503, 200, 200]


def test_8_over_the_connection_limit_requests_queue(world):
    accepted = world.backends["two"].accepted
    replies = []
    gate = threading.Event()
    world.backends["two"].gate = gate
    threads = [threading.Thread(target=lambda: replies.append(get(world.http, "/queue").status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    eventually("one is served", lambda: world.backends["two"].waiting == 1, 10)
    gate.set()
    for thread in threads:
        thread.join()
    assert replies == [200] * 6 and world.backends["two"].accepted <= accepted + 1


def test_8_connections_to_an_upstream_are_kept(world):
    assert get(world.http, "/healthy").status == 200
    accepted = world.backends["one"].accepted
    assert shares(world, "/healthy", 20) == {"one": 20}
    assert world.backends["one"].accepted <= accepted + 1


@pytest.mark.parametrize("name", ["localhost", "address"])
def test_8_names_are_resolved(world, name):
    eventually("the name has addresses", lambda: get(world.http, "/" + name).backend == "one", 10)


def test_8_an_endpoint_file_is_followed_by_rename(world):
    eventually("the first file", lambda: get(world.http, "/file").backend == "one", 10)
    with Connection(connect(world.http)) as connection:
        assert connection.call("/file").backend == "one"
        world.write(assignment("the-service", group(world.two)), "2")
        eventually("the next", lambda: connection.call("/file").backend == "two", 10, pause=0.01)
        world.write(assignment("the-service", group(world.two, world.three)), "3")
        eventually("both", lambda: {connection.call("/file").backend for _ in range(6)} == {"two", "three"}, 10)


def test_8_turns_go_on_over_new_endpoint_files(world):
    """A fourth endpoint, which is never picked, comes and goes; the statistics asked meanwhile count no turn either."""
    healthy, found = (world.one, world.two, world.three), collections.Counter()
    with Connection(connect(world.http)) as connection:
        for number in range(40):
            sick = [endpoint(world.dead, health_status="UNHEALTHY")] * (number % 2)
            before = world.gateway.stat("cluster.file.update_success")
            world.write(assignment("the-service", group(*healthy, *sick)), f"turn-{number}")
            eventually("it is in force", lambda: (
                world.gateway.stat("cluster.file.update_success") > before
                and world.gateway.stat("cluster.file.membership_total") == 3 + len(sick)), 20, pause=0.01)
            found[connection.call("/file").backend] += 1
    assert set(found) == set(NAMES) and max(found.values()) - min(found.values()) <= 3, found


def test_8_an_empty_endpoint_list_empties_the_cluster(world):
    world.write(assignment("the-service"), "4")
    eventually("nobody is left", lambda: get(world.http, "/file").status == 503, 10)
    assert get(world.http, "/file").body == "no healthy upstream"
    world.write(assignment("the-service", group(world.one)), "5")
    eventually("one is back", lambda: get(world.http, "/file").backend == "one", 10)


KEPT = [
    ("of another service", lambda w: json.dumps(response(ENDPOINTS, assignment("another", group(w.three))))),
    ("that is no JSON", lambda w: "{"), ("that is empty", lambda w: ""),
    ("with an unknown field", lambda w: json.dumps(response(
        ENDPOINTS, {**assignment("the-service", group(w.three)), "bogus": 1}))),
    ("with a host name", lambda w: json.dumps(response(ENDPOINTS, assignment(
        "the-service", group(endpoint(w.three, "a.name")))))),
    ("with a port out of range", lambda w: json.dumps(response(ENDPOINTS, assignment(
        "the-service", group(endpoint(99999)))))),
]


@pytest.mark.parametrize("what, text", KEPT, ids=ids(KEPT))
def test_13_a_bad_endpoint_file_changes_nothing(world, what, text):
    eventually("one serves", lambda: get(world.http, "/file").backend == "one", 10)
    part = world.file.with_suffix(".part")
    part.write_text(text(world))
    start = world.gateway.mark()
    part.rename(world.file)
    eventually("the gateway says something", lambda: world.gateway.mark() > start, 10)
    holds("one serves", lambda: get(world.http, "/file").backend == "one", 0.3)
    world.write(assignment("the-service", group(world.two)), "good")
    eventually("the next good file is applied", lambda: get(world.http, "/file").backend == "two", 10)
    world.write(assignment("the-service", group(world.one)), "again")
    eventually("and the one after it", lambda: get(world.http, "/file").backend == "one", 10)
