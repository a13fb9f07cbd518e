"""RFC 9113, section 8, and 14: requests whose fields are refused, and those that are passed on with their answers."""

import uuid

import pytest

from frames import *  # noqa: F403
from gateways import World, assert_refused
from http_world import lowered
from network import connect_tls
from wire import values
from worlds import both, ids, shortfall


def plain(*more, **pseudo):
    return fields(("x-case", "refused"), *more, **pseudo)


# Name, fields; "beyond" marks what Envoy is laxer about.
REFUSED = [
    ("upper case name", plain(("X-Up", "a"))), ("one capital", plain(("x-uP", "a"))),
    ("name with a space", plain(("x a", "b"))), ("name with a colon", plain(("x:a", "b"))),
    ("empty name", plain(("", "b"))), ("name with NUL", plain(("x\0", "b"))), ("name with CR", plain(("x\r", "b"))),
    ("name with LF", plain(("x\n", "b"))), ("name with a tab", plain(("x\t", "b"))),
    ("name with DEL", plain(("x\x7f", "b"))), ("name beyond ASCII", plain(("x\xe4", "b"))),
    ("name with a parenthesis", plain(("x(", "b"))), ("name with a quote", plain(('x"', "b"))),
    ("name with a comma", plain(("x,", "b"))), ("name with a slash", plain(("x/", "b"))),
    ("value with NUL", plain(("x-a", "a\0b"))), ("value with CR", plain(("x-a", "a\rb"))),
    ("value with LF", plain(("x-a", "a\nb"))), ("value with CRLF and a field", plain(("x-a", "a\r\nx-b: c"))),
    ("value with a control character", plain(("x-a", "a\x01b"))), ("value with DEL", plain(("x-a", "a\x7fb"))),
    ("value that begins with a space", plain(("x-a", " b")), "beyond"),
    ("value that ends with a space", plain(("x-a", "b ")), "beyond"),
    ("value that begins with a tab", plain(("x-a", "\tb")), "beyond"),
    ("value that ends with a tab", plain(("x-a", "b\t")), "beyond"),
    ("connection", plain(("connection", "close"))), ("connection that keeps", plain(("connection", "keep-alive"))),
    ("keep-alive", plain(("keep-alive", "timeout=5"))), ("proxy-connection", plain(("proxy-connection", "close"))),
    ("transfer-encoding", plain(("transfer-encoding", "chunked"))),
    ("upgrade", plain(("upgrade", "websocket"))), ("te gzip", plain(("te", "gzip"))),
    ("te trailers and gzip", plain(("te", "trailers, gzip"))),
    ("no method", plain(method=None)), ("no scheme", plain(scheme=None)), ("no path", plain(path=None)),
    ("no pseudo-header", [("x-case", "refused")]), ("no field", []),
    ("two methods", [(":method", "GET")] + plain()), ("two schemes", [(":scheme", "http")] + plain()),
    ("two paths", [(":path", "/x")] + plain()), ("two authorities", [(":authority", "b.example")] + plain()),
    ("two authorities alike", [(":authority", "a.example")] + plain()),
    ("late method", fields(("x-a", "b"), (":method", "GET"), method=None)),
    ("late path", fields(("x-a", "b"), (":path", "/"), path=None)),
    ("late authority", fields(("x-a", "b"), (":authority", "a.example"), authority=None)),
    ("unknown pseudo-header", [(":other", "a")] + plain()), ("status of a request", [(":status", "200")] + plain()),
    ("protocol without CONNECT", [(":protocol", "websocket")] + plain()),
    ("empty pseudo name", [(":", "a")] + plain()), ("upper case pseudo-header", [(":Method", "GET")] + plain()),
    ("empty method", plain(method="")), ("method with a space", plain(method="GE T")),
    ("method with CRLF", plain(method="GET / HTTP/1.1\r\nx: y\r\n\r\nGET")), ("method with NUL", plain(method="G\0T")),
    ("empty path", plain(path="")), ("relative path", plain(path="relative")), ("path with a space", plain(path="/a b")),
    ("path with CR", plain(path="/a\rb")), ("path with LF", plain(path="/a\nb")), ("path with NUL", plain(path="/a\0b")),
    ("path with a tab", plain(path="/a\tb")), ("path with DEL", plain(path="/a\x7fb")),
    ("path with a fragment", plain(path="/a#b")), ("path with a request line", plain(path="/ HTTP/1.1\r\nHost: b")),
    ("path of an absolute URI", plain(path="http://a.example/")), ("star for GET", plain(path="*")),
    ("path with an encoded NUL", plain(path="/a%00b")), ("path beyond ASCII", plain(path="/\xe4")),
    ("authority with a space", plain(authority="a b")), ("authority with a slash", plain(authority="a/b")),
    ("authority with NUL", plain(authority="a\0b")), ("authority with CRLF", plain(authority="a\r\nx: y")),
    ("authority with a user", plain(authority="me@a.example")), ("empty authority", plain(authority="")),
    ("scheme with a space", plain(scheme="ht tp")), ("empty scheme", plain(scheme="")),
    ("length with a letter", plain(("content-length", "2a"))), ("negative length", plain(("content-length", "-1"))),
    ("empty length", plain(("content-length", ""))), ("signed length", plain(("content-length", "+0"))),
    ("list of lengths", plain(("content-length", "0, 0"))),
    ("two lengths", plain(("content-length", "0"), ("content-length", "1"))),
    ("length beyond 64 bits", plain(("content-length", "99999999999999999999"))),
    ("length without a body", plain(("content-length", "5"))),
    ("CONNECT with a path", plain(method="CONNECT")),
    ("CONNECT without authority", plain(method="CONNECT", authority=None, path=None, scheme=None)),
]
LAXER = {"path beyond ASCII"}

# Name, length said, DATA payloads, trailers or None.
MISFITS = [
    ("shorter", "5", [b"ab"], None), ("longer", "2", [b"abcde"], None), ("longer in two", "2", [b"ab", b"c"], None),
    ("nothing", "5", [b""], None), ("something for zero", "0", [b"a"], None), ("shorter with trailers", "5", [b"ab"], [
        ("x-t", "a")])]

TRAILERS = [
    ("pseudo-header", [(":path", "/x")]), ("status", [(":status", "200")]), ("upper case", [("X-T", "a")]),
    ("connection", [("connection", "close")]), ("transfer-encoding", [("transfer-encoding", "chunked")]),
    ("control character", [("x-t", "a\x01")]), ("CRLF", [("x-t", "a\r\nb: c")]), ("name with a space", [("x t", "a")])]


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


def laxer(world, row):
    if row[-1] == "beyond" or row[0] in LAXER:
        shortfall(world, "laxer")


@pytest.mark.parametrize("row", REFUSED, ids=ids(REFUSED))
def test_bad_request_is_refused_and_not_forwarded(world, row):
    laxer(world, row)
    before = len(world.backend.requests)
    with peer(world.place) as connection:
        connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(row[1])))
        if assert_refused(connection) != "connection":
            assert connection.call(3, path="/after").status == 200, connection
    assert [r.target for r in world.backend.requests[before:]] in ([], ["/after"])


@pytest.mark.parametrize("row", MISFITS, ids=ids(MISFITS))
def test_body_has_to_fit_its_length(world, row):
    path = "/misfit-" + row[0].replace(" ", "-")
    with peer(world.place) as connection:
        connection.send(request(1, ("content-length", row[1]), ("x-answer", "hang"), method="POST", path=path,
                                end=False))
        for at, part in enumerate(row[2]):
            connection.send(data(1, part, end=at == len(row[2]) - 1 and not row[3]))
        if row[3]:
            connection.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, block(row[3])))
        assert_refused(connection)
    # A body is passed on as it comes, so what fits may have been; nothing beyond it.
    assert all(len(seen.body) == int(row[1]) <= sum(map(len, row[2])) for seen in world.backend.find(path))


@pytest.mark.parametrize("row", TRAILERS, ids=ids(TRAILERS))
def test_bad_trailers_are_refused(world, row):
    laxer(world, ("trailers " + row[0],))
    path = "/trailers-" + row[0].replace(" ", "-")
    with peer(world.place) as connection:
        connection.send(request(1, method="POST", path=path, end=False), data(1, b"ab"),
                        frame(HEADERS, END_HEADERS | END_STREAM, 1, block(row[1])))
        assert_refused(connection)
    assert world.backend.find(path) == []


# Name, method, fields, body, what the backend must have (target, one field).
ACCEPTED = [
    ("plain", {}, [], None, "/", ("host", "a.example")), ("query", {"path": "/a?b=c&d"}, [], None, "/a?b=c&d", None),
    ("te trailers", {}, [("te", "trailers")], None, "/", None),
    ("host beside authority", {}, [("host", "b.example")], None, "/", ("host", "a.example")),
    ("host without authority", {"authority": None}, [("host", "b.example")], None, "/", ("host", "b.example")),
    ("authority with a port", {"authority": "a.example:81"}, [], None, "/", ("host", "a.example:81")),
    ("cookie crumbs", {}, [("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")], None, "/",
     ("cookie", "a=1; b=2; c=3")),
    ("body", {"method": "POST"}, [], b"abc", "/", None),
    ("body with a length", {"method": "POST"}, [("content-length", "3")], b"abc", "/", ("content-length", "3")),
    ("empty body", {"method": "POST"}, [("content-length", "0")], b"", "/", None),
    ("body of a GET", {}, [], b"abc", "/", None), ("method of its own", {"method": "PURGE"}, [], None, "/", None),
    ("OPTIONS", {"method": "OPTIONS"}, [], None, "/", None),
    ("scheme https", {"scheme": "https"}, [], None, "/", ("x-forwarded-proto", "http")),
    ("empty value", {}, [("x-a", "")], None, "/", ("x-a", "")), ("tab in a value", {}, [("x-a", "a\tb")], None, "/", (
        "x-a", "a\tb")),
    ("bytes above 127", {}, [("x-a", b"a\xe4b")], None, "/", ("x-a", "a\xe4b")),
    ("every token character", {}, [("x!#$%&'*+-.^_`|~9", "b")], None, "/", ("x!#$%&'*+-.^_`|~9", "b")),
    ("path that is normalized", {"path": "/a/../b"}, [], None, "/b", None),
    ("length with zeros", {"method": "POST"}, [("content-length", "003")], b"abc", "/", None),
    ("same field twice", {}, [("x-a", "1"), ("x-a", "2")], None, "/", None),
    ("99 fields", {}, [(f"x-{n}", "v") for n in range(90)], None, "/", ("x-89", "v")),
    ("50 kB of fields", {}, [(f"x-{n}", "v" * 5000) for n in range(3)], None, "/", ("x-2", "v" * 5000)),
]


@pytest.mark.parametrize("row", ACCEPTED, ids=ids(ACCEPTED))
def test_good_request_is_passed_on(world, row):
    case = ("x-case", uuid.uuid4().hex)
    with peer(world.place) as connection:
        told = connection.call(1, *row[2], case, body=row[3], **row[1])
        assert told.status == 200 and told.body == b"recorder", connection
    [seen] = [seen for seen in world.backend.requests if case in lowered(seen)]
    assert (seen.target, seen.body) == (row[4], row[3] or b"")
    names = [name for name, _ in lowered(seen)]
    assert names.count("host") == 1 and not any(name.startswith(":") for name in names)
    assert not ("content-length" in names and "transfer-encoding" in names)
    if row[5]:
        assert values(lowered(seen), row[5][0]) == [row[5][1]]


def test_trailers_are_taken_and_dropped_towards_http1(world):
    with peer(world.place) as connection:
        connection.send(request(1, method="POST", path="/good-trailers", end=False), data(1, b"ab"),
                        frame(HEADERS, END_HEADERS | END_STREAM, 1, block([("x-t", "a")])))
        assert connection.answer(1).status == 200
    [seen] = world.backend.find("/good-trailers")
    assert seen.body == b"ab" and not values(lowered(seen), "x-t")


@pytest.mark.parametrize("word,status,body", [
    ("chunked", 200, b"abcdefg"), ("until-end", 200, b"until the end"), ("empty", 200, b""), ("204", 204, b""),
    ("304", 304, b""), ("hints", 200, b"ok"), ("418", 418, b"recorder"), ("500", 500, b"recorder"), ("garbage", 502, None),
    ("drop", 503, None), ("two-lengths", 502, None), ("control", 502, None), ("huge", 502, None)])
def test_answer_of_http1_is_translated(world, word, status, body):
    with peer(world.place) as connection:
        told = connection.call(1, ("x-answer", word))
        assert (told.status, told.ended) == (status, True), connection
        assert body is None or told.body == body
        assert not {"connection", "keep-alive", "transfer-encoding", "upgrade"} & {name for name, _ in told.headers}
        assert all(name == name.lower() for name, _ in told.headers)
        assert connection.call(3).status == 200


def test_hop_by_hop_fields_of_an_answer_are_dropped(world):
    with peer(world.place) as connection:
        told = connection.call(1, ("x-answer", "headers"))
        names = [name for name, _ in told.headers]
        assert names.count("set-cookie") == 2 and names.count("x-twice") == 2 and told["x-mixed"] == "Case"
        assert "keep-alive" not in names and "connection" not in names and names.count("date") == 1


@pytest.mark.parametrize("word", ["short", "cut-chunk"])
def test_cut_answer_resets_the_stream(world, word):
    with peer(world.place) as connection:
        told = connection.call(1, ("x-answer", word))
        assert told.status == 200 and told.reset not in (None, NO_ERROR) and not told.ended, connection
        assert connection.call(3).status == 200


def test_head_is_answered_without_data(world):
    with peer(world.place) as connection:
        told = connection.call(1, method="HEAD")
        assert (told.status, told["content-length"], told.body, told.ended) == (200, "8", b"", True)


def test_continue_is_answered(world):
    with peer(world.place) as connection:
        connection.send(request(1, ("expect", "100-continue"), method="POST", end=False))
        assert connection.until(lambda: connection.stream(1).informational == [100])
        connection.send(data(1, b"ab", True))
        assert connection.answer(1).status == 200


def test_same_over_tls(world):
    with Peer(connect_tls(world.secure, alpn=["h2", "http/1.1"])) as connection:
        assert connection.sock.selected_alpn_protocol() == "h2"
        assert connection.start().call(1, scheme="https").status == 200


def test_http1_where_alpn_says_so(world):
    with connect_tls(world.secure, alpn=["http/1.1"]) as sock:
        assert sock.selected_alpn_protocol() == "http/1.1"
        sock.sendall(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 200")
