"""7: byte pipes: what passes through them, what ends them, and which upstream they lead to.

What the client's TLS decides is in test_tcp_rules.
"""

import collections
import hashlib
import os
import socket
import threading
import time

import pytest

from harness.waiting import eventually
from network import Backend, Scripted, connect, is_closed, read_all, remote, reset
from resources import bootstrap, chain, cluster, limits, listener, tcp, upstream_keepalive
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


class World:
    def __init__(self, kind, directory):
        self.kind = kind
        self.echo, self.second = Backend("echo"), Scripted(lambda s: (s.recv(9), s.sendall(b"second")), name="second")
        self.scripts = {name: Scripted(script, name=name) for name, script in {
            "greet": greet, "end": say_and_end, "digest": digest, "half": half_close_first, "stall": stall, "hold": hold,
            "drop": lambda s: None, "reset": lambda s: (s.recv(1), reset(s))}.items()}
        self.dead = place()
        names = ["echo", "weighted", "idle", "short", "dead", "missing", "empty", "limit", "retry", "random", "thrice",
                 *self.scripts]
        self.at = {name: place() for name in names}
        self.gateway = Gateway(kind, directory, bootstrap(self._listeners(), self._clusters(), admin=place()))

    def _clusters(self):
        return [
            cluster("echo", self.echo.port, **upstream_keepalive()), cluster("second", self.second.port),
            cluster("dead", self.dead), cluster("empty", load_assignment={"cluster_name": "empty"}),
            cluster("limit", self.echo.port, circuit_breakers=limits(max_connections=2)),
            cluster("half-dead", self.dead, self.second.port),
            cluster("random", self.dead, self.second.port, lb_policy="RANDOM"), cluster("thrice", self.dead),
            *[cluster(name, script.port) for name, script in self.scripts.items()]]

    def _listeners(self):
        def pipe(name, cluster=None, **fields):
            return listener(name, self.at[name], chain(tcp(name, cluster, **fields)))

        def weighted(**weights):
            return {"clusters": [{"name": n, "weight": w} for n, w in weights.items()]}

        return [
            pipe("echo", "echo"), pipe("weighted", weighted_clusters=weighted(echo=80, second=20)),
            pipe("idle", "echo", idle_timeout="1s"),
            pipe("short", "echo", max_downstream_connection_duration="0.6s"),
            pipe("dead", "dead"), pipe("missing", "no-such-cluster"), pipe("empty", "empty"), pipe("limit", "limit"),
            pipe("retry", "half-dead", max_connect_attempts=3), pipe("random", "random", max_connect_attempts=2),
            pipe("thrice", "thrice", max_connect_attempts=3),
            *[pipe(name, name) for name in self.scripts]]

    def stop(self):
        stall.release.set()
        for backend in (self.echo, self.second, *self.scripts.values()):
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
        eventually("the rest arrives", lambda: getattr(half_close_first, "got", b"") == b"still heard")
    half_close_first.got = b""


def test_7_an_upstream_that_speaks_first_is_heard(world):
    with connect(world.at["greet"]) as sock:
        assert sock.recv(10) == b"hello\n"


def test_7_what_an_upstream_sent_before_its_end_is_flushed(world):
    with connect(world.at["end"]) as sock:
        assert read_all(sock).endswith(b"end")


def test_7_an_upstream_that_closes_closes_the_client(world):
    with connect(world.at["drop"]) as sock:
        assert is_closed(sock, 10)


def test_7_an_upstreams_reset_closes_the_client(world):
    with connect(world.at["reset"]) as sock:
        sock.sendall(b"x")
        assert is_closed(sock, 10)


def test_7_a_client_that_leaves_frees_the_upstream(world):
    sock = connect(world.at["greet"])
    assert sock.recv(10) == b"hello\n"
    reset(sock)
    eventually("the upstream is let go", lambda: world.scripts["greet"].open == 0)


def test_7_a_client_that_resets_behind_its_half_close_is_let_go(world):
    hold.heard.clear()
    start = world.gateway.mark()
    sock = connect(world.at["hold"])
    own = remote(sock)
    sock.sendall(b"all there is")
    sock.shutdown(socket.SHUT_WR)
    assert hold.heard.wait(15)
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
    began = time.monotonic()
    with connect(world.at["idle"]) as sock:
        assert is_closed(sock, 10) and time.monotonic() - began > 0.8


def test_7_bytes_keep_a_connection_from_being_idle(world):
    with connect(world.at["idle"]) as sock:
        for _ in range(20):
            sock.sendall(b"x")
            assert sock.recv(1) == b"x"
            time.sleep(0.1)
        assert is_closed(sock, 10)


def test_7_the_longest_duration_ends_a_busy_connection(world):
    began = time.monotonic()
    with connect(world.at["short"]) as sock:
        with pytest.raises(OSError):
            while time.monotonic() - began < 9:
                sock.sendall(b"x")
                if not sock.recv(10):
                    raise ConnectionError
                time.sleep(0.05)
        assert 0.5 < time.monotonic() - began < 9


FAILURES = [("dead", "UF"), ("missing", "NC"), ("empty", "UH")]


@pytest.mark.parametrize("name, flag", FAILURES, ids=ids(FAILURES))
def test_7_without_an_upstream_the_client_is_closed(world, name, flag):
    start = world.gateway.mark()
    with connect(world.at[name]) as sock:
        assert is_closed(sock, 10)
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
        assert is_closed(sock, 10)
        own = remote(sock)
    record = world.gateway.record("thrice", start, remote=own)
    assert set(record["flags"].split(",")) == {"UF", "URX"}, record
    eventually("it is counted", lambda: world.gateway.stat(exceeded) == before + 1)
    assert world.gateway.stat("cluster.thrice.upstream_cx_connect_fail") == failed + 3


def test_8_a_connection_over_the_breaker_is_closed(world):
    first, second = connect(world.at["limit"]), connect(world.at["limit"])
    for sock in (first, second):
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
    start = world.gateway.mark()
    third = connect(world.at["limit"])
    assert is_closed(third, 10)
    record = world.gateway.record("limit", start, remote=remote(third))
    assert record["flags"].split(",")[0] == "UO", record
    for sock in (first, second, third):
        sock.close()

    def passes():
        with connect(world.at["limit"]) as sock:
            sock.sendall(b"x")
            return sock.recv(1) == b"x"
    eventually("room is made", passes)


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
