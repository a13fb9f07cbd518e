"""10: configuration polled from a control plane over REST."""

import threading

import pytest

from control_plane import TYPES, RestPlane
from harness.waiting import eventually, holds
from network import Connection, HttpBackend, connect, get
from resources import (
    assignment, bootstrap, chain, cluster, group, http, listener, rest, route, route_config)
from running import Gateway, is_listening, place
from worlds import both, shortfall

DELAY = "0.1s"


class World:
    def __init__(self, kind, directory):
        self.kind, self.at, self.extra = kind, place(), place()
        self.a, self.b = HttpBackend("a"), HttpBackend("b")
        self.plane = RestPlane()
        self.count = 0
        self.source = rest("xds", DELAY, "1s", initial_fetch_timeout="15s")
        self.restore()
        config = bootstrap(clusters=[cluster("xds", self.plane.port)], admin=place(), dynamic_resources={
            "lds_config": self.source, "cds_config": self.source})
        config["node"] = {"id": "the-node", "cluster": "the-cluster", "locality": {"region": "r1"},
                          "metadata": {"MESH": "alpha"}}
        self.gateway = Gateway(kind, directory, config, places=[self.at])

    def version(self):
        self.count += 1
        return f"v{self.count}"

    def restore(self):
        self.plane.status = self.plane.gate = None
        self.plane.always = False
        self.put("endpoints", assignment("svc-a", group(self.a.port)))
        self.put("clusters", self.eds(), cluster("b", self.b.port))
        self.routes("a")
        self.put("listeners", self.listener())

    def put(self, kind, *resources):
        version = self.version()
        self.plane.put(kind, version, *resources)
        return version

    def eds(self):
        return cluster("a", type="EDS", eds_cluster_config={"service_name": "svc-a", "eds_config": self.source})

    def listener(self, name="dyn", at=None, **fields):
        return listener(name, at or self.at, chain(http("dyn", rds={
            "route_config_name": "dyn", "config_source": self.source}, **fields)))

    def routes(self, name):
        return self.put("routes", route_config("dyn", route("all", "/", name)))

    def settle(self, name):
        eventually(f"{name} answers", lambda: get(self.at, timeout=1).backend == name, pause=0.02)

    def next(self, kind, count=1):
        """The next polls of a kind."""
        seen = len(self.plane.requests(kind))
        return eventually(f"polls of {kind}", lambda: self.plane.requests(kind)[seen:]
                          if len(self.plane.requests(kind)) >= seen + count else None)

    def stop(self):
        for part in (self.a, self.b, self.plane):
            part.stop()


@both()
def made(request, workdir):
    world = World(request.param, workdir)
    with world.gateway:
        yield world
    world.stop()


@pytest.fixture
def world(made):
    made.restore()
    made.settle("a")
    yield made


@pytest.mark.parametrize("kind", ["clusters", "endpoints", "listeners", "routes"])
def test_10_polls_are_posts_of_json(world, kind):
    asked = world.next(kind)[-1]
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["host"] == "xds"
    assert asked.body["type_url"] == TYPES[kind]


@pytest.mark.parametrize("kind", ["clusters", "endpoints", "listeners", "routes"])
def test_10_the_first_poll_has_no_version(world, kind):
    assert not world.plane.requests(kind)[0].body.get("version_info")


@pytest.mark.parametrize("kind, names", [
    ("clusters", []), ("listeners", []), ("endpoints", ["svc-a"]), ("routes", ["dyn"])])
def test_10_polls_name_what_they_want(world, kind, names):
    assert world.next(kind)[-1].body.get("resource_names", []) == names


def test_10_the_node_says_who_asks(world):
    node = world.next("clusters")[-1].body["node"]
    assert (node["id"], node["cluster"]) == ("the-node", "the-cluster")
    assert node["locality"] == {"region": "r1"} and node["metadata"] == {"MESH": "alpha"}
    if world.kind == "hanse":
        assert set(node) == {"id", "cluster", "locality", "metadata"}


def test_10_what_was_applied_is_the_next_polls_version(world):
    version = world.routes("b")
    world.settle("b")
    eventually("the version", lambda: world.next("routes")[-1].body.get("version_info") == version)


def test_10_the_order_at_start_is_clusters_endpoints_listeners_routes(world):
    first = []
    for asked in world.plane.asked:
        kind = asked.path.rpartition(":")[2]
        if kind not in first:
            first.append(kind)
    assert first == ["clusters", "endpoints", "listeners", "routes"]


def test_10_nothing_new_is_304_and_keeps_all(world):
    world.next("routes", 2)
    assert get(world.at).backend == "a"


@pytest.mark.parametrize("status", [404, 500, 503])
def test_10_other_answers_keep_the_configuration(world, status):
    world.routes("b")
    world.plane.status = status
    world.next("routes", 2)
    backend = get(world.at).backend
    holds("it serves on", lambda: get(world.at).backend == backend, 0.2)
    world.plane.status = None
    world.settle("b")


def test_10_a_slow_control_plane_changes_nothing(world):
    """An answer later than `request_timeout` is asked for again."""
    gate = threading.Event()
    world.plane.gate = gate
    version = world.routes("b")
    world.next("routes", 2)
    assert get(world.at).backend == "a"
    world.plane.gate = None
    gate.set()
    world.settle("b")
    assert world.plane.resources["routes"][0] == version


def test_10_polls_come_every_delay_and_up_to_as_much_again(world):
    """100 ms and jitter of up to 100 ms; a busy machine stretches some, but not the most."""
    times = [asked.at for asked in world.next("listeners", 16)]
    waits = sorted(later - earlier for earlier, later in zip(times, times[1:]))
    assert waits[0] >= 0.08 and waits[len(waits) // 2] <= 0.35, waits


def test_10_a_refusal_repeats_the_old_version(world):
    """Ours adds error_detail until a version is accepted."""
    good = world.routes("b")
    world.settle("b")
    bad = world.version()
    world.plane.put("routes", bad, route_config("dyn", route("all", {"safe_regex": {"regex": "("}}, "a")))
    eventually("it was seen", lambda: len(world.next("routes", 2)) >= 2)
    asked = world.next("routes", 2)
    assert [a.body.get("version_info") for a in asked][-1] == good
    assert get(world.at).backend == "b"
    detail = asked[-1].body.get("error_detail")
    if detail is None:
        shortfall(world, "sends no error_detail over REST")
    assert detail["code"] == 13
    assert "RouteConfiguration 'dyn'" in detail["message"] and "safe_regex" in detail["message"]
    world.routes("a")
    world.settle("a")
    eventually("no detail after an accepted version",
               lambda: "error_detail" not in world.next("routes")[-1].body)


def test_10_a_resource_of_another_name_is_kept_out(world):
    world.plane.put("routes", world.version(), route_config("other", route("all", "/", "b")))
    world.plane.resources["routes"] = (world.plane.resources["routes"][0], {
        "dyn": route_config("other", route("all", "/", "b"))})
    world.next("routes", 3)
    assert get(world.at).backend == "a"


def test_10_a_list_without_what_was_asked_for_is_kept_out(world):
    world.plane.put("routes", world.version())
    world.next("routes", 3)
    assert get(world.at).backend == "a"


def test_10_an_empty_list_of_listeners_removes_them(world):
    world.put("listeners")
    eventually("the port is closed", lambda: not is_listening(world.at))
    world.put("listeners", world.listener())
    eventually("and open again", lambda: is_listening(world.at))
    world.settle("a")


def test_10_a_new_listener_opens_when_its_routes_are_there(world):
    world.put("listeners", world.listener(), world.listener("more", world.extra))
    eventually("it opens", lambda: is_listening(world.extra) and get(world.extra).backend == "a")
    world.put("listeners", world.listener())
    eventually("it closes", lambda: not is_listening(world.extra))


def test_12_endpoints_change_on_a_live_connection(world):
    with Connection(connect(world.at)) as connection:
        world.put("endpoints", assignment("svc-a", group(world.b.port)))
        eventually("the new endpoint answers", lambda: connection.call().backend == "b", pause=0.02)


def test_13_a_bad_listener_update_counts_as_rejected(world):
    name = "listener_manager.lds.update_rejected"
    before = world.gateway.stat(name)
    world.put("listeners", {**world.listener(), "bogus": 1})
    eventually("it is counted", lambda: world.gateway.stat(name) > before)
    assert get(world.at).backend == "a"


def test_13_a_bad_cluster_update_counts_as_rejected(world):
    name = "cluster_manager.cds.update_rejected"
    before = world.gateway.stat(name)
    world.put("clusters", {**world.eds(), "lb_policy": "NOT_A_POLICY"})
    eventually("it is counted", lambda: world.gateway.stat(name) > before)
    assert get(world.at).backend == "a"


@pytest.mark.parametrize("kind", ["hanse", "envoy"])
def test_10_without_a_control_plane_it_runs_and_keeps_trying(kind, workdir):
    nobody, at = place(), place()
    source = rest("xds", DELAY, "0.5s", initial_fetch_timeout="1s")
    backend = HttpBackend("a")
    config = bootstrap(clusters=[cluster("xds", nobody)], admin=place(), dynamic_resources={
        "lds_config": source, "cds_config": source})
    with Gateway(kind, workdir, config) as gateway:
        holds("it runs", lambda: gateway.process.is_running and not is_listening(at), 1)
        plane = RestPlane(nobody)
        # Not the version of the empty lists that a poll may have been given meanwhile.
        plane.put("clusters", "2", cluster("a", backend.port))
        plane.put("listeners", "2", listener("dyn", at, chain(http("dyn", route("all", "/", "a")))))
        eventually("it is configured", lambda: get(at).backend == "a")
        plane.stop()
        holds("the last good configuration serves", lambda: get(at).backend == "a", 0.5)
    backend.stop()
