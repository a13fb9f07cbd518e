"""12: whatever clients and backends do to each other, nothing of it is left in either gateway when they are gone."""

import contextlib
import os
import random
import re
import socket
import threading
import time

import pytest

from frames import data, peer, request as headers, rst
from harness.waiting import eventually
from network import Scripted, connect, reset
from pki import BETA, certificates
from resources import (
    HTTP, bootstrap, chain, client_tls, cluster, http, listener, route, server_tls, spiffe, tcp)
from running import Gateway, place

WAYS = {"auto": {"auto_config": {}},
        "http1": {"explicit_http_config": {"http_protocol_options": {}}},
        "http2": {"explicit_http_config": {"http2_protocol_options": {}}}}
PATHS = ["/ok", "/ok", "/slow", "/big", "/cut", "/never", "/early", "/garbage", "/gone", "/upgrade", "/deaf"]
UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
BULK = b"b" * 600_000
LIMITS = {"stream_idle_timeout": "60s", "common_http_protocol_options": {"idle_timeout": "2s"},
          "upgrade_configs": [{"upgrade_type": "websocket"}], "http2_protocol_options": {"allow_connect": True}}


class World:
    """HTTP by every way and TCP, through two gateways with mutual TLS between them."""

    def __init__(self, directory):
        pki = certificates()
        self.backend = Scripted(serve)
        self.door, self.pipe_door, self.pipe = place(), place(), place()
        self.ports = {way: place() for way in WAYS}
        tls = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}), alpn=["h2", "http/1.1"])
        own = client_tls("x", pki.alpha, spiffe({"beta.local": pki.root("beta")}, [BETA]))

        def manager(name, to):
            return http(name, route("all", "/", to, {"timeout": "1s", "retry_policy": {
                "retry_on": "connect-failure,reset", "num_retries": 1}}), **LIMITS)

        def upstream(name, at, **fields):
            return cluster(name, at, typed_extension_protocol_options={HTTP: {
                "@type": "type.googleapis.com/" + HTTP, **fields.pop("way")}}, **fields)
        self.gateways = [
            Gateway("hanse", directory, bootstrap(
                [listener("door", self.door, chain(manager("door", "backend"), tls=tls)),
                 listener("pipe", self.pipe_door, chain(tcp("pipe", "pipe", idle_timeout="60s"), tls=tls))],
                [upstream("backend", self.backend.port, way=WAYS["http1"]), cluster("pipe", self.backend.port)],
                admin=place()), name="leftovers-in", workers=2),
            Gateway("hanse", directory, bootstrap(
                [*[listener(way, at, chain(manager(way, way))) for way, at in self.ports.items()],
                 listener("pipe", self.pipe, chain(tcp("pipe", "pipe", idle_timeout="60s")))],
                [*[upstream(way, self.door, transport_socket=own, way=WAYS[way]) for way in WAYS],
                 cluster("pipe", self.pipe_door, transport_socket=own)],
                admin=place()), name="leftovers-out", workers=2)]

    def left(self):
        """The gauges that are not zero, by gateway."""
        found = {}
        for gateway in self.gateways:
            for name, count in re.findall(r"^(\S+(?:_active|_open)): (\d+)$", gateway.admin("/stats")[1], re.M):
                if int(count) and not name.startswith(("http.admin", "server.", "listener_manager")):
                    found[gateway.name, name] = int(count)
        return found

    def descriptors(self):
        return [len(os.listdir(f"/proc/{gateway.process.pid}/fd")) for gateway in self.gateways]


def serve(sock):
    """Behaves as the path says; what is not HTTP is echoed."""
    # A connection may be made for a request that is taken back meanwhile, and wait for the next.
    sock.settimeout(5)
    text = b""
    while b"\r\n\r\n" not in text:
        part = sock.recv(65536)
        if not part:
            return
        text += part
        sock.settimeout(60)
        if not text.startswith((b"GET", b"POST")):
            while part:
                sock.sendall(part)
                part = sock.recv(65536)
            return
    path = text.split()[1].decode()
    if path == "/early":
        return sock.sendall(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno")
    if path == "/garbage":
        return sock.sendall(b"HTTP/1.1 two hundred\r\n\r\n")
    if path == "/gone":
        return reset(sock)
    if path in ("/upgrade", "/deaf"):
        if b"upgrade" not in text.lower():
            return sock.sendall(b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\nhello ")
        while part := sock.recv(65536):
            sock.sendall(part)
        if path == "/deaf":
            sock.sendall(b"late")
            time.sleep(0.2)
        return
    if path == "/cut":
        sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        return reset(sock)
    if path == "/never":
        while sock.recv(65536):
            pass
        return
    if path == "/slow":
        time.sleep(0.05)
    body = BULK if path == "/big" else b"ok"
    sock.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body) + body)
    if path == "/slow":
        reset(sock)


def leave(sock, dice):
    """One of the ways to go."""
    how = dice.choice(["close", "reset", "half", "half-reset"])
    if how.startswith("half"):
        sock.shutdown(socket.SHUT_WR)
        time.sleep(dice.choice([0, 0.01, 0.1]))
    reset(sock) if how.endswith("reset") else sock.close()


def read_some(sock, dice):
    for _ in range(dice.choice([0, 0, 1, 4])):
        if not sock.recv(4096):
            return


def by_http1(world, dice):
    """A request that may stop anywhere, or two at once."""
    path, sock = dice.choice(PATHS), connect(world.ports[dice.choice(list(WAYS))], 3)
    upgrade = UPGRADE if path in ("/upgrade", "/deaf") else ""
    head = f"{dice.choice(['GET', 'POST'])} {path} HTTP/1.1\r\nHost: a.example\r\n{upgrade}"
    if head.startswith("POST"):
        head += dice.choice(["Content-Length: 90000\r\n", "Transfer-Encoding: chunked\r\n"]) if not upgrade else ""
    text = head.encode() + b"\r\n"
    if "chunked" in head:
        text += b"5\r\nhello\r\n" * dice.choice([0, 1, 900]) + dice.choice([b"", b"0\r\n\r\n", b"zz"])
    elif "Length" in head:
        text += b"x" * dice.choice([0, 10, 60_000, 90_000])
    elif not upgrade:
        text *= dice.choice([1, 2])
    sock.sendall(text[:dice.randrange(1, len(text))] if dice.random() < 0.1 else text)
    read_some(sock, dice)
    if upgrade:
        sock.sendall(b"words")
        read_some(sock, dice)
    leave(sock, dice)


def by_http2(world, dice):
    """Several requests on a connection, some taken back; then the connection goes, or says nothing more."""
    with contextlib.closing(peer(world.ports[dice.choice(list(WAYS))]).sock) as sock:
        sock.settimeout(3)
        streams = range(1, 2 * dice.randrange(1, 9), 2)
        for stream in streams:
            whole = dice.random() < 0.6
            sock.sendall(headers(stream, method="GET" if whole else "POST", path=dice.choice(PATHS), end=whole))
            if not whole and dice.random() < 0.7:
                sock.sendall(data(stream, b"x" * dice.choice([1, 9_000]), end=dice.random() < 0.5))
        for stream in streams:
            if dice.random() < 0.3:
                sock.sendall(rst(stream))
        read_some(sock, dice)
        leave(sock, dice)


def by_tcp(world, dice):
    sock = connect(world.pipe, 3)
    if dice.random() < 0.8:
        sock.sendall(b"words " * dice.choice([1, 20_000]))
        read_some(sock, dice)
    leave(sock, dice)


@pytest.fixture(scope="module")
def world(workdir):
    made = World(workdir)
    with made.gateways[0], made.gateways[1]:
        yield made
    made.backend.stop()


def test_nothing_is_left(world):
    before, done, end = world.descriptors(), [], time.monotonic() + 6

    def misbehave(seed):
        dice = random.Random(seed)
        while time.monotonic() < end or len(done) < 200 and time.monotonic() < end + 60:
            act = dice.choice([by_http1, by_http1, by_http2, by_tcp])
            with contextlib.suppress(OSError):
                act(world, dice)
            done.append(act)
    threads = [threading.Thread(target=misbehave, args=(seed,)) for seed in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) >= 200 and {by_http1, by_http2, by_tcp} <= set(done)
    assert all(gateway.process.is_running for gateway in world.gateways)
    seen = {}

    def is_clean():
        seen.update(descriptors=world.descriptors(), open=world.backend.open, left=world.left())
        return not seen["left"] and not seen["open"] and all(
            now <= then for now, then in zip(seen["descriptors"], before))
    try:
        eventually("all is gone", is_clean, 40)
    except AssertionError as error:
        raise AssertionError(f"{seen}, {before} at first, {len(done)} acts") from error

    def serves():
        with connect(world.ports["http2"]) as sock:
            sock.sendall(b"GET /ok HTTP/1.1\r\nHost: a.example\r\n\r\n")
            return sock.recv(4096).startswith(b"HTTP/1.1 200")
    # The routes leave a request one second, which a busy machine may take for itself.
    eventually("requests are served as ever", serves)
