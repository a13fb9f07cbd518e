"""The fault table: what breaks, what the caller is told, what the log says, and what it may cost.

Each row runs against our gateway and stock Envoy. A row bounds the time a caller waits and how far the gateway's
resident memory may grow.
"""

import contextlib
import random
import select
import socket
import time
from http.client import BadStatusLine

import pytest

from harness.waiting import eventually
from network import Connection, HttpBackend, Scripted, connect, get, is_closed, read_all, reset
from resources import bootstrap, chain, cluster, http, listener, route, tcp
from running import Gateway, place
from worlds import both, ids, shortfall

MEGABYTE = 1_000_000
HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n"


def after_request(then):
    """A backend that reads a request's head, then does something."""
    def script(sock):
        data = b""
        while b"\r\n\r\n" not in data:
            part = sock.recv(65536)
            if not part:
                return
            data += part
        then(sock)
    return script


def hang(sock):
    read_all(sock)


def cut(sock):
    sock.sendall(HEAD + b"x" * 1000)
    time.sleep(0.1)
    reset(sock)


def end_early(sock):
    sock.sendall(HEAD + b"x" * 1000)
    sock.shutdown(socket.SHUT_WR)
    read_all(sock)


def stop_in_body(sock):
    sock.sendall(HEAD + b"x" * 1000)
    hang(sock)


def endless(sock):
    sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    with contextlib.suppress(OSError):
        while True:
            sock.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def sends(data):
    def then(sock):
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        read_all(sock)
    return after_request(then)


SCRIPTS = {
    "hangs": after_request(hang), "resets": after_request(reset), "cuts": after_request(cut),
    "ends": after_request(end_early), "stops": after_request(stop_in_body), "floods": after_request(endless),
    "garbage": sends(b"\x16\x03\x01garbage\r\n\r\n"), "noise": sends(random.Random(7).randbytes(5000)),
    "two lengths": sends(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx"),
    "bad chunk": sends(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
    "huge head": sends(b"HTTP/1.1 200 OK\r\n" + b"".join(
        b"x-%d: %s\r\n" % (n, b"y" * 4000) for n in range(100)) + b"\r\n"),
    "half head": sends(b"HTTP/1.1 200 OK\r\ncontent-le"),
    "status 99": sends(b"HTTP/1.1 99 X\r\ncontent-length: 0\r\n\r\n"),
}


def slug(name):
    return name.replace(" ", "-")


class World:
    def __init__(self, kind, directory):
        self.kind, self.http, self.quick, self.pipe = kind, place(), place(), place()
        self.scripts = {name: Scripted(script, name=name) for name, script in SCRIPTS.items()}
        self.good = HttpBackend("good")
        self.dead = place()
        self.full = self._full()
        routes = [route(name, {"path_separated_prefix": "/" + slug(name)}, name, {
            "timeout": "1s" if name in ("hangs",) else "0s"}) for name in self.scripts]
        routes += [route(name, {"path_separated_prefix": "/" + name}, name, {"timeout": "5s"})
                   for name in ("refuses", "ignores", "good")]
        clusters = [cluster(name, script.port) for name, script in self.scripts.items()] + [
            cluster("refuses", self.dead), cluster("good", self.good.port),
            cluster("ignores", self.full.getsockname()[1], connect_timeout="0.5s")]
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("http", self.http, chain(http("http", *routes))),
            listener("quick", self.quick, chain(http(
                "quick", route("all", "/", "good", {"timeout": "0s"}), request_headers_timeout="0.5s",
                stream_idle_timeout="0.6s", common_http_protocol_options={"idle_timeout": "0.7s"},
                drain_timeout="0.2s"))),
            listener("pipe", self.pipe, chain(tcp("pipe", "good", idle_timeout="0.6s")))],
            clusters, admin=place()))

    @staticmethod
    def _full():
        """A listening socket whose queue is full: further connections get no answer at all."""
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        sock.listen(0)
        World.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(sock.getsockname())
            World.fillers.append(filler)
        return sock

    def stop(self):
        for backend in (*self.scripts.values(), self.good):
            backend.stop()
        self.full.close()
        for filler in self.fillers:
            filler.close()


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made
    made.stop()


@pytest.fixture(autouse=True)
def whole(request):
    """After every fault the gateway runs and serves."""
    yield
    if "world" in request.fixturenames:
        world = request.getfixturevalue("world")
        assert world.gateway.process.is_running
        assert get(world.http, "/good").status == 200


# What is asked for, the status, the flag, the least and the most seconds that it takes.
ANSWERED = [
    ("refuses", 503, "UF", 0, 5),
    ("ignores", 503, "UF", 0.4, 5),
    ("hangs", 504, "UT", 0.9, 5),
    ("resets", 503, "UC", 0, 5),
    ("garbage", 502, "UPE", 0, 5),
    ("noise", 502, "UPE", 0, 5),
    ("two lengths", 502, "UPE", 0, 5),
    ("huge head", 502, "UPE", 0, 5),
    ("status 99", 502, "UPE", 0, 5),
]


@pytest.mark.parametrize("name, status, flag, least, most", ANSWERED, ids=ids(ANSWERED))
def test_an_upstream_that(world, name, status, flag, least, most):
    start, memory = world.gateway.mark(), world.gateway.memory
    began = time.monotonic()
    try:
        reply = get(world.http, "/" + slug(name))
    except BadStatusLine:
        assert name == "status 99"
        shortfall(world, "passes statuses below 100")
        raise
    took = time.monotonic() - began
    record = world.gateway.record("http", start, path="/" + slug(name))
    assert (reply.status, record["flags"]) == (status, flag), (reply, record)
    assert least <= took <= most, took
    assert world.gateway.memory - memory < 4 * MEGABYTE


def test_a_head_that_breaks_off_is_an_upstreams_fault(world):
    start = world.gateway.mark()
    status = get(world.http, "/half-head").status
    flags = world.gateway.record("http", start, path="/half-head")["flags"]
    assert (status, flags) in ((503, "UC"), (502, "UPE"))


BROKEN = [("cuts", {"UC", "UPE"}), ("ends", {"UC", "UPE"}), ("bad chunk", {"UPE"})]


@pytest.mark.parametrize("name, flags", BROKEN, ids=ids(BROKEN))
def test_an_answer_that_breaks_off_is_never_made_whole(world, name, flags):
    """The caller sees its head and then the connection's end, and never a complete message."""
    start = world.gateway.mark()
    with connect(world.http) as sock:
        sock.sendall(f"GET /{slug(name)} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        began = time.monotonic()
        answer = read_all(sock)
        assert time.monotonic() - began < 5
    if answer.startswith(b"HTTP/1.1 200"):
        head, _, body = answer.partition(b"\r\n\r\n")
        assert len(body) < 100000 and not body.endswith(b"0\r\n\r\n"), answer[-40:]
    else:
        assert answer.startswith((b"HTTP/1.1 502", b"HTTP/1.1 503")), answer[:80]
    assert flags & set(world.gateway.record("http", start, path="/" + slug(name))["flags"].split(","))


def test_an_upstream_that_stops_in_a_body_ends_with_its_caller(world):
    start = world.gateway.mark()
    with connect(world.http) as sock:
        sock.sendall(b"GET /stops HTTP/1.1\r\nHost: a\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
    record = world.gateway.record("http", start, path="/stops")
    assert "DC" in record["flags"].split(","), record
    eventually("the upstream is let go", lambda: world.scripts["stops"].open == 0)


def test_an_endless_answer_to_a_caller_that_reads_nothing_costs_little(world):
    memory = world.gateway.memory
    with connect(world.http) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /floods HTTP/1.1\r\nHost: a\r\n\r\n")
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            assert world.gateway.memory - memory < 12 * MEGABYTE
            time.sleep(0.05)
    eventually("the upstream is let go", lambda: world.scripts["floods"].open == 0)


def test_a_caller_that_sends_its_head_slowly_is_answered_408(world):
    with connect(world.quick) as sock:
        began = time.monotonic()
        sock.sendall(b"GET / HTTP/1.1\r\n")
        answer = b""
        with contextlib.suppress(OSError):
            for number in range(200):
                if select.select([sock], [], [], 0.05)[0]:
                    break
                sock.sendall(b"x-%d: y\r\n" % number)
        answer = read_all(sock)
        assert 0.4 < time.monotonic() - began < 5
    assert answer.startswith(b"HTTP/1.1 408"), answer[:80]


def test_many_slow_callers_do_not_slow_the_others(world):
    memory = world.gateway.memory
    slow = [connect(world.http) for _ in range(300)]
    for sock in slow:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nx-slow: ")
    began = time.monotonic()
    with Connection(connect(world.http)) as connection:
        for _ in range(50):
            assert connection.call("/good").status == 200
    assert time.monotonic() - began < 10
    assert world.gateway.memory - memory < 15 * MEGABYTE
    for sock in slow:
        sock.close()


def test_a_caller_that_stops_in_its_body_is_answered_408(world):
    start = world.gateway.mark()
    with connect(world.quick) as sock:
        sock.sendall(b"POST /half HTTP/1.1\r\nHost: a\r\ncontent-length: 1000\r\n\r\nhalf")
        began = time.monotonic()
        answer = read_all(sock)
        assert 0.4 < time.monotonic() - began < 5
    assert answer.startswith(b"HTTP/1.1 408"), answer[:80]
    assert world.gateway.record("quick", start, path="/half")["code"] == 408


def test_a_caller_that_never_speaks_is_closed(world):
    with connect(world.quick) as sock:
        assert is_closed(sock, 10)


def test_half_open_connections_are_closed_when_idle(world):
    """A peer that vanished without a word: nothing comes and nothing is acknowledged."""
    with connect(world.pipe) as sock:
        assert is_closed(sock, 10)
    eventually("the upstream half is gone too", lambda: world.good.open <= 3)


def test_a_caller_that_leaves_before_the_answer_is_logged_DC(world):
    start, had = world.gateway.mark(), world.scripts["hangs"].accepted
    sock = connect(world.http)
    sock.sendall(b"GET /hangs/left HTTP/1.1\r\nHost: a\r\n\r\n")
    eventually("the upstream has it", lambda: world.scripts["hangs"].accepted > had, pause=0.01)
    reset(sock)
    record = world.gateway.record("http", start, path="/hangs/left")
    assert (record["code"], record["flags"]) == (0, "DC"), record
    eventually("the upstream is let go", lambda: world.scripts["hangs"].open == 0)


def test_an_upstream_that_flaps_is_used_whenever_it_is_there(world):
    for _ in range(5):
        world.good.stop()
        eventually("it is down", lambda: get(world.http, "/good").status == 503, pause=0.01)
        world.good.start()
        eventually("it is up", lambda: get(world.http, "/good").status == 200, pause=0.01)
        with Connection(connect(world.http)) as connection:
            assert [connection.call("/good").status for _ in range(10)] == [200] * 10
