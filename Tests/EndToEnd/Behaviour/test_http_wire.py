"""14 and 12: HTTP/1 messages that are refused, and those that are passed on; answers of backends, good and bad."""

import pytest

from harness.waiting import eventually
from resources import bootstrap, chain, cluster, http, listener, route
from running import Gateway, place
from wire import Recorder, exchange, request, values, wire
from worlds import both, ids, known_failure, shortfall

HOST = b"Host: a.example\r\n"
CHUNKED = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


def get(*lines, target=b"/"):
    """A request whose header lines are these bytes, line ends included."""
    return b"GET " + target + b" HTTP/1.1\r\n" + HOST + b"".join(lines) + b"\r\n"


def post(*lines, body=b""):
    return b"POST / HTTP/1.1\r\n" + HOST + b"".join(lines) + b"\r\n" + body


def line(first):
    return first + b"\r\n" + HOST + b"\r\n"


# Name, bytes, status; a fourth column "beyond" marks what Envoy is laxer about.
REFUSED = [
    ("length and coding", post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", body=b"0\r\n\r\n"), 400),
    ("coding and length", post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", body=b"0\r\n\r\n"), 400),
    ("coding and length zero", post(b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", body=b"0\r\n\r\n"), 400),
    ("two lengths that differ", post(b"Content-Length: 1\r\nContent-Length: 2\r\n", body=b"ab"), 400),
    ("two lengths alike", post(b"Content-Length: 2\r\nContent-Length: 2\r\n", body=b"ab"), 400),
    ("list of lengths", post(b"Content-Length: 2, 2\r\n", body=b"ab"), 400),
    ("signed length", post(b"Content-Length: +2\r\n", body=b"ab"), 400),
    ("negative length", post(b"Content-Length: -2\r\n", body=b"ab"), 400),
    ("hexadecimal length", post(b"Content-Length: 0x2\r\n", body=b"ab"), 400),
    ("length with a letter", post(b"Content-Length: 2a\r\n", body=b"ab"), 400),
    ("length beyond 64 bits", post(b"Content-Length: 99999999999999999999\r\n", body=b"ab"), 400),
    ("length with a space inside", post(b"Content-Length: 2 2\r\n", body=b"ab"), 400),
    ("length with a fraction", post(b"Content-Length: 2.0\r\n", body=b"ab"), 400),
    ("coding gzip", post(b"Transfer-Encoding: gzip\r\n"), 501),
    ("coding identity", post(b"Transfer-Encoding: identity\r\n"), 501),
    ("coding gzip then chunked", post(b"Transfer-Encoding: gzip, chunked\r\n", body=b"0\r\n\r\n"), 501),
    ("coding chunked twice", post(b"Transfer-Encoding: chunked, chunked\r\n", body=b"0\r\n\r\n"), 501),
    ("coding in two lines", post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                                 body=b"0\r\n\r\n"), 501),
    ("coding xchunked", post(b"Transfer-Encoding: xchunked\r\n", body=b"0\r\n\r\n"), 501),
    ("space before a colon", get(b"X-A : b\r\n"), 400),
    ("space before the colon of a coding", post(b"Transfer-Encoding : chunked\r\n", body=b"0\r\n\r\n"), 400),
    ("space before the colon of a length", post(b"Content-Length : 2\r\n", body=b"ab"), 400),
    ("tab before a colon", get(b"X-A\t: b\r\n"), 400),
    ("empty name", get(b": b\r\n"), 400),
    ("line without a colon", get(b"nothing\r\n"), 400),
    ("name with a parenthesis", get(b"X(A: b\r\n"), 400),
    ("name with a slash", get(b"X/A: b\r\n"), 400),
    ("name with an at", get(b"X@A: b\r\n"), 400),
    ("name with a non-ASCII byte", get(b"X\xe4A: b\r\n"), 400),
    ("name with NUL", get(b"X\0A: b\r\n"), 400),
    ("name that begins with a space", b"GET / HTTP/1.1\r\n X-A: b\r\n" + HOST + b"\r\n", 400),
    ("value with NUL", get(b"X-A: a\0b\r\n"), 400),
    ("value with a control character", get(b"X-A: a\x01b\r\n"), 400),
    ("value with DEL", get(b"X-A: a\x7fb\r\n"), 400),
    ("value with escape", get(b"X-A: a\x1bb\r\n"), 400),
    ("bare CR in a value", get(b"X-A: a\rb\r\n"), 400, "beyond"),
    ("chunk size with plus", CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size with minus", CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size with 0x", CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size beyond 64 bits", CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size that wraps to three", CHUNKED + b"10000000000000003\r\nabc\r\n0\r\n\r\n", 400),
    ("empty chunk size", CHUNKED + b"\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size not hexadecimal", CHUNKED + b"g\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size with a space before", CHUNKED + b" 3\r\nabc\r\n0\r\n\r\n", 400),
    ("chunk size ended by bare LF", CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    ("chunk without CRLF behind it", CHUNKED + b"3\r\nabc0\r\n\r\n", 400),
    ("chunk with bare LF behind it", CHUNKED + b"3\r\nabc\n0\r\n\r\n", 400, "beyond"),
    ("chunk longer than said", CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n", 400, "beyond"),
    ("LF inside a chunk extension", CHUNKED + b"3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
    ("CR inside a chunk extension", CHUNKED + b"3;a\rb\r\nabc\r\n0\r\n\r\n", 400),
    ("method with a space", line(b"GE T / HTTP/1.1"), 400),
    ("method with a colon", line(b"G:T / HTTP/1.1"), 400),
    ("method missing", line(b" / HTTP/1.1"), 400),
    ("method with a control character", line(b"G\x01T / HTTP/1.1"), 400),
    ("version missing", line(b"GET /"), (400, 426)),
    ("version of another protocol", line(b"GET / HTTX/1.1"), 400),
    ("version 1.2", line(b"GET / HTTP/1.2"), (400, 426)),
    ("version 2.0", line(b"GET / HTTP/2.0"), (400, 426)),
    ("version without a dot", line(b"GET / HTTP/11"), 400),
    ("version in small letters", line(b"GET / http/1.1"), 400),
    ("text behind the version", line(b"GET / HTTP/1.1 x"), 400),
    ("target with a fragment", get(target=b"/a#b"), 400),
    ("target with a space", get(target=b"/a b"), 400),
    ("target with a control character", get(target=b"/a\x01b"), 400),
    ("target with a non-ASCII byte", get(target=b"/a\xe4"), 400),
    ("target with NUL", get(target=b"/a\0b"), 400),
    ("target with an escaped NUL", get(target=b"/a%00b"), 400),
    ("target without a slash", get(target=b"abc"), 400),
    ("target empty", line(b"GET  HTTP/1.1"), 400),
    ("host missing", b"GET / HTTP/1.1\r\nX-A: b\r\n\r\n", 400),
    ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    ("HTTP/1.0", b"GET / HTTP/1.0\r\n" + HOST + b"\r\n", 426),
    ("folded line", get(b"X-A: a\r\n b\r\n"), 400, "beyond"),
    ("two hosts", get(b"Host: b.example\r\n"), 400, "beyond"),
    ("two hosts alike", get(HOST), 400, "beyond"),
    ("user information in host", b"GET / HTTP/1.1\r\nHost: me@a.example\r\n\r\n", 400, "beyond"),
    ("bare LF ends the request line", b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400, "beyond"),
    ("bare LF ends a header", b"GET / HTTP/1.1\r\nHost: a.example\nX-A: b\r\n\r\n", 400, "beyond"),
    ("bare LF ends the head", b"GET / HTTP/1.1\r\n" + HOST + b"\n", 400, "beyond"),
    ("tabs in the request line", line(b"GET\t/\tHTTP/1.1"), 400, "beyond"),
    ("coding in HTTP/1.0", b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", (400, 426)),
]

# Name, bytes, body that the backend gets.
ACCEPTED = [
    ("plain", get(), b""),
    ("body with a length", post(b"Content-Length: 2\r\n", body=b"ab"), b"ab"),
    ("length zero", post(b"Content-Length: 0\r\n"), b""),
    ("length with zeros before", post(b"Content-Length: 0002\r\n", body=b"ab"), b"ab"),
    ("length with spaces around", post(b"Content-Length:  2 \r\n", body=b"ab"), b"ab"),
    ("chunked", CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("Chunked", CHUNKED.replace(b"chunked", b"Chunked") + b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("CHUNKED", CHUNKED.replace(b"chunked", b"CHUNKED") + b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("chunk extension", CHUNKED + b"3;name=value\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("quoted chunk extension", CHUNKED + b'3;name="v;w"\r\nabc\r\n0;x\r\n\r\n', b"abc"),
    ("chunk size with zeros before", CHUNKED + b"0003\r\nabc\r\n0\r\n\r\n", b"abc"),
    ("chunk size in capitals", CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789"),
    ("several chunks", CHUNKED + b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc"),
    ("trailers", CHUNKED + b"3\r\nabc\r\n0\r\nX-T: v\r\n\r\n", b"abc"),
    ("no chunk", CHUNKED + b"0\r\n\r\n", b""),
    ("value with a tab", get(b"X-A: a\tb\r\n"), b""),
    ("value with high bytes", get(b"X-A: a\xe4\xb6b\r\n"), b""),
    ("empty value", get(b"X-A:\r\n"), b""),
    ("no space behind the colon", get(b"X-A:b\r\n"), b""),
    ("every token character in a name", get(b"X!#$%&'*+-.^_`|~9: b\r\n"), b""),
    ("method of its own", b"PURGE / HTTP/1.1\r\n" + HOST + b"\r\n", b""),
    ("method OPTIONS on a path", b"OPTIONS / HTTP/1.1\r\n" + HOST + b"\r\n", b""),
    ("body of a DELETE", b"DELETE / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nab", b"ab"),
    ("body of a GET", get(b"Content-Length: 2\r\n") + b"ab", b"ab"),
    ("absolute target", get(target=b"http://a.example/"), b""),
]

# The word the backend is asked for, the status that the client gets; "beyond" as above.
BAD_ANSWERS = [
    ("garbage", 502), ("bad-version", 502, "beyond"), ("bad-status", 502), ("bad-length", 502), ("two-lengths", 502),
    ("length-and-coding", 502), ("control", 502), ("nul", 502), ("bad-name", 502), ("drop", 503), ("reset", 503),
    ("status-99", 502, "beyond"), ("status-600", 502, "beyond"), ("unasked-101", 502, "beyond"),
    ("huge", 502),
]


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend, self.place = kind, Recorder(), place()
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("wire", self.place, chain(http("wire", route("all", "/", "backend"))))],
            [cluster("backend", self.backend.port)]))


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


def beyond(world, row):
    if row[-1] == "beyond":
        shortfall(world, "laxer")


@pytest.mark.parametrize("row", REFUSED, ids=ids(REFUSED))
def test_bad_request_is_refused_closed_and_not_forwarded(world, row, request):
    beyond(world, row)
    known_failure(world, request, row)
    before = len(world.backend.requests)
    # Whatever a lenient reader would take for the next request must not be served either.
    answer = exchange(world.place, row[1] + get(target=b"/smuggled"))
    wanted = row[2] if isinstance(row[2], tuple) else (row[2],)
    assert answer.status in wanted, answer
    assert "close" in answer.values("connection"), answer
    assert answer.closed, answer
    assert world.backend.requests[before:] == []


@pytest.mark.parametrize("row", ACCEPTED, ids=ids(ACCEPTED))
def test_good_request_is_passed_on_anew(world, row):
    before = len(world.backend.requests)
    answer = exchange(world.place, row[1])
    assert answer.status == 200, answer
    [seen] = world.backend.requests[before:]
    assert (seen.target, seen.body) == ("/", row[2])
    names = [name.lower() for name, _ in seen.headers]
    assert names.count("host") == 1 and "x-t" not in names
    assert not ("content-length" in names and "transfer-encoding" in names)
    lowered = [(k.lower(), v) for k, v in seen.headers]
    assert all(v.isdigit() for v in values(lowered, "content-length"))
    assert values(lowered, "transfer-encoding") in ([], ["chunked"])


def test_requests_behind_one_another_are_answered_in_order(world):
    statuses = [200, 201, 202, 418, 404, 500, 200, 503]
    with wire(world.place) as connection:
        connection.send(b"".join(request("/order", f"X-Answer: {status}") for status in statuses))
        assert [connection.answer().status for _ in statuses] == statuses


@pytest.mark.parametrize("row", BAD_ANSWERS, ids=ids(BAD_ANSWERS))
def test_bad_answer_is_not_passed_on(world, row):
    beyond(world, row)
    answer = exchange(world.place, request(f"/{row[0]}", f"X-Answer: {row[0]}"))
    assert answer.status == row[1], answer
    record = eventually("a record", lambda: next(
        (r for r in world.gateway.records("wire") if r.get("path") == f"/{row[0]}"), None))
    assert record["flags"] == ("UPE" if row[1] == 502 else "UC"), record
    assert record["code"] == row[1]


@pytest.mark.parametrize("word", ["short", "cut-chunk"])
def test_cut_answer_is_seen_as_cut(world, word):
    with wire(world.place) as connection:
        connection.send(request("/cut", f"X-Answer: {word}"))
        assert connection.head().status == 200
        assert connection._exactly(1 << 20).count(b"only this") == 1
        assert b"0\r\n\r\n" not in connection._buffer


@pytest.mark.parametrize("word,status,body", [
    ("chunked", 200, b"abcdefg"), ("until-end", 200, b"until the end"), ("empty", 200, b""), ("204", 204, b""),
    ("304", 304, b""), ("hints", 200, b"ok"), ("418", 418, b"recorder"), ("599", 599, b"recorder"),
    ("201", 201, b"recorder"), ("500", 500, b"recorder")])
def test_good_answer_is_passed_on(world, word, status, body):
    with wire(world.place) as connection:
        for _ in range(2):
            connection.send(request("/good", f"X-Answer: {word}"))
            answer = connection.answer()
            assert (answer.status, answer.body) == (status, body)
            assert answer["connection"] is None and not answer.values("keep-alive")


@pytest.mark.parametrize("split", [1, 3, 7])
def test_message_may_come_in_pieces(world, split):
    data = CHUNKED + b"3;x\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"
    before = len(world.backend.requests)
    with wire(world.place) as connection:
        connection.sock.setsockopt(6, 1, 1)
        for at in range(0, len(data), split):
            connection.send(data[at:at + split])
        assert connection.answer().status == 200
    assert world.backend.requests[before].body == b"abc0123456789abcdef"


def test_head_is_answered_without_a_body(world):
    with wire(world.place) as connection:
        connection.send(request("/head", method="HEAD"))
        answer = connection.answer("HEAD")
        assert (answer.status, answer["content-length"]) == (200, "8")
        connection.send(request("/after"))
        assert connection.answer().body == b"recorder"


def test_continue_is_answered_by_the_gateway(world):
    with wire(world.place) as connection:
        connection.send(b"POST /continue HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.head().status == 100
        connection.send(b"ab")
        assert connection.answer().status == 200
    [seen] = world.backend.find("/continue")
    assert seen.body == b"ab" and not values([(k.lower(), v) for k, v in seen.headers], "expect")


def test_client_that_asks_to_close_is_closed(world):
    with wire(world.place) as connection:
        connection.send(request("/", "Connection: close"))
        answer = connection.answer()
        assert answer["connection"] == "close" and connection.ends()


def test_one_connection_carries_many_requests_and_one_upstream_is_reused(world):
    with wire(world.place) as connection:
        for number in range(20):
            connection.send(request(f"/reuse-{number}"))
            assert connection.answer().status == 200
    numbers = {r.connection for r in world.backend.requests if r.target.startswith("/reuse-")}
    assert len(numbers) == 1
