"""7: byte pipes, plain and behind TLS, and network RBAC."""

import collections
import hashlib
import os
import socket
import ssl
import threading
import time

import pytest

from harness.waiting import eventually
from network import (
    Backend, Scripted, client_context, connect, connect_tls, is_closed, probe, read_all, remote, reset, server_context)
from pki import ALPHA, GAMMA, OTHER, certificates
from resources import (
    AFTER_HANDSHAKE, bootstrap, chain, cluster, identity, limits, listener, network_rbac, policy, server_tls, spiffe,
    tcp, upstream_keepalive)
from running import Gateway, place
from worlds import both, ids, shortfall


def greet(sock):
    """A protocol in which the server speaks first."""
    sock.sendall(b"hello\n")
    while sock.recv(65536):
        pass


def say_and_end(sock):
    sock.sendall(b"x" * 300_000 + b"end")
    sock.shutdown(socket.SHUT_WR)
    read_all(sock)


def digest(sock):
    """Reads to the end of the client's half, then answers with what it got."""
    sum, count = hashlib.sha256(), 0
    while data := sock.recv(65536):
        sum.update(data)
        count += len(data)
    sock.sendall(f"{count} {sum.hexdigest()}".encode())


def half_close_first(sock):
    """Ends its own half at once and reads on."""
    sock.shutdown(socket.SHUT_WR)
    half_close_first.got = read_all(sock)


def stall(sock):
    """Reads nothing until the client is gone."""
    stall.release.wait(20)


stall.release = threading.Event()


def hold(sock):
    """Reads to the end of the client's half and keeps its own open, in silence."""
    read_all(sock)
    hold.heard.set()
    stall.release.wait(20)


hold.heard = threading.Event()

RULES = [
    ("any", policy({"any": True}), {"alpha": True, "other": True}),
    ("exact", policy(identity(ALPHA)), {"alpha": True, "other": False}),
    ("prefix", policy(identity("spiffe://alpha.local/ns/alpha-mesh/", "prefix")), {"alpha": True, "other": True}),
    ("suffix", policy(identity("/another-account", "suffix")), {"alpha": False, "other": True}),
    ("contains", policy(identity("/another-", "contains")), {"alpha": False, "other": True}),
    ("regex", policy({"authenticated": {"principal_name": {"safe_regex": {"regex": "spiffe://.*/egress-.*"}}}}),
     {"alpha": True, "other": False}),
    ("half-regex", policy({"authenticated": {"principal_name": {"safe_regex": {"regex": "spiffe://.*/egress"}}}}),
     {"alpha": False, "other": False}),
    ("deny", policy(identity(OTHER), action="DENY"), {"alpha": True, "other": False}),
    ("nobody", {"policies": {}}, {"alpha": False, "other": False}),
    ("not", policy({"not_id": identity(OTHER)}), {"alpha": True, "other": False}),
    ("or", policy({"or_ids": {"ids": [identity(ALPHA), identity(GAMMA)]}}), {"alpha": True, "other": False}),
    ("and", policy({"and_ids": {"ids": [identity("spiffe://alpha.local/", "prefix"),
                                        {"not_id": identity(ALPHA)}]}}), {"alpha": False, "other": True}),
    ("sni", policy({"any": True}, {"requested_server_name": {"exact": "sni.rules"}}), {"alpha": True, "other": True}),
    ("other-sni", policy({"any": True}, {"requested_server_name": {"exact": "x.rules"}}),
     {"alpha": False, "other": False}),
    ("not-rule", policy({"any": True}, {"not_rule": {"requested_server_name": {"suffix": ".rules"}}}),
     {"alpha": False, "other": False}),
    ("and-rules", policy(identity(ALPHA), {"and_rules": {"rules": [
        {"any": True}, {"requested_server_name": {"prefix": "and-rules"}}]}}), {"alpha": True, "other": False}),
    ("or-rules", policy(identity(ALPHA), {"or_rules": {"rules": [
        {"requested_server_name": {"exact": "x"}}, {"any": True}]}}), {"alpha": True, "other": False}),
    ("this-port", None, {"alpha": True, "other": True}),
    ("another-port", policy({"any": True}, {"destination_port": 1}), {"alpha": False, "other": False}),
    ("ignore-case", policy({"authenticated": {"principal_name": {"exact": ALPHA.upper(), "ignore_case": True}}}),
     {"alpha": True, "other": False}),
]


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind = kind
        self.echo, self.second = Backend("echo"), Scripted(lambda s: (s.recv(9), s.sendall(b"second")), name="second")
        self.scripts = {name: Scripted(script, name=name) for name, script in {
            "greet": greet, "end": say_and_end, "digest": digest, "half": half_close_first, "stall": stall, "hold": hold,
            "drop": lambda s: None, "reset": lambda s: (s.recv(1), reset(s))}.items()}
        self.sealed = Backend("sealed", tls=server_context(pki.beta, pki.root("alpha")))
        self.dead = place()
        names = ["echo", "weighted", "idle", "short", "dead", "missing", "empty", "limit", "retry", "random", "thrice",
                 *self.scripts]
        self.at = {name: place() for name in names}
        self.pass_through, self.rules, self.greeting = place(), place(), place()
        self.gateway = Gateway(kind, directory, bootstrap(self._listeners(pki), self._clusters(), admin=place()))
        self.admin = self.gateway.config["admin"]

    def _clusters(self):
        return [
            cluster("echo", self.echo.port, **upstream_keepalive()), cluster("second", self.second.port),
            cluster("dead", self.dead), cluster("empty", load_assignment={"cluster_name": "empty"}),
            cluster("limit", self.echo.port, circuit_breakers=limits(max_connections=2)),
            cluster("sealed", self.sealed.port), cluster("half-dead", self.dead, self.second.port),
            cluster("random", self.dead, self.second.port, lb_policy="RANDOM"), cluster("thrice", self.dead),
            *[cluster(name, script.port) for name, script in self.scripts.items()]]

    def _listeners(self, pki):
        def pipe(name, cluster=None, **fields):
            return listener(name, self.at[name], chain(tcp(name, cluster, **fields)))

        def weighted(**weights):
            return {"clusters": [{"name": n, "weight": w} for n, w in weights.items()]}

        tls = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}))
        port = policy({"any": True}, {"destination_port": self.rules.port})
        rules = [chain(network_rbac(name, rules or port), tcp(f"rbac-{name}", "echo", **AFTER_HANDSHAKE),
                       names=[f"{name}.rules"], tls=tls, name=name) for name, rules, _ in RULES]
        return [
            pipe("echo", "echo"), pipe("weighted", weighted_clusters=weighted(echo=80, second=20)),
            pipe("idle", "echo", idle_timeout="0.5s"),
            pipe("short", "echo", max_downstream_connection_duration="0.6s"),
            pipe("dead", "dead"), pipe("missing", "no-such-cluster"), pipe("empty", "empty"), pipe("limit", "limit"),
            pipe("retry", "half-dead", max_connect_attempts=3), pipe("random", "random", max_connect_attempts=2),
            pipe("thrice", "thrice", max_connect_attempts=3),
            *[pipe(name, name) for name in self.scripts],
            listener("pass", self.pass_through, chain(tcp("pass", "sealed"), names=["sealed.example"]),
                     chain(tcp("pass-rest", "second"), names=["*.second.example"]), inspector=True, log=True),
            listener("rules", self.rules, *rules, inspector=True, log=True),
            listener("greeting", self.greeting, chain(
                network_rbac("greeting", policy(identity(OTHER))), tcp("greeting", "greet", **AFTER_HANDSHAKE),
                tls=tls))]

    def stop(self):
        stall.release.set()
        for backend in (self.echo, self.second, self.sealed, *self.scripts.values()):
            backend.stop()


@both()
def world(request, workdir):
    stall.release.clear()
    made = World(request.param, workdir)
    with made.gateway:
        yield made
    made.stop()


def test_7_bytes_pass_both_ways_unchanged(world):
    data = os.urandom(3_000_000)
    with connect(world.at["echo"]) as sock:
        threading.Thread(target=lambda: (sock.sendall(data), sock.shutdown(socket.SHUT_WR)), daemon=True).start()
        assert read_all(sock) == data


def test_7_the_record_counts_the_bytes(world):
    start = world.gateway.mark()
    with connect(world.at["digest"]) as sock:
        sock.sendall(b"12345")
        sock.shutdown(socket.SHUT_WR)
        answer, own = read_all(sock), remote(sock)
    record = world.gateway.record("digest", start, remote=own)
    assert (record["received"], record["sent"]) == (5, len(answer)) and answer.startswith(b"5 "), record
    assert record["flags"] == "-" and record["cluster"] == "digest", record
    assert record["upstream"] == f"127.0.0.1:{world.scripts['digest'].port}", record


def test_7_the_clients_half_close_passes(world):
    data = b"a" * 1_000_000
    with connect(world.at["digest"]) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock).decode() == f"{len(data)} {hashlib.sha256(data).hexdigest()}"


def test_7_the_upstreams_half_close_passes(world):
    with connect(world.at["half"]) as sock:
        assert sock.recv(10) == b""
        sock.sendall(b"still heard")
        sock.shutdown(socket.SHUT_WR)
        eventually("the rest arrives", lambda: getattr(half_close_first, "got", b"") == b"still heard", 5)
    half_close_first.got = b""


def test_7_an_upstream_that_speaks_first_is_heard(world):
    with connect(world.at["greet"]) as sock:
        assert sock.recv(10) == b"hello\n"


def test_7_what_an_upstream_sent_before_its_end_is_flushed(world):
    with connect(world.at["end"]) as sock:
        assert read_all(sock).endswith(b"end")


def test_7_an_upstream_that_closes_closes_the_client(world):
    with connect(world.at["drop"]) as sock:
        assert is_closed(sock)


def test_7_an_upstreams_reset_closes_the_client(world):
    with connect(world.at["reset"]) as sock:
        sock.sendall(b"x")
        assert is_closed(sock)


def test_7_a_client_that_leaves_frees_the_upstream(world):
    sock = connect(world.at["greet"])
    assert sock.recv(10) == b"hello\n"
    reset(sock)
    eventually("the upstream is let go", lambda: world.scripts["greet"].open == 0, 5)


def test_7_a_client_that_resets_behind_its_half_close_is_let_go(world):
    hold.heard.clear()
    start = world.gateway.mark()
    sock = connect(world.at["hold"])
    own = remote(sock)
    sock.sendall(b"all there is")
    sock.shutdown(socket.SHUT_WR)
    assert hold.heard.wait(5)
    reset(sock)
    shortfall(world, "reads no more behind a half-close, and so hears of no reset")
    assert world.gateway.record("hold", start, remote=own)["received"] == 12


def test_7_shares_of_weighted_clusters_are_drawn_per_connection(world):
    """600 draws of 80 %: outside 73..87 % less often than once in 50,000 runs."""
    counts = collections.Counter()
    for _ in range(600):
        with connect(world.at["weighted"]) as sock:
            sock.sendall(b"x")
            counts[sock.recv(10)] += 1
    assert 438 <= counts[b"x"] <= 522 and sum(counts.values()) == 600, counts


def test_7_idle_connections_are_closed(world):
    with connect(world.at["idle"]) as sock:
        began = time.monotonic()
        assert is_closed(sock, 3)
        assert 0.4 < time.monotonic() - began < 2.9


def test_7_bytes_keep_a_connection_from_being_idle(world):
    with connect(world.at["idle"]) as sock:
        for _ in range(8):
            sock.sendall(b"x")
            assert sock.recv(1) == b"x"
            time.sleep(0.15)
        assert is_closed(sock, 3)


def test_7_the_longest_duration_ends_a_busy_connection(world):
    with connect(world.at["short"]) as sock:
        began = time.monotonic()
        with pytest.raises(OSError):
            while time.monotonic() - began < 3:
                sock.sendall(b"x")
                if not sock.recv(10):
                    raise ConnectionError
                time.sleep(0.05)
        assert 0.5 < time.monotonic() - began < 2.9


FAILURES = [("dead", "UF"), ("missing", "NC"), ("empty", "UH")]


@pytest.mark.parametrize("name, flag", FAILURES, ids=ids(FAILURES))
def test_7_without_an_upstream_the_client_is_closed(world, name, flag):
    start = world.gateway.mark()
    with connect(world.at[name]) as sock:
        assert is_closed(sock)
        own = remote(sock)
    record = world.gateway.record(name, start, remote=own)
    assert record["flags"].split(",")[0] == flag, record


def test_7_connect_attempts_go_on_to_another_endpoint(world):
    for _ in range(6):
        with connect(world.at["retry"]) as sock:
            sock.sendall(b"x")
            assert sock.recv(10) == b"second"


def test_7_a_further_attempt_avoids_the_endpoint_that_failed(world):
    """Two attempts at one live and one dead endpoint, drawn at random: Envoy may draw the dead one twice."""
    failures = "cluster.random.upstream_cx_connect_fail"
    for _ in range(40):
        with connect(world.at["random"]) as sock:
            sock.sendall(b"x")
            if not read_all(sock, 1):
                shortfall(world, "draws the dead endpoint again")
                raise AssertionError("the dead endpoint was asked twice")
    assert world.gateway.stat(failures) > 0


def test_7_attempts_end_at_their_number(world):
    start, exceeded = world.gateway.mark(), "cluster.thrice.upstream_cx_connect_attempts_exceeded"
    before, failed = world.gateway.stat(exceeded), world.gateway.stat("cluster.thrice.upstream_cx_connect_fail")
    with connect(world.at["thrice"]) as sock:
        assert is_closed(sock)
        own = remote(sock)
    record = world.gateway.record("thrice", start, remote=own)
    assert set(record["flags"].split(",")) == {"UF", "URX"}, record
    assert world.gateway.stat(exceeded) == before + 1
    assert world.gateway.stat("cluster.thrice.upstream_cx_connect_fail") == failed + 3


def test_8_a_connection_over_the_breaker_is_closed(world):
    first, second = connect(world.at["limit"]), connect(world.at["limit"])
    for sock in (first, second):
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
    start = world.gateway.mark()
    third = connect(world.at["limit"])
    assert is_closed(third)
    record = world.gateway.record("limit", start, remote=remote(third))
    assert record["flags"].split(",")[0] == "UO", record
    for sock in (first, second, third):
        sock.close()

    def passes():
        with connect(world.at["limit"]) as sock:
            sock.sendall(b"x")
            return sock.recv(1) == b"x"
    eventually("room is made", passes, 5)


def test_7_a_slow_upstream_holds_its_client_back(world):
    """40 MB against an upstream that reads nothing: the gateway takes a few MB and keeps its size."""
    before = world.gateway.memory
    with connect(world.at["stall"]) as sock:
        sock.settimeout(1)
        sent, block = 0, b"x" * 65536
        with pytest.raises(TimeoutError):
            while sent < 40_000_000:
                sent += sock.send(block)
        assert world.gateway.memory - before < 12_000_000


def test_7_pass_through_leaves_the_clients_tls_alone(world):
    pki = certificates()
    context = client_context(pki.alpha, pki.root("beta"))
    with connect_tls(world.pass_through, "sealed.example", context) as sock:
        sock.sendall(b"through")
        assert sock.recv(10) == b"through"
    assert world.sealed.snis[-1] == "sealed.example"
    der = ssl.PEM_cert_to_DER_cert(open(pki.alpha.certificate).read())
    assert world.sealed.peers[-1] == der


def test_7_pass_through_chooses_by_wildcard(world):
    accepted = world.second.accepted
    assert probe(world.pass_through, "a.second.example").refused, "the upstream speaks no TLS"
    assert world.second.accepted == accepted + 1


def test_7_pass_through_to_no_chain_is_closed(world):
    start = world.gateway.mark()
    seen = probe(world.pass_through, "other.example")
    assert seen.refused
    record = world.gateway.record("pass-listener", start, remote=seen.remote)
    assert record["flags"] == "NR" and record["sni"] == "other.example", record


CASES = [(name, who, let) for name, _, lets in RULES for who, let in lets.items()]


@pytest.mark.parametrize("name, who, is_good", CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_7_network_rules_let_in(world, name, who, is_good):
    start, dialled = world.gateway.mark(), world.echo.accepted
    seen = probe(world.rules, f"{name}.rules", identity=getattr(certificates(), who))
    if is_good:
        assert seen.data == b"ping\n", seen
        return
    assert seen.refused, seen
    record = world.gateway.record("rules-listener", start, remote=seen.remote)
    assert record["termination"].startswith("rbac_access_denied_matched_policy["), record
    wanted = "policy" if name == "deny" else "none"
    assert record["termination"].endswith(f"[{wanted}]"), record
    if world.echo.accepted != dialled:
        shortfall(world, "dials the backend before it decides")
    assert world.echo.accepted == dialled, "the backend was dialled before the decision"


def test_7_a_refused_peer_gets_no_greeting(world):
    """Our gateway decides when the handshake ends; Envoy at the first byte from the client."""
    seen = probe(world.greeting, send=b"", identity=certificates().alpha)
    if seen.data:
        shortfall(world, "lets the backend's greeting through")
    assert seen.refused, seen


def test_7_no_backend_is_dialled_for_a_peer_without_certificate(world):
    dialled = world.echo.accepted
    assert probe(world.rules, "any.rules").refused
    assert world.echo.accepted == dialled
