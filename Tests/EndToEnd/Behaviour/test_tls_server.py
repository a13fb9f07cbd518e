"""3 and 4: which chain takes a connection, and which peers a chain lets in."""

import socket
import ssl

import pytest

from network import client_context, connect, connect_tls, is_closed, probe, read_all, remote
from pki import ALPHA, BETA, GAMMA, OTHER, certificates
from resources import bootstrap, chain, http, listener, server_tls, spiffe, trusted_ca, uri, versions
from running import Gateway, place
from worlds import both, ids, shortfall

REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
CHAINS = [
    ("exact", ["a.example"]), ("deep", ["a.b.example"]), ("wild", ["*.example"]), ("longer", ["*.b.example"]),
    ("list", ["one.test", "*.two.test"]), ("rest", None)]


def says(name, **fields):
    """A manager whose only answer is its name."""
    return http(name, {"name": name, "match": {"prefix": "/"}, "direct_response": {
        "status": 200, "body": {"inline_string": name}}}, **fields)


def doors(pki):
    """Chains by how they check the peer; each is reached by its name with `.test`."""
    alpha, gamma = pki.root("alpha"), pki.root("gamma")
    only = spiffe({"alpha.local": alpha})
    return {
        "strict": server_tls(pki.beta, only),
        "versions": server_tls(pki.beta, only, params=False),
        "old": server_tls(pki.beta, only, versions("TLSv1_2", "TLSv1_2")),
        "optional": server_tls(pki.beta, only, required=False),
        "anybody": server_tls(pki.beta, required=False),
        "roots-optional": server_tls(pki.beta, trusted_ca(alpha), required=False),
        "roots-optional-named": server_tls(pki.beta, trusted_ca(alpha, [ALPHA]), required=False),
        "roots": server_tls(pki.beta, trusted_ca(alpha)),
        "roots-named": server_tls(pki.beta, trusted_ca(alpha, [ALPHA])),
        "roots-two-names": server_tls(pki.beta, trusted_ca(alpha, [ALPHA, OTHER])),
        "roots-prefix": server_tls(pki.beta, {**trusted_ca(alpha), "match_typed_subject_alt_names": [
            uri("spiffe://alpha.local/ns/alpha-mesh/", "prefix")]}),
        "spiffe-named": server_tls(pki.beta, spiffe({"alpha.local": alpha}, [ALPHA])),
        "two-domains": server_tls(pki.beta, spiffe({"alpha.local": alpha, "gamma.local": gamma})),
        "h2-first": server_tls(pki.beta, only, alpn=["h2", "http/1.1"]),
        "h1-first": server_tls(pki.beta, only, alpn=["http/1.1", "h2"]),
        "h1-only": server_tls(pki.beta, only, alpn=["http/1.1"]),
        "no-alpn": server_tls(pki.beta, only),
    }


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.names, self.closed, self.doors, self.plain = kind, place(), place(), place(), place()
        plain = server_tls(pki.beta, required=False)
        peers = [chain(says(name), names=[f"{name}.test"], tls=tls, name=name) for name, tls in doors(pki).items()]
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("names", self.names, *[chain(says(name), names=names, tls=plain, name=name)
                                            for name, names in CHAINS], inspector=True, log=True),
            listener("closed", self.closed, chain(says("only"), names=["only.test"], tls=plain),
                     inspector=True, log=True, listener_filters_timeout="1s"),
            listener("doors", self.doors, *peers, inspector=True, log=True),
            listener("plain", self.plain, chain(says("plain")), log=True)]))


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


def body(data):
    return data.rpartition(b"\r\n\r\n")[2].decode()


@pytest.mark.parametrize("name, wanted", [
    ("a.example", "exact"), ("A.Example", "exact"), ("x.example", "wild"), ("X.EXAMPLE", "wild"),
    ("x.y.example", "wild"), ("b.example", "wild"), ("a.b.example", "deep"), ("x.b.example", "longer"),
    ("x.y.b.example", "longer"), ("example", "rest"), ("a.example.org", "rest"), ("notexample", "rest"),
    ("one.test", "list"), ("x.two.test", "list"), ("two.test", "rest"), (None, "rest")])
def test_3_server_names_choose_the_chain(world, name, wanted):
    seen = probe(world.names, name, send=REQUEST)
    assert body(seen.data) == wanted, seen


@pytest.mark.parametrize("name", ["other.test", "x.only.test", None])
def test_3_no_chain_closes_before_any_tls_bytes(world, name):
    start = world.gateway.mark()
    hello = ssl.MemoryBIO()
    pipe = client_context().wrap_bio(ssl.MemoryBIO(), hello, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        pipe.do_handshake()
    with connect(world.closed) as sock:
        sock.sendall(hello.read())
        assert read_all(sock) == b""
        own = remote(sock)
    record = world.gateway.record("closed-listener", start, remote=own)
    assert record["flags"] == "NR" and record["sni"] == name, record


def test_3_plain_bytes_at_an_inspected_port_are_no_chains(world):
    start = world.gateway.mark()
    with connect(world.closed) as sock:
        sock.sendall(REQUEST)
        assert read_all(sock) == b""
        own = remote(sock)
    assert world.gateway.record("closed-listener", start, remote=own)["flags"] == "NR"


@pytest.mark.parametrize("name, first", [("nothing", b""), ("half a hello", b"\x16\x03\x01\x02\x00\x01")])
def test_3_a_hello_that_does_not_come_in_time_is_closed(world, name, first):
    with connect(world.closed) as sock:
        sock.sendall(first)
        assert is_closed(sock, 10)


def test_3_a_hello_in_single_bytes_is_understood(world):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    pipe = client_context().wrap_bio(incoming, outgoing, server_hostname="a.example")
    with connect(world.names) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            try:
                pipe.do_handshake()
                break
            except ssl.SSLWantReadError:
                for byte in outgoing.read():
                    sock.sendall(bytes([byte]))
                incoming.write(sock.recv(65536))
        sock.sendall(outgoing.read())
        pipe.write(REQUEST)
        sock.sendall(outgoing.read())
        while True:
            try:
                assert body(pipe.read(65536)) == "exact"
                break
            except ssl.SSLWantReadError:
                incoming.write(sock.recv(65536))


def test_3_the_listener_logs_each_connection_once(world):
    start = world.gateway.mark()
    seen = probe(world.names, "a.example", send=REQUEST)
    record = world.gateway.record("names-listener", start, remote=seen.remote)
    assert record["sni"] == "a.example"
    assert [r["remote"] for r in world.gateway.records("names-listener", start)].count(seen.remote) == 1


def test_3_plain_listeners_need_no_inspector(world):
    with connect(world.plain) as sock:
        sock.sendall(REQUEST)
        assert body(sock.recv(65536)) == "plain"


# Who may in: chain, client, whether it is let in, and why stock Envoy differs.
GOOD, NONE = True, False
PEERS = [
    ("strict", "alpha", GOOD, None),
    ("strict", "other", GOOD, None),
    ("strict", "nobody", NONE, None),
    ("strict", "gamma", NONE, None),
    ("strict", "alpha by gamma", NONE, None),
    ("strict", "alpha by a stranger", NONE, None),
    ("strict", "expired", NONE, None),
    ("strict", "not yet valid", NONE, None),
    ("strict", "no uri", NONE, None),
    ("strict", "another scheme", NONE, None),
    ("strict", "longer domain", NONE, None),
    ("strict", "server only", NONE, "takes leaves without clientAuth"),
    ("strict", "client only", GOOD, None),
    ("strict", "two of alpha", NONE, "takes leaves with several URI names"),
    ("strict", "alpha and gamma", NONE, "picks the bundle by the first URI name"),
    ("strict", "gamma and alpha", NONE, None),
    ("optional", "alpha", GOOD, None),
    ("optional", "nobody", NONE, None),
    ("roots-optional", "nobody", GOOD, None),
    ("roots-optional", "gamma", NONE, None),
    ("roots-optional-named", "nobody", NONE, None),
    ("roots-optional-named", "alpha", GOOD, None),
    ("strict", "a CA", NONE, None),
    ("strict", "a CA that signs nothing", NONE, None),
    ("strict", "signs certificates", NONE, None),
    ("strict", "signs lists", NONE, None),
    ("strict", "no key usage", NONE, None),
    ("strict", "encrypts keys too", GOOD, None),
    ("roots", "two of alpha", NONE, "takes leaves with several URI names"),
    ("optional", "gamma", NONE, None),
    ("optional", "expired", NONE, None),
    ("anybody", "nobody", GOOD, None),
    ("roots", "alpha", GOOD, None),
    ("roots", "other", GOOD, None),
    ("roots", "nobody", NONE, None),
    ("roots", "gamma", NONE, None),
    ("roots", "alpha by gamma", NONE, None),
    ("roots", "alpha by a stranger", NONE, None),
    ("roots", "expired", NONE, None),
    ("roots", "not yet valid", NONE, None),
    ("roots", "no uri", GOOD, None),
    ("roots", "server only", NONE, "takes leaves without clientAuth"),
    ("roots-named", "alpha", GOOD, None),
    ("roots-named", "other", NONE, None),
    ("roots-named", "no uri", NONE, None),
    ("roots-named", "expired", NONE, None),
    ("roots-named", "alpha by gamma", NONE, None),
    ("roots-named", "two of alpha", NONE, "takes leaves with several URI names"),
    ("roots-two-names", "alpha", GOOD, None),
    ("roots-two-names", "other", GOOD, None),
    ("roots-two-names", "gamma", NONE, None),
    ("roots-prefix", "alpha", GOOD, None),
    ("roots-prefix", "other", GOOD, None),
    ("roots-prefix", "no uri", NONE, None),
    ("spiffe-named", "alpha", GOOD, None),
    ("spiffe-named", "other", NONE, None),
    ("spiffe-named", "gamma", NONE, None),
    ("two-domains", "alpha", GOOD, None),
    ("two-domains", "gamma", GOOD, None),
    ("two-domains", "alpha by gamma", NONE, None),
    ("two-domains", "gamma by alpha", NONE, None),
    ("two-domains", "alpha and gamma", NONE, "takes leaves with several URI names"),
    ("two-domains", "beta", NONE, None),
    ("old", "alpha", GOOD, None),
    ("old", "nobody", NONE, None),
    ("old", "gamma", NONE, None),
]


def client(name):
    pki = certificates()
    return {
        "nobody": lambda: None,
        "alpha": lambda: pki.alpha, "other": lambda: pki.other, "gamma": lambda: pki.gamma, "beta": lambda: pki.beta,
        "alpha by gamma": lambda: pki.leaf("gamma", ALPHA),
        "gamma by alpha": lambda: pki.leaf("alpha", GAMMA),
        "alpha by a stranger": lambda: pki.leaf("stranger", ALPHA),
        "expired": lambda: pki.leaf("alpha", ALPHA, begins=-7200, ends=-3600),
        "not yet valid": lambda: pki.leaf("alpha", ALPHA, begins=86400, ends=90000),
        "no uri": lambda: pki.leaf("alpha", names="DNS:alpha.local"),
        "another scheme": lambda: pki.leaf("alpha", "https://alpha.local/ns/alpha-mesh/sa/egress-service-account"),
        "longer domain": lambda: pki.leaf("alpha", "spiffe://alpha.local.evil/ns/alpha-mesh/sa/x"),
        "server only": lambda: pki.leaf("alpha", ALPHA, usage="serverAuth"),
        "client only": lambda: pki.leaf("alpha", ALPHA, usage="clientAuth"),
        "a CA": lambda: pki.leaf("alpha", ALPHA, constraints="CA:TRUE", key_usage="digitalSignature,keyCertSign"),
        "a CA that signs nothing": lambda: pki.leaf("alpha", ALPHA, constraints="CA:TRUE"),
        "signs certificates": lambda: pki.leaf("alpha", ALPHA, key_usage="digitalSignature,keyCertSign"),
        "signs lists": lambda: pki.leaf("alpha", ALPHA, key_usage="digitalSignature,cRLSign"),
        "no key usage": lambda: pki.leaf("alpha", ALPHA, key_usage=None),
        "encrypts keys too": lambda: pki.leaf("alpha", ALPHA, key_usage="digitalSignature,keyEncipherment"),
        "two of alpha": lambda: pki.leaf("alpha", ALPHA, OTHER),
        "alpha and gamma": lambda: pki.leaf("alpha", ALPHA, GAMMA),
        "gamma and alpha": lambda: pki.leaf("alpha", GAMMA, ALPHA),
    }[name]()


@pytest.mark.parametrize("door, who, is_good, envoy", PEERS, ids=[f"{row[0]}-{row[1]}".replace(" ", "-") for row in PEERS])
def test_4_a_chain_lets_in_whom_it_trusts(world, door, who, is_good, envoy):
    start = world.gateway.mark()
    seen = probe(world.doors, f"{door}.test", send=REQUEST, identity=client(who))
    if envoy and bool(seen.data) != is_good:
        shortfall(world, envoy)
    if is_good:
        assert body(seen.data) == door, seen
        return
    assert not seen.data and seen.error, seen
    record = world.gateway.record("doors-listener", start, remote=seen.remote)
    assert record["downstream_failure"], record
    ran = [r for r in world.gateway.records(door, start) if r["remote"] == seen.remote]
    assert ran == [], "no filter of the chain may run"


ALERTS = [
    ("nobody", "TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    ("gamma", "SSLV3_ALERT_CERTIFICATE_UNKNOWN"),
    ("alpha by gamma", "SSLV3_ALERT_CERTIFICATE_UNKNOWN"),
    ("expired", "SSLV3_ALERT_CERTIFICATE_"),
    ("no uri", "SSLV3_ALERT_CERTIFICATE_UNKNOWN"),
]


@pytest.mark.parametrize("who, alert", ALERTS, ids=ids(ALERTS))
def test_4_a_refused_peer_reads_an_alert(world, who, alert):
    """In TLS 1.3 its own handshake succeeds; the alert is what it reads first."""
    with connect_tls(world.doors, "strict.test", identity=client(who)) as sock:
        with pytest.raises(ssl.SSLError) as error:
            sock.recv(1)
    assert alert in error.value.reason, error.value


VERSIONS = [
    ("strict", "TLSv1_2", "TLSv1_2", None),
    ("strict", "TLSv1_2", "TLSv1_3", "TLSv1.3"),
    ("strict", "TLSv1_3", "TLSv1_3", "TLSv1.3"),
    ("versions", "TLSv1_2", "TLSv1_2", "TLSv1.2"),
    ("versions", "TLSv1_2", "TLSv1_3", "TLSv1.3"),
    ("old", "TLSv1_2", "TLSv1_3", "TLSv1.2"),
    ("old", "TLSv1_3", "TLSv1_3", None),
]


@pytest.mark.parametrize("door, minimum, maximum, wanted", VERSIONS)
def test_4_tls_versions_are_those_of_the_parameters(world, door, minimum, maximum, wanted):
    """Absent, a server takes 1.2 and 1.3."""
    seen = probe(world.doors, f"{door}.test", send=REQUEST, identity=certificates().alpha,
                 minimum=ssl.TLSVersion[minimum], maximum=ssl.TLSVersion[maximum])
    assert seen.version == wanted, seen
    if wanted is None:
        assert seen.error == "TLSV1_ALERT_PROTOCOL_VERSION", seen


ALPN = [
    ("h2-first", ["h2", "http/1.1"], "h2"), ("h2-first", ["http/1.1", "h2"], "h2"),
    ("h2-first", ["http/1.1"], "http/1.1"), ("h2-first", ["h3"], None), ("h2-first", [], None),
    ("h1-first", ["h2", "http/1.1"], "http/1.1"), ("h1-first", ["h2"], "h2"),
    ("h1-only", ["h2", "http/1.1"], "http/1.1"), ("h1-only", ["h2"], None),
    ("no-alpn", ["h2", "http/1.1"], None),
]


@pytest.mark.parametrize("door, offered, wanted", ALPN, ids=[f"{r[0]}-{'+'.join(r[1])}" for r in ALPN])
def test_4_the_servers_order_of_protocols_wins(world, door, offered, wanted):
    with connect_tls(world.doors, f"{door}.test", identity=certificates().alpha, alpn=offered) as sock:
        assert sock.selected_alpn_protocol() == wanted


def test_4_the_server_shows_its_leaf(world):
    with connect_tls(world.doors, "strict.test", identity=certificates().alpha,
                     roots=certificates().root("beta")) as sock:
        assert ("URI", BETA) in sock.getpeercert()["subjectAltName"]


def test_4_the_record_names_the_verified_peer(world):
    start = world.gateway.mark()
    seen = probe(world.doors, "strict.test", send=REQUEST, identity=certificates().alpha)
    record = world.gateway.record("strict", start, remote=seen.remote)
    assert record["peer"] == ALPHA and record["sni"] == "strict.test", record


def test_4_a_session_is_resumed_under_the_same_name_at_most(world):
    """Resuming with another name is a full handshake."""
    context = client_context(identity=certificates().alpha)
    first = probe(world.doors, "strict.test", send=REQUEST, context=context)
    assert first.data
    other = probe(world.doors, "two-domains.test", send=REQUEST, context=context, session=first.session)
    assert body(other.data) == "two-domains" and not other.reused, other


def test_4_a_resumed_session_keeps_its_identity(world):
    context = client_context(identity=certificates().alpha)
    first = probe(world.doors, "strict.test", send=REQUEST, context=context)
    start = world.gateway.mark()
    again = probe(world.doors, "strict.test", send=REQUEST, context=context, session=first.session)
    assert body(again.data) == "strict", again
    assert world.gateway.record("strict", start, remote=again.remote)["peer"] == ALPHA
