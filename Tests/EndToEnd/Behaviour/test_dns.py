"""8: STRICT_DNS, by a name server that changes its mind, is slow, lies and goes away."""

import socket
import struct
import time

import pytest

from control_plane import Files
from dns_server import A, AAAA, NameServer, Question, encoded
from harness.waiting import eventually, holds
from network import HttpBackend, get
from resources import API, bootstrap, chain, cluster, endpoint, group, http, listener, route, route_config
from running import KINDS, Gateway, host, place
from worlds import ClusterWorld, both, shortfall


def resolver(*servers, **fields):
    """`typed_dns_resolver_config` of name servers."""
    return {"name": "envoy.network.dns_resolver.cares", "typed_config": {
        "@type": API + "extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
        "resolvers": [{"socket_address": {"address": at, "port_value": port}} for at, port in servers],
        "use_resolvers_as_fallback": False, "dns_resolver_options": {"no_default_search_domain": True}, **fields}}


class Named(ClusterWorld):
    """Clusters of names, each of which a case has for itself: `NAME.example` for the cluster NAME."""

    def __init__(self, kind, directory):
        self.backends = {"a": HttpBackend("a", host="127.0.0.1")}
        port = self.backends["a"].port
        self.backends["b"] = HttpBackend("b", host="127.0.0.2", port=port)
        self.server, self.mute = NameServer(host=host()), NameServer(host=host())
        self.mute.is_silent = True
        server = (self.server.host, self.server.port)
        # For `peer.example` alone: what happens to one cluster's server must not reach the others.
        self.names = NameServer(host=host())
        self.names.records = {"peer.example": ["127.0.0.1"]}
        own = resolver((self.names.host, self.names.port), query_timeout_seconds=1, query_tries=1)
        self.server.records = {f"{name}.example": ["127.0.0.1"] for name in (
            "refused", "mute", "over-tcp", "long", "short", "local", "none")}
        self.server.records.update({
            f"{name}.example": ["::1", "127.0.0.1"] for name in ("auto", "four", "six", "preferred", "every")})
        self.server.records.update({"only-four.example": ["127.0.0.1"], "only-six.example": ["::1"]})
        self.server.ttls = {"long.example": 3600, "short.example": 1, "none.example": 0}

        def named(name, at=None, family="V4_ONLY", config=None, **fields):
            return cluster(name, group(endpoint(port, at or f"{name}.example")), type="STRICT_DNS",
                           dns_lookup_family=family, typed_dns_resolver_config=config or resolver(server),
                           **{"dns_refresh_rate": "0.1s", **fields})

        rare = {"dns_refresh_rate": "3600s"}
        super().__init__(kind, directory, [
            named("peer", config=own, dns_failure_refresh_rate={"base_interval": "0.1s", "max_interval": "0.2s"}),
            named("unknown", "nobody.example"),
            named("local", "localhost", **rare),
            named("refused", config=resolver(place(host()), server)),
            named("mute", config=resolver((self.mute.host, self.mute.port), server, query_timeout_seconds=1)),
            named("over-tcp", config=resolver(server, dns_resolver_options={
                "use_tcp_for_dns_lookups": True, "no_default_search_domain": True})),
            named("long", respect_dns_ttl=True), named("short", respect_dns_ttl=True, **rare),
            named("none", respect_dns_ttl=True),
            named("auto", family="AUTO", **rare), named("four", **rare), named("six", family="V6_ONLY", **rare),
            named("preferred", family="V4_PREFERRED", **rare), named("every", family="ALL", **rare),
            named("only-four", family="AUTO", **rare), named("only-six", family="V4_PREFERRED", **rare),
        ], place())

    def members(self, name):
        return self.gateway.stat(f"cluster.{name}.membership_total")

    def stop(self):
        for part in (self.server, self.mute, self.names, *self.backends.values()):
            part.stop()


@both()
def world(request, workdir):
    made = Named(request.param, workdir)
    with made.gateway:
        yield made
    made.stop()


@pytest.fixture
def named(world):
    """Before each case `peer` is served by `a`; after it, its name server does its work again."""
    world.becomes("peer", {"a": 10}, seconds=12)
    yield world
    world.names.calm()
    world.names.aliases = {}
    world.names.records = {"peer.example": ["127.0.0.1"]}


def test_8_a_name_is_resolved_by_the_given_server(named):
    assert named.names.questions > 0
    assert named.shares("peer", 10) == {"a": 10}


def test_8_new_addresses_replace_the_old(named):
    named.names.records = {"peer.example": ["127.0.0.2"]}
    named.becomes("peer", {"b": 10})


def test_8_all_addresses_of_a_name_serve(named):
    named.names.records = {"peer.example": ["127.0.0.1", "127.0.0.2"]}
    named.becomes("peer", {"a": 5, "b": 5})


def test_8_an_empty_answer_empties_the_set(named):
    named.names.records = {"peer.example": []}
    named.becomes("peer", {503: 10})
    assert named.members("peer") == 0


def test_8_a_name_that_is_no_more_has_no_addresses(named):
    named.names.records = {}
    named.becomes("peer", {503: 10})


@pytest.mark.parametrize("how", ["is_silent", "fails"])
def test_8_a_name_server_that_is_gone_leaves_the_addresses(named, how):
    failures, questions = named.gateway.stat("cluster.peer.update_failure"), named.names.questions
    setattr(named.names, how, True)
    eventually("it is asked", lambda: named.names.questions > questions + 1, 12)
    eventually("lookups fail", lambda: named.gateway.stat("cluster.peer.update_failure") > failures, 12)
    holds("the old address serves", lambda: named.shares("peer", 3) == {"a": 3}, 0.5)
    named.names.calm()
    named.names.records = {"peer.example": ["127.0.0.2"]}
    named.becomes("peer", {"b": 10}, seconds=12)


def test_8_a_name_that_nobody_knows_is_no_healthy_upstream(named):
    assert get(named.http, "/unknown").body == "no healthy upstream"


def test_8_aliases_lead_to_the_addresses(named):
    named.names.aliases = {"peer.example": "first.example", "first.example": "second.example"}
    named.names.records = {"second.example": ["127.0.0.2"]}
    named.becomes("peer", {"b": 10})


def test_8_what_is_truncated_is_asked_for_over_tcp(named):
    named.names.truncates = True
    named.names.records = {"peer.example": ["127.0.0.2"]}
    named.becomes("peer", {"b": 10})
    assert any(question.transport == "tcp" for question in named.names.asked)


def test_8_more_addresses_than_a_datagram_holds(named):
    """60 addresses are 960 bytes; a reader that says nothing of its buffer takes 512."""
    named.names.truncates = True
    named.names.records = {"peer.example": [f"127.0.1.{number}" for number in range(1, 61)]}
    eventually("all are there", lambda: named.members("peer") == 60, 12)


def wrong_id(sock, question, sender):
    lie = question.answer([lie_about(question.name)])
    for change in (1, 255):
        sock.sendto(bytes([lie[0] ^ change, lie[1]]) + lie[2:], sender)


def wrong_name(sock, question, sender):
    other = Question(question.id + bytes(10) + encoded("other.example") + struct.pack(">HH", A, 1))
    sock.sendto(other.answer([lie_about(question.name), lie_about("other.example")]), sender)


def wrong_source(sock, question, sender):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind((host(), 0))
        stranger.sendto(question.answer([lie_about(question.name)]), sender)


def garbage(sock, question, sender):
    for message in (b"x", question.id, question.id + b"\xff" * 40):
        sock.sendto(message, sender)


def nothing(sock, question, sender):
    sock.sendto(b"", sender)


def lie_about(name):
    return encoded(name) + struct.pack(">HHIH", A, 1, 60, 4) + socket.inet_aton("127.0.0.2")


@pytest.mark.parametrize("forge", [wrong_id, wrong_name, wrong_source, garbage, nothing])
def test_8_what_answers_no_question_is_ignored(named, forge):
    if forge is nothing:
        shortfall(named, "an empty datagram ends its lookups for good")
    questions = named.names.questions
    named.names.forge = forge
    eventually("it is asked again and again", lambda: named.names.questions > questions + 4, 12)
    holds("the true address serves", lambda: named.shares("peer", 3) == {"a": 3}, 0.5)
    assert named.members("peer") == 1


def test_8_an_answer_that_is_late_changes_nothing(named):
    questions = named.names.questions
    named.names.delays = [1.6]
    eventually("it is asked again", lambda: named.names.questions > questions + 1, 12)
    holds("the true address serves", lambda: named.shares("peer", 3) == {"a": 3}, 1)


def test_8_nobody_can_guess_where_the_answer_is_awaited(named):
    """Each question has an id and a port that were drawn for it."""
    shortfall(named, "asks a hundred questions and more from one port")
    asked = named.names.asked
    start = len(asked)
    eventually("it is asked again and again", lambda: len(asked) > start + 8, 12)
    assert len({question.port for question in asked[start:]}) > 6
    assert len({question.id for question in asked[start:]}) > 6


@pytest.mark.parametrize("name", ["refused", "mute"])
def test_8_the_next_server_is_asked_when_the_first_is_gone(named, name):
    """Nobody holds the port of the first one, or it never answers."""
    named.becomes(name, {"a": 10}, seconds=12)


def test_8_names_may_be_asked_for_over_tcp_alone(named):
    named.becomes("over-tcp", {"a": 10})
    assert {q.transport for q in named.server.asked if q.name == "over-tcp.example"} == {"tcp"}


def test_8_localhost_is_never_asked_for(named):
    named.becomes("local", {"a": 10})
    assert named.server.count("localhost") == 0


def test_8_the_time_to_live_sets_the_pause(named):
    """An hour in place of the configured 0.1 s; a second in place of an hour."""
    named.becomes("long", {"a": 10})
    asked = named.server.count("long.example")
    began, short = time.monotonic(), named.server.count("short.example")
    eventually("it is asked again", lambda: named.server.count("short.example") >= short + 2, 10)
    assert time.monotonic() - began > 0.5
    assert named.server.count("long.example") == asked


def test_8_without_a_time_to_live_the_configured_pause_holds(named):
    asked = named.server.count("none.example")
    eventually("it is asked again and again", lambda: named.server.count("none.example") > asked + 3, 10)


FAMILIES = [
    ("four", [A], 1), ("six", [AAAA], 1), ("auto", [AAAA], 1), ("preferred", [A], 1), ("every", [A, AAAA], 2),
    ("only-four", [AAAA, A], 1), ("only-six", [A, AAAA], 1),
]


@pytest.mark.parametrize("name, types, members", FAMILIES, ids=[row[0] for row in FAMILIES])
def test_8_the_family_says_what_is_asked_for(named, name, types, members):
    eventually("its addresses are there", lambda: named.members(name) == members, 12)
    found = [question.type for question in named.server.asked if question.name == f"{name}.example"]
    assert (sorted(found) if name == "every" else found) == types


def test_8_lookups_are_counted(named):
    def counts():
        return [named.gateway.stat(f"cluster.peer.update_{word}") for word in ("attempt", "success", "no_rebuild")]

    before = counts()
    eventually(f"all grow from {before}", lambda: min(now - then for now, then in zip(counts(), before)) > 0, 12)
    assert named.gateway.stat("cluster.four.update_attempt") == 1
    assert named.gateway.stat("cluster.four.update_success") == 1


@pytest.fixture(params=KINDS)
def delivered(request, workdir):
    """A gateway of several threads whose clusters come from a file."""
    at, files, kind = place(), Files(workdir / f"{request.param}-names"), request.param
    files.put("cds", "clusters")
    routes = {**route_config("http", route("all", "/", "moved", {"timeout": "3s"})), "validate_clusters": False}
    static = listener("http", at, chain(http("http", route_config=routes)))
    with Gateway(kind, workdir, bootstrap([static], admin=place(), dynamic_resources={
            "cds_config": files.source("cds")}), workers=4) as gateway:
        yield gateway, at, files


def test_8_an_update_changes_who_is_asked(delivered):
    """A lookup an hour, whatever the number of threads: the new server is asked at once, the old one no more."""
    gateway, at, files = delivered
    servers = {"a": NameServer(host=host()), "b": NameServer(host=host())}
    backends = {"a": HttpBackend("a", host="127.0.0.1")}
    backends["b"] = HttpBackend("b", host="127.0.0.2", port=backends["a"].port)
    for name, server in servers.items():
        server.records = {"moved.example": [backends[name].place[0]]}
        files.put("cds", "clusters", cluster(
            "moved", group(endpoint(backends["a"].port, "moved.example")), type="STRICT_DNS",
            dns_lookup_family="V4_ONLY", dns_refresh_rate="3600s",
            typed_dns_resolver_config=resolver((server.host, server.port))))
        eventually(f"{name} serves", lambda name=name: get(at).backend == name, 10)
        assert server.questions == 1
    assert servers["a"].questions == 1
    files.put("cds", "clusters")
    eventually("the cluster is gone", lambda: get(at).status == 503, 10)
    for part in (*servers.values(), *backends.values()):
        part.stop()


def test_8_addresses_of_a_name_are_checked(delivered):
    """An address that comes is checked before it serves; one that stays keeps its health."""
    gateway, at, files = delivered
    server, backend = NameServer(host=host()), HttpBackend("a", host="127.0.0.1")
    server.records = {"moved.example": ["127.0.0.1", "127.0.0.3"]}
    files.put("cds", "clusters", cluster(
        "moved", group(endpoint(backend.port, "moved.example")), type="STRICT_DNS", dns_lookup_family="V4_ONLY",
        dns_refresh_rate="0.1s", typed_dns_resolver_config=resolver((server.host, server.port)),
        common_lb_config={"healthy_panic_threshold": {"value": 0}, "update_merge_window": "0s"},
        health_checks=[{"timeout": "5s", "interval": "0.1s", "no_traffic_interval": "0.1s",
                        "unhealthy_threshold": 1, "healthy_threshold": 1, "initial_jitter": "0.01s",
                        "tcp_health_check": {}}]))

    def healthy():
        return gateway.stat("cluster.moved.membership_healthy"), gateway.stat("cluster.moved.membership_total")

    eventually("one of two is healthy", lambda: healthy() == (1, 2), 10)
    server.records = {"moved.example": ["127.0.0.1"]}
    eventually("the other is gone", lambda: healthy() == (1, 1), 10)
    assert [get(at).backend for _ in range(5)] == ["a"] * 5
    server.stop()
    backend.stop()
