"""9 and 12: large answers of an HTTP/2 backend to clients that are slower than it; none is cut."""

import socket
import threading
import time

from frames import *  # noqa: F403
from harness.waiting import eventually
from network import Backend, connect
from resources import bootstrap, chain, cluster, http, http2, listener, route
from running import Gateway, place
from test_h2_upstream import Server
from wire import Wire
from wire import request as lines
from worlds import worlds

SIZE = 14 << 20
BLOCK = bytes(range(256)) * 64


class Giver(Backend):
    """Gives `SIZE` bytes at once, as the gateway's windows allow; `/closes` is the connection's last answer."""

    def __init__(self):
        self.closed = threading.Event()
        super().__init__("giver")

    def serve(self, sock):
        Server(sock, self.script).until(lambda: False, 60)

    def script(self, server, stream, told):
        server.head(stream, ("content-length", str(SIZE)))
        count = SIZE // len(BLOCK)
        server.sock.settimeout(30)
        for number in range(count):
            server.sock.sendall(data(stream, BLOCK, number == count - 1))
        if dict(told.headers)[":path"] == "/closes":
            server.sock.shutdown(socket.SHUT_WR)
            self.closed.set()


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend, self.place = kind, Giver(), place()
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("slow", self.place, chain(http("slow", route("all", "/", "giver"))))],
            [cluster("giver", self.backend.port, typed_extension_protocol_options=http2())], admin=place()))


world = worlds(World)


def test_a_closing_connection_waits_for_a_client_that_reads_on(world):
    """About 5 MB a second: longer than a gateway waits for a client to close."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    sock.settimeout(20)
    sock.connect(tuple(world.place))
    with Wire(sock, 20) as connection:
        connection.send(lines("/large", "connection: close"))
        assert connection.head().status == 200
        count = len(connection._buffer)
        while part := sock.recv(65536):
            count += len(part)
            time.sleep(len(part) / (5 << 20))
    assert count == SIZE


def test_an_answer_that_is_here_outlives_its_connection(world):
    with peer(world.place, credit=False) as connection:
        connection.send(request(1, path="/closes"))
        told = connection.stream(1)
        assert connection.until(lambda: told.body)
        assert world.backend.closed.wait(30)
        eventually("the gateway has let the connection go",
                   lambda: world.gateway.stat("cluster.giver.upstream_cx_active") == 0, 20)
        given = 0
        while not told.is_over:
            more = len(told.body) - given
            given += more
            connection.send(update(0, more), update(1, more))
            assert connection.until(lambda: told.is_over or len(told.body) > given), connection
        assert told.ended and bytes(told.body) == BLOCK * (SIZE // len(BLOCK))
