"""The fault table: what breaks, what the caller is told, what the log says, and what it may cost.

Each row runs against our gateway and stock Envoy. A row bounds the time a caller waits and how far the gateway's
resident memory may grow.
"""

import contextlib
import os
import pathlib
import resource
import select
import socket
import ssl
import threading
import time
from http.client import BadStatusLine

import pytest

from control_plane import Files
from dns_server import NameServer
from harness.waiting import eventually, holds
from network import (
    Connection, HttpBackend, Scripted, client_context, connect, connect_tls, get, is_closed, read_all, reset)
from pki import ALPHA, certificates, copy_pair
from resources import (
    API, bootstrap, chain, client_tls, cluster, endpoint, group, http, listener, pair, route, server_tls, spiffe, tcp)
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
    "garbage": sends(b"\x16\x03\x01garbage\r\n\r\n"), "noise": sends(os.urandom(5000)),
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
    eventually("the upstream is let go", lambda: world.scripts["stops"].open == 0, 5)


def test_an_endless_answer_to_a_caller_that_reads_nothing_costs_little(world):
    memory = world.gateway.memory
    with connect(world.http) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(b"GET /floods HTTP/1.1\r\nHost: a\r\n\r\n")
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            assert world.gateway.memory - memory < 12 * MEGABYTE
            time.sleep(0.05)
    eventually("the upstream is let go", lambda: world.scripts["floods"].open == 0, 5)


def test_a_caller_that_sends_its_head_slowly_is_answered_408(world):
    with connect(world.quick) as sock:
        began = time.monotonic()
        sock.sendall(b"GET / HTTP/1.1\r\n")
        answer = b""
        with contextlib.suppress(OSError):
            for number in range(60):
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
    assert time.monotonic() - began < 5
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
        assert is_closed(sock, 3)


def test_half_open_connections_are_closed_when_idle(world):
    """A peer that vanished without a word: nothing comes and nothing is acknowledged."""
    with connect(world.pipe) as sock:
        assert is_closed(sock, 3)
    eventually("the upstream half is gone too", lambda: world.good.open <= 3, 5)


def test_a_caller_that_leaves_before_the_answer_is_logged_DC(world):
    start = world.gateway.mark()
    sock = connect(world.http)
    sock.sendall(b"GET /hangs/left HTTP/1.1\r\nHost: a\r\n\r\n")
    eventually("the upstream has it", lambda: world.scripts["hangs"].open > 0, 5)
    reset(sock)
    record = world.gateway.record("http", start, path="/hangs/left")
    assert (record["code"], record["flags"]) == (0, "DC"), record
    eventually("the upstream is let go", lambda: world.scripts["hangs"].open == 0, 5)


def test_an_upstream_that_flaps_is_used_whenever_it_is_there(world):
    for _ in range(5):
        world.good.stop()
        eventually("it is down", lambda: get(world.http, "/good").status == 503, 5, pause=0.01)
        world.good.start()
        eventually("it is up", lambda: get(world.http, "/good").status == 200, 5, pause=0.01)
        with Connection(connect(world.http)) as connection:
            assert [connection.call("/good").status for _ in range(10)] == [200] * 10


class Names:
    """A cluster whose name a server of ours resolves."""

    def __init__(self, kind, directory):
        self.at, self.backend, self.server = place(), HttpBackend("good"), NameServer()
        self.server.records = {"good.example": ["127.0.0.1"]}
        resolver = {"name": "envoy.network.dns_resolver.cares", "typed_config": {
            "@type": API + "extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig",
            "resolvers": [{"socket_address": {"address": "127.0.0.1", "port_value": self.server.port}}],
            "use_resolvers_as_fallback": False, "dns_resolver_options": {"no_default_search_domain": True}}}
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.at, chain(http("http", route("all", "/", "named"))))],
            [cluster("named", group(endpoint(self.backend.port, "good.example")), type="STRICT_DNS",
                     dns_lookup_family="V4_ONLY", dns_refresh_rate="0.1s", typed_dns_resolver_config=resolver)],
            admin=place()))


@pytest.mark.parametrize("how", ["is silent", "is gone", "fails"])
def test_while_the_name_server(kind_of_gateway, workdir, how):
    """The addresses known last serve on."""
    names = Names(kind_of_gateway, workdir)
    with names.gateway:
        eventually("it serves", lambda: get(names.at).status == 200, 10)
        if how == "is gone":
            names.server.stop()
        else:
            setattr(names.server, how.replace(" ", "_"), True)
        holds("it serves on", lambda: get(names.at).status == 200, 1.5)
        assert names.gateway.memory < 150 * MEGABYTE
    names.server.stop()
    names.backend.stop()


def test_ten_thousand_connections_are_held(kind_of_gateway, workdir):
    """Idle connections of 10,000 callers: new ones are served meanwhile, and each costs at most 24 KB."""
    needed, hard = 10_600, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < needed:
        pytest.skip(f"no more than {hard} files may be open here")
    at, backend = place(), HttpBackend("good")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = []
    config = bootstrap([listener("http", at, chain(http("http", route("all", "/", "good"))))],
                       [cluster("good", backend.port)])
    with Gateway(kind_of_gateway, workdir, config, descriptors=hard) as gateway:
        assert get(at).status == 200
        before = gateway.memory
        for number in range(10_000):
            sock = socket.socket()
            sock.bind((f"127.0.{1 + number // 2000}.1", 0))
            sock.connect(tuple(at))
            held.append(sock)
        began = time.monotonic()
        with Connection(connect(at)) as connection:
            assert [connection.call().status for _ in range(50)] == [200] * 50
        assert time.monotonic() - began < 5
        for sock in held[::100]:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert sock.recv(12) == b"HTTP/1.1 200"
        grown = gateway.memory - before
        print(f"{kind_of_gateway}: {grown // 10_000} bytes for each idle connection")
        assert grown < 10_000 * 24_000, grown
        for sock in held:
            sock.close()
        eventually("serves on", lambda: get(at).status == 200, 10)
    backend.stop()


@pytest.fixture(params=["hanse", "envoy"])
def kind_of_gateway(request):
    return request.param


def test_without_file_descriptors_it_lives_and_recovers(kind_of_gateway, workdir):
    """64 files: callers over that wait or are closed; those served are served, and all are once files are free."""
    at, backend = place(), HttpBackend("good")
    config = bootstrap([listener("http", at, chain(http("http", route("all", "/", "good", {"timeout": "2s"}))))],
                       [cluster("good", backend.port)])
    with Gateway(kind_of_gateway, workdir, config, descriptors=64) as gateway:
        with Connection(connect(at)) as kept:
            assert kept.call().status == 200
            held = []
            for _ in range(150):
                with contextlib.suppress(OSError):
                    held.append(connect(at, 1))
            assert kept.call(headers={"x-kept": "1"}).status in (200, 503)
            assert gateway.process.is_running
            cpu = processor_time(gateway.process.pid)
            time.sleep(0.5)
            spent = processor_time(gateway.process.pid) - cpu
            assert spent < 0.45 or kind_of_gateway == "envoy", "ours does not spin while it has no files"
            for sock in held:
                sock.close()
        eventually("it serves again", lambda: get(at, timeout=2).status == 200, 10)
        assert gateway.memory < 150 * MEGABYTE
    backend.stop()


def processor_time(pid):
    """Seconds of processor time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """TLS callers without pause, half on kept and half on new connections; collects what failed."""

    def __init__(self, at, workers=4):
        self.good, self.failed, self._ends = 0, [], threading.Event()
        self._context = client_context(certificates().alpha)
        self._threads = [threading.Thread(target=self._work, args=(at, n % 2)) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def _work(self, at, keeps):
        connection = None
        while not self._ends.is_set():
            try:
                connection = connection or Connection(connect_tls(at, "a.example", self._context))
                reply = connection.call("/load")
                if reply.status == 200:
                    self.good += 1
                else:
                    self.failed.append(reply)
                if not keeps or reply.headers.get("connection") == "close":
                    connection.close()
                    connection = None
            except Exception as error:  # noqa: BLE001 - any failure counts
                self.failed.append(error)
                connection = None
        if connection:
            connection.close()

    def stop(self):
        self._ends.set()
        for thread in self._threads:
            thread.join(20)


def test_certificates_rotate_under_load_without_a_failed_request(kind_of_gateway, workdir):
    """Two hops with mutual TLS; both gateways' certificates change 20 times while callers go on."""
    pki = certificates()
    directory = workdir / f"{kind_of_gateway}-rotation"
    store = Files(directory)
    alpha, beta = pki.root("alpha"), pki.root("beta")
    door, gate, backend = place(), place(), HttpBackend("good")
    names = {"server": "spiffe://beta.local/ns/beta-mesh/sa/ingress-service-account", "client": ALPHA}
    current = {}

    def rotate(number):
        for role, authority in (("server", "beta"), ("client", "alpha")):
            leaf = pki.authority(authority).issue(names[role])
            current[role] = leaf
            if number == 0 or number % 2:
                own = copy_pair(leaf, directory / f"{role}.pem", directory / f"{role}.key")
                store.put(role, "secrets", {"name": role, "tls_certificate": pair(own)})
            else:
                # A rename of the files alone has to be seen as well.
                copy_pair(leaf, directory / f"{role}.pem", directory / f"{role}.key")

    rotate(0)

    def secret(role):
        return {"tls_certificate_sds_secret_configs": [{"name": role, "sds_config": store.source(role)}]}

    config = bootstrap([
        listener("door", door, chain(
            http("door", route("all", "/", "peer", {"timeout": "10s"})),
            tls=server_tls(None, spiffe({"alpha.local": alpha}), **secret("server")))),
        listener("gate", gate, chain(
            http("gate", route("all", "/", "good", {"timeout": "10s"})),
            tls=server_tls(None, spiffe({"alpha.local": alpha}, [ALPHA]), **secret("server"))))],
        [cluster("peer", gate, transport_socket=client_tls(
            "a.example", None, spiffe({"beta.local": beta}), **secret("client"))),
         cluster("good", backend.port)])
    with Gateway(kind_of_gateway, workdir, config) as gateway:
        eventually("it serves", lambda: Connection(connect_tls(
            door, "a.example", identity=pki.alpha)).call().status == 200, 10)
        memory = gateway.memory
        load = Load(door)
        try:
            for number in range(1, 21):
                rotate(number)
                wanted = der_of(current["server"])

                def is_new():
                    with connect_tls(door, "a.example", identity=pki.alpha, roots=beta) as sock:
                        return sock.getpeercert(True) == wanted
                eventually("new handshakes show the new leaf", is_new, 10)
        finally:
            load.stop()
        assert not load.failed and load.good > 100, (load.good, load.failed[:3])
        assert gateway.memory - memory < 25 * MEGABYTE
    backend.stop()


def der_of(identity):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(identity.certificate).read_text())
