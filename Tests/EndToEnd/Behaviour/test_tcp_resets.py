"""7: a connection that breaks is not one that ended: resets pass through a byte pipe, in the clear and behind TLS."""

import queue
import socket
import ssl

import pytest

from network import Scripted, client_context, connect, reset, server_context
from pki import GAMMA, certificates
from resources import (
    AFTER_HANDSHAKE, bootstrap, chain, client_tls, cluster, listener, server_tls, tcp, trusted_ca)
from running import Gateway, place
from worlds import shortfall, worlds

DATA = b"x" * 1000
PLAIN, TLS = "plain", "tls"
PIPES = [(client, backend) for client in (PLAIN, TLS) for backend in (PLAIN, TLS)]


def outcome(sock):
    """What comes, and how that ends: "end" in order, "cut" by TLS without close_notify, or "reset"."""
    sock.settimeout(15)
    data = b""
    try:
        while part := sock.recv(65536):
            data += part
    except ConnectionResetError:
        return data, "reset"
    except ssl.SSLEOFError:
        return data, "cut"
    return data, "end"


def finish(sock):
    """A FIN without close_notify."""
    socket.socket.shutdown(sock, socket.SHUT_WR)


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.orders, self.seen = kind, queue.Queue(), queue.Queue()
        self.backends = {
            PLAIN: Scripted(self._serve, name=PLAIN),
            TLS: Scripted(self._serve, name=TLS, tls=server_context(pki.gamma))}
        self.at = {pipe: place() for pipe in PIPES}
        own = server_tls(pki.beta, required=False)
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("-".join(pipe), self.at[pipe], chain(
                tcp("-".join(pipe), pipe[1], **(AFTER_HANDSHAKE if pipe[0] == TLS else {})),
                tls=own if pipe[0] == TLS else None)) for pipe in PIPES],
            [cluster(PLAIN, self.backends[PLAIN].port),
             cluster(TLS, self.backends[TLS].port, transport_socket=client_tls(
                 "x.example", None, trusted_ca(pki.root("gamma"), [GAMMA])))]))

    def _serve(self, sock):
        """Greets; does what the client's first byte starts, when it is told to."""
        assert sock.recv(1) == b"?"
        sock.sendall(DATA)
        self.orders.get(timeout=15)(sock)

    def open(self, client, backend):
        """A connection whose client has the greeting."""
        sock = connect(self.at[client, backend], 15)
        if client == TLS:
            sock = client_context().wrap_socket(sock, suppress_ragged_eofs=False)
        sock.sendall(b"?")
        got = b""
        while len(got) < len(DATA):
            got += sock.recv(len(DATA) - len(got))
        return sock

    def hear(self, sock):
        """The backend tells what it reads and how that ends."""
        self.seen.put(sock.recv(len(DATA), socket.MSG_WAITALL))
        self.seen.put(outcome(sock))

    def stop(self):
        for backend in self.backends.values():
            backend.stop()


world = worlds(World, World.stop)


@pytest.mark.parametrize("backend", [PLAIN, TLS])
def test_7_a_backends_reset_is_passed_to_a_plain_client(world, backend):
    with world.open(PLAIN, backend) as sock:
        world.orders.put(reset)
        assert outcome(sock) == (b"", "reset")


@pytest.mark.parametrize("client", [PLAIN, TLS])
def test_7_a_clients_reset_is_passed_to_a_plain_backend(world, client):
    sock = world.open(client, PLAIN)
    world.orders.put(world.hear)
    sock.sendall(DATA)
    assert world.seen.get(timeout=15) == DATA
    reset(sock)
    assert world.seen.get(timeout=15) == (b"", "reset")


@pytest.mark.parametrize("backend", [PLAIN, TLS])
def test_7_a_backends_reset_is_no_good_end_for_a_tls_client(world, backend):
    with world.open(TLS, backend) as sock:
        world.orders.put(reset)
        data, how = outcome(sock)
        assert data == b"" and how in ("cut", "reset"), how


def test_7_what_came_before_a_reset_is_passed_on(world):
    with world.open(PLAIN, PLAIN) as sock:
        world.orders.put(lambda s: (s.sendall(DATA), s.recv(1), reset(s)))
        assert sock.recv(len(DATA), socket.MSG_WAITALL) == DATA
        sock.sendall(b"!")
        assert outcome(sock) == (b"", "reset")


@pytest.mark.parametrize("backend", [PLAIN, TLS])
def test_7_an_end_without_close_notify_loses_nothing(world, backend):
    """3 MB that wait for the client: more than the gateway holds."""
    with world.open(PLAIN, backend) as sock:
        world.orders.put(lambda s: (s.sendall(DATA * 3000), finish(s), outcome(s)))
        data, how = outcome(sock)
        assert len(data) == 3_000_000 and how == "end", (len(data), how)


def test_7_an_end_without_close_notify_gets_none(world):
    with world.open(TLS, TLS) as sock:
        world.orders.put(lambda s: (s.sendall(DATA * 3000), finish(s), outcome(s)))
        data, how = outcome(sock)
        assert len(data) == 3_000_000, (len(data), how)
        if how == "end":
            shortfall(world, "ends with close_notify what was cut")
        assert how == "cut", how
