"""4 and 12: certificates and trust by Secret, changed under live connections."""

import pathlib
import ssl

import pytest

from control_plane import Files
from harness.waiting import eventually, holds
from network import Connection, HttpBackend, client_context, connect_tls, get, probe, server_context
from pki import ALPHA, BETA, certificates, copy_pair
from resources import (
    bootstrap, chain, client_tls, cluster, http, listener, pair, route, server_tls, spiffe, trusted_ca, uri)
from running import KINDS, Gateway, is_listening, place
from worlds import both

REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"


class World:
    """A server whose certificate and trust are Secrets, and a client whose certificate is one."""

    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.pki = kind, pki
        self.at, self.combined, self.both, self.out = place(), place(), place(), place()
        self.files = Files(directory / f"{kind}-secrets")
        self.server = self.fresh("beta", BETA)
        self.backend = HttpBackend("a")
        self.peer = HttpBackend("peer", tls=server_context(pki.beta, pki.root("alpha")))
        self.restore()
        common = {"tls_certificate_sds_secret_configs": [self.named("server")]}
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("in", self.at, chain(http("in", route("all", "/", "a")), tls=server_tls(
                **common, validation_context_sds_secret_config=self.named("trust")))),
            listener("combined", self.combined, chain(http("combined", route("all", "/", "a")), tls=server_tls(
                **common, combined_validation_context={
                    "default_validation_context": {"match_typed_subject_alt_names": [uri(ALPHA)]},
                    "validation_context_sds_secret_config": self.named("trust")}))),
            listener("both", self.both, chain(http("both", route("all", "/", "a")), tls=server_tls(
                **common, combined_validation_context={
                    "default_validation_context": spiffe({"alpha.local": pki.root("alpha")}),
                    "validation_context_sds_secret_config": self.named("trust")}))),
            listener("out", self.out, chain(http("out", route("all", "/", "peer")))),
        ], [cluster("a", self.backend.port), cluster(
            "peer", self.peer.port, connect_timeout="10s", transport_socket=client_tls(
                "peer.example", None, trusted_ca(pki.root("beta"), [BETA]),
                tls_certificate_sds_secret_configs=[self.named("client")]))], admin=place()))

    def fresh(self, authority, name):
        return self.pki.authority(authority).issue(name)

    def named(self, name):
        return {"name": name, "sds_config": self.files.source(name)}

    def certificate(self, name, leaf):
        self.files.put(name, "secrets", {"name": name, "tls_certificate": pair(leaf)})

    def trust(self, **domains):
        self.files.put("trust", "secrets", {"name": "trust", "validation_context": spiffe({
            f"{name}.local": self.pki.root(authority) for name, authority in domains.items()})})

    def restore(self):
        self.certificate("server", self.server)
        self.certificate("client", self.pki.alpha)
        self.trust(alpha="alpha")

    def shown(self, at=None):
        """The leaf that the server shows, as DER."""
        with connect_tls(at or self.at, "a.example", identity=self.pki.alpha) as sock:
            return sock.getpeercert(True)

    def lets(self, identity, at=None):
        return bool(probe(at or self.at, "a.example", send=REQUEST, identity=identity).data)

    def settle(self):
        # Each listener takes a secret over by itself.
        eventually("alpha is let in and gamma is not", lambda: all(
            self.lets(self.pki.alpha, at) and not self.lets(self.pki.gamma, at) and self.shown(at) == der(self.server)
            for at in (self.at, self.combined, self.both)))

    def stop(self):
        self.backend.stop()
        self.peer.stop()


def der(leaf):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(leaf.certificate).read_text())


@both()
def made(request, workdir):
    world = World(request.param, workdir)
    with world.gateway:
        yield world
    world.stop()


@pytest.fixture
def world(made):
    made.restore()
    made.settle()
    return made


def test_4_the_secrets_certificate_is_shown(world):
    assert world.shown() == der(world.server) and world.shown(world.combined) == der(world.server)


def test_12_a_new_certificate_is_for_new_handshakes(world):
    """Live connections stay."""
    with Connection(connect_tls(world.at, "a.example", identity=world.pki.alpha)) as live:
        assert live.call().status == 200
        leaf = world.fresh("beta", BETA)
        world.certificate("server", leaf)
        eventually("the new leaf is shown", lambda: world.shown() == der(leaf))
        assert live.call().status == 200


def test_10_renamed_files_of_a_secret_are_seen(world):
    own = copy_pair(world.fresh("beta", BETA), world.files.directory / "own.pem", world.files.directory / "own.key")
    world.certificate("server", own)
    eventually("the file's leaf is shown", lambda: world.shown() == der(own))
    copy_pair(world.fresh("beta", BETA), own.certificate, own.key)
    eventually("the next leaf is shown", lambda: world.shown() == der(own))


def test_10_while_key_and_certificate_do_not_match_the_old_pair_stays(world):
    own = copy_pair(world.fresh("beta", BETA), world.files.directory / "half.pem", world.files.directory / "half.key")
    world.certificate("server", own)
    eventually("the file's leaf is shown", lambda: world.shown() == der(own))
    old, leaf = der(own), world.fresh("beta", BETA)
    part = world.files.directory / "half.part"
    part.write_bytes(pathlib.Path(leaf.key).read_bytes())
    part.rename(own.key)
    holds("the old leaf is shown", lambda: world.shown() == old, 0.4)
    part.write_bytes(pathlib.Path(leaf.certificate).read_bytes())
    part.rename(own.certificate)
    eventually("the new leaf is shown", lambda: world.shown() == der(leaf))


def test_12_new_trust_is_for_new_handshakes(world):
    world.trust(alpha="alpha", gamma="gamma")
    eventually("gamma is let in", lambda: world.lets(world.pki.gamma))
    assert world.lets(world.pki.alpha)


def test_12_trust_that_is_taken_away_refuses(world):
    world.trust(gamma="gamma")
    eventually("alpha is refused", lambda: not world.lets(world.pki.alpha))
    assert world.lets(world.pki.gamma)


def test_4_a_session_is_not_resumed_after_its_trust_is_gone(world):
    context = client_context(identity=world.pki.alpha)
    first = probe(world.at, "a.example", send=REQUEST, context=context)
    assert first.data and first.session
    world.trust(gamma="gamma")
    eventually("alpha is refused", lambda: not world.lets(world.pki.alpha))
    again = probe(world.at, "a.example", send=REQUEST, context=context, session=first.session)
    assert again.refused, again


def test_4_a_session_is_not_resumed_after_its_domain_has_another_root(world):
    context = client_context(identity=world.pki.alpha)
    first = probe(world.at, "a.example", send=REQUEST, context=context)
    world.trust(alpha="gamma")
    eventually("alpha is refused", lambda: not world.lets(world.pki.alpha))
    again = probe(world.at, "a.example", send=REQUEST, context=context, session=first.session)
    assert again.refused, again


def test_4_combined_contexts_check_names_and_shared_trust(world):
    assert world.lets(world.pki.alpha, world.combined)
    assert not world.lets(world.pki.other, world.combined)
    assert world.lets(world.pki.other)
    world.trust(gamma="gamma")
    eventually("trust is shared", lambda: not world.lets(world.pki.alpha, world.combined))


def test_4_the_secrets_trust_replaces_the_default_of_a_combined_context(world):
    world.trust(gamma="gamma")
    eventually("gamma is let in", lambda: world.lets(world.pki.gamma, world.both))
    assert not world.lets(world.pki.alpha, world.both)


def test_12_a_clients_new_certificate_is_shown_to_upstreams(world):
    eventually("it serves", lambda: get(world.out).status == 200)
    leaf = world.fresh("alpha", ALPHA)
    world.certificate("client", leaf)

    def is_shown():
        world.peer.stop()
        world.peer.start()
        get(world.out)
        return der(leaf) in world.peer.peers
    eventually("the upstream sees the new leaf", is_shown)


BAD = [
    ("a certificate that is no PEM", lambda w: {"name": "server", "tls_certificate": {
        "certificate_chain": {"inline_string": "x"}, "private_key": {"inline_string": "y"}}}),
    ("a key of another certificate", lambda w: {"name": "server", "tls_certificate": {
        "certificate_chain": {"filename": str(w.pki.beta.certificate)},
        "private_key": {"filename": str(w.pki.alpha.key)}}}),
    ("a file that is not there", lambda w: {"name": "server", "tls_certificate": {
        "certificate_chain": {"filename": "/nowhere"}, "private_key": {"filename": "/nowhere"}}}),
    ("an unknown field", lambda w: {"name": "server", "bogus": 1, "tls_certificate": pair(w.pki.beta)}),
]


@pytest.mark.parametrize("what, secret", BAD, ids=[row[0].replace(" ", "-") for row in BAD])
def test_13_a_bad_secret_leaves_the_old_in_force(world, what, secret):
    start = world.gateway.mark()
    world.files.put("server", "secrets", secret(world))
    eventually("it is logged", lambda: world.gateway.mark() > start)
    holds("the old leaf is shown", lambda: world.shown() == der(world.server), 0.3)
    leaf = world.fresh("beta", BETA)
    world.certificate("server", leaf)
    eventually("the next good one is shown", lambda: world.shown() == der(leaf))


@pytest.mark.parametrize("kind", KINDS)
def test_10_a_listener_whose_secret_file_is_missing_is_refused(kind, workdir):
    """A path that is not there is an error of what names it; in a bootstrap, of the start."""
    at = place()
    gateway = Gateway(kind, workdir, bootstrap([listener("in", at, chain(
        http("in", route("all", "/", "a")), tls=server_tls(tls_certificate_sds_secret_configs=[
            {"name": "server", "sds_config": Files(workdir / "none").source("never")}])))], [cluster("a", 9)]))
    gateway.launch()
    assert gateway.process.wait(20) != 0
    assert not is_listening(at)
