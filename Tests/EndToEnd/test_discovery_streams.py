"""Dynamic resources by gRPC: the aggregated stream in both forms and streams of one kind.

The control plane is Google's gRPC and protobuf for Python; stock Envoy runs the same cases.
"""

import http.client
import socket
import ssl

import pytest

from harness import xds_resources as xds
from harness.data_plane import OURS, STOCK, Backend, get, settle
from harness.grpc_control_plane import GRPCControlPlane
from harness.ranges import AddressRange
from harness.sites import Site
from harness.tls import openssl
from harness.waiting import eventually

both = pytest.mark.parametrize("kind", [OURS, STOCK])
forms = pytest.mark.parametrize("form", ["GRPC", "DELTA_GRPC"])


@pytest.fixture(scope="module")
def addresses():
    addresses = AddressRange()
    yield addresses
    addresses.release()


@pytest.fixture(scope="module")
def backends(addresses):
    servers = [Backend(name, addresses.address(10)) for name in ("a", "b")]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def site(kind, tmp_path, addresses, backends):
    site = Site(kind, tmp_path, addresses, backends)
    yield site
    if site.plane:
        site.plane.stop()


@pytest.fixture
def control(addresses):
    plane = GRPCControlPlane(addresses.address(11))
    yield plane
    plane.stop()


def bootstrap(control, form, timeout="5s"):
    return {
        "node": {"id": "stream-node", "cluster": "gateway", "locality": {"region": "r1"},
                 "metadata": {"MESH": "m", "N": 2}},
        "dynamic_resources": {
            "ads_config": xds.grpc_api(form), "lds_config": xds.ads(timeout), "cds_config": xds.ads(timeout)},
        "static_resources": {
            "clusters": [xds.cluster("xds", None, (control.address, control.port), http2=True)]}}


@both
@forms
def test_stream_brings_everything_in_order(site, control, form):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, form))
    eventually("served", lambda: site.body() == "a")
    order = list(dict.fromkeys(message.kind for message in control.requests))
    assert order == ["clusters", "endpoints", "listeners", "routes"]
    name = "StreamAggregatedResources" if form == "GRPC" else "DeltaAggregatedResources"
    assert control.methods == [f"/envoy.service.discovery.v3.AggregatedDiscoveryService/{name}"]


@both
@forms
def test_node_is_named_once(site, control, form):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, form))
    eventually("served", lambda: site.body() == "a")
    nodes = [message.body["node"] for message in control.requests if message.body.get("node")]
    assert len(nodes) == 1 and "node" in control.requests[0].body
    assert nodes[0]["id"] == "stream-node" and nodes[0]["cluster"] == "gateway"
    assert nodes[0]["locality"] == {"region": "r1"} and nodes[0]["metadata"] == {"MESH": "m", "N": 2}


@both
def test_world_acknowledges_with_version_and_nonce(site, control):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, "GRPC"))
    eventually("served", lambda: site.body() == "a")
    eventually("acknowledged", lambda: control.last("routes").get("response_nonce"))
    first, ack = control.of("routes")[:2]
    assert "version_info" not in first and first["resource_names"] == ["dyn"] and "response_nonce" not in first
    assert ack["version_info"] == "r1" and ack["resource_names"] == ["dyn"] and "error_detail" not in ack
    assert control.of("endpoints")[0]["resource_names"] == ["svc-a"]
    assert "resource_names" not in control.of("clusters")[0]


@both
def test_delta_acknowledges_with_the_nonce_alone(site, control):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, "DELTA_GRPC"))
    eventually("served", lambda: site.body() == "a")
    eventually("acknowledged", lambda: control.last("routes").get("response_nonce"))
    first, ack = control.of("routes")[:2]
    assert first["resource_names_subscribe"] == ["dyn"]
    assert set(ack) == {"type_url", "response_nonce"}
    assert "resource_names_subscribe" not in control.of("clusters")[0]


@both
@forms
def test_changes_are_applied(site, control, form):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, form))
    eventually("served", lambda: site.revision() == "1")
    control.set("routes", "r2", xds.routes("dyn", "a", "2"))
    eventually("new routes", lambda: site.revision() == "2")
    control.set("endpoints", "e2", xds.endpoints("svc-a", site.b))
    eventually("new endpoints", lambda: site.body() == "b")


@both
@forms
def test_refusal_carries_reason_and_the_next_good_one_applies(site, control, form):
    site.offer_all(control, xds.ads())
    plane = site.start(bootstrap(control, form))
    eventually("served", lambda: site.revision() == "1")
    control.set("routes", "r2", {"name": "dyn", "virtual_hosts": [{"name": "all", "domains": [], "routes": []}]})
    refusal = eventually("refused", lambda: next(
        (body for body in control.of("routes") if "error_detail" in body), None))
    assert refusal["response_nonce"] and refusal["error_detail"]["code"] == 13
    assert "omains" in refusal["error_detail"]["message"]
    if form == "GRPC":
        assert refusal["version_info"] == "r1"
    if site.kind == OURS:
        assert refusal["error_detail"]["message"] == (
            "RouteConfiguration 'dyn': virtual_hosts[0].domains: at least 1 item")
    eventually("counted", lambda: plane.stat("http.dyn.rds.dyn.update_rejected") == 1)
    assert site.revision() == "1"
    control.set("routes", "r3", xds.routes("dyn", "a", "3"))
    eventually("the next good one", lambda: site.revision() == "3")
    eventually("acknowledged", lambda: "error_detail" not in control.last("routes"))


@both
@forms
def test_subscriptions_follow_the_clusters(site, control, form):
    site.offer_all(control, xds.ads())
    control.set("endpoints", "e1", xds.endpoints("svc-a", site.a), xds.endpoints("svc-b", site.b))
    site.start(bootstrap(control, form))
    eventually("served", lambda: site.body() == "a")
    control.set("clusters", "c2", xds.cluster("a", xds.ads()), xds.cluster("b", xds.ads()))
    control.set("routes", "r2", xds.routes("dyn", "b", "2"))
    eventually("the new cluster", lambda: site.body() == "b")
    control.set("clusters", "c3", xds.cluster("b", xds.ads()))
    if form == "GRPC":
        eventually("one name left", lambda: control.last("endpoints").get("resource_names") == ["svc-b"])
    else:
        eventually("unsubscribed", lambda: any(
            body.get("resource_names_unsubscribe") == ["svc-a"] for body in control.of("endpoints")))
    assert site.body() == "b"


@both
@forms
def test_removed_listener_closes_its_port(site, control, form):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, form))
    eventually("open", site.is_open)
    control.set("listeners", "l2")
    eventually("closed", lambda: not site.is_open())


@both
@forms
def test_reconnect_says_what_is_known_and_loses_nothing(site, control, form):
    site.offer_all(control, xds.ads())
    site.start(bootstrap(control, form))
    eventually("served", lambda: site.body() == "a")
    eventually("acknowledged", lambda: control.last("routes").get("response_nonce"))
    before = control.streams
    control.stop()
    settle(0.5)
    assert site.body() == "a"
    control.start()
    eventually("a new stream", lambda: control.streams > before, 40)
    again = eventually("asks again", lambda: next(
        message.body for message in control.requests if message.kind == "clusters" and message.stream > before))
    if form == "GRPC":
        assert again["version_info"] == "c1" and "response_nonce" not in again
    else:
        assert again["initial_resource_versions"] == {"a": "c1"}
    control.set("routes", "r2", xds.routes("dyn", "a", "2"))
    eventually("followed again", lambda: site.revision() == "2")


@both
@forms
def test_without_a_control_plane_it_runs_and_keeps_trying(site, control, form):
    control.stop()
    plane = site.start(bootstrap(control, form, "1s"), ready=False)
    settle(1)
    assert get(plane.admin + "/stats")[0] == 200 and not site.is_open()
    site.offer_all(control, xds.ads("1s"))
    control.start()
    eventually("served", lambda: site.body() == "a", 40)


@both
def test_streams_of_one_kind(site, control):
    site.offer_all(control, xds.grpc())
    own = bootstrap(control, "GRPC")
    own["dynamic_resources"] = {"lds_config": xds.grpc(), "cds_config": xds.grpc()}
    site.start(own)
    eventually("served", lambda: site.body() == "a")
    assert sorted(control.methods) == [
        "/envoy.service.cluster.v3.ClusterDiscoveryService/StreamClusters",
        "/envoy.service.endpoint.v3.EndpointDiscoveryService/StreamEndpoints",
        "/envoy.service.listener.v3.ListenerDiscoveryService/StreamListeners",
        "/envoy.service.route.v3.RouteDiscoveryService/StreamRoutes"]


@both
@forms
def test_thousand_clusters_fit_into_a_stream(site, control, form):
    site.offer_all(control, xds.ads())
    names = [f"extra-{number}" for number in range(1000)]

    def offer(version, target):
        control.set("endpoints", version, xds.endpoints("svc-a", target), *[
            xds.endpoints("svc-" + name, site.b) for name in names])

    offer("e1", site.a)
    control.set("clusters", "c1", xds.cluster("a", xds.ads()), *[xds.cluster(name, xds.ads()) for name in names])
    plane = site.start(bootstrap(control, form))
    eventually("served", lambda: site.body() == "a", 60)
    eventually("all are active", lambda: plane.stat("cluster_manager.active_clusters") == 1002, 60)
    offer("e2", site.b)
    eventually("new endpoints", lambda: site.body() == "b", 60)


@pytest.fixture(scope="module")
def leaves(tmp_path_factory):
    """Two certificates, as (certificate, key)."""
    directory = tmp_path_factory.mktemp("leaves")
    found = []
    for name in ("first", "second"):
        key, certificate = directory / f"{name}.key", directory / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                "-subj", f"/CN={name}", "-keyout", key, "-out", certificate)
        found.append((certificate.read_text(), key.read_text()))
    return found


def served_name(host, port):
    """The common name of the certificate that is served; None when there is none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), 10) as plain, context.wrap_socket(plain) as stream:
            found = openssl("x509", "-noout", "-subject", "-nameopt", "RFC2253",
                            input=ssl.DER_cert_to_PEM_cert(stream.getpeercert(True)))
            return found.strip().removeprefix("subject=CN=")
    except OSError:
        return None


@both
@forms
def test_delivered_secret_opens_the_listener_and_rotates_under_live_connections(site, control, form, leaves):
    site.offer_all(control, xds.ads())
    control.set("listeners", "l1", xds.listener("dyn", site.host, 8080, xds.ads(), tls=xds.ads("60s")))
    site.start(bootstrap(control, form), ready=False)
    eventually("asked for the secret", lambda: control.of("secrets"))
    assert not site.is_open()
    control.set("secrets", "s1", xds.secret("own", *leaves[0]))
    eventually("served", lambda: served_name(site.host, 8080) == "first")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    live = http.client.HTTPSConnection(site.host, 8080, timeout=10, context=context)

    def call():
        live.request("GET", "/")
        answer = live.getresponse()
        return answer.status, answer.read(), answer.getheader("connection")

    assert call() == (200, b"a", None)
    kept = live.sock
    control.set("secrets", "s2", xds.secret("own", *leaves[1]))
    eventually("rotated", lambda: served_name(site.host, 8080) == "second")
    assert call() == (200, b"a", None) and live.sock is kept
    control.set("secrets", "s3", xds.secret("own", leaves[0][0], leaves[1][1]))
    refusal = eventually("refused", lambda: next(
        (body for body in control.of("secrets") if "error_detail" in body), None))
    assert refusal["error_detail"]["message"] and served_name(site.host, 8080) == "second"


@both
def test_listener_without_its_secret_closes_connections_after_its_time(site, control):
    site.offer_all(control, xds.ads())
    control.set("listeners", "l1", xds.listener("dyn", site.host, 8080, xds.ads("1s"), tls=xds.ads("1s")))
    site.start(bootstrap(control, "GRPC", "1s"), ready=False)
    eventually("open after its time", site.is_open)
    assert served_name(site.host, 8080) is None
