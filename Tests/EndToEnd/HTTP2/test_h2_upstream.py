"""Backends that speak HTTP/2 in unusual and in wrong ways, seen by a client of the gateway."""

import pytest

from frames import *  # noqa: F403
from harness.waiting import eventually
from network import Backend
from resources import bootstrap, chain, cluster, http, http2, listener, route
from running import Gateway, place
from wire import exchange
from wire import request as lines
from worlds import both


class Server(Peer):
    """A connection's server side: whole requests are handed to a script, `(server, stream, fields)`."""

    def __init__(self, sock, script, pairs=()):
        super().__init__(sock, 20)
        self._script = script
        while len(self._buffer) < len(PREFACE):
            more = sock.recv(65536)
            if not more:
                raise ConnectionError
            self._buffer += more
        self._buffer = self._buffer[len(PREFACE):]
        self.send(settings(*pairs))

    def _headers(self, told, encoded, ends):
        decoded = [(str(name), str(value)) for name, value in self.decoder.decode(encoded)]
        if told.headers:
            told.trailers = decoded
        else:
            told.headers = decoded
        told.ended = told.ended or ends
        if not told.trailers:
            stream = next(number for number, known in self.streams.items() if known is told)
            self._script(self, stream, told)

    def head(self, stream, *more, status="200", end=False):
        self.send(frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block([(":status", status), *more])))

    def reply(self, stream, body=b"ok"):
        self.head(stream)
        self.send(data(stream, body, True))


class Origin(Backend):
    """A backend whose connections run a case's script by path; requests are counted by path."""

    def __init__(self):
        self.seen, self.pairs = [], ()
        super().__init__("origin")

    def serve(self, sock):
        server = Server(sock, self.script, self.pairs)
        server.until(lambda: False, 60)

    def script(self, server, stream, told):
        path = dict(told.headers)[":path"]
        self.seen.append((path, told))
        SCRIPTS.get(path.lstrip("/"), lambda s, n: s.reply(n))(server, stream)


def trailing(server, stream):
    server.head(stream)
    server.send(data(stream, b"ok"), frame(HEADERS, END_HEADERS | END_STREAM, stream, block([("x-t", "late")])))


def raw(*fields):
    """Sends these fields as a whole answer."""
    def answer(server, stream):
        server.send(frame(HEADERS, END_HEADERS | END_STREAM, stream, block(fields)))
    return answer


def behind_head(*make):
    """A head and two bytes, then these frames."""
    def answer(server, stream):
        server.head(stream)
        server.send(data(stream, b"ok"), *[one(stream) for one in make])
    return answer


def hints(server, stream):
    server.head(stream, ("link", "</a>"), status="103")
    server.reply(stream)


def goodbye(server, stream):
    """Finishes the request behind a GOAWAY that covers it."""
    server.send(frame(GOAWAY, 0, 0, number(stream) + number(0)))
    server.reply(stream)


OK = (":status", "200")
SCRIPTS = {
    "trailers": trailing, "hints": hints, "goodbye": goodbye,
    "early": lambda s, n: (s.reply(n), s.send(rst(n, NO_ERROR))),
    "padded": lambda s, n: (s.head(n), s.send(frame(DATA, PADDED | END_STREAM, n, b"\3ok\0\0\0"))),
    "pieces": lambda s, n: s.send(*[frame(k, f, n, p) for k, f, p in (
        (HEADERS, END_STREAM, b""), (CONTINUATION, 0, block([OK])), (CONTINUATION, END_HEADERS, block([("x-a", "b")])))]),
    "no-content": raw((":status", "204")), "not-modified": raw((":status", "304"), ("etag", '"e"')),
    "unknown-frame": lambda s, n: (s.send(frame(0x99, 0, n, b"abc"), ping(), settings((WINDOW, 65535))), s.reply(n)),
    "refused": lambda s, n: s.send(rst(n, REFUSED_STREAM)), "reset": lambda s, n: s.send(rst(n, INTERNAL_ERROR)),
    "gone": lambda s, n: s.abort(), "closed": lambda s, n: s.sock.shutdown(2),
    "goaway": lambda s, n: (s.send(frame(GOAWAY, 0, 0, number(0) + number(INTERNAL_ERROR))), s.sock.shutdown(2)),
    "garbage": lambda s, n: s.send(b"this is not a frame at all, is it? " * 20),
    "upper-case": raw(OK, ("X-Up", "a")), "no-status": raw(("x-a", "b")), "two-statuses": raw(OK, OK),
    "bad-status": raw((":status", "abc")), "late-status": raw(("x-a", "b"), OK), "path": raw(OK, (":path", "/")),
    "connection": raw(OK, ("connection", "close")), "coding": raw(OK, ("transfer-encoding", "chunked")),
    "control": raw(OK, ("x-a", "a\x01b")), "injection": raw(OK, ("x-a", "a\r\nb: c")),
    "huge": lambda s, n: s.send(*[frame(HEADERS if at == 0 else CONTINUATION, 0 if at < 19 else END_HEADERS, n,
                                        block([OK] if at == 0 else [(f"x-{at}", "v" * 10000)])) for at in range(20)]),
    "compression": lambda s, n: s.send(frame(HEADERS, END_HEADERS | END_STREAM, n, b"\x88\x80")),
    "push": lambda s, n: s.send(frame(PUSH_PROMISE, END_HEADERS, n, number(2) + block(fields()))),
    "data-first": lambda s, n: s.send(data(n, b"ok", True)),
    "cut-reset": behind_head(lambda n: rst(n, INTERNAL_ERROR)), "cut-refused": behind_head(lambda n: rst(n, CANCEL)),
    "cut-garbage": behind_head(lambda n: b"\xff" * 40), "cut-trailers": behind_head(
        lambda n: frame(HEADERS, END_HEADERS, n, block([("x-t", "a")]))),
    "cut-flood": behind_head(lambda n: update(0, 0)),
    "cut-length": lambda s, n: (s.head(n, ("content-length", "10")), s.send(data(n, b"ok", True))),
}
GOOD = ["plain", "trailers", "hints", "goodbye", "padded", "unknown-frame"]
EMPTY = [("pieces", 200), ("no-content", 204), ("not-modified", 304)]
BAD = ["refused", "reset", "gone", "closed", "goaway", "garbage", "upper-case", "no-status", "two-statuses",
       "bad-status", "late-status", "path", "connection", "coding", "control", "injection", "huge", "compression",
       "push", "data-first"]
CUT = ["cut-reset", "cut-refused", "cut-garbage", "cut-trailers", "cut-flood", "cut-length"]


class World:
    def __init__(self, kind, directory):
        self.kind, self.origin, self.tight, self.place = kind, Origin(), Origin(), place()
        self.tight.pairs = ((MAX_STREAMS, 1), (WINDOW, 5))
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("front", self.place, chain(http(
                "front", route("tight", "/tight", "tight"),
                route("again", "/again", "origin", {"retry_policy": {"retry_on": "refused-stream"}}),
                route("all", "/", "origin"))))],
            [cluster("origin", self.origin.port, typed_extension_protocol_options=http2()),
             cluster("tight", self.tight.port, typed_extension_protocol_options=http2())]))


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


@pytest.mark.parametrize("word", GOOD)
def test_good_answer_is_passed_on(world, word):
    with peer(world.place) as connection:
        told = connection.call(1, path=f"/{word}")
        assert (told.status, told.body, told.ended) == (200, b"ok", True), connection
        if word == "trailers":
            assert ("x-t", "late") in told.trailers
        assert connection.call(3).status == 200
    assert exchange(world.place, lines(f"/{word}")).body == b"ok"


@pytest.mark.parametrize("word,status", EMPTY)
def test_answer_without_a_body(world, word, status):
    with peer(world.place) as connection:
        told = connection.call(1, path=f"/{word}")
        assert (told.status, told.body, told.ended) == (status, b"", True), connection
    assert exchange(world.place, lines(f"/{word}")).status == status


@pytest.mark.parametrize("word", BAD)
def test_bad_answer_is_502_or_503(world, word):
    with peer(world.place) as connection:
        told = connection.call(1, path=f"/{word}")
        assert told.status in (502, 503) and told.ended, connection
        assert eventually("others are served", lambda: connection.call(
            3 + 2 * len(connection.streams)).status == 200)
    assert exchange(world.place, lines(f"/{word}")).status in (502, 503)


@pytest.mark.parametrize("word", CUT)
def test_cut_answer_is_seen_as_cut(world, word):
    with peer(world.place) as connection:
        told = connection.call(1, path=f"/{word}")
        assert told.status in (200, 502, 503), connection
        assert told.status != 200 or told.reset is not None and not told.ended, connection


def test_early_answer_ends_the_upload(world):
    with peer(world.place) as connection:
        connection.send(request(1, method="POST", path="/early", end=False), data(1, b"abc"))
        told = connection.answer(1)
        assert (told.status, told.body) == (200, b"ok"), connection
        assert connection.call(3).status == 200


def test_translation_from_http1(world):
    answer = exchange(world.place, lines(
        "/from-1?q", "Connection: keep-alive, x-hop", "X-Hop: 1", "Keep-Alive: 5", "TE: trailers", "Cookie: a=1",
        method="POST", body=b"abc"))
    assert answer.status == 200
    told = next(told for path, told in world.origin.seen if path == "/from-1?q")
    assert eventually("the body", lambda: told.body == b"abc")
    found = dict(told.headers)
    assert (found[":method"], found[":scheme"], found[":authority"]) == ("POST", "http", "a.example")
    assert not {"connection", "keep-alive", "x-hop", "host", "transfer-encoding"} & set(found)
    assert found["cookie"] == "a=1" and all(name == name.lower() for name in found)


def test_trailers_of_a_request_pass_on(world):
    with peer(world.place) as connection:
        connection.send(request(1, method="POST", path="/with-trailers", end=False), data(1, b"ab"),
                        frame(HEADERS, END_HEADERS | END_STREAM, 1, block([("x-t", "late")])))
        assert connection.answer(1).status == 200
    told = next(told for path, told in world.origin.seen if path == "/with-trailers")
    eventually("trailers", lambda: ("x-t", "late") in (told.trailers or []))


def test_refused_stream_is_tried_again_where_routed_so(world):
    before = len(world.origin.seen)
    attempts = iter([True, False])
    SCRIPTS["again"] = lambda s, n: s.send(rst(n, REFUSED_STREAM)) if next(attempts) else s.reply(n)
    with peer(world.place) as connection:
        assert connection.call(1, path="/again").status == 200
    assert len(world.origin.seen) - before == 2


def test_limits_of_the_backend_are_kept(world):
    with peer(world.place) as connection:
        connection.send(*[request(n, method="POST", path="/tight", end=False) + data(n, b"a" * 50, True)
                          for n in range(1, 41, 2)])
        assert all(connection.answer(n).status == 200 for n in range(1, 41, 2)), connection
    eventually("bodies", lambda: all(len(told.body) == 50 for _, told in world.tight.seen))
