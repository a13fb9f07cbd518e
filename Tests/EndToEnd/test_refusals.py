"""What an exporter's gateway refuses, and for the right reason. Beside each refusal stands what is let in."""

import re
import socket

import pytest

from harness.federation import EXPORTED
from harness.tls import Authority, Identity, call
from harness.waiting import eventually

SNI = f"outbound_.9080_._.{EXPORTED}"
HIDDEN = "outbound_.9080_._.secrets.bookinfo.svc.lubeck-exports.local"
LUBECK = "spiffe://lubeck.local/ns/lubeck-mesh/sa/bergen-egress-service-account"
RIGA = "spiffe://riga.local/ns/riga-mesh/sa/lubeck-egress-service-account"
UNTRUSTED = r"alert (certificate unknown|unknown ca|bad certificate|unsupported certificate|access denied)"
CLOSED = r"unexpected eof|errno=104|errno=0|reset by peer|no peer certificate"


@pytest.fixture(scope="module")
def lubeck_ca(federation, workdir):
    return Authority.of_mesh(federation.lubeck, workdir / "lubeck-ca")


@pytest.fixture(scope="module")
def riga_ca(federation, workdir):
    return Authority.of_mesh(federation.riga, workdir / "riga-ca")


@pytest.fixture(scope="module")
def ingress(federation):
    """bergen's ingress gateway for lubeck."""
    return federation.bergen.ingress_address("lubeck-ingress")


@pytest.fixture(scope="module")
def genuine(lubeck_ca):
    return lubeck_ca.issue(LUBECK)


@pytest.fixture(autouse=True)
def control(ingress, genuine):
    """Before and after every refusal the genuine client is served, so nothing else is broken."""
    assert served(call(ingress, 15443, SNI, genuine))
    yield
    assert served(call(ingress, 15443, SNI, genuine))


def served(answer):
    return "HTTP/1.1 200" in answer and '"version":"v2"' in answer.replace(" ", "")


def assert_refused(answer, reason):
    assert "HTTP/1.1 200" not in answer and '"version"' not in answer, answer
    assert re.search(reason, answer, re.IGNORECASE), answer


def test_the_certificate_that_the_controller_issued_is_let_in(federation, ingress):
    files = sorted(federation.lubeck.identities.glob("bergen-egress.*.pem"))
    keys = sorted(federation.lubeck.identities.glob("bergen-egress.*.key"))
    assert files and keys, list(federation.lubeck.identities.iterdir())
    assert keys[0].stat().st_mode & 0o777 == 0o600
    assert served(call(ingress, 15443, SNI, Identity(files[-1], keys[-1])))


def test_no_client_certificate(ingress):
    assert_refused(call(ingress, 15443, SNI), "alert certificate required")


def test_the_ca_of_a_third_mesh_claims_the_second(ingress, riga_ca):
    assert_refused(call(ingress, 15443, SNI, riga_ca.issue(LUBECK)), UNTRUSTED)


def test_our_own_ca_claims_the_peer(federation, ingress, workdir):
    own = Authority.of_mesh(federation.bergen, workdir / "bergen-ca")
    assert_refused(call(ingress, 15443, SNI, own.issue(LUBECK)), UNTRUSTED)


def test_a_ca_that_nobody_knows(ingress, workdir):
    stranger = Authority.make(workdir / "stranger-ca")
    assert_refused(call(ingress, 15443, SNI, stranger.issue(LUBECK)), UNTRUSTED)


def test_a_ca_that_calls_itself_like_the_peers(ingress, lubeck_ca, workdir):
    # Same subject as the genuine root, another key.
    forged = Authority.make(workdir / "forged-ca", "lubeck.local")
    assert_refused(call(ingress, 15443, SNI, forged.issue(LUBECK)), UNTRUSTED)


def test_another_mesh_as_itself(ingress, riga_ca):
    assert_refused(call(ingress, 15443, SNI, riga_ca.issue(RIGA)), UNTRUSTED)


@pytest.mark.parametrize("uri", [
    LUBECK.replace("bergen-egress", "riga-egress"),
    LUBECK.replace("ns/lubeck-mesh", "ns/bookinfo"),
    LUBECK + "/more",
    LUBECK.replace("lubeck.local", "LUBECK.local."),
    "spiffe://lubeck.local",
    "https://lubeck.local/ns/lubeck-mesh/sa/bergen-egress-service-account",
])
def test_the_peers_ca_with_another_identity(ingress, lubeck_ca, uri):
    answer = call(ingress, 15443, SNI, lubeck_ca.issue(uri))
    assert_refused(answer, UNTRUSTED + "|HTTP/1.1 403|" + CLOSED)


def test_an_expired_certificate(ingress, lubeck_ca):
    answer = call(ingress, 15443, SNI, lubeck_ca.issue(LUBECK, begins=-7200, ends=-3600))
    assert_refused(answer, UNTRUSTED + "|alert certificate expired")


def test_a_certificate_of_tomorrow(ingress, lubeck_ca):
    assert_refused(call(ingress, 15443, SNI, lubeck_ca.issue(LUBECK, begins=3600, ends=7200)), UNTRUSTED)


@pytest.mark.parametrize("first,second", [
    (LUBECK, RIGA), (RIGA, LUBECK), (LUBECK, LUBECK.replace("bergen-egress", "riga-egress"))])
def test_two_uri_sans(ingress, lubeck_ca, first, second):
    assert_refused(call(ingress, 15443, SNI, lubeck_ca.issue(first, second)), UNTRUSTED)


def test_no_uri_san(ingress, lubeck_ca):
    assert_refused(call(ingress, 15443, SNI, lubeck_ca.issue(names="DNS:lubeck.local")), UNTRUSTED)


def test_a_certificate_for_servers_only(ingress, lubeck_ca):
    assert_refused(call(ingress, 15443, SNI, lubeck_ca.issue(LUBECK, usage="serverAuth")), UNTRUSTED)


@pytest.mark.parametrize("name", [
    HIDDEN, "details.bookinfo.svc.cluster.local", "outbound_.9080_._.details.bookinfo.svc.cluster.local",
    "outbound_.9080_._.details.bookinfo.svc.riga-exports.local", "localhost", None])
def test_a_service_that_is_not_exported(ingress, genuine, name):
    assert_refused(call(ingress, 15443, name, genuine), CLOSED)


def test_tls_older_than_1_3(ingress, genuine):
    answer = call(ingress, 15443, SNI, genuine, flags=("-tls1_2",))
    assert_refused(answer, "protocol version|" + CLOSED)


def test_plain_http(ingress):
    with socket.create_connection((ingress, 15443), timeout=5) as connection:
        connection.sendall(b"GET /details/0 HTTP/1.1\r\nHost: details\r\n\r\n")
        connection.settimeout(5)
        try:
            answer = connection.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert b"200" not in answer


# Discovery, on the same gateway


def discover(ingress, identity, path="/v1/services/"):
    return call(ingress, 8188, "discovery.lubeck-mesh.svc.bergen.local", identity, path)


def test_discovery_shows_the_peer_its_list(ingress, genuine):
    answer = discover(ingress, genuine)
    assert "HTTP/1.1 200" in answer and EXPORTED in answer and "secrets" not in answer


def test_discovery_without_certificate(ingress):
    assert_refused(discover(ingress, None), "alert certificate required")


def test_discovery_by_a_forged_certificate(ingress, riga_ca):
    assert_refused(discover(ingress, riga_ca.issue(LUBECK)), UNTRUSTED)


def test_discovery_by_another_identity_of_the_peer(ingress, lubeck_ca):
    answer = discover(ingress, lubeck_ca.issue(LUBECK.replace("bergen-egress", "riga-egress")))
    assert_refused(answer, "HTTP/1.1 403")


@pytest.mark.parametrize("path", [
    "/v1/services/riga", "/v1/services/lubeck/../riga", "/v1/watch/riga", "/v1/services", "/", "//v1/services/"])
def test_discovery_of_what_is_not_the_peers(ingress, genuine, path):
    answer = discover(ingress, genuine, path)
    assert re.search(r"HTTP/1.1 (400|403|404)", answer), answer


def test_the_controller_takes_discovery_calls_from_its_ingress_gateways_alone(federation, genuine, workdir):
    controller = federation.bergen.address(1)
    own = Authority.of_mesh(federation.bergen, workdir / "bergen-ca-2")
    ingress = own.issue("spiffe://bergen.local/ns/bergen-mesh/sa/lubeck-ingress-service-account")
    answer = call(controller, 8188, None, ingress, "/v1/services/lubeck")
    assert "HTTP/1.1 200" in answer, "control: as the ingress gateway"
    assert_refused(call(controller, 8188, None, None, "/v1/services/lubeck"), "alert certificate required")
    assert_refused(call(controller, 8188, None, genuine, "/v1/services/lubeck"), UNTRUSTED)
    workload = own.issue("spiffe://bergen.local/ns/bookinfo/sa/bookinfo-details")
    assert_refused(call(controller, 8188, None, workload, "/v1/services/lubeck"), UNTRUSTED + "|HTTP/1.1 403")


def test_a_lost_certificate_is_shut_out_by_a_changed_client_id(federation, ingress, genuine):
    """The admin's last word: another client ID, and the old one is nobody from then on."""
    bergen = federation.bergen
    address = federation.lubeck.ingress_address("bergen-ingress")
    peer = bergen.sample("peer-lubeck.yaml", PEER_ADDRESS=address)
    bergen.apply(peer.replace("sa/bergen-egress-", "sa/somebody-"))
    try:
        eventually("the old identity is refused", lambda: not served(call(ingress, 15443, SNI, genuine)))
        bergen.api().patch("servicemeshpeers", bergen.namespace, "lubeck", {"spec": {"security": {"clientID": ""}}})
        eventually("nobody is let in", lambda: not served(call(ingress, 15443, SNI, genuine)))
    finally:
        bergen.apply(peer)
    eventually("let in again", lambda: served(call(ingress, 15443, SNI, genuine)))
