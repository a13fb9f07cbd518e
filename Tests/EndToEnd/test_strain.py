"""What gateways bear: name servers that fail, callers by the thousand, no files left, certificates that change.

Each case runs against our gateway and stock Envoy, each with a gateway of its own.
"""

import contextlib
import os
import pathlib
import resource
import socket
import ssl
import threading
import time

import pytest

from control_plane import Files
from dns_server import NameServer
from harness.waiting import eventually, holds
from network import Connection, HttpBackend, client_context, connect, connect_tls, get
from pki import ALPHA, certificates, copy_pair
from resources import (
    API, bootstrap, chain, client_tls, cluster, endpoint, group, http, listener, pair, route, server_tls, spiffe)
from running import Gateway, place

MEGABYTE = 1_000_000


@pytest.fixture(params=["hanse", "envoy"])
def kind_of_gateway(request):
    return request.param


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
        eventually("it serves", lambda: get(names.at).status == 200)
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
            sock.settimeout(60)
            sock.bind((f"127.0.{1 + number // 2000}.1", 0))
            sock.connect(tuple(at))
            held.append(sock)
        began = time.monotonic()
        with Connection(connect(at), 30) as connection:
            assert [connection.call().status for _ in range(50)] == [200] * 50
        assert time.monotonic() - began < 20
        for sock in held[::100]:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert sock.recv(12) == b"HTTP/1.1 200"
        grown = gateway.memory - before
        print(f"{kind_of_gateway}: {grown // 10_000} bytes for each idle connection")
        assert grown < 10_000 * 24_000, grown
        for sock in held:
            sock.close()
        eventually("serves on", lambda: get(at).status == 200, 60)
    backend.stop()


def test_without_file_descriptors_it_lives_and_recovers(kind_of_gateway, workdir):
    """64 files: callers over that wait or are closed; those served are served, and all are once files are free."""
    at, backend = place(), HttpBackend("good")
    config = bootstrap([listener("http", at, chain(http("http", route("all", "/", "good", {"timeout": "10s"}))))],
                       [cluster("good", backend.port)])
    with Gateway(kind_of_gateway, workdir, config, descriptors=64) as gateway:
        with Connection(connect(at), 30) as kept:
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
        eventually("it serves again", lambda: get(at).status == 200, 60)
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
            door, "a.example", identity=pki.alpha)).call().status == 200)
        memory = gateway.memory
        load = Load(door)
        try:
            for number in range(1, 21):
                rotate(number)
                wanted = der_of(current["server"])

                def is_new():
                    with connect_tls(door, "a.example", identity=pki.alpha, roots=beta) as sock:
                        return sock.getpeercert(True) == wanted
                eventually("new handshakes show the new leaf", is_new)
            eventually("a hundred calls", lambda: load.good > 100 or load.failed, 60)
        finally:
            load.stop()
        assert not load.failed and load.good > 100, (load.good, load.failed[:3])
        assert gateway.memory - memory < 25 * MEGABYTE
    backend.stop()


def der_of(identity):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(identity.certificate).read_text())
