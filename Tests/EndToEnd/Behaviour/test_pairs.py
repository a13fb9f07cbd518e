"""9, 12 and 16: two meshes' gateways between a caller and a service, as every pair of enforcers.

The configurations are those that the contract's examples show: HTTP by host and byte pipes by port at the egress, a
chain for each service at the ingress, discovery beside them, and both ways to say whom a side trusts.
"""

import hashlib
import os
import queue
import socket
import threading

import pytest

from harness.waiting import eventually
from network import Backend, Connection, HttpBackend, Scripted, connect, get, read_all
from pki import ALPHA, BETA, OTHER, certificates, fingerprint
from resources import (
    AFTER_HANDSHAKE, HTTP, bootstrap, chain, client_tls, cluster, http, http_rbac, identity, listener, network_rbac,
    policy, route, server_tls, spiffe, tcp, trusted_ca, upstream_keepalive)
from running import Gateway, place

PAIRS = [("hanse", "hanse"), ("envoy", "envoy"), ("hanse", "envoy"), ("envoy", "hanse")]
EXPORTS = "bookinfo.svc.alpha-exports.local"
IMPORTS = "bookinfo.svc.beta-imports.local"


def sni(port, name, subset="_"):
    return f"outbound_.{port}_.{subset}_.{name}.{EXPORTS}" if subset != "_" else f"outbound_.{port}_._.{name}.{EXPORTS}"


class Watch(Backend):
    """A control plane: lists services, and streams events that tests put into `events`."""

    def __init__(self):
        self.events, self.paths, self.heads = queue.Queue(), [], []
        super().__init__("control-plane")

    def serve(self, sock):
        stream = sock.makefile("rb")
        while line := stream.readline():
            self.paths.append(line.split()[1].decode())
            head = []
            while (line := stream.readline()) not in (b"\r\n", b""):
                head.append(line.decode().strip())
            self.heads.append(head)
            if "/watch" not in self.paths[-1]:
                sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n" + b'{"services":[]}')
                continue
            sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while (event := self.events.get(timeout=20)) is not None:
                sock.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            return


class World:
    def __init__(self, egress, ingress, directory):
        pki = certificates()
        self.pki, self.kinds = pki, (egress, ingress)
        self.http, self.pipe, self.discovery_out = place(), place(), place()
        self.door, self.discovery_in = place(), place()
        self.details, self.subset = HttpBackend("details"), HttpBackend("subset")
        self.echo, self.plane, self.dead = Backend("echo"), Watch(), place()
        self.parts = Scripted(self._parts, name="parts")
        self.ingress = Gateway(ingress, directory, self._ingress(pki), name=f"in-{ingress}-of-{egress}")
        self.egress = Gateway(egress, directory, self._egress(pki), name=f"out-{egress}-to-{ingress}")

    def _parts(self, sock):
        """Answers a head at once, then echoes the request's body piece by piece as it comes."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = sock.recv(65536)
            if not part:
                return
            data += part
        sock.sendall(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        rest = data.partition(b"\r\n\r\n")[2]
        if rest:
            sock.sendall(b"%x\r\n%s\r\n" % (len(rest), rest))
        while part := sock.recv(65536):
            sock.sendall(b"%x\r\n%s\r\n" % (len(part), part))

    def _ingress(self, pki):
        bundles = spiffe({"alpha.local": pki.root("alpha")})
        tls = server_tls(pki.beta, bundles, alpn=["h2", "http/1.1"])
        roots = server_tls(pki.beta, trusted_ca(pki.root("alpha"), [ALPHA]), alpn=["http/1.1"])
        pipe = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}, [ALPHA]))
        allow = http_rbac(policy(identity(ALPHA)))
        deny = http_rbac(policy({"any": True}, {"url_path": {"path": {"prefix": "/admin"}}}, "DENY"))
        told = {"forward_client_cert_details": "SANITIZE_SET", "set_current_client_cert_details": {"uri": True}}

        def service(name, names, to, tls=tls, filters=(allow,)):
            return chain(http(name, route(name, "/", to, {"timeout": "0s"}), filters=filters, **told), names=names,
                         tls=tls, name=name)

        def discovery(what, path, peer, who):
            return route(f"{peer}-{what}", {"path": path, "headers": [{
                "name": "x-forwarded-client-cert", "string_match": {"suffix": f";URI={who}"}}]}, "control-plane", {
                    "prefix_rewrite": f"/v1/{what}/{peer}", "timeout": "0s", "idle_timeout": "0s"})
        one = http_rbac(policy({"any": True}, {"header": {"name": "x-forwarded-client-cert", "string_match": {
            "safe_regex": {"regex": ".*;URI=.*;URI=.*"}}}}, "DENY"))
        peers = http("discovery", discovery("services", "/v1/services/", "alpha", ALPHA),
                     discovery("watch", "/v1/watch", "alpha", ALPHA), filters=[one, http_rbac(policy(identity(ALPHA)))],
                     stream_idle_timeout="0s", **told)
        return bootstrap([
            listener(
                "ingress", self.door,
                service("details", [sni(9080, "details")], "details", filters=[deny, allow]),
                service("any-subset", [f"*.details.{EXPORTS}"], "subset"),
                service("ratings", [sni(9080, "ratings")], "details", roots),
                service("parts", [sni(9080, "parts")], "parts", roots),
                service("dead", [sni(9080, "dead")], "dead", roots),
                chain(network_rbac("mysql", policy(identity(ALPHA))), tcp("mysql", "echo", **AFTER_HANDSHAKE),
                      names=[sni(3306, "mysql")], tls=pipe, name="mysql"),
                inspector=True, log=True),
            listener("ingress_discovery", self.discovery_in, chain(peers, tls=tls), inspector=True)],
            [cluster("details", self.details.port), cluster("subset", self.subset.port),
             cluster("parts", self.parts.port), cluster("dead", self.dead), cluster("echo", self.echo.port),
             cluster("control-plane", self.plane.port)])

    def _egress(self, pki):
        bundles = spiffe({"beta.local": pki.root("beta")}, [BETA])
        roots = trusted_ca(pki.root("beta"), [BETA])
        both = {HTTP: {"@type": "type.googleapis.com/" + HTTP, "auto_config": {
            "http_protocol_options": {}, "http2_protocol_options": {}}}}
        hosts, clusters = [], []

        def peer(name, way, trust=bundles, own=pki.alpha, at=self.door, **fields):
            # The time to connect is that of the handshake too, and sixty-four of them may come at once.
            clusters.append(cluster(name, at, transport_socket=client_tls(way, own, trust), connect_timeout="10s",
                                    **upstream_keepalive(), **fields))
            return name

        def host(name, to, **action):
            hosts.append({"name": name, "domains": [name, f"{name}:9080"], "routes": [
                route(name, "/", to, {"timeout": "0s", **action})]})

        host(f"details.{IMPORTS}", peer("details", sni(9080, "details")))
        host(f"auto.{IMPORTS}", peer("auto", sni(9080, "details"), typed_extension_protocol_options=both))
        host(f"v2.{IMPORTS}", peer("v2", f"outbound_.9080_.v2_.details.{EXPORTS}"))
        host(f"ratings.{IMPORTS}", peer("ratings", sni(9080, "ratings"), roots))
        host(f"parts.{IMPORTS}", peer("parts", sni(9080, "parts"), roots))
        host(f"dead.{IMPORTS}", peer("dead", sni(9080, "dead"), roots))
        host(f"nothing.{IMPORTS}", peer("nothing", sni(9080, "nothing")))
        host(f"other.{IMPORTS}", peer("other", sni(9080, "details"), own=pki.other))
        host(f"other-ratings.{IMPORTS}", peer("other-ratings", sni(9080, "ratings"), own=pki.other))
        host(f"foreign.{IMPORTS}", peer("foreign", sni(9080, "details"), own=pki.gamma))
        host(f"anonymous.{IMPORTS}", peer("anonymous", sni(9080, "details"), own=None))
        host(f"wrong.{IMPORTS}", peer("wrong", sni(9080, "details"), spiffe({"beta.local": pki.root("beta")}, [OTHER])))
        manager = http("egress", upgrade_configs=[{"upgrade_type": "websocket", "enabled": False}])
        manager["typed_config"]["route_config"]["virtual_hosts"] = hosts
        beta = "discovery.alpha-mesh.svc.beta.local"
        found = http("egress_discovery", route("beta", {"prefix": "/v1/", "headers": [
            {"name": "discovery-service", "string_match": {"exact": beta}},
            {"name": "remote", "string_match": {"exact": "1001"}}]}, peer(
                "discovery", beta, at=self.discovery_in), {
                    "host_rewrite_literal": beta, "timeout": "0s", "idle_timeout": "0s"}), stream_idle_timeout="0s")
        return bootstrap([
            listener("egress_http", self.http, chain(manager)),
            listener("egress_mysql", self.pipe, chain(tcp("mysql", peer("mysql", sni(3306, "mysql"))))),
            listener("egress_discovery", self.discovery_out, chain(found))], clusters)

    def call(self, name, path="/", **options):
        return get(self.http, path, host=f"{name}.{IMPORTS}", **options)

    def stop(self):
        self.plane.events.put(None)
        for backend in (self.details, self.subset, self.echo, self.plane, self.parts):
            backend.stop()


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def world(request, workdir):
    made = World(*request.param, workdir)
    with made.ingress, made.egress:
        yield made
    made.stop()


@pytest.mark.parametrize("name", ["details", "ratings", "auto"])
def test_9_a_service_of_a_peer_answers_by_its_imported_name(world, name):
    reply = world.call(name, "/details/0?q=1")
    assert (reply.status, reply.backend, reply.said["path"]) == (200, "details", "/details/0?q=1"), reply


def test_9_a_name_with_its_port_is_the_same_service(world):
    assert get(world.http, host=f"details.{IMPORTS}:9080").backend == "details"


def test_9_a_subset_is_caught_by_the_wildcard_chain(world):
    assert world.call("v2").backend == "subset"


def test_12_the_backend_is_told_who_called(world):
    headers = world.call("details", headers={"x-forwarded-client-cert": "URI=spiffe://liar"}).said["headers"]
    assert headers["x-forwarded-client-cert"] == (
        f"By={BETA};Hash={fingerprint(world.pki.alpha)};URI={ALPHA}")
    assert headers["x-forwarded-proto"] == "https" and headers["x-forwarded-for"].count(",") == 1
    assert headers["host"] == f"details.{IMPORTS}"


def test_12_what_callers_say_about_envoy_is_dropped(world):
    headers = world.call("details", headers={"x-envoy-internal": "true", "x-envoy-retry-on": "5xx"}).said["headers"]
    assert "x-envoy-internal" not in headers and "x-envoy-retry-on" not in headers


@pytest.mark.parametrize("name", ["details", "ratings", "auto"])
def test_12_large_bodies_pass(world, name):
    assert world.call(name, method="POST", body=b"x" * 3_000_000).said["body"] == 3_000_000


def test_12_bodies_are_passed_on_as_they_come(world):
    """Each piece is answered before the next is sent."""
    with connect(world.http) as sock:
        sock.sendall(f"POST / HTTP/1.1\r\nHost: parts.{IMPORTS}\r\ncontent-length: 30\r\n\r\n".encode())
        seen = b""
        for number in range(3):
            piece = f"piece-{number}-..".encode()
            sock.sendall(piece)
            while piece not in seen:
                part = sock.recv(65536)
                assert part, seen
                seen += part


def test_7_a_path_that_is_denied_stays_behind_the_ingress(world):
    count = len(world.details.requests)
    assert world.call("details", "/x/../admin").status == 403
    assert len(world.details.requests) == count


def test_7_an_identity_that_is_not_allowed_is_403(world):
    assert world.call("other").status == 403


@pytest.mark.parametrize("name", ["foreign", "anonymous", "other-ratings"])
def test_4_an_identity_that_is_not_trusted_never_reaches_the_service(world, name):
    count = len(world.details.requests)
    start = world.egress.mark()
    reply = world.call(name, f"/{name}")
    assert reply.status == 503 and len(world.details.requests) == count, reply
    record = world.egress.record("egress", start, path=f"/{name}")
    assert record["flags"] in ("UF", "UC", "UPE"), record


def test_4_an_exporter_of_another_identity_is_not_spoken_to(world):
    start = world.egress.mark()
    assert world.call("wrong", "/wrong").status == 503
    record = world.egress.record("egress", start, path="/wrong")
    assert record["flags"] == "UF" and record["upstream_failure"], record


def test_9_a_service_that_is_not_exported_is_503(world):
    start, at = world.egress.mark(), world.ingress.mark()
    assert world.call("nothing", "/nothing").status == 503
    assert world.egress.record("egress", start, path="/nothing")["flags"] in ("UF", "UC")
    assert world.ingress.record("ingress-listener", at, flags="NR")["sni"] == sni(9080, "nothing")


def test_12_a_dead_service_is_the_ingresss_503(world):
    start = world.ingress.mark()
    reply = world.call("dead", "/dead")
    assert reply.status == 503 and "remote connection failure" in reply.body
    assert world.ingress.record("dead", start, path="/dead")["flags"] == "UF"


def test_12_the_ingress_names_the_verified_peer_in_its_log(world):
    start = world.ingress.mark()
    assert world.call("details", "/logged").status == 200
    record = world.ingress.record("details", start, path="/logged")
    assert (record["peer"], record["sni"]) == (ALPHA, sni(9080, "details")), record


def test_9_sixty_four_callers_at_once_are_all_answered(world):
    replies = []

    def work():
        with Connection(connect(world.http)) as connection:
            for _ in range(10):
                replies.append(connection.call(host=f"details.{IMPORTS}").status)
    threads = [threading.Thread(target=work) for _ in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [200] * 640


def test_7_bytes_pass_through_both(world):
    data = os.urandom(2_000_000)
    with connect(world.pipe) as sock:
        threading.Thread(target=lambda: (sock.sendall(data), sock.shutdown(socket.SHUT_WR)), daemon=True).start()
        assert hashlib.sha256(read_all(sock)).digest() == hashlib.sha256(data).digest()


def test_9_discovery_lists_services_for_the_peer_that_asks(world):
    reply = get(world.discovery_out, "/v1/services/", host="anything", headers={
        "discovery-service": "discovery.alpha-mesh.svc.beta.local", "remote": "1001"})
    assert (reply.status, reply.body) == (200, '{"services":[]}')
    assert world.plane.paths[-1] == "/v1/services/alpha"


@pytest.mark.parametrize("headers", [
    {}, {"remote": "1001"}, {"discovery-service": "discovery.alpha-mesh.svc.beta.local"},
    {"discovery-service": "discovery.alpha-mesh.svc.beta.local", "remote": "1002"}])
def test_9_discovery_without_its_headers_has_no_route(world, headers):
    assert get(world.discovery_out, "/v1/services/", headers=headers).status == 404


def test_9_other_paths_of_discovery_have_no_route(world):
    reply = get(world.discovery_out, "/v1/services/gamma", headers={
        "discovery-service": "discovery.alpha-mesh.svc.beta.local", "remote": "1001"})
    assert reply.status == 404


def test_9_a_watch_passes_each_event_at_once(world):
    """And it is cut when the watcher goes."""
    with connect(world.discovery_out) as sock:
        sock.sendall(b"GET /v1/watch HTTP/1.1\r\nHost: a\r\nremote: 1001\r\n"
                     b"discovery-service: discovery.alpha-mesh.svc.beta.local\r\n\r\n")
        seen = b""
        for number in range(3):
            event = b'{"event":%d}' % number
            world.plane.events.put(event)
            while event not in seen:
                part = sock.recv(65536)
                assert part, seen
                seen += part
    world.plane.events.put(b"more")
    world.plane.events.put(None)
    eventually("the watch is over", lambda: world.plane.open <= 1)
