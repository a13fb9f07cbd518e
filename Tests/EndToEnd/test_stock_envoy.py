"""One configuration, two enforcers: stock Envoy in the place of our gateways, with the very same resources."""

import json

import pytest

from harness.envoy import ControlPlane, StockEnvoy, write_secret
from harness.federation import DETAILS, PRODUCT_PAGE
from harness.processes import run
from harness.programs import ENVOY, HANSE, SAMPLES
from harness.tls import Authority, call
from harness.traffic import Caller, assert_split
from harness.waiting import eventually

SHARES = {"v1": 60, "v2": 20, "v3": 20}
GATEWAYS = {
    "lubeck": ["mesh-gateway", "bergen-ingress", "bergen-egress", "riga-ingress", "riga-egress",
               "istio-ingressgateway"],
    "bergen": ["mesh-gateway", "lubeck-ingress", "lubeck-egress"],
    "riga": ["mesh-gateway", "lubeck-ingress", "lubeck-egress"],
}


@pytest.mark.parametrize("name", list(GATEWAYS))
def test_the_delivered_configuration_is_valid_for_envoy(federation, workdir, name):
    mesh = next(mesh for mesh in federation.meshes if mesh.name == name)
    envoy = StockEnvoy(mesh, GATEWAYS[name], workdir)
    result = envoy.validate()
    assert result.code == 0, result
    assert "deprecated" not in result.err.lower(), result
    assert len(envoy.resources["listeners"]) >= 3 and envoy.resources["clusters"]


def test_a_gateways_token_opens_its_own_configuration_alone(federation):
    control = ControlPlane(federation.bergen)
    for node in ("lubeck", "riga", "bergen/nothing"):
        with pytest.raises(AssertionError, match="403"):
            control.ask("POST", "/v3/discovery:clusters", {"node": {"id": node}})
    control._token = "wrong"
    with pytest.raises(AssertionError, match="401"):
        control.ask("POST", "/v3/discovery:clusters", {"node": {"id": "bergen"}})
    with pytest.raises(AssertionError, match="401"):
        control.ask("GET", "/v1/identities/lubeck-ingress")


def test_stock_envoy_as_the_exporters_gateways(federation, workdir):
    bergen = federation.bergen
    envoy = StockEnvoy(bergen, GATEWAYS["bergen"], workdir)
    assert bergen.gateway.stop(30) == 0
    try:
        envoy.start()
        address = bergen.ingress_address("lubeck-ingress")
        sni = "outbound_.9080_._.details.bookinfo.svc.lubeck-exports.local"
        eventually("Envoy listens", lambda: "alert certificate required" in call(address, 15443, sni))
        federation.await_split()
        assert_split(federation.entry, DETAILS, SHARES)
        assert "alert certificate required" in call(address, 15443, sni)
        assert bergen.is_connected("lubeck"), "its discovery goes out through Envoy as well"
    finally:
        envoy.stop()
        bergen.start_gateway()
    federation.await_split()


def test_stock_envoy_as_the_importers_gateways(federation, workdir):
    lubeck = federation.lubeck
    envoy = StockEnvoy(lubeck, GATEWAYS["lubeck"], workdir)
    assert lubeck.gateway.stop(30) == 0
    try:
        envoy.start()
        eventually("Envoy answers", lambda: Caller(federation.entry, timeout=10).call(DETAILS).status == 200)
        federation.await_split()
        assert_split(federation.entry, DETAILS, SHARES)
        assert_split(federation.entry, PRODUCT_PAGE, SHARES)
        door = Caller(lubeck.ingress_address("istio-ingressgateway"), 8080)
        assert "The Comedy of Errors" in door.call("http://anything/productpage").body
        for peer in federation.peers:
            assert peer.is_connected("lubeck"), "peers watch through Envoy"
    finally:
        envoy.stop()
        lubeck.start_gateway()
    federation.await_split()


ENDS_A_LINE = """
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: {name: lines, namespace: bookinfo}
spec:
  hosts: [productpage]
  http:
    - match: [{uri: {prefix: /a}}]
      rewrite: {uri: "/a\\r\\nx-injected: y", authority: "a\\r\\nx-injected: y"}
      route: [{destination: {host: details}}]
    - match: [{uri: {prefix: /b}}]
      redirect: {uri: "/b\\r\\nx-injected: y", authority: "b\\r\\nx-injected: y"}
    - corsPolicy: {allowOrigins: [{exact: "http://here"}], allowMethods: ["GET\\r\\nx-injected: y"]}
      route: [{destination: {host: details}}]
"""


def test_no_text_of_a_virtual_service_ends_a_line(workdir):
    """Its author is told which field; the routes answer 503, and everything else is served."""
    manifest = workdir / "lines.yaml"
    manifest.write_text(ENDS_A_LINE)
    files = [file for file in sorted(SAMPLES.joinpath("lubeck").glob("*.yaml")) if "mirror" not in file.name]
    preview = run([HANSE, "preview", *(part for file in [*files, manifest] for part in ("-f", file)), "-o", "envoy"])
    assert preview.code == 0, preview
    assert "x-injected" not in preview.out
    for field in "[0].rewrite.uri", "[1].redirect.", "[2].corsPolicy.allowMethods":
        assert f"warning: VirtualService bookinfo/lines: spec.http{field}" in preview.err, preview.err


@pytest.mark.parametrize("name", ["lubeck", "bergen"])
def test_previewed_configuration_is_valid_for_envoy(workdir, name):
    peers = workdir / f"services-{name}.json"
    peers.write_text(json.dumps({"services": [{
        "name": "details", "namespace": "bookinfo", "hostname": "details.bookinfo.svc.lubeck-exports.local",
        "servicePorts": [{"name": "http", "port": 9080, "protocol": "HTTP"}],
        "serviceAccounts": ["spiffe://bergen.local/ns/bergen-mesh/sa/lubeck-ingress-service-account"]}]}))
    arguments = ["--peer-services", f"bergen={peers}"] if name == "lubeck" else []
    authority = Authority.make(workdir / f"ca-{name}")
    for gateway in GATEWAYS[name]:
        identity = authority.issue(f"spiffe://{name}.local/ns/{name}-mesh/sa/{gateway}-service-account")
        write_secret(workdir, gateway, identity.certificate.read_text(), identity.key.read_text())
    arguments += ["--secrets-directory", workdir]
    files = sorted(SAMPLES.joinpath(name).glob("*.yaml"))
    files = [file for file in files if "mirror" not in file.name]
    for file in files:
        arguments += ["-f", file]
    preview = run([HANSE, "preview", *arguments, "-o", "envoy"])
    assert preview.code == 0, preview
    bootstrap = workdir / f"preview-{name}.json"
    bootstrap.write_text(preview.out)
    validated = run([ENVOY, "--mode", "validate", "-c", bootstrap, "-l", "warning"])
    assert validated.code == 0, validated
    checked = run([HANSE, "gateway", "--bootstrap", bootstrap, "--validate"])
    assert checked.code == 0, checked
