"""12: large bodies pass as they come: nothing is lost, and a gateway holds little of them at any time."""

import threading

import pytest

from network import Backend
from resources import HTTP, bootstrap, chain, cluster, endpoint, group, http, listener, route, tcp
from running import Gateway, place
from wire import request, wire
from worlds import both

SIZE = 200 << 20
GROWTH = 30 << 20
BLOCK = bytes(range(256)) * 4096
# As generated: a window is what a gateway may have to hold for a stream whose reader is slow.
WINDOWS = {"http2_protocol_options": {"max_concurrent_streams": 100, "initial_stream_window_size": 65536,
                                      "initial_connection_window_size": 1 << 20}}


def send(sock, count):
    for _ in range(count // len(BLOCK)):
        sock.sendall(BLOCK)


def drain(sock, count, first=b""):
    """Reads so many bytes behind the `first`; how many there were, and whether each block was as sent."""
    buffer, total, is_same = bytearray(len(BLOCK)), 0, True
    view = memoryview(buffer)
    buffer[:len(first)] = first
    while total < count:
        at, first = len(first), b""
        while at < len(BLOCK):
            read = sock.recv_into(view[at:])
            if not read:
                return total + at, False
            at += read
        total += at
        is_same = is_same and buffer == BLOCK
    return total, is_same


class Store(Backend):
    """Takes and gives bodies: `/up` answers what it took, `/down` gives."""

    def serve(self, sock):
        while line := self._line(sock):
            first, *lines = line.split(b"\r\n")
            length = int(next(value for name, _, value in (line.partition(b":") for line in lines)
                              if name.lower() in (b"content-length", b"x-size")))
            if b"/up" in first:
                taken = b"%d %d" % drain(sock, length)
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(taken), taken))
            else:
                sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length)
                send(sock, length)

    @staticmethod
    def _line(sock):
        """A request's head, and no byte more."""
        head = bytearray()
        while not head.endswith(b"\r\n\r\n"):
            part = sock.recv(1)
            if not part:
                return b""
            head += part
        return bytes(head[:-4])


class World:
    """`/one` leads to the store by HTTP/1.1; `/two` by HTTP/2 through the gateway once more; `pipe` by TCP."""

    def __init__(self, kind, directory):
        self.kind, self.store = kind, Store("store")
        self.http, self.inner, self.pipe = place(), place(), place()
        free = {"timeout": "0s"}
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http(
                "http", route("one", "/one", "store", free), route("two", "/two", "inner", free)))),
             listener("inner", self.inner, chain(http("inner", route("all", "/", "store", free), **WINDOWS))),
             listener("pipe", self.pipe, chain(tcp("pipe", "store")))],
            [cluster("store", self.store.port),
             cluster("inner", group(endpoint(self.inner)), typed_extension_protocol_options={HTTP: {
                 "@type": "type.googleapis.com/" + HTTP, "explicit_http_config": WINDOWS}})]))

    def pass_through(self, way, direction, size):
        """Moves `size` bytes; what arrived, and whether it was the same."""
        prefix = "" if way == "pipe" else f"/{way}"
        with wire(self.pipe if way == "pipe" else self.http, 60) as connection:
            if direction == "down":
                connection.send(request(f"{prefix}/down", f"x-size: {size}"))
                assert connection.head().status == 200
                return drain(connection.sock, size, connection._buffer)
            connection.send(request(f"{prefix}/up", f"content-length: {size}", method="POST"))
            sender = threading.Thread(target=send, args=(connection.sock, size), daemon=True)
            sender.start()
            taken, same = connection.answer().body.split()
            sender.join(10)
            return int(taken), same == b"1"


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made
    made.store.stop()


WAYS = [(way, direction) for way in ("one", "two", "pipe") for direction in ("up", "down")]


@pytest.mark.parametrize("way,direction", WAYS, ids=["-".join(way) for way in WAYS])
def test_12_large_bodies_pass_in_bounded_memory(world, way, direction):
    world.pass_through(way, direction, 8 << 20)
    before, most, over = world.gateway.memory, [0], threading.Event()

    def look():
        while not over.wait(0.05):
            most[0] = max(most[0], world.gateway.memory)
    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        assert world.pass_through(way, direction, SIZE) == (SIZE, True)
    finally:
        over.set()
        watcher.join()
    assert most[0] - before < GROWTH, f"{before >> 20} MiB grew to {most[0] >> 20}"
