"""7: byte pipes that the client's TLS decides on: passed through by its name, and let in by network RBAC."""

import ssl

import pytest

from network import Backend, Scripted, client_context, connect_tls, probe, read_all, server_context
from pki import ALPHA, GAMMA, OTHER, certificates
from resources import (
    AFTER_HANDSHAKE, bootstrap, chain, cluster, identity, listener, network_rbac, policy, server_tls, spiffe, tcp)
from running import Gateway, place
from worlds import shortfall, worlds

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
        self.kind, self.pass_through, self.rules, self.greeting = kind, place(), place(), place()
        self.echo, self.unasked = Backend("echo"), Backend("unasked")
        self.second = Scripted(lambda s: (s.recv(9), s.sendall(b"second")), name="second")
        self.greet = Scripted(lambda s: (s.sendall(b"hello\n"), read_all(s)), name="greet")
        self.sealed = Backend("sealed", tls=server_context(pki.beta, pki.root("alpha")))
        tls = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}))
        port = policy({"any": True}, {"destination_port": self.rules.port})
        rules = [chain(network_rbac(name, rules or port), tcp(f"rbac-{name}", "echo", **AFTER_HANDSHAKE),
                       names=[f"{name}.rules"], tls=tls, name=name) for name, rules, _ in RULES]
        rules.append(chain(tcp("unasked", "unasked", **AFTER_HANDSHAKE), names=["unasked"], tls=tls, name="unasked"))
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("pass", self.pass_through, chain(tcp("pass", "sealed"), names=["sealed.example"]),
                     chain(tcp("pass-rest", "second"), names=["*.second.example"]), inspector=True, log=True),
            listener("rules", self.rules, *rules, inspector=True, log=True),
            listener("greeting", self.greeting, chain(
                network_rbac("greeting", policy(identity(OTHER))), tcp("greeting", "greet", **AFTER_HANDSHAKE),
                tls=tls))],
            [cluster(part.name, part.port) for part in self._backends]))

    @property
    def _backends(self):
        return self.echo, self.unasked, self.second, self.greet, self.sealed

    def stop(self):
        for backend in self._backends:
            backend.stop()


world = worlds(World, World.stop)


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
    assert probe(world.rules, "unasked").refused
    assert world.unasked.accepted == 0
    assert probe(world.rules, "unasked", identity=certificates().alpha).data == b"ping\n"
