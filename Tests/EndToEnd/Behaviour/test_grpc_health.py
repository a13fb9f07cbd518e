"""8: checks of gRPC servers and of HTTP/2 clusters, and endpoints that are known before a port serves."""

import concurrent.futures
import pathlib
import threading

import grpc
import pytest

from control_plane import Files
from harness.waiting import eventually
from http2_backend import HTTP2Backend
from network import Connection, HttpBackend, connect, get
from pki import BETA, certificates
from resources import bootstrap, chain, client_tls, cluster, http, http2, listener, route, trusted_ca
from running import Gateway, place
from worlds import both, worlds

# A slow answer must not look like a bad one: one failed check is enough here.
CHECK = {"timeout": "5s", "interval": "0.1s", "no_traffic_interval": "0.1s", "unhealthy_threshold": 1,
         "healthy_threshold": 1, "initial_jitter": "0.01s"}
NEVER = {"healthy_panic_threshold": {"value": 0}, "update_merge_window": "0s"}
SERVING, NOT_SERVING = 1, 2


class HealthServer(grpc.GenericRpcHandler):
    """A grpcio server of `grpc.health.v1.Health/Check`; each service has a status, an unknown one is NOT_FOUND."""

    def __init__(self, tls=None):
        self.statuses, self.asked, self.peers = {"": SERVING}, [], set()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(4))
        self._server.add_generic_rpc_handlers((self,))
        if tls:
            identity, roots = tls
            credentials = grpc.ssl_server_credentials(
                [(identity.key.read_bytes(), identity.certificate.read_bytes())],
                pathlib.Path(roots).read_bytes(), require_client_auth=True)
            self.port = self._server.add_secure_port("127.0.0.1:0", credentials)
        else:
            self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def service(self, details):
        if details.method == "/grpc.health.v1.Health/Check":
            return grpc.unary_unary_rpc_method_handler(self._check)
        return grpc.unary_unary_rpc_method_handler(lambda request, context: request)

    def _check(self, request, context):
        # HealthCheckRequest {1: service}, HealthCheckResponse {1: status}.
        service = request[2:].decode() if request else ""
        self.asked.append((service, dict(context.invocation_metadata()), context.peer()))
        self.peers.add(context.peer())
        if service not in self.statuses:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such service")
        return bytes([8, self.statuses[service]])

    def stop(self):
        self._server.stop(0).wait(5)


def check(**fields):
    return [{**CHECK, "grpc_health_check": fields}]


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.http = kind, place()
        self.whole, self.named = HealthServer(), HealthServer()
        self.named.statuses = {"": NOT_SERVING, "shop.Cart": SERVING}
        # grpcio wants the name it is called by among its certificate's.
        own = pki.leaf("beta", names=f"URI:{BETA},DNS:sealed.example")
        self.sealed = HealthServer((own, pki.root("alpha")))
        self.plain = HttpBackend("plain")
        self.lost = HealthServer()
        self.modern = HTTP2Backend()
        tls = client_tls("sealed.example", pki.alpha, trusted_ca(pki.root("beta"), [BETA]), alpn=["h2"])

        def made(name, server, checks, **fields):
            return cluster(name, server.port, health_checks=checks, common_lb_config=NEVER,
                           typed_extension_protocol_options=http2(), **fields)
        self.clusters = [
            made("whole", self.whole, check()),
            made("named", self.named, check(service_name="shop.Cart", authority="cart.local")),
            made("unknown", self.named, check(service_name="shop.Nothing")),
            made("sealed", self.sealed, check(), transport_socket=tls),
            made("no-grpc", self.plain, check()), made("lost", self.lost, check()),
            made("modern", self.modern, [{**CHECK, "http_health_check": {
                "path": "/well", "host": "modern.local", "codec_client_type": "HTTP2"}}])]
        routes = [route(c["name"], {"prefix": "/" + c["name"]}, c["name"]) for c in self.clusters]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http("http", *routes)))], self.clusters, admin=place()))

    def becomes(self, name, count):
        eventually(f"{count} of {name} healthy", lambda: self.gateway.stat(
            f"cluster.{name}.membership_healthy") == count, 15, pause=0.02)

    def stop(self):
        for server in (self.whole, self.named, self.sealed, self.plain, self.modern):
            server.stop()


world = worlds(World, World.stop)


def test_8_a_serving_grpc_server_is_healthy(world):
    world.becomes("whole", 1)
    service, metadata, _ = world.whole.asked[-1]
    assert service == "" and metadata["user-agent"].startswith("Envoy/HC"), metadata


def test_8_not_serving_takes_it_out_and_serving_back(world):
    world.becomes("whole", 1)
    world.whole.statuses[""] = NOT_SERVING
    world.becomes("whole", 0)
    eventually("nobody serves", lambda: get(world.http, "/whole").body == "no healthy upstream", 10)
    world.whole.statuses[""] = SERVING
    world.becomes("whole", 1)


def test_8_grpc_checks_ask_for_their_service(world):
    world.becomes("named", 1)
    assert "shop.Cart" in {service for service, _, _ in world.named.asked}
    world.named.statuses["shop.Cart"] = NOT_SERVING
    world.becomes("named", 0)
    world.named.statuses["shop.Cart"] = SERVING
    world.becomes("named", 1)


def test_8_an_unknown_service_is_not_healthy(world):
    eventually("it is asked for", lambda: "shop.Nothing" in {service for service, _, _ in world.named.asked}, 10)
    world.becomes("unknown", 0)


def test_8_grpc_checks_use_the_clusters_tls(world):
    world.becomes("sealed", 1)
    world.sealed.statuses[""] = NOT_SERVING
    world.becomes("sealed", 0)
    world.sealed.statuses[""] = SERVING
    world.becomes("sealed", 1)


def test_8_what_speaks_no_grpc_is_not_healthy(world):
    world.becomes("no-grpc", 0)
    assert get(world.http, "/no-grpc").body == "no healthy upstream"


def test_8_grpc_checks_keep_their_connection(world):
    world.becomes("sealed", 1)
    peers, count = len(world.sealed.peers), len(world.sealed.asked)
    eventually("five more checks", lambda: len(world.sealed.asked) >= count + 5, 10)
    assert len(world.sealed.peers) == peers


def test_8_a_server_that_goes_away_is_out(world):
    world.becomes("lost", 1)
    world.lost.stop()
    world.becomes("lost", 0)


def test_8_http_checks_of_an_http2_cluster_may_speak_http2(world):
    world.becomes("modern", 1)
    head = world.modern.heads[-1]
    assert (head[":method"], head[":path"], head[":authority"]) == ("GET", "/well", "modern.local")
    connections, asked = world.modern.connections, len(world.modern.heads)
    world.modern.status = "404"
    world.becomes("modern", 0)
    world.modern.status = "200"
    world.becomes("modern", 1)
    # The last of these checks did not fail; one that did may have been noted before.
    assert world.modern.connections <= connections + len(world.modern.heads) - asked
    connections, asked = world.modern.connections, len(world.modern.heads)
    eventually("five more checks", lambda: len(world.modern.heads) >= asked + 5, 10)
    assert world.modern.connections == connections, "only a failed check costs the connection"


class Early:
    """Checked and named endpoints, to be asked as soon as the port is open."""

    def __init__(self, kind, directory):
        self.kind, self.at = kind, place()
        self.backends = [HttpBackend(name) for name in "ab"]
        ports = [backend.port for backend in self.backends]
        checks = [{**CHECK, "no_traffic_interval": "60s", "http_health_check": {"path": "/healthz"}}]
        names = {"type": "STRICT_DNS", "dns_lookup_family": "V4_ONLY"}
        self.files = Files(directory / f"{kind}-early")
        clusters = [cluster("checked", *ports, health_checks=checks, common_lb_config=NEVER)]
        named = cluster("named", ports[0], **names, health_checks=checks, common_lb_config=NEVER)
        named["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["address"]["socket_address"][
            "address"] = "localhost"
        self.put("first")
        routes = [route(name, "/" + name, name, {"timeout": "3s"}) for name in ("checked", "named", "later")]
        config = {"name": "early", "validate_clusters": False, "virtual_hosts": [
            {"name": "all", "domains": ["*"], "routes": routes}]}
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.at, chain(http("http", route_config=config)))], [*clusters, named], admin=place(),
            dynamic_resources={"cds_config": self.files.source("cds")}))

    def put(self, host):
        """A dynamic cluster that is checked under this name."""
        self.files.put("cds", "clusters", cluster(
            "later", *[backend.port for backend in self.backends], common_lb_config=NEVER,
            health_checks=[{**CHECK, "http_health_check": {"path": "/healthz", "host": host}}]))


@both()
def early(request, workdir):
    made = Early(request.param, workdir)
    yield made
    for backend in made.backends:
        backend.stop()


@pytest.mark.parametrize("name", ["checked", "named", "later"])
def test_8_the_first_request_finds_checked_endpoints(early, name):
    with early.gateway:
        assert get(early.at, f"/{name}").status == 200
        assert early.gateway.admin("/ready")[0] == 200


def test_8_other_checks_take_over_without_a_gap(early):
    """A cluster whose checks change serves on while the new ones look for the first time."""
    done, failed = threading.Event(), []

    def ask():
        try:
            with Connection(connect(early.at)) as connection:
                while not done.is_set():
                    status = connection.call("/later").status
                    if status != 200:
                        failed.append(status)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    with early.gateway:
        asking = threading.Thread(target=ask)
        asking.start()
        for number in range(5):
            count = len(early.backends[0].checks)
            early.put(f"round-{number}")
            eventually("the new checks come", lambda: any(
                check.headers["host"] == f"round-{number}" for check in early.backends[0].checks[count:]), 10)
        done.set()
        asking.join()
    assert not failed, failed[:5]


def test_8_a_dead_endpoint_does_not_hold_up_the_start(workdir):
    """Ours waits a second for those that do not answer; a check's own time may be longer."""
    backend, at = HttpBackend("well"), place()
    checks = [{**CHECK, "timeout": "30s", "http_health_check": {"path": "/healthz"}}]
    mute = threading.Event()
    silent = HttpBackend("silent")
    silent.serve = lambda sock: mute.wait(20)
    gateway = Gateway("hanse", workdir, bootstrap(
        [listener("http", at, chain(http("http", route("all", "/", "well"))))],
        [cluster("well", backend.port, health_checks=checks, common_lb_config=NEVER),
         cluster("silent", silent.port, health_checks=checks)], admin=place()))
    with gateway:
        eventually("the other one serves", lambda: get(at).status == 200, 5)
    mute.set()
    backend.stop()
    silent.stop()
