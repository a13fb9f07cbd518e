"""14 and 12: HTTP/1.1 on the wire, byte by byte: what is refused, what is taken, and what the backend then sees."""

import contextlib

import pytest

from harness.waiting import eventually
from network import HttpBackend, connect, read_all
from resources import bootstrap, chain, cluster, http, listener, route
from running import Gateway, place
from worlds import shortfall, worlds


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend = kind, HttpBackend("a")
        self.at, self.small = place(), place()
        everything = route("all", "/", "a", {"timeout": "5s"})
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("wire", self.at, chain(http("wire", everything))),
            listener("small", self.small, chain(http(
                "small", everything, max_request_headers_kb=8, merge_slashes=True,
                path_with_escaped_slashes_action="REJECT_REQUEST", common_http_protocol_options={
                    "max_headers_count": 20, "headers_with_underscores_action": "REJECT_REQUEST"})))],
            [cluster("a", self.backend.port)]))


world = worlds(World)


def exchange(at, data):
    """What comes back for these bytes until the end; a message behind them asks for the close."""
    with connect(at) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(data)
        return read_all(sock)


def get_(*lines, target=b"/", method=b"GET", version=b"HTTP/1.1", host=b"Host: a.example\r\n", body=b""):
    return (method + b" " + target + b" " + version + b"\r\n" + host + b"".join(line + b"\r\n" for line in lines)
            + b"\r\n" + body)


def post(*lines, body=b""):
    return get_(*lines, method=b"POST", body=body)


CHUNKED = b"Transfer-Encoding: chunked"
BEYOND = "takes it; asked of ours beyond it"

# Name, bytes, the status, whether stock Envoy is not asked for as much.
REFUSED = [
    ("length and coding", post(b"Content-Length: 3", CHUNKED, body=b"0\r\n\r\n"), 400, None),
    ("coding and length", post(CHUNKED, b"Content-Length: 3", body=b"0\r\n\r\n"), 400, None),
    ("two lengths that differ", post(b"Content-Length: 3", b"Content-Length: 4", body=b"abcd"), 400, None),
    ("two lengths alike", post(b"Content-Length: 3", b"Content-Length: 3", body=b"abc"), 400, None),
    ("lengths in a list", post(b"Content-Length: 3, 3", body=b"abc"), 400, None),
    ("length with a sign", post(b"Content-Length: +3", body=b"abc"), 400, None),
    ("negative length", post(b"Content-Length: -1"), 400, None),
    ("hexadecimal length", post(b"Content-Length: 0x3", body=b"abc"), 400, None),
    ("length that is a word", post(b"Content-Length: abc"), 400, None),
    ("empty length", post(b"Content-Length:"), 400, None),
    ("length beyond 64 bits", post(b"Content-Length: 99999999999999999999"), 400, None),
    ("length with a space inside", post(b"Content-Length: 1 2", body=b"abc"), 400, None),
    ("unknown coding", post(b"Transfer-Encoding: gzip"), 501, None),
    ("coding before chunked", post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), 501, None),
    ("chunked twice", post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), 501, None),
    ("identity", post(b"Transfer-Encoding: identity"), 501, None),
    ("chunked with an x", post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), 501, None),
    ("two coding lines", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"), (400, 501), None),
    ("space before the colon", get_(b"X-A : b"), 400, None),
    ("tab before the colon", get_(b"X-A\t: b"), 400, None),
    ("empty name", get_(b": b"), 400, None),
    ("space in a name", get_(b"X A: b"), 400, None),
    ("parenthesis in a name", get_(b"X(A: b"), 400, None),
    ("non-ASCII name", get_("X-\u00e4: b".encode()), 400, None),
    ("line without a colon", get_(b"nonsense"), 400, None),
    ("NUL in a value", get_(b"X-A: a\0b"), 400, None),
    ("NUL in a name", get_(b"X\0A: b"), 400, None),
    ("control character in a value", get_(b"X-A: a\x01b"), 400, None),
    ("DEL in a value", get_(b"X-A: a\x7fb"), 400, None),
    ("bare CR in a value", get_(b"X-A: a\rb"), 400, BEYOND),
    ("bare LF as line end", b"GET / HTTP/1.1\nHost: a.example\n\n", 400, BEYOND),
    ("bare LF after the request line", b"GET / HTTP/1.1\nHost: a.example\r\n\r\n", 400, BEYOND),
    ("folded line", get_(b"X-A: a", b" b"), 400, BEYOND),
    ("folded with a tab", get_(b"X-A: a", b"\tb"), 400, BEYOND),
    ("two hosts", get_(b"Host: b.example"), 400, BEYOND),
    ("no host", get_(host=b""), 400, None),
    ("user info in the host", get_(host=b"Host: a@b.example\r\n"), 400, BEYOND),
    ("method with a control character", get_(method=b"GE\x01T"), 400, None),
    ("lower-case version", get_(version=b"http/1.1"), 400, None),
    ("version 2.0 on the request line", get_(version=b"HTTP/2.0"), (400, 426), BEYOND),
    ("no version", b"GET /\r\nHost: a.example\r\n\r\n", 400, BEYOND),
    ("space in the target", get_(target=b"/a b"), 400, None),
    ("fragment in the target", get_(target=b"/a#b"), 400, None),
    ("control character in the target", get_(target=b"/a\x01b"), 400, None),
    ("non-ASCII target", get_(target="/\u00e4".encode()), 400, None),
    ("%00 in the target", get_(target=b"/a%00b"), 400, None),
    ("target without a slash", get_(target=b"a"), 400, None),
    ("tab in the request line", b"GET\t/ HTTP/1.1\r\nHost: a.example\r\n\r\n", 400, BEYOND),
    ("chunk size that is no number", post(CHUNKED, body=b"z\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("chunk size with 0x", post(CHUNKED, body=b"0x3\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("chunk size with a sign", post(CHUNKED, body=b"+3\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("negative chunk size", post(CHUNKED, body=b"-3\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("chunk size beyond 64 bits", post(CHUNKED, body=b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("chunk size with bare LF", post(CHUNKED, body=b"3\nabc\r\n0\r\n\r\n"), 400, None),
    ("chunk without CRLF", post(CHUNKED, body=b"3\r\nabc0\r\n\r\n"), 400, None),
    ("chunk longer than its size", post(CHUNKED, body=b"3\r\nabcd\r\n0\r\n\r\n"), 400, BEYOND),
    ("LF inside a chunk extension", post(CHUNKED, body=b"3;a\nb\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("empty chunk size", post(CHUNKED, body=b"\r\nabc\r\n0\r\n\r\n"), 400, None),
    ("garbage", b"\x16\x03\x01\x00\x00garbage\r\n\r\n", 400, None),
    ("headers of 61 KB", get_(*[b"X-%d: " % n + b"y" * 1000 for n in range(61)]), 431, None),
    ("one header of 70 KB", get_(b"X-A: " + b"y" * 70_000), 431, None),
    ("target of 70 KB", get_(target=b"/" + b"y" * 70_000), 431, None),
    ("101 headers", get_(*[b"X-%d: y" % n for n in range(101)]), 431, None),
    ("HTTP/1.0", get_(version=b"HTTP/1.0"), 426, None),
]


@pytest.mark.parametrize("what, data, status, envoy", REFUSED, ids=[row[0].replace(" ", "-") for row in REFUSED])
def test_14_refuses(world, what, data, status, envoy):
    """The answer, then the close; the backend sees no request that a smuggler would have made."""
    count = len(world.backend.requests)
    answer = exchange(world.at, data + b"GET /smuggled HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
    seen = [request.path for request in world.backend.requests[count:]]
    found = int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
    wanted = status if isinstance(status, tuple) else (status,)
    if envoy and found not in wanted:
        shortfall(world, envoy)
    assert found in wanted, answer[:200]
    assert "/smuggled" not in seen, seen
    assert b"connection: close" in answer.lower() or answer.count(b"HTTP/1.1 ") == 1, answer[:200]


def _close(*lines, **fields):
    return get_(b"Connection: close", *lines, **fields)


# Name, bytes, path, body length and headers that the backend sees (None: absent).
TAKEN = [
    ("plain", _close(), "/", 0, {"host": "a.example"}),
    ("query", _close(target=b"/a?b=c%20d&e"), "/a?b=c%20d&e", 0, {}),
    ("length", _close(b"Content-Length: 3", method=b"POST", body=b"abc"), "/", 3, {}),
    ("length of zero", _close(b"Content-Length: 0", method=b"POST"), "/", 0, {}),
    ("chunks", _close(CHUNKED, method=b"POST", body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "/", 5, {}),
    ("chunk extensions", _close(CHUNKED, method=b"POST", body=b"3;a=b\r\nabc\r\n0;x\r\n\r\n"), "/", 3, {}),
    ("upper-case coding", _close(b"Transfer-Encoding: Chunked", method=b"POST", body=b"1\r\na\r\n0\r\n\r\n"), "/", 1, {}),
    ("upper-case chunk size", _close(CHUNKED, method=b"POST", body=b"A\r\n0123456789\r\n0\r\n\r\n"), "/", 10, {}),
    ("leading zeros in a chunk size", _close(CHUNKED, method=b"POST", body=b"0003\r\nabc\r\n0\r\n\r\n"), "/", 3, {}),
    ("trailers", _close(CHUNKED, method=b"POST", body=b"1\r\na\r\n0\r\nX-T: v\r\n\r\n"), "/", 1, {"x-t": None}),
    ("value with spaces around", _close(b"X-A:   b  "), "/", 0, {"x-a": "b"}),
    ("value without a space", _close(b"X-A:b"), "/", 0, {"x-a": "b"}),
    ("empty value", _close(b"X-A:"), "/", 0, {"x-a": ""}),
    ("tab inside a value", _close(b"X-A: a\tb"), "/", 0, {"x-a": "a\tb"}),
    ("value of bytes above ASCII", _close("X-A: \u00e4".encode()), "/", 0, {}),
    ("upper-case name", _close(b"X-UPPER: b"), "/", 0, {"x-upper": "b"}),
    ("name with every sign", _close(b"x!#$%&'*+-.^_`|~9: b"), "/", 0, {"x!#$%&'*+-.^_`|~9": "b"}),
    ("hop by hop", _close(b"Keep-Alive: 5", b"Proxy-Connection: x"), "/", 0, {
        "keep-alive": None, "proxy-connection": None}),
    ("named by connection", get_(b"Connection: close, X-Hop", b"X-Hop: 1"), "/", 0, {"x-hop": None}),
    ("te other than trailers", _close(b"TE: gzip"), "/", 0, {"te": None}),
    ("envoy's own", _close(b"X-Envoy-Internal: true", b"X-Envoy-Max-Retries: 9"), "/", 0, {
        "x-envoy-internal": None, "x-envoy-max-retries": None}),
    ("client certificate header", _close(b"X-Forwarded-Client-Cert: URI=x"), "/", 0, {
        "x-forwarded-client-cert": None}),
    ("forwarded proto", _close(b"X-Forwarded-Proto: https"), "/", 0, {"x-forwarded-proto": "http"}),
    ("absolute form", _close(target=b"http://b.example/x?y"), "/x?y", 0, {"host": "b.example"}),
    ("absolute form with a port", _close(target=b"http://b.example:81/x"), "/x", 0, {"host": "b.example:81"}),
    ("dot segments", _close(target=b"/a/../b/./c"), "/b/c", 0, {}),
    ("encoded letter", _close(target=b"/%41%7e"), "/A~", 0, {}),
    ("backslash", _close(target=b"/a\\b"), "/a/b", 0, {}),
    ("encoded slash is kept", _close(target=b"/a%2Fb"), "/a%2Fb", 0, {}),
    ("two slashes are kept", _close(target=b"/a//b"), "/a//b", 0, {}),
    ("dot segments in the query are kept", _close(target=b"/a?../b"), "/a?../b", 0, {}),
    ("dots above the root", _close(target=b"/../../a"), "/a", 0, {}),
    ("unknown method", _close(method=b"BREW"), "/", 0, {}),
    ("100 headers", get_(b"Connection: close", *[b"X-%d: y" % n for n in range(98)]), "/", 0, {"x-97": "y"}),
    ("headers of 55 KB", _close(*[b"X-%d: " % n + b"y" * 1000 for n in range(54)]), "/", 0, {}),
    ("underscore in a name", _close(b"X_A: b"), "/", 0, {"x_a": "b"}),
    ("blank lines before", b"\r\n" + _close(), "/", 0, {}),
]


@pytest.mark.parametrize("what, data, path, length, headers", TAKEN, ids=[r[0].replace(" ", "-") for r in TAKEN])
def test_14_takes_and_passes_on(world, what, data, path, length, headers):
    count = len(world.backend.requests)
    answer = exchange(world.at, data)
    if what == "unknown method" and not answer.startswith(b"HTTP/1.1 200"):
        shortfall(world, "knows a list of methods")
    assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
    request = eventually("the backend has it", lambda: world.backend.requests[count:])[0]
    assert (request.path, len(request.body)) == (path, length)
    for name, value in headers.items():
        assert request.headers.get(name) == value, (name, request.headers)


SMALL = [
    ("underscore in a name", _close(b"X_A: b"), 400), ("encoded slash", _close(target=b"/a%2Fb"), 400),
    ("encoded backslash", _close(target=b"/a%5Cb"), 400), ("two slashes", _close(target=b"/a//b"), 200),
    ("21 headers", _close(*[b"X-%d: y" % n for n in range(20)]), 431),
    ("9 KB of headers", _close(b"X-A: " + b"y" * 9000), 431), ("plain", _close(), 200),
]


@pytest.mark.parametrize("what, data, status", SMALL, ids=[row[0].replace(" ", "-") for row in SMALL])
def test_5_small_limits_are_kept(world, what, data, status):
    count = len(world.backend.requests)
    answer = exchange(world.small, data)
    assert answer.startswith(b"HTTP/1.1 %d" % status), answer[:100]
    if what == "two slashes":
        assert world.backend.requests[count].path == "/a/b"
    if status != 200:
        assert len(world.backend.requests) == count


def test_12_requests_in_a_row_are_answered_in_order(world):
    data = b"".join(get_(target=b"/%d" % n) for n in range(9)) + _close(target=b"/9")
    answer = exchange(world.at, data)
    assert answer.count(b"HTTP/1.1 200") == 10
    assert [answer.index(b'"path": "/%d"' % n) for n in range(10)] == sorted(
        answer.index(b'"path": "/%d"' % n) for n in range(10))


def test_12_expect_is_answered_by_the_gateway(world):
    with connect(world.at) as sock:
        sock.sendall(post(b"Expect: 100-continue", b"Content-Length: 3", b"Connection: close"))
        assert sock.recv(100).startswith(b"HTTP/1.1 100")
        count = len(world.backend.requests)
        sock.sendall(b"abc")
        assert b"HTTP/1.1 200" in read_all(sock)
    assert "expect" not in world.backend.requests[count].headers and world.backend.requests[count].body == b"abc"


def test_12_an_answer_to_head_has_no_body(world):
    answer = exchange(world.at, _close(method=b"HEAD"))
    assert answer.startswith(b"HTTP/1.1 200") or answer == b""
    assert answer.endswith(b"\r\n\r\n")


def test_12_a_request_id_is_fresh_for_each_request(world):
    count = len(world.backend.requests)
    for _ in range(3):
        exchange(world.at, _close(b"X-Request-Id: mine"))
    found = {request.headers["x-request-id"] for request in world.backend.requests[count:]}
    assert len(found) == 3 and "mine" not in found and all(len(name) == 36 for name in found), found


def test_12_the_server_and_date_are_the_gateways(world):
    answer = exchange(world.at, _close()).lower()
    assert b"\r\nserver: %s\r\n" % world.kind.encode() in answer and b"\r\ndate: " in answer
