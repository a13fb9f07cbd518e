"""Aggregate clusters: peers whose priorities follow each other, each with its own name, trust and connections."""

import ssl

import pytest

from control_plane import Files
from ejections import heard
from harness.waiting import eventually, holds
from network import HttpBackend, Scripted, connect, get, server_context
from pki import BETA, GAMMA, certificates
from resources import (
    aggregate, bootstrap, chain, client_tls, cluster, group, http, listener, route, tcp, trusted_ca)
from running import Gateway, place
from worlds import both, shortfall, worlds

QUICK = {"update_merge_window": "0s"}
NEVER = {"healthy_panic_threshold": {"value": 0}, "update_merge_window": "0s"}
# A slow answer must not look like a bad one: one failed check is enough here.
CHECK = [{"timeout": "5s", "interval": "0.1s", "no_traffic_interval": "0.1s", "unhealthy_threshold": 1,
          "healthy_threshold": 1, "http_health_check": {"path": "/healthz"}}]
OUTLIER = {"consecutive_5xx": 2, "interval": "0.2s", "base_ejection_time": "2s", "max_ejection_percent": 100,
           "enforcing_success_rate": 0}


def told(name):
    """A TCP backend that answers its name."""
    return Scripted(lambda sock: (sock.recv(9), sock.sendall(name.encode())), name=name)


class World:
    """Two peers of different trust domains, and aggregates over them and others."""

    def __init__(self, kind, directory):
        pki, modern = certificates(), {"minimum": ssl.TLSVersion.TLSv1_3}
        self.kind, self.http, self.admin = kind, place(), place()
        self.beta = HttpBackend("beta", tls=server_context(pki.beta, pki.root("alpha"), **modern))
        self.gamma = HttpBackend("gamma", tls=server_context(pki.gamma, pki.root("alpha"), **modern))
        self.plain = {name: HttpBackend(name) for name in ("a", "b", "c", "d", "e", "f", "g", "h")}
        self.bytes = {name: told(name) for name in ("one", "two")}
        self.pipe, self.pipes = place(), place()
        ports = {name: backend.port for name, backend in self.plain.items()}
        clusters = [
            cluster("to-beta", self.beta.port, common_lb_config=NEVER, health_checks=CHECK, transport_socket=client_tls(
                "beta.sni", pki.alpha, trusted_ca(pki.root("beta"), [BETA]))),
            cluster("to-gamma", self.gamma.port, common_lb_config=NEVER, health_checks=CHECK,
                    transport_socket=client_tls("gamma.sni", pki.alpha, trusted_ca(pki.root("gamma"), [GAMMA]))),
            aggregate("peers", "to-beta", "to-gamma", common_lb_config=QUICK),
            cluster("first", ports["a"], outlier_detection=OUTLIER, common_lb_config=QUICK),
            cluster("second", ports["b"], common_lb_config=QUICK),
            aggregate("passive", "first", "second", common_lb_config=QUICK),
            cluster("two-thirds", group(ports["c"], ports["d"]), group(ports["e"], priority=1), common_lb_config=QUICK,
                    health_checks=CHECK),
            cluster("rest", ports["f"], common_lb_config=QUICK),
            aggregate("half", "two-thirds", "rest", common_lb_config=QUICK),
            cluster("nobody", load_assignment={"cluster_name": "nobody"}),
            aggregate("skips", "nobody", "rest"), aggregate("void", "nobody"),
            cluster("pipe-one", self.bytes["one"].port, outlier_detection={
                **OUTLIER, "consecutive_5xx": 1, "base_ejection_time": "0.5s"}, common_lb_config=QUICK),
            cluster("pipe-two", self.bytes["two"].port, common_lb_config=QUICK),
            aggregate("pipe", "pipe-one", "pipe-two", common_lb_config=QUICK),
            cluster("mirrored", ports["g"]), aggregate("shadow", "nobody", "mirrored"),
            cluster("tried", ports["h"], common_lb_config=QUICK, outlier_detection={**OUTLIER, "consecutive_5xx": 1}),
            aggregate("again", "tried", "second", common_lb_config=QUICK),
        ]
        # Envoy's worker hears of an ejection a little later: its first retries may come before that.
        retry = {"retry_policy": {"retry_on": "5xx", "num_retries": 1 if kind == "hanse" else 20}}
        shadow = {"request_mirror_policies": [{"cluster": "shadow"}]}
        weights = {"weighted_clusters": {"clusters": [{"name": "skips", "weight": 1}, {"name": "shadow", "weight": 1}]}}
        own = {"again": retry}
        routes = [route(c["name"], {"path_separated_prefix": "/" + c["name"]}, c["name"], {
            "timeout": "3s", **own.get(c["name"], {})}) for c in clusters if "cluster_type" in c]
        routes += [route("copied", {"prefix": "/copied"}, "skips", shadow),
                   route("split", {"prefix": "/split"}, action=weights)]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http("http", *routes))),
             listener("pipe", self.pipe, chain(tcp("pipe", "pipe", max_connect_attempts=2))),
             listener("pipes", self.pipes, chain(tcp("pipes", weighted_clusters={"clusters": [
                 {"name": "pipe", "weight": 1}]})))], clusters, admin=self.admin))

    def answers(self, path, *names, count=6, seconds=15):
        """Waits until requests are answered by exactly these backends."""
        eventually(f"{path} is served by {names}", lambda: {
            get(self.http, path).backend for _ in range(count)} == set(names), seconds, pause=0.02)

    def stop(self):
        for backend in (self.beta, self.gamma, *self.plain.values(), *self.bytes.values()):
            backend.stop()


world = worlds(World, World.stop)


def test_8_the_first_peer_is_asked_under_its_own_name_and_trust(world):
    world.answers("/peers", "beta")
    assert set(world.beta.snis) == {"beta.sni"}
    start = world.gateway.mark()
    get(world.http, "/peers")
    record = world.gateway.record("http", start, path="/peers")
    assert record["cluster"] == "peers", "the aggregate is what the route names"
    assert record["upstream"] == f"127.0.0.1:{world.beta.port}"


def test_8_a_dead_peer_hands_over_to_the_next_and_takes_back(world):
    world.answers("/peers", "beta")
    world.beta.stop()
    world.answers("/peers", "gamma")
    assert set(world.gamma.snis) == {"gamma.sni"}
    world.beta.start()
    world.answers("/peers", "beta")


def test_8_an_unwell_peer_hands_over_too(world):
    world.answers("/peers", "beta")
    world.beta.health = 503
    world.answers("/peers", "gamma")
    world.gamma.health = 503
    eventually("nobody is left", lambda: get(world.http, "/peers").body == "no healthy upstream", 10)
    world.beta.health = world.gamma.health = 200
    world.answers("/peers", "beta")


def test_8_an_ejected_member_hands_over_for_its_time(world):
    world.plain["a"].status = 503
    assert [get(world.http, "/passive").status for _ in range(2)] == [503, 503]
    heard(world, "it is ejected", lambda: get(world.http, "/passive").status == 200)
    assert get(world.http, "/passive").status == 200
    assert world.gateway.stat("cluster.first.outlier_detection.ejections_active") == 1
    world.plain["a"].status = 200
    world.answers("/passive", "a")


def test_8_each_try_picks_a_member_anew(world):
    world.plain["h"].status = 503
    assert get(world.http, "/again").backend == "b", "the retry went to the next member"
    world.plain["h"].status = 200
    world.answers("/again", "h")


def test_8_priorities_of_all_members_follow_each_other(world):
    """One of two well is 70 %; what is missing goes to the same cluster's next priority, not to the next cluster."""
    world.answers("/half", "c", "d")
    world.plain["c"].health = 503
    world.answers("/half", "d", "e", count=30)
    for name in ("d", "e"):
        world.plain[name].health = 503
    world.answers("/half", "f")
    for name in ("c", "d", "e"):
        world.plain[name].health = 200
    world.answers("/half", "c", "d")


def test_8_a_member_without_endpoints_is_passed_over(world):
    world.answers("/skips", "f")
    start = world.gateway.mark()
    assert get(world.http, "/void").body == "no healthy upstream"
    assert world.gateway.record("http", start, path="/void")["flags"] == "UH"
    assert world.gateway.stat("cluster.void.upstream_cx_none_healthy") >= 1


def test_8_answers_count_for_the_aggregate_and_requests_for_the_member(world):
    name, member = "cluster.skips.upstream_rq_2xx", "cluster.rest.upstream_rq_total"
    before = world.gateway.stat(name), world.gateway.stat(member), world.gateway.stat("cluster.skips.upstream_rq_total")
    assert get(world.http, "/skips").status == 200
    assert (world.gateway.stat(name), world.gateway.stat(member)) == (before[0] + 1, before[1] + 1)
    assert world.gateway.stat("cluster.skips.upstream_rq_total") == before[2] == 0


def test_8_weighted_clusters_and_mirrors_may_be_aggregates(world):
    world.answers("/split", "f", "g", count=20)
    count = len(world.plain["g"].requests)
    assert get(world.http, "/copied").backend == "f"
    eventually("the copy comes", lambda: len(world.plain["g"].requests) == count + 1, 10)


def said(at):
    with connect(at) as sock:
        sock.sendall(b"x")
        return sock.recv(10).decode()


@pytest.mark.parametrize("name", ["pipe", "pipes"])
def test_8_a_pipe_goes_to_the_first_member_that_is_well(world, name):
    at = getattr(world, name)
    eventually("the first", lambda: said(at) == "one", 10, pause=0.02)
    world.bytes["one"].stop()
    eventually("the second", lambda: said(at) == "two", 10, pause=0.02)
    world.bytes["one"].start()
    eventually("the first again", lambda: said(at) == "one", 10, pause=0.02)


class Changing:
    """An aggregate whose members come and go by a file."""

    def __init__(self, kind, directory):
        self.kind, self.at = kind, place()
        self.backends = {name: HttpBackend(name) for name in ("a", "b")}
        self.files = Files(directory / f"{kind}-cds")
        self.members("a", "b")
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.at, chain(http("http", route_config={
                "name": "r", "validate_clusters": False, "virtual_hosts": [{
                    "name": "v", "domains": ["*"], "routes": [route("all", "/", "whole")]}]})))],
            admin=place(), dynamic_resources={"cds_config": self.files.source("cds")}))

    def members(self, *names, of=("a", "b")):
        self.files.put("cds", "clusters", aggregate("whole", *of), *[
            cluster(name, self.backends[name].port) for name in names])

    def served_by(self, name):
        eventually(f"{name} serves", lambda: get(self.at).backend == name, 10, pause=0.02)

    def stop(self):
        for backend in self.backends.values():
            backend.stop()


@both()
def changing(request, workdir):
    made = Changing(request.param, workdir)
    with made.gateway:
        yield made
    made.stop()


def test_10_members_come_and_go(changing):
    changing.served_by("a")
    changing.members("b")
    changing.served_by("b")
    changing.members("a", "b")
    changing.served_by("a")
    changing.members("a", "b", of=("b", "a"))
    changing.served_by("b")
    changing.members()
    eventually("nobody serves", lambda: get(changing.at).status == 503, 10, pause=0.02)
    changing.members("a", "b")
    changing.served_by("a")


def test_13_an_aggregate_of_an_aggregate_is_refused(changing):
    """Envoy takes it and finds no endpoint in it."""
    if changing.kind == "envoy":
        shortfall(changing, "an aggregate's aggregate is empty")
    changing.served_by("a")
    rejected = changing.gateway.stat("cluster_manager.cds.update_rejected")
    changing.files.put("cds", "clusters", aggregate("whole", "part"), aggregate("part", "b"),
                       cluster("b", changing.backends["b"].port))
    eventually("it is refused", lambda: changing.gateway.stat(
        "cluster_manager.cds.update_rejected") == rejected + 1, 10)
    holds("the old one serves", lambda: get(changing.at).backend == "a", 0.2)
