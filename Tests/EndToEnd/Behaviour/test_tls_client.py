"""4 and 8: how a gateway speaks TLS to its upstreams, and which of them it believes."""

import ssl

import pytest

from network import HttpBackend, connect, get, is_closed, remote, server_context
from pki import ALPHA, BETA, OTHER, certificates, fingerprint
from resources import bootstrap, chain, client_tls, cluster, http, listener, route, spiffe, tcp, trusted_ca, versions
from running import Gateway, place
from worlds import both, shortfall

SNI = "outbound_.9080_._.details.bookinfo.svc.alpha-exports.local"


def sockets(pki):
    """Transport sockets of clusters, by the path that leads to each."""
    roots, domains = pki.root("beta"), {"beta.local": pki.root("beta")}
    return {
        "spiffe": client_tls(SNI, pki.alpha, spiffe(domains, [BETA])),
        "spiffe-any": client_tls(SNI, pki.alpha, spiffe(domains)),
        "roots": client_tls(SNI, pki.alpha, trusted_ca(roots, [BETA])),
        "roots-any": client_tls(SNI, pki.alpha, trusted_ca(roots)),
        "default": client_tls(SNI, pki.alpha, trusted_ca(roots, [BETA]), params=False),
        "range": client_tls(SNI, pki.alpha, trusted_ca(roots, [BETA]), versions("TLSv1_2", "TLSv1_3")),
        "anonymous": client_tls(SNI, None, trusted_ca(roots, [BETA])),
        "alpn": client_tls(SNI, pki.alpha, trusted_ca(roots, [BETA]), alpn=["http/1.1"]),
        "unchecked": client_tls(SNI, pki.alpha),
    }


def servers(pki):
    """Backends by what is to be said about their certificates."""
    modern = {"minimum": ssl.TLSVersion.TLSv1_3}
    alpha = pki.root("alpha")
    return {
        "good": server_context(pki.beta, alpha, **modern),
        "both": server_context(pki.beta, alpha),
        "old": server_context(pki.beta, alpha, maximum=ssl.TLSVersion.TLSv1_2),
        "open": server_context(pki.beta, **modern, alpn=["h2", "http/1.1"]),
        "another": server_context(pki.leaf("beta", "spiffe://beta.local/ns/beta-mesh/sa/another"), **modern),
        "forged": server_context(pki.leaf("gamma", BETA), **modern),
        "stranger": server_context(pki.leaf("stranger", BETA), **modern),
        "expired": server_context(pki.leaf("beta", BETA, begins=-7200, ends=-3600), **modern),
        "future": server_context(pki.leaf("beta", BETA, begins=86400, ends=90000), **modern),
        "nameless": server_context(pki.leaf("beta", names="DNS:beta.local"), **modern),
        "double": server_context(pki.leaf("beta", BETA, OTHER), **modern),
        "client-only": server_context(pki.leaf("beta", BETA, usage="clientAuth"), **modern),
    }


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.http, self.tcp = kind, place(), place()
        self.backends = {name: HttpBackend(name, tls=tls) for name, tls in servers(pki).items()}
        self.backends["plain"] = HttpBackend("plain")
        routes, clusters = [], []
        for name, backend in self.backends.items():
            for way, tls in sockets(pki).items():
                # Who speaks no TLS never answers a hello; the others may be slow with it.
                clusters.append(cluster(f"{way}|{name}", backend.port, transport_socket=tls,
                                        connect_timeout="1s" if name == "plain" else "10s"))
                routes.append(route(name, {"path_separated_prefix": f"/{way}/{name}"}, f"{way}|{name}"))
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("http", self.http, chain(http("http", *routes))),
            listener("tcp", self.tcp, chain(tcp("tcp", "spiffe|stranger"))),
        ], clusters))


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made
    for backend in made.backends.values():
        backend.stop()


# The socket's settings, the upstream, whether it is believed, why Envoy differs.
ROWS = [
    ("spiffe", "good", True, None), ("spiffe", "another", False, None), ("spiffe", "forged", False, None),
    ("spiffe", "stranger", False, None), ("spiffe", "expired", False, None), ("spiffe", "future", False, None),
    ("spiffe", "nameless", False, None), ("spiffe", "plain", False, None), ("spiffe", "old", False, None),
    ("spiffe", "double", False, "takes leaves with several URI names"),
    ("spiffe", "client-only", False, "its SPIFFE validator does not look at usages"),
    ("spiffe-any", "good", True, None), ("spiffe-any", "another", True, None), ("spiffe-any", "forged", False, None),
    ("roots", "good", True, None), ("roots", "another", False, None), ("roots", "forged", False, None),
    ("roots", "stranger", False, None), ("roots", "expired", False, None), ("roots", "future", False, None),
    ("roots", "nameless", False, None), ("roots", "plain", False, None),
    ("roots", "double", False, "takes leaves with several URI names"), ("roots", "client-only", False, None),
    ("roots-any", "another", True, None), ("roots-any", "nameless", True, None), ("roots-any", "forged", False, None),
    ("default", "both", True, None), ("default", "old", True, None),
    ("default", "good", False, None),
    ("range", "both", True, None), ("range", "old", True, None), ("range", "good", True, None),
    ("anonymous", "open", True, None), ("anonymous", "good", False, None),
    ("unchecked", "stranger", True, None), ("unchecked", "expired", True, None),
]


@pytest.mark.parametrize("way, name, is_good, envoy", ROWS, ids=[f"{r[0]}-{r[1]}" for r in ROWS])
def test_4_an_upstream_is_believed_by_its_certificate_alone(world, way, name, is_good, envoy):
    """One that fails: 503, flag UF, and the record says why; no request reaches it."""
    backend, start = world.backends[name], world.gateway.mark()
    count = len(backend.requests)
    reply = get(world.http, f"/{way}/{name}")
    if envoy and (reply.status == 200) != is_good:
        shortfall(world, envoy)
    if is_good:
        assert (reply.status, reply.backend) == (200, name), reply
        return
    assert reply.status == 503 and len(backend.requests) == count, reply
    record = world.gateway.record("http", start, path=f"/{way}/{name}")
    if name == "good":
        # An upstream that refuses us says so after the handshake: it is a failure to connect, or a reset.
        assert record["flags"] in ("UF", "UC", "UPE"), record
    else:
        assert record["flags"] == "UF", record
        assert record["upstream_failure"] or name == "plain" and world.kind == "envoy", record


@pytest.mark.parametrize("way, name, wanted", [
    ("spiffe", "good", "TLSv1.3"), ("default", "both", "TLSv1.2"), ("range", "both", "TLSv1.3"),
    ("range", "old", "TLSv1.2")])
def test_4_a_clients_versions_are_those_of_its_parameters(world, way, name, wanted):
    """Absent, a client speaks 1.2 alone."""
    count = len(world.backends[name].protocols)
    assert get(world.http, f"/{way}/{name}/version").status == 200
    assert wanted in world.backends[name].protocols[count:] or wanted in world.backends[name].protocols


def test_4_a_client_without_versions_cannot_reach_a_server_of_1_3(world):
    start = world.gateway.mark()
    assert get(world.http, "/default/good/why").status == 503
    record = world.gateway.record("http", start, path="/default/good/why")
    assert record["flags"] == "UF" and "version" in record["upstream_failure"].lower(), record


def test_4_the_upstream_sees_the_sni_and_the_leaf_of_its_cluster(world):
    backend = world.backends["good"]
    assert get(world.http, "/spiffe/good").status == 200
    assert set(backend.snis) == {SNI}
    der = ssl.PEM_cert_to_DER_cert(open(certificates().alpha.certificate).read())
    assert der in backend.peers
    assert len(fingerprint(certificates().alpha)) == 64 and ALPHA.encode() in der


def test_4_tcp_to_an_upstream_that_fails_its_check_is_closed(world):
    start = world.gateway.mark()
    with connect(world.tcp) as sock:
        sock.sendall(b"hello")
        assert is_closed(sock, 10)
        own = remote(sock)
    record = world.gateway.record("tcp", start, remote=own)
    assert record["flags"].split(",")[0] == "UF" and record["upstream_failure"], record
