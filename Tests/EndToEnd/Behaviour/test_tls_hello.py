"""3: what the inspector reads of a ClientHello decides on the chain, and one it cannot read reaches none."""

import contextlib

import pytest

from network import Scripted, connect, read_all
from resources import bootstrap, chain, cluster, listener, tcp
from running import Gateway, place
from worlds import shortfall, worlds


class World:
    def __init__(self, kind, directory):
        self.kind, self.greeted = kind, place()
        self.backends = [Scripted(lambda s, name=name: (s.sendall(name.encode()), read_all(s)), name=name)
                         for name in ("named", "rest")]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("greeted", self.greeted, chain(tcp("named", "named"), names=["named.test"], name="named"),
                      chain(tcp("rest", "rest"), name="rest"), inspector=True)],
            [cluster(backend.name, backend.port) for backend in self.backends]))

    def stop(self):
        for backend in self.backends:
            backend.stop()


world = worlds(World, World.stop)


def handmade(name, padding, pieces=16384, empty=False):
    """A ClientHello in records of that size, with an empty record behind the first one where wanted."""
    def sized(data, bytes):
        return len(data).to_bytes(bytes, "big") + data

    def extension(type, data):
        return type.to_bytes(2, "big") + sized(data, 2)

    entry = b"\0" + sized(name.encode(), 2)
    extensions = extension(0, sized(entry, 2)) + extension(43, b"\2\3\3") + extension(21, bytes(padding))
    body = b"\3\3" + bytes(32) + b"\0" + sized(b"\xc0\x2b", 2) + b"\1\0" + sized(extensions, 2)
    message = b"\1" + sized(body, 3)
    records = [b"\x16\3\1" + sized(message[at:at + pieces], 2) for at in range(0, len(message), pieces)]
    if empty:
        records.insert(1, b"\x16\3\1\0\0")
    return b"".join(records)


HELLOS = [("small", (100,), b"named"), ("in-pieces", (1000, 64), b"named"), ("large", (15_000,), b"named"),
          ("with-an-empty-record", (1000, 64, True), b"named"), ("too-large", (17_000,), b""),
          ("much-too-large", (60_000,), b""), ("too-large-in-pieces", (17_000, 1000), b"")]


@pytest.mark.parametrize("how, said", [row[1:] for row in HELLOS], ids=[row[0] for row in HELLOS])
def test_3_a_hello_reaches_the_chain_it_names_or_none(world, how, said):
    """Its name is not known: the chain for the rest must not answer for the named one."""
    with connect(world.greeted) as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(handmade("named.test", *how))
        heard = read_all(sock, len(said or b"rest"))
        if not said and heard:
            shortfall(world, "leaves one in many records to the rest")
        assert heard == said


def test_3_another_name_reaches_the_rest(world):
    with connect(world.greeted) as sock:
        sock.sendall(handmade("other.test", 100))
        assert read_all(sock, 4) == b"rest"
