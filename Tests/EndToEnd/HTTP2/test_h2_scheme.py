"""5 to 7: `:scheme` as rules and `%REQ(:scheme)%` read it, over both versions of HTTP, with and without TLS."""

import pytest

from frames import Peer
from http_world import added
from network import connect, connect_tls
from pki import certificates
from resources import bootstrap, chain, cluster, http, listener, route_config, server_tls
from running import Gateway, place
from wire import Recorder, Wire, request, values
from worlds import worlds


def to(name, **matcher):
    return {"name": name, "match": {"prefix": "/", "headers": [{"name": ":scheme", "string_match": matcher}]},
            "route": {"cluster": "backend"}, "request_headers_to_add": [
                added("x-route", name), added("x-scheme", "%REQ(:SCHEME)%")]}


class World:
    """Listeners: plain and by TLS, trusting their client's x-forwarded-proto or not."""

    def __init__(self, kind, directory):
        self.kind, self.backend, self.pki = kind, Recorder(), certificates()
        self.at = {(secure, trusts): place() for secure in (False, True) for trusts in (False, True)}
        tls = server_tls(self.pki.beta, alpn=["h2", "http/1.1"], required=False)
        routes = [to("http", exact="http"), to("https", exact="https"), to("other", safe_regex={"regex": ".*"})]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener(f"{secure}-{trusts}", at, chain(http(
                "scheme", use_remote_address=not trusts, route_config=route_config("scheme", *routes)),
                tls=tls if secure else None)) for (secure, trusts), at in self.at.items()],
            [cluster("backend", self.backend.port)]))

    def socket(self, secure, trusts, alpn):
        if secure:
            return connect_tls(self.at[secure, trusts], roots=self.pki.root("beta"), alpn=[alpn])
        return connect(self.at[secure, trusts])

    def told(self, target):
        """The scheme that the route was chosen by, and that the backend was told."""
        headers = self.backend.find(target)[-1].headers
        return values(headers, "x-route"), values(headers, "x-scheme")


world = worlds(World)

# TLS, whether the client is trusted, target, x-forwarded-proto, the scheme; None: refused.
HTTP1 = [
    (False, False, "/", [], "http"), (False, False, "/", ["https"], "http"), (True, False, "/", ["http"], "https"),
    (False, True, "/", ["https"], "https"), (False, True, "/", ["HTTPS"], "https"),
    (True, True, "/", ["http"], "http"),
    (False, True, "/", ["ftp"], "http"), (True, True, "/", ["ftp"], "https"),
    (False, True, "/", ["https", "http"], "http"), (True, False, "http://b.example/", [], "http"),
    (True, False, "HTTPS://b.example/", [], "https"), (False, True, "https://b.example/", [], "https"),
    (True, True, "http://b.example/", ["https"], "http"), (False, False, "http://b.example/", ["https"], "http"),
    (False, False, "https://b.example/", [], None), (False, False, "HTTPS://b.example/", [], None),
]


@pytest.mark.parametrize("number, secure, trusts, target, forwarded, scheme", [
    (n, *row) for n, row in enumerate(HTTP1)])
def test_7_the_scheme_of_http1(world, number, secure, trusts, target, forwarded, scheme):
    path = f"h1-{number}"
    with Wire(world.socket(secure, trusts, "http/1.1")) as wire:
        wire.send(request(target + path, *[f"x-forwarded-proto: {word}" for word in forwarded]))
        answer = wire.answer()
    if scheme is None:
        assert answer.status == 403 and not world.backend.find("/" + path), answer
        return
    assert answer.status == 200, answer
    assert world.told("/" + path) == ([scheme], [scheme])


# TLS, whether the client is trusted, `:scheme`, x-forwarded-proto, what the route's name and the backend say.
HTTP2 = [
    (False, False, "http", [], "http", "http"), (False, False, "https", [], "https", "https"),
    (False, False, "HTTPS", [], "https", "https"), (False, False, "ftp", [], "other", "ftp"),
    (True, False, "https", ["http"], "https", "https"), (True, False, "http", [], "http", "http"),
    (False, True, "http", ["https"], "http", "http"), (True, True, "https", ["http"], "https", "https"),
]


@pytest.mark.parametrize("number, secure, trusts, sent, forwarded, name, scheme", [
    (n, *row) for n, row in enumerate(HTTP2)])
def test_7_the_scheme_of_http2(world, number, secure, trusts, sent, forwarded, name, scheme):
    path = f"/h2-{number}"
    with Peer(world.socket(secure, trusts, "h2")).start() as connection:
        told = connection.call(1, *[("x-forwarded-proto", word) for word in forwarded], scheme=sent, path=path)
    assert told.status == 200, told
    assert world.told(path) == ([name], [scheme])
