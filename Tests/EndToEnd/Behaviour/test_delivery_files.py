"""10, 12 and 13: configuration from files, changed while traffic flows, and refused when it is bad."""

import json
import os
import threading

import pytest

from control_plane import Files
from harness.waiting import eventually, holds
from network import Connection, HttpBackend, connect, get, is_closed
from resources import (
    CLUSTER, LISTENER, ROUTES, assignment, bootstrap, chain, cluster, group, http, listener, response, route,
    route_config)
from running import Gateway, is_listening, place
from worlds import both, ids, shortfall


class World:
    """Listener `dyn` with routes `dyn` to clusters `a` and `b`, each with an endpoint file."""

    def __init__(self, kind, directory):
        self.kind = kind
        self.a, self.b = HttpBackend("a"), HttpBackend("b")
        self.at, self.extra = place(), place()
        self.files = Files(directory / f"{kind}-xds")
        self.mount = directory / f"{kind}-mount"
        self.restore()
        self.gateway = Gateway(kind, directory, bootstrap(admin=place(), dynamic_resources={
            "lds_config": self.files.source("lds"), "cds_config": self.files.source("cds")}), places=[self.at])

    def restore(self):
        """The configuration that every case begins with."""
        self.endpoints("a", self.a.port)
        self.endpoints("b", self.b.port)
        self.routes("a")
        self.files.put("cds", "clusters", *self.clusters())
        self.files.put("lds", "listeners", self.listener())

    def endpoints(self, name, *ports):
        self.files.put(f"eds-{name}", "endpoints", assignment(f"svc-{name}", group(*ports)))

    def routes(self, name, revision="1"):
        self.files.put("rds", "routes", route_config("dyn", self.route(name, revision)))

    @staticmethod
    def route(name, revision="1"):
        return route("all", "/", name, response_headers_to_add=[{"header": {"key": "x-rev", "value": revision}}])

    def clusters(self):
        return [cluster(name, type="EDS", eds_cluster_config={
            "service_name": f"svc-{name}", "eds_config": self.files.source(f"eds-{name}")}) for name in "ab"]

    def listener(self, name="dyn", at=None, prefix="dyn", **fields):
        return listener(name, at or self.at, chain(http(prefix, rds={
            "route_config_name": "dyn", "config_source": self.files.source("rds")}, **fields)))

    def says(self, name, revision="1", timeout=10):
        """Whether a new connection meets the usual listener, this revision of the routes and this backend."""
        reply = get(self.at, timeout=timeout)
        return (reply.backend, reply.headers.get("x-rev"), reply.headers["server"]) == (name, revision, self.kind)

    def settle(self, name="a", revision="1"):
        # One that is held back by a gate of the old routes is given up.
        eventually(f"{name} answers with revision {revision}", lambda: self.says(name, revision, 1), pause=0.01)
        eventually("nothing is held back", lambda: not self.b.waiting and (self.a.gate or not self.a.waiting))

    def held(self, call):
        """Begins a request that the backend `a` holds back: what waits for it, and gives its answer."""
        self.a.gate, replies = threading.Event(), []
        thread = threading.Thread(target=lambda: replies.append(call()), daemon=True)
        thread.start()
        eventually("it is in flight", lambda: self.a.waiting)
        gate = self.a.gate

        def answer():
            gate.set()
            thread.join(30)
            return replies[0]
        return answer

    def warned(self, start, text):
        """True when the gateway has warned with this text behind `start` of its log."""
        with open(self.gateway.process.log, "rb") as log:
            log.seek(start)
            return any(text in line for line in log.read().decode(errors="replace").splitlines()
                       if not line.startswith('{"') and ("WARN" in line or "warn" in line))

    def stop(self):
        self.a.stop()
        self.b.stop()


@both()
def made(request, workdir):
    world = World(request.param, workdir)
    with world.gateway:
        yield world
    world.stop()


@pytest.fixture
def world(made):
    made.restore()
    made.settle()
    yield made
    for backend in (made.a, made.b):
        backend.open_gate()


def test_10_everything_comes_from_files(world):
    assert world.says("a")


def test_10_a_renamed_route_file_takes_effect(world):
    world.routes("b", "2")
    world.settle("b", "2")


def test_12_a_live_connection_gets_new_routes(world):
    """No connection is closed; the next request on it uses the new routes."""
    with Connection(connect(world.at)) as connection:
        assert connection.call().backend == "a"
        world.routes("b", "2")
        eventually("the connection's next answers are b's", lambda: connection.call().backend == "b", pause=0.01)


def test_12_a_request_in_flight_keeps_its_route(world):
    answer = world.held(lambda: get(world.at, timeout=30))
    world.routes("b", "2")
    world.settle("b", "2")
    reply = answer()
    assert (reply.status, reply.backend) == (200, "a")


def test_10_writing_in_place_takes_no_effect(world):
    text = json.dumps(response(ROUTES, route_config("dyn", world.route("b", "2")), version="in place"))
    world.files.text("rds", text, in_place=True)
    holds("the old routes serve", lambda: world.says("a"), 0.4)
    world.files.text("rds", text)
    world.settle("b", "2")


def test_10_a_watched_directory_swaps_as_a_mounted_config_map(world):
    def swap(version, text):
        directory = world.mount / version
        directory.mkdir(parents=True)
        (directory / "rds.json").write_text(text)
        os.symlink(version, world.mount / "..data_tmp")
        os.rename(world.mount / "..data_tmp", world.mount / "..data")

    def routes(revision, name):
        return json.dumps(response(ROUTES, route_config("mounted", world.route(name, revision)), version=revision))

    swap("..1", routes("m1", "a"))
    if not (world.mount / "rds.json").is_symlink():
        os.symlink("..data/rds.json", world.mount / "rds.json")
    config = world.listener("mounted", world.extra)
    manager = config["filter_chains"][0]["filters"][0]["typed_config"]
    manager["rds"]["route_config_name"] = "mounted"
    manager["rds"]["config_source"]["path_config_source"] = {
        "path": str(world.mount / "rds.json"), "watched_directory": {"path": str(world.mount)}}
    world.files.put("lds", "listeners", world.listener(), config)
    eventually("the listener opens", lambda: get(world.extra).headers.get("x-rev") == "m1")
    swap("..2", routes("m2", "b"))
    eventually("the swap is seen", lambda: get(world.extra).headers.get("x-rev") == "m2")
    world.files.put("lds", "listeners", world.listener())
    eventually("the listener is gone", lambda: not is_listening(world.extra))


def test_10_a_renamed_endpoint_file_takes_effect(world):
    with Connection(connect(world.at)) as connection:
        world.endpoints("a", world.b.port)
        eventually("the new endpoint answers", lambda: connection.call().backend == "b", pause=0.01)


def test_12_an_endpoint_change_cuts_no_request(world):
    answer = world.held(lambda: get(world.at, timeout=30))
    world.endpoints("a", world.b.port)
    eventually("the new endpoint answers", lambda: get(world.at, timeout=1).backend == "b", pause=0.01)
    reply = answer()
    assert (reply.status, reply.backend) == (200, "a")


def test_10_a_route_may_wait_for_its_cluster(world):
    """A missing cluster is 503 with flag NC, until it comes."""
    world.routes("later", "2")
    eventually("no such cluster", lambda: get(world.at).status == 503)
    start = world.gateway.mark()
    assert get(world.at, "/later").body == ""
    assert world.gateway.record("dyn", start, path="/later")["flags"] == "NC"
    world.files.put("cds", "clusters", *world.clusters(), cluster("later", world.b.port))
    world.settle("b", "2")


def test_10_a_removed_cluster_is_gone(world):
    world.files.put("cds", "clusters", world.clusters()[1])
    eventually("no such cluster", lambda: get(world.at).status == 503)


def test_12_a_changed_cluster_serves_on(world):
    with Connection(connect(world.at)) as connection:
        changed = world.clusters()
        changed[0]["connect_timeout"] = "2s"
        world.files.put("cds", "clusters", *changed)
        for _ in range(50):
            assert connection.call().status == 200


def test_10_an_added_listener_opens_its_port(world):
    world.files.put("lds", "listeners", world.listener(), world.listener("more", world.extra))
    eventually("it opens", lambda: is_listening(world.extra) and get(world.extra).backend == "a")
    world.files.put("lds", "listeners", world.listener())
    eventually("it closes", lambda: not is_listening(world.extra))
    assert world.says("a")


def test_12_a_removed_listener_closes_its_port_and_finishes_requests(world):
    world.files.put("lds", "listeners", world.listener(), world.listener("more", world.extra))
    eventually("it opens", lambda: is_listening(world.extra) and get(world.extra).backend == "a")
    answer = world.held(lambda: get(world.extra))
    world.files.put("lds", "listeners", world.listener())
    eventually("the port is closed", lambda: not is_listening(world.extra), pause=0.01)
    assert answer().status == 200


def test_12_a_changed_listener_takes_new_connections_at_once(world):
    """Connections of the old one finish their requests and are closed within the drain time."""
    old = Connection(connect(world.at))
    assert old.call().backend == "a"
    answer = world.held(old.call)
    world.files.put("lds", "listeners", world.listener(server_name="changed"))

    def changed():
        with Connection(connect(world.at)) as connection:
            return connection.call("/x", headers={"x-forwarded-for": "1"}).headers.get("server") == "changed"
    world.a.gate = None
    eventually("a new connection meets the new listener", changed, pause=0.01)
    reply = answer()
    assert reply.status == 200
    assert reply.headers.get("connection") == "close" or is_closed(old.sock, 6)
    old.close()


def test_12_other_listeners_keep_their_connections(world):
    world.files.put("lds", "listeners", world.listener(), world.listener("more", world.extra))
    eventually("it opens", lambda: is_listening(world.extra))
    with Connection(connect(world.at)) as connection:
        assert connection.call().backend == "a"
        world.files.put("lds", "listeners", world.listener(), world.listener("more", world.extra, server_name="new"))
        eventually("the other has changed", lambda: get(world.extra).headers.get("server") == "new")
        for _ in range(5):
            assert connection.call().backend == "a"


def test_10_an_empty_list_removes_all_listeners(world):
    world.files.put("lds", "listeners")
    eventually("the port is closed", lambda: not is_listening(world.at))
    world.files.put("lds", "listeners", world.listener())
    world.settle()


def test_12_two_hundred_route_changes_lose_nothing(world):
    """Requests on four connections meanwhile are all answered, each by a backend of some revision."""
    ends, failed, good = threading.Event(), [], []

    def load():
        with Connection(connect(world.at)) as connection:
            while not ends.is_set():
                try:
                    reply = connection.call()
                    (good if reply.status == 200 else failed).append(reply)
                except Exception as error:  # noqa: BLE001 - any failure counts
                    failed.append(error)
                    return
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for number in range(200):
            world.routes("ab"[number % 2], str(number))
            if number % 20 == 19:
                world.settle("ab"[number % 2], str(number))
                # So that requests and changes meet, whichever of them the machine is slow with.
                eventually("requests keep pace", lambda: len(good) > number or failed, pause=0.01)
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    assert not failed and len(good) >= 200, failed[:3]


def _bad(kind, change):
    def text(world):
        made = {"rds": lambda: [route_config("dyn", world.route("b", "bad"))], "cds": world.clusters,
                "lds": lambda: [world.listener(server_name="bad")]}[kind]()
        made = change(made) or made
        type = {"rds": ROUTES, "cds": CLUSTER, "lds": LISTENER}[kind]
        return made if isinstance(made, str) else json.dumps(response(type, *made, version="bad"))
    return text


def _host(made):
    return made[0]["virtual_hosts"][0]


BAD = [
    ("routes without domains", "rds", lambda m: _host(m).update(domains=[]),
     "RouteConfiguration 'dyn': virtual_hosts[0].domains"),
    ("routes with a bad regex", "rds", lambda m: _host(m)["routes"][0].update(match={"safe_regex": {"regex": "("}}),
     "RouteConfiguration 'dyn': virtual_hosts[0].routes[0].match.safe_regex"),
    ("routes with a domain twice", "rds", lambda m: m[0]["virtual_hosts"].append({**_host(m), "name": "again"}),
     "RouteConfiguration 'dyn': virtual_hosts[1].domains"),
    ("routes with an unknown field", "rds", lambda m: m[0].update(bogus_field=1), "bogus_field"),
    ("routes of another name", "rds", lambda m: m[0].update(name="other"), "RouteConfiguration 'other'"),
    ("routes of another type", "rds", lambda m: json.dumps({"version_info": "bad", "resources": [
        {"@type": CLUSTER, **m[0]}]}), ""),
    ("routes that are no JSON", "rds", lambda m: "{", ""),
    ("routes that are empty", "rds", lambda m: " ", ""),
    ("routes with weights of zero", "rds", lambda m: _host(m)["routes"][0].update(route={"weighted_clusters": {
        "clusters": [{"name": "a", "weight": 0}]}}), "RouteConfiguration 'dyn': virtual_hosts[0].routes[0].route"),
    ("a cluster with an unknown field", "cds", lambda m: m[0].update(bogus=1), "Cluster 'a': bogus"),
    ("a cluster with a bad timeout", "cds", lambda m: m[0].update(connect_timeout="0s"),
     "Cluster 'a': connect_timeout"),
    ("a cluster with a bad policy", "cds", lambda m: m[1].update(lb_policy="NOT_A_POLICY"), "Cluster 'b': lb_policy"),
    ("a cluster twice", "cds", lambda m: m.append(m[0]), "Cluster 'a'"),
    ("a static cluster with a name", "cds", lambda m: m.append(cluster("c", group(
        {"endpoint": {"address": {"socket_address": {"address": "a.name", "port_value": 1}}}}))), "Cluster 'c': load_a"),
    ("a listener with an unknown field", "lds", lambda m: m[0].update(bogus=1), "Listener 'dyn': bogus"),
    ("a listener without chains", "lds", lambda m: m[0].update(filter_chains=[]), "Listener 'dyn': filter_chains"),
    ("a listener without a router", "lds", lambda m: m[0]["filter_chains"][0]["filters"][0]["typed_config"][
        "http_filters"].clear(), "Listener 'dyn': filter_chains[0].filters[0].typed_config.http_filters"),
    ("a listener twice", "lds", lambda m: m.append(m[0]), "Listener 'dyn'"),
    ("a listener with an unknown type", "lds", lambda m: m[0]["filter_chains"][0]["filters"][0]["typed_config"].update(
        {"@type": "type.googleapis.com/envoy.no.Such"}), "Listener 'dyn': filter_chains[0].filters[0].typed_config"),
    ("a listener with a missing route file", "lds", lambda m: m[0]["filter_chains"][0]["filters"][0]["typed_config"][
        "rds"]["config_source"]["path_config_source"].update(path="/nowhere/rds.json"), "Listener 'dyn'"),
    ("a listener with a missing certificate", "lds", lambda m: m[0]["filter_chains"][0].update(transport_socket={
        "name": "tls", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"tls_certificates": [{
                "certificate_chain": {"filename": "/nowhere.pem"}, "private_key": {"filename": "/nowhere.key"}}]}}}),
     "Listener 'dyn': filter_chains[0].transport_socket"),
]
REJECTED = {"cds": "cluster_manager.cds.update_rejected", "lds": "listener_manager.lds.update_rejected"}


@pytest.mark.parametrize("what, kind, change, names", BAD, ids=ids(BAD))
def test_13_a_bad_update_leaves_the_last_good_in_force(world, what, kind, change, names):
    start = world.gateway.mark()
    before = world.gateway.stat(REJECTED[kind]) if kind in REJECTED else None
    with Connection(connect(world.at)) as connection:
        assert connection.call().backend == "a"
        world.files.text(kind, _bad(kind, change)(world))
        if world.kind == "hanse":
            eventually("the refusal is logged", lambda: world.warned(start, names))
        if kind in REJECTED:
            eventually("the refusal is counted", lambda: world.gateway.stat(REJECTED[kind]) > before
                       or world.kind == "envoy")
        holds("the old configuration serves", lambda: (lambda r: (r.backend, r.headers["x-rev"], r.headers["server"])
              )(connection.call()) in (("a", "1", "hanse"), ("a", "1", "envoy")), 0.2)
    world.restore()
    world.routes("b", "good")
    world.settle("b", "good")


def test_13_counters_of_shared_routes_stay_with_the_listener_that_named_them_first(world):
    world.settle()
    counted = world.gateway.stat("http.dyn.rds.dyn.update_success")
    world.files.put("lds", "listeners", world.listener("a-later", world.extra, prefix="later"), world.listener())
    eventually("both listeners serve", lambda: get(world.extra).status == 200, 10)
    world.routes("a", "7")
    eventually("new routes", lambda: world.says("a", "7"), 10)
    assert world.gateway.stat("http.dyn.rds.dyn.update_success") > counted > 0
    assert world.gateway.stat("http.later.rds.dyn.update_success") == 0


def test_13_an_update_is_applied_whole_or_not_at_all(world):
    """Of a new good cluster and a bad one, neither comes."""
    world.routes("new", "2")
    eventually("no such cluster yet", lambda: get(world.at).status == 503)
    start = world.gateway.mark()
    bad = cluster("bad", group({"endpoint": {"address": {"socket_address": {
        "address": "a.name", "port_value": 1}}}}))
    world.files.put("cds", "clusters", *world.clusters(), cluster("new", world.b.port), bad)
    eventually("it is refused", lambda: world.warned(start, "bad"))
    try:
        holds("the new cluster is not there", lambda: get(world.at).status == 503, 0.4)
    except AssertionError:
        shortfall(world, "applies the good rest where building one cluster fails")
        raise
