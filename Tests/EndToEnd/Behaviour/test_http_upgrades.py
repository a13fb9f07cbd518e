"""5, 6 and 12: what may not switch to another protocol, and which limits hold for what has switched.

What two gateways carry behind the switch is in test_websocket.
"""

import socket
import time

import pytest

from harness.waiting import eventually
from network import Scripted, is_closed, read_all
from resources import bootstrap, chain, cluster, http, listener, route
from running import Gateway, place
from wire import request, wire
from worlds import worlds

ASK = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13")
SWITCHED = (b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Accept: y\r\n\r\n")


class World:
    """A backend that switches where it is asked to, and echoes."""

    def __init__(self, kind, directory):
        self.kind, self.heads, self.place = kind, [], place()
        self.backend = Scripted(self._serve)
        on = {"upgrade_configs": [{"upgrade_type": "websocket"}]}
        routes = [route("on", "/on", "backend", {"timeout": "2s", **on}),
                  route("idle", "/idle", "backend", {"timeout": "0s", "idle_timeout": "1s", **on}),
                  route("rewritten", "/rewritten", "backend", {"prefix_rewrite": "/to", **on}),
                  route("off", "/off", "backend"),
                  route("forbidden", "/forbidden", "backend", {
                      "upgrade_configs": [{"upgrade_type": "websocket", "enabled": False}]})]
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("upgrades", self.place, chain(http("upgrades", *routes, upgrade_configs=[
                {"upgrade_type": "websocket", "enabled": False}])))], [cluster("backend", self.backend.port)]))

    def _serve(self, sock):
        head = b""
        while b"\r\n\r\n" not in head:
            part = sock.recv(65536)
            if not part:
                return
            head += part
        head, _, rest = head.partition(b"\r\n\r\n")
        self.heads.append(head)
        if b"pgrade" not in head:
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            return self._serve(sock)
        sock.sendall(SWITCHED + b"first words" + rest)
        while part := sock.recv(65536):
            sock.sendall(part)

    def ask(self, target, *more):
        """A connection on which `target` was asked to switch, and the head of the answer."""
        connection = wire(self.place)
        connection.send(request(target, *ASK, *more))
        return connection, connection.head()


world = worlds(World)


def test_6_the_backend_sees_the_request_to_switch(world):
    connection, head = world.ask("/rewritten/x", "Sec-WebSocket-Protocol: chat", "Keep-Alive: 5")
    connection.close()
    lines = world.heads[-1].decode().split("\r\n")
    found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    assert lines[0] == "GET /to/x HTTP/1.1" and head.status == 101
    assert found["connection"].lower() == "upgrade" and found["upgrade"].lower() == "websocket"
    assert found["sec-websocket-protocol"] == "chat" and "keep-alive" not in found


@pytest.mark.parametrize("target", ["/off", "/forbidden"])
def test_5_upgrades_are_off_unless_the_route_has_them_on(world, target):
    before = len(world.heads)
    connection, head = world.ask(target)
    with connection:
        assert head.status == 403
    assert len(world.heads) == before


def test_6_other_upgrades_are_refused(world):
    before = len(world.heads)
    with wire(world.place) as connection:
        connection.send(request("/on", "Connection: Upgrade", "Upgrade: other"))
        assert connection.head().status == 403
    assert len(world.heads) == before


def test_6_http2_in_clear_is_passed_over(world):
    with wire(world.place) as connection:
        connection.send(request(
            "/on/h2c", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA"))
        assert connection.answer().status == 200
    assert b"pgrade" not in world.heads[-1] and b"settings" not in world.heads[-1].lower()


def test_6_requests_that_ask_for_no_switch_are_ordinary(world):
    with wire(world.place) as connection:
        for _ in range(2):
            connection.send(request("/on/plain"))
            assert connection.answer().status == 200


def test_6_a_route_timeout_does_not_end_what_was_switched(world):
    connection, _ = world.ask("/on/long")
    with connection:
        assert connection._exactly(11) == b"first words"
        for _ in range(25):
            connection.send(b"ping")
            assert connection._exactly(4) == b"ping"
            time.sleep(0.1)


def test_6_an_idle_switched_connection_is_closed(world):
    connection, _ = world.ask("/idle")
    with connection:
        assert connection._exactly(11) == b"first words"
        assert is_closed(connection.sock, 10)


def test_12_a_clients_end_reaches_the_backend(world):
    connection, _ = world.ask("/on/half")
    with connection:
        assert connection._exactly(11) == b"first words"
        connection.sock.shutdown(socket.SHUT_WR)
        assert read_all(connection.sock) == b""
    eventually("the backend is free", lambda: world.backend.open == 0)


@pytest.mark.parametrize("target", ["a.example:443", "a.example"])
def test_14_connect_opens_no_tunnel(world, target):
    before = len(world.heads)
    with wire(world.place) as connection:
        connection.send(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
        answer = connection.answer()
        assert 400 <= answer.status < 500, answer
    assert len(world.heads) == before
