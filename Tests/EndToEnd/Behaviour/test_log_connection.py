"""11: what the access log says of the connections under a request or a tunnel."""

import re

import pytest

from harness.waiting import eventually
from network import Connection, HttpBackend, connect, connect_tls
from pki import certificates, fingerprint
from resources import access_log, bootstrap, chain, cluster, http, listener, route, server_tls, spiffe, tcp
from running import Gateway, Place, host, place
from worlds import worlds

ASKED = {
    "local": "%DOWNSTREAM_LOCAL_ADDRESS%", "local_ip": "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%",
    "local_port": "%DOWNSTREAM_LOCAL_PORT%", "tls": "%DOWNSTREAM_TLS_VERSION%",
    "hash": "%DOWNSTREAM_PEER_FINGERPRINT_256%", "own": "%DOWNSTREAM_LOCAL_URI_SAN%",
    "number": "%CONNECTION_ID%", "upstream_local": "%UPSTREAM_LOCAL_ADDRESS%"}


class World:
    def __init__(self, kind, directory):
        self.kind, self.pki, self.backend = kind, certificates(), HttpBackend()
        self.at = {name: place() for name in ("http", "tcp")}
        # A port that is free at every address, and one of them.
        self.at["plain"] = Place(host(), place("0.0.0.0").port)
        mutual = server_tls(self.pki.beta, spiffe({"alpha.local": self.pki.root("alpha")}))
        web = http("http", route("all", "/", "web"), access_log=access_log("http", **ASKED))
        pipe = tcp("tcp", "web", access_log=access_log("tcp", **ASKED))
        plain = http("plain", route("all", "/", "web"), access_log=access_log("plain", **ASKED))
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("http", self.at["http"], chain(web, tls=mutual)),
            listener("tcp", self.at["tcp"], chain(pipe, tls=mutual)),
            # Any address of ours: only the connection tells which.
            listener("plain", ("0.0.0.0", self.at["plain"][1]), chain(plain))],
            [cluster("web", self.backend.port)]))

    def ask(self, name, requests=1):
        """The records of requests on one connection."""
        start = self.gateway.mark()
        secure = name != "plain"
        sock = connect_tls(self.at[name], identity=self.pki.alpha) if secure else connect(self.at[name])
        with Connection(sock) as connection:
            for _ in range(requests):
                assert connection.call().status == 200
        return eventually(f"{requests} records", lambda: len(
            found := self.gateway.records(name, start)) == requests and found)


world = worlds(World)


@pytest.mark.parametrize("name", ["http", "tcp"])
def test_11_a_tls_connection_is_described(world, name):
    record = world.ask(name)[0]
    host, port = world.at[name]
    assert (record["local"], record["local_ip"], record["local_port"]) == (f"{host}:{port}", host, port)
    assert record["tls"] == "TLSv1.3" and record["hash"] == fingerprint(world.pki.alpha)
    assert record["own"].startswith("spiffe://beta.local/")
    assert re.fullmatch(r"127\.0\.0\.1:\d+", record["upstream_local"])
    assert isinstance(record["number"], int)


def test_11_a_connection_in_the_clear_has_no_tls(world):
    record = world.ask("plain")[0]
    host, port = world.at["plain"]
    assert record["local"] == f"{host}:{port}"
    assert (record["tls"], record["hash"], record["own"]) == (None, None, None)


def test_11_a_connection_keeps_its_number(world):
    first = {record["number"] for record in world.ask("http", requests=3)}
    second = {record["number"] for record in world.ask("http", requests=3)}
    assert len(first) == len(second) == 1 and first != second
