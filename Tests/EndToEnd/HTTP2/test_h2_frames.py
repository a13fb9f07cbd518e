"""RFC 9113, sections 3 to 6: frames, streams and settings that are refused, and those that are not."""

import pytest

from frames import *  # noqa: F403
from gateways import World
from worlds import both, ids, shortfall

HEAD = block(fields())
OPEN = request(1, method="POST", end=False)
# A request whose answer is read before the case goes on.
DONE = "done"


def pieces(*parts, first=END_STREAM):
    """HEADERS and CONTINUATION frames of stream 1 with these parts of a block."""
    kinds = [HEADERS] + [CONTINUATION] * (len(parts) - 1)
    return b"".join(frame(kind, (first if at == 0 else 0) | (END_HEADERS if at == len(parts) - 1 else 0), 1, part)
                    for at, (kind, part) in enumerate(zip(kinds, parts)))


# Name, parts that are sent, codes of a connection error (RFC 9113). 
CONNECTION_ERRORS = [
    ("data on stream 0", [data(0, b"ab", True)], [PROTOCOL_ERROR]),
    ("headers on stream 0", [frame(HEADERS, END_HEADERS | END_STREAM, 0, HEAD)], [PROTOCOL_ERROR]),
    ("priority on stream 0", [frame(PRIORITY, 0, 0, number(0) + b"\x10")], [PROTOCOL_ERROR]),
    ("reset on stream 0", [rst(0)], [PROTOCOL_ERROR]),
    ("continuation on stream 0", [frame(CONTINUATION, END_HEADERS, 0, HEAD)], [PROTOCOL_ERROR]),
    ("settings on a stream", [frame(SETTINGS, 0, 1)], [PROTOCOL_ERROR]),
    ("ping on a stream", [frame(PING, 0, 1, b"12345678")], [PROTOCOL_ERROR]),
    ("goaway on a stream", [frame(GOAWAY, 0, 1, number(0) * 2)], [PROTOCOL_ERROR]),
    ("data on an idle stream", [data(1, b"ab", True)], [PROTOCOL_ERROR]),
    ("reset of an idle stream", [rst(1)], [PROTOCOL_ERROR]),
    ("window update of an idle stream", [update(1, 10)], [PROTOCOL_ERROR]),
    ("continuation without headers", [frame(CONTINUATION, END_HEADERS, 1, HEAD)], [PROTOCOL_ERROR]),
    ("continuation behind a whole block", [request(1), frame(CONTINUATION, END_HEADERS, 1, HEAD)],
     [PROTOCOL_ERROR, STREAM_CLOSED]),
    ("continuation behind data", [OPEN, data(1, b"a"), frame(CONTINUATION, END_HEADERS, 1, HEAD)], [PROTOCOL_ERROR]),
    ("ping between a block's frames", [frame(HEADERS, END_STREAM, 1, HEAD[:9]), ping()], [PROTOCOL_ERROR]),
    ("settings between a block's frames", [frame(HEADERS, END_STREAM, 1, HEAD[:9]), settings()], [PROTOCOL_ERROR]),
    ("data between a block's frames", [frame(HEADERS, 0, 1, HEAD[:9]), data(1, b"a")], [PROTOCOL_ERROR]),
    ("headers between a block's frames", [frame(HEADERS, END_STREAM, 1, HEAD[:9]), request(3)], [PROTOCOL_ERROR]),
    ("priority between a block's frames",
     [frame(HEADERS, END_STREAM, 1, HEAD[:9]), frame(PRIORITY, 0, 1, number(0) + b"\x10")], [PROTOCOL_ERROR]),
    ("unknown frame between a block's frames", [frame(HEADERS, END_STREAM, 1, HEAD[:9]), frame(0x77, 0, 1, b"x")],
     [PROTOCOL_ERROR]),
    ("window update between a block's frames", [frame(HEADERS, END_STREAM, 1, HEAD[:9]), update(0, 1)],
     [PROTOCOL_ERROR]),
    ("continuation of another stream",
     [frame(HEADERS, END_STREAM, 1, HEAD[:9]), frame(CONTINUATION, END_HEADERS, 3, HEAD[9:])], [PROTOCOL_ERROR]),
    ("even stream", [request(2)], [PROTOCOL_ERROR]),
    ("stream going backwards", [request(5), DONE, request(3)], [PROTOCOL_ERROR, STREAM_CLOSED]),
    ("stream used again", [request(1), DONE, request(1)], [PROTOCOL_ERROR, STREAM_CLOSED]),
    ("push promise of a client", [frame(PUSH_PROMISE, END_HEADERS, 1, number(2) + HEAD)], [PROTOCOL_ERROR]),
    ("headers all padding", [frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\xff" + HEAD)], [PROTOCOL_ERROR]),
    ("data all padding", [OPEN, frame(DATA, PADDED | END_STREAM, 1, b"\x05abc")], [PROTOCOL_ERROR]),
    ("data with padding as long as the frame", [OPEN, frame(DATA, PADDED | END_STREAM, 1, b"\x04abc")],
     [PROTOCOL_ERROR]),
    ("padded data without a pad length", [OPEN, frame(DATA, PADDED | END_STREAM, 1)],
     [FRAME_SIZE_ERROR, PROTOCOL_ERROR]),
    ("padded headers without a pad length", [frame(HEADERS, PADDED | END_HEADERS | END_STREAM, 1)],
     [FRAME_SIZE_ERROR, PROTOCOL_ERROR]),
    ("prioritized headers cut short", [frame(HEADERS, PRIORITIZED | END_HEADERS | END_STREAM, 1, b"\0\0")],
     [FRAME_SIZE_ERROR, PROTOCOL_ERROR]),
    ("settings of 5 bytes", [frame(SETTINGS, 0, 0, b"\0\1\0\0\0")], [FRAME_SIZE_ERROR]),
    ("settings of 7 bytes", [frame(SETTINGS, 0, 0, b"\0\1\0\0\0\0\0")], [FRAME_SIZE_ERROR]),
    ("settings ack with a payload", [frame(SETTINGS, ACK, 0, b"\0\1\0\0\0\0")], [FRAME_SIZE_ERROR]),
    ("ping of 7 bytes", [ping(b"1234567")], [FRAME_SIZE_ERROR]),
    ("ping of 9 bytes", [ping(b"123456789")], [FRAME_SIZE_ERROR]),
    ("ping without payload", [ping(b"")], [FRAME_SIZE_ERROR]),
    ("reset of 3 bytes", [OPEN, frame(RST_STREAM, 0, 1, b"\0\0\0")], [FRAME_SIZE_ERROR]),
    ("reset of 5 bytes", [OPEN, frame(RST_STREAM, 0, 1, b"\0" * 5)], [FRAME_SIZE_ERROR]),
    ("window update of 3 bytes", [frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")], [FRAME_SIZE_ERROR]),
    ("window update of 5 bytes", [frame(WINDOW_UPDATE, 0, 0, b"\0\0\0\0\1")], [FRAME_SIZE_ERROR]),
    ("goaway of 7 bytes", [frame(GOAWAY, 0, 0, b"\0" * 7)], [FRAME_SIZE_ERROR]),
    ("data of 16385 bytes", [OPEN, data(1, b"a" * 16385, True)], [FRAME_SIZE_ERROR]),
    ("headers of 16385 bytes", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0" * (16385 - len(HEAD)))],
     [FRAME_SIZE_ERROR]),
    ("settings of 16386 bytes", [settings(*[(0x99, 1)] * 2731)], [FRAME_SIZE_ERROR]),
    ("unknown frame of 16385 bytes", [frame(0x77, 0, 0, b"a" * 16385)], [FRAME_SIZE_ERROR]),
    ("largest length", [frame(DATA, 0, 1, b"a" * 100, length=0xffffff)], [FRAME_SIZE_ERROR]),
    ("window update of 0 on the connection", [update(0, 0)], [PROTOCOL_ERROR]),
    ("connection window beyond the limit", [update(0, 0x7fffffff)], [FLOW_CONTROL_ERROR]),
    ("connection window beyond the limit in steps", [update(0, 0x7fffff00), update(0, 0x100)], [FLOW_CONTROL_ERROR]),
    ("push enabled with 2", [settings((ENABLE_PUSH, 2))], [PROTOCOL_ERROR]),
    ("window setting of 2^31", [settings((WINDOW, 1 << 31))], [FLOW_CONTROL_ERROR]),
    ("window setting of 2^32-1", [settings((WINDOW, 0xffffffff))], [FLOW_CONTROL_ERROR]),
    ("frame size setting of 16383", [settings((FRAME_SIZE, 16383))], [PROTOCOL_ERROR]),
    ("frame size setting of 2^24", [settings((FRAME_SIZE, 1 << 24))], [PROTOCOL_ERROR]),
    ("frame size setting of 0", [settings((FRAME_SIZE, 0))], [PROTOCOL_ERROR]),
    ("bad setting behind a good one", [settings((WINDOW, 70000), (ENABLE_PUSH, 3))], [PROTOCOL_ERROR]),
    ("index 0", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\x80")], [COMPRESSION_ERROR]),
    ("index beyond the table", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + integer(62, 7, 0x80))],
     [COMPRESSION_ERROR]),
    ("name index beyond the table",
     [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + integer(70, 6, 0x40) + b"\1a")], [COMPRESSION_ERROR]),
    ("huge index", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\xff\xff\xff\xff\x0f")], [COMPRESSION_ERROR]),
    ("integer without end", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\xff" + b"\x80" * 40 + b"\1")],
     [COMPRESSION_ERROR]),
    ("table size beyond the setting", [frame(HEADERS, END_HEADERS | END_STREAM, 1, integer(4097, 5, 0x20) + HEAD)],
     [COMPRESSION_ERROR]),
    ("huge table size", [frame(HEADERS, END_HEADERS | END_STREAM, 1, integer(1 << 31, 5, 0x20) + HEAD)],
     [COMPRESSION_ERROR]),
    ("table size behind a field", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + integer(0, 5, 0x20))],
     [COMPRESSION_ERROR]),
    ("table size between fields",
     [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + integer(100, 5, 0x20) + literal(b"x-a", b"b"))],
     [COMPRESSION_ERROR]),
    ("block cut in an integer", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\xff\x80")],
     [COMPRESSION_ERROR]),
    ("block cut in a name", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\x05ab")], [COMPRESSION_ERROR]),
    ("block cut in a value", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a\x05b")],
     [COMPRESSION_ERROR]),
    ("block cut before a value", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a")], [COMPRESSION_ERROR]),
    ("Huffman padding of zeros", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a\x81\x18")],
     [COMPRESSION_ERROR]),
    ("Huffman padding of a byte", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a\x82\x1f\xff")],
     [COMPRESSION_ERROR]),
    ("Huffman end of string", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a\x84\xff\xff\xff\xff")],
     [COMPRESSION_ERROR]),
    ("Huffman code cut", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a\x81\xfe")], [COMPRESSION_ERROR]),
    ("bad compression in trailers", [OPEN, frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x80")],
     [COMPRESSION_ERROR]),
    ("bad compression on a refused request",
     [frame(HEADERS, END_HEADERS | END_STREAM, 1, block(fields(("X-Up", "a"))) + b"\x80")], [COMPRESSION_ERROR]),
    ("string of 2^31 bytes", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0" + integer(1 << 31, 7))],
     [COMPRESSION_ERROR]),
    ("data behind the end", [request(1), DONE, data(1, b"late", True)], [STREAM_CLOSED]),
    ("headers behind the end", [request(1), DONE, frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD)],
     [STREAM_CLOSED, PROTOCOL_ERROR]),
]

# Name, parts, codes of a stream error of stream 1. A connection error of these codes is taken too.
STREAM_ERRORS = [
    ("window update of 0", [OPEN, update(1, 0)], [PROTOCOL_ERROR]),
    ("window beyond the limit", [OPEN, update(1, 0x7fffffff)], [FLOW_CONTROL_ERROR]),
    ("window beyond the limit by settings",
     [OPEN, update(1, 0x7fff0000 - 1), settings((WINDOW, 0x7fffffff))], [FLOW_CONTROL_ERROR]),
    ("trailers that do not end", [OPEN, frame(HEADERS, END_HEADERS, 1, block([("x-t", "a")]))],
     [PROTOCOL_ERROR, INTERNAL_ERROR]),
    ("two trailers without end", [OPEN, frame(HEADERS, END_HEADERS, 1, block([("x-t", "a")])) * 2],
     [PROTOCOL_ERROR, INTERNAL_ERROR]),
]

# Name, parts; a request on stream 1 is among them or follows, and is answered.
HARMLESS = [
    ("nothing", [request(1)]), ("unknown frame on the connection", [frame(0x77, 0xff, 0, b"abc"), request(1)]),
    ("unknown frame on a stream", [OPEN, frame(0x77, 0, 1, b"abc"), data(1, b"", True)]),
    ("unknown setting", [settings((0x99, 7)), request(1)]), ("the same setting twice",
     [settings((WINDOW, 100), (WINDOW, 65535)), request(1)]),
    ("every setting", [settings((TABLE_SIZE, 0), (ENABLE_PUSH, 0), (MAX_STREAMS, 0), (WINDOW, 65535),
                                (FRAME_SIZE, 16384), (LIST_SIZE, 65536)), request(1)]),
    ("largest settings", [settings((TABLE_SIZE, 0xffffffff), (MAX_STREAMS, 0xffffffff), (WINDOW, 0x7fffffff),
                                   (FRAME_SIZE, 0xffffff), (LIST_SIZE, 0xffffffff)), request(1)]),
    ("reserved bit of a stream", [frame(HEADERS, END_HEADERS | END_STREAM, 1 | 1 << 31, HEAD)]),
    ("unknown flags", [frame(HEADERS, END_HEADERS | END_STREAM | 0xc2, 1, HEAD)]),
    ("priority of an idle stream", [frame(PRIORITY, 0, 7, number(0) + b"\x10"), request(1)]),
    ("priority of a closed stream", [request(3), DONE, frame(PRIORITY, 0, 3, number(0) + b"\x10"), request(5)]),
    ("headers with priority", [frame(HEADERS, END_HEADERS | END_STREAM | PRIORITIZED, 1,
                                     number(0) + b"\xff" + HEAD)]),
    ("padded headers", [frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, b"\4" + HEAD + b"\0" * 4)]),
    ("padded data", [OPEN, frame(DATA, PADDED | END_STREAM, 1, b"\4ab\0\0\0\0")]),
    ("empty padding", [OPEN, frame(DATA, PADDED | END_STREAM, 1, b"\0ab")]),
    ("data of padding alone", [OPEN, frame(DATA, PADDED | END_STREAM, 1, b"\2\0\0")]),
    ("largest frame", [OPEN, data(1, b"a" * 16384, True)]),
    ("stream far ahead", [request(0x7ffffffd), DONE, request(0x7fffffff)]),
    ("block in two frames", [pieces(HEAD[:9], HEAD[9:])]),
    ("block byte by byte", [pieces(*[HEAD[at:at + 1] for at in range(len(HEAD))])]),
    ("empty first part of a block", [pieces(b"", HEAD)]), ("empty last part of a block", [pieces(HEAD, b"")]),
    ("padded headers and continuation", [frame(HEADERS, END_STREAM | PADDED, 1, b"\3" + HEAD[:9] + b"\0" * 3),
                                         frame(CONTINUATION, END_HEADERS, 1, HEAD[9:])]),
    ("window update behind the end", [request(1), DONE, update(1, 10), request(3)]),
    ("reset behind the end", [request(1), DONE, rst(1), request(3)]),
    ("reset of one stream", [OPEN, rst(1), request(3)]), ("ping with an ack", [ping(ack=True), request(1)]),
    ("goaway of the client", [request(1), frame(GOAWAY, 0, 0, number(0) * 2 + b"debug")]),
    ("ping at once", [ping(), request(1)]), ("empty data", [OPEN, data(1), data(1), data(1, b"", True)]),
    ("table size 0", [frame(HEADERS, END_HEADERS | END_STREAM, 1, integer(0, 5, 0x20) + HEAD)]),
    ("table size twice", [frame(HEADERS, END_HEADERS | END_STREAM, 1,
                                integer(0, 5, 0x20) + integer(4096, 5, 0x20) + HEAD)]),
    ("Huffman value", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\0\1a\x81\x1f")]),
    ("never indexed field", [frame(HEADERS, END_HEADERS | END_STREAM, 1, HEAD + b"\x10\1a\1b")]),
    ("indexed fields", [frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x82\x86\x84" + b"\x41\x09a.example")]),
    ("dynamic table", [frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x82\x86\x84\x41\x09a.example"), DONE,
                       frame(HEADERS, END_HEADERS | END_STREAM, 3, b"\x82\x86\x84\xbe")]),
    ("trailers", [OPEN, data(1, b"a"), frame(HEADERS, END_HEADERS | END_STREAM, 1, block([("x-t", "a")]))]),
    ("settings with a window of 0", [settings((WINDOW, 0)), settings((WINDOW, 65535)), request(1)]),
]
# What Envoy does not mind, or says nothing of in this time.
LAXER = {"priority on stream 0", "stream going backwards", "stream used again", "data behind the end",
         "headers behind the end", "window update of 0", "window beyond the limit", "trailers that do not end",
         "two trailers without end", "empty data"}


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


def play(connection, parts):
    """Sends a case's parts; the number of the last request's stream."""
    last = 1
    for part in parts:
        if part == DONE:
            assert connection.answer(last).status == 200, connection
            continue
        if part[3] == HEADERS:
            last = int.from_bytes(part[5:9], "big") & 0x7fffffff or last
        connection.send(part)
    return last


def laxer(world, row):
    if row[0] in LAXER:
        shortfall(world, "laxer")


@pytest.mark.parametrize("row", CONNECTION_ERRORS, ids=ids(CONNECTION_ERRORS))
def test_broken_rule_ends_the_connection(world, row):
    laxer(world, row)
    with peer(world.place) as connection:
        play(connection, row[1])
        connection.until(lambda: connection.closed)
        codes = [code for code, _ in connection.goaways if code]
        # Envoy ends most of these connections without a word.
        assert codes and codes[0] in row[2] or world.kind == "envoy", connection
        assert connection.closed, connection
    with peer(world.place) as connection:
        assert connection.call(1).status == 200


@pytest.mark.parametrize("row", STREAM_ERRORS, ids=ids(STREAM_ERRORS))
def test_broken_rule_ends_the_stream(world, row):
    laxer(world, row)
    with peer(world.place) as connection:
        play(connection, row[1])
        kind, code = connection.fate(1)
        assert kind in ("stream", "connection") and code in row[2], connection
        if kind == "stream":
            assert connection.call(3).status == 200, connection


@pytest.mark.parametrize("row", HARMLESS, ids=ids(HARMLESS))
def test_harmless_frames_are_taken(world, row):
    laxer(world, row)
    with peer(world.place) as connection:
        told = connection.answer(play(connection, row[1]))
        assert (told.status, told.ended) == (200, True), connection
        assert not any(code for code, _ in connection.goaways), connection


@pytest.mark.parametrize("bytes", [
    PREFACE[:-1] + b"x" + settings(), PREFACE + request(1, path="/unsettled"), PREFACE + ping(), PREFACE + frame(GOAWAY, 0, 0, b"\0" * 8),
    PREFACE + settings(ack=True)], ids=["torn", "headers", "ping", "goaway", "settings-ack"])
def test_settings_come_first_behind_the_preface(world, bytes):
    with bare(world.place) as connection:
        connection.send(bytes)
        assert connection.until(lambda: connection.closed or any(code for code, _ in connection.goaways)), connection
    assert world.backend.find("/unsettled") == []


def test_preface_may_come_byte_by_byte(world):
    if world.kind == "envoy":
        pytest.skip("Envoy takes what begins with less than the preface for HTTP/1")
    with bare(world.place) as connection:
        for byte in PREFACE + settings() + request(1):
            connection.send(bytes([byte]))
        assert connection.answer(1).status == 200


def test_settings_say_what_is_configured(world):
    with peer(world.place) as connection:
        assert connection.settings[MAX_STREAMS] == 100
        assert connection.settings.get(WINDOW, 65535) == 65535
        assert connection.until(
            lambda: sum(size for stream, size in connection.updates if stream == 0) == (1 << 20) - 65535), connection


def test_settings_are_acknowledged_in_order(world):
    with peer(world.place) as connection:
        before = connection.acked
        connection.send(*[settings((WINDOW, 65535 + n)) for n in range(5)])
        assert connection.until(lambda: connection.acked == before + 5)


def test_ping_is_answered_with_its_bytes(world):
    with peer(world.place) as connection:
        connection.send(ping(b"\0\1\2\3\xff\xfe\xfd\xfc"), ping(b"abcdefgh"))
        assert connection.until(lambda: len(connection.pongs) == 2)
        assert connection.pongs == [b"\0\1\2\3\xff\xfe\xfd\xfc", b"abcdefgh"]
