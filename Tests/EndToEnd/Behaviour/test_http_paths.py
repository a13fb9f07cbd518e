"""5: the path that rules see and backends get, for each way to normalise it; both gateways byte for byte alike."""

import itertools
import re

import pytest

from network import Backend, connect
from resources import bootstrap, chain, cluster, http, listener, route
from running import Gateway, place
from wire import Wire, request
from worlds import shortfall, worlds

KEEP, REJECT = "KEEP_UNCHANGED", "REJECT_REQUEST"


class Echo(Backend):
    """A backend that answers with the target it was asked for."""

    def serve(self, sock):
        stream = sock.makefile("rb")
        while line := stream.readline():
            target = line.split(b" ")[1]
            while stream.readline() not in (b"\r\n", b""):
                pass
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target))


class World:
    """A listener for each combination of `normalize_path`, `merge_slashes` and what becomes of escaped slashes."""

    def __init__(self, kind, directory):
        self.kind, self.backend, self._wires = kind, Echo("a"), {}
        self.at = {ways: place() for ways in itertools.product((True, False), (True, False), (KEEP, REJECT))}
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("-".join(map(str, ways)), at, chain(http(
                "paths", route("all", "/", "a"), normalize_path=ways[0], merge_slashes=ways[1],
                path_with_escaped_slashes_action=ways[2]))) for ways, at in self.at.items()],
            [cluster("a", self.backend.port)]))

    def outcome(self, target, normalizes, merges, escaped):
        """The target that the backend gets, or the status of the refusal."""
        ways = normalizes, merges, escaped
        wire = self._wires.pop(ways, None) or Wire(connect(self.at[ways]))
        wire.send(request(target))
        answer = wire.answer("GET")
        if answer.status == 200:
            self._wires[ways] = wire
            return answer.body.decode("latin-1")
        wire.close()
        return answer.status


world = worlds(World)

# Stay as they are, whatever is normalised.
KEPT = [
    "/", "/a/...", "/a/.../b", "/a/..b/.c", "/a/%252e%252e/b", "/a/..%3b/b", "/a/...;/b", "/a/b..;/c", "/a/.b;/c",
    "/a;x/b;y", "/a/;/b", "/a%2fb%5Cc", "/a%2Fb%5cc", "/a%2f..%2fb", "/a%20b%c3%a4%C3%A4", "/%", "/%4", "/%zz",
    "/a%2", "/a!$&'()*+,-:;=@[]_~b", r'/a?b=/../c//d\e%41%2f"',
]
# Target, and what becomes of it: normalised, normalised and merged, merged alone. None: it stays.
CHANGED = [
    ("//", None, "/", "/"), ("///", None, "/", "/"), ("/a//b///", None, "/a/b/", "/a/b/"),
    ("/a/../b", "/b", "/b", None), ("/a/./b/", "/a/b/", "/a/b/", None), ("/a/b/..", "/a/", "/a/", None),
    ("/a/b/.", "/a/b/", "/a/b/", None), ("/..", "/", "/", None), ("/../../a", "/a", "/a", None),
    ("/a/../../../b", "/b", "/b", None), ("/a//../b", "/a/b", "/a/b", "/a/../b"),
    ("/a/..//b", "//b", "/b", "/a/../b"), ("//..//a", "//a", "/a", "/../a"), ("/a/%2e%2e/b", "/b", "/b", None),
    ("/a/%2E./b", "/b", "/b", None), ("/a/.%2e/b", "/b", "/b", None), ("/a/%2e", "/a/", "/a/", None),
    ("/a/%2e%2e", "/", "/", None), (r"/a\b", "/a/b", "/a/b", None), (r"/a\..\b", "/b", "/b", None),
    (r"/a/..\b", "/b", "/b", None), (r"/a\\b", "/a//b", "/a/b", None), ('/\\', "//", "/", None),
    ("/a/..;/b", "/b", "/b", None), ("/a/..;x=1/b", "/b", "/b", None), ("/a/.;/b", "/a/b", "/a/b", None),
    ("/a/..;", "/", "/", None), ("/a/b/.;x", "/a/b/", "/a/b/", None), ("/a/..;?x", "/?x", "/?x", None),
    ("/a/..;x;y/..;/b", "/b", "/b", None), ("/a//..;/b", "/a/b", "/a/b", "/a/..;/b"),
    ("/a/.;%2e/b", "/a/b", "/a/b", None), (r"/a/..;x\b", "/", "/", None),
    (r"/a/..\;b", "/;b", "/;b", None), ("/a/..;%2f/b", "/b", "/b", None), ('/a/..;"/b', "/b", "/b", None),
    ("/%41%7e%2d%5f%2E%39", "/A~-_.9", "/A~-_.9", None), ("/%%41", "/%A", "/%A", None),
    ("/%4%31", "/%2541", "/%2541", None), ("/%%30%30", "/%2500", "/%2500", None),
    ("/%2%65", "/%252e", "/%252e", None), ("/%%2e", "/%.", "/%.", None),
    ('/a"<>^`{|}b', "/a%22%3C%3E%5E%60%7B%7C%7Db", "/a%22%3C%3E%5E%60%7B%7C%7Db", None),
    ("/a/..?/../b", "/?/../b", "/?/../b", None), ("/a//?x//y", None, "/a/?x//y", "/a/?x//y"),
    ("/a//b?%2f", None, "/a/b?%2f", "/a/b?%2f"), ("/a/.//../b", "/a/b", "/a/b", "/a/./../b"),
    ("/a/b/..//../c", "/a/c", "/a/c", "/a/b/../../c"),
]
# Envoy lets parameters behind dots out that came escaped, or behind a backslash: asked of ours beyond it.
BEYOND = [
    ("/a/%2e%2e;x/b", "/b", "/b", None), ("/a/.%2e;/b", "/b", "/b", None), (r"/a\..;\b", "/b", "/b", None),
    ("/%2e%2e/..;/%2e;/b", "/b", "/b", None), ("/a/b/%2e;/c", "/a/b/c", "/a/b/c", None),
]
ROWS = [*((target, None, None, None) for target in KEPT), *CHANGED, *BEYOND]


@pytest.mark.parametrize("target, normal, both, merged", ROWS, ids=[row[0] for row in ROWS])
def test_5_a_path_becomes(world, target, normal, both, merged):
    refused = re.search("%(2f|5c)", target.partition("?")[0], re.I)
    for *ways, wanted in (True, False, normal), (True, True, both), (False, True, merged), (False, False, None):
        for escaped in (KEEP, REJECT):
            found = world.outcome(target, *ways, escaped)
            if world.kind == "envoy" and found == "//" and ways[1]:
                shortfall(world, "leaves two slashes of a path of nothing else")
            if world.kind == "envoy" and ways[0] and (target, normal, both, merged) in BEYOND:
                shortfall(world, "lets /..;/ out")
            assert found == (400 if refused and escaped == REJECT else wanted or target), (ways, escaped)


UNRESERVED = re.compile("[A-Za-z0-9._~-]")


def test_5_every_character_of_a_path(world):
    """Unreserved characters are decoded; others stay escaped as they are written, or are escaped."""
    for code in range(1, 256):
        sign = chr(code)
        for escape in {f"/a%{code:02x}b", f"/a%{code:02X}b"}:
            wanted = f"/a{sign}b" if code < 128 and UNRESERVED.match(sign) else escape
            assert world.outcome(escape, True, False, KEEP) == wanted
            assert world.outcome(escape, False, True, KEEP) == escape
        if 0x21 <= code <= 0x7E and sign not in "#?":
            wanted = "/a/b" if sign == "\\" else f"/a%{code:02X}b" if sign in '"<>^`{|}' else f"/a{sign}b"
            assert world.outcome(f"/a{sign}b", True, False, KEEP) == wanted
            assert world.outcome(f"/a{sign}b", False, True, KEEP) == f"/a{sign}b"
        elif sign != "?" and sign not in "\r\n":
            assert world.outcome(f"/a{sign}b", True, False, KEEP) == 400, sign
