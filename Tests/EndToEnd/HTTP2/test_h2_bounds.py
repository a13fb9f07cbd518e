"""5 and 14: how much a client may ask of an HTTP/2 listener at once, in a row and in its time."""

import pytest

from frames import *  # noqa: F403
from gateways import World, assert_refused
from harness.waiting import eventually
from worlds import both, ids, shortfall


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


def many_fields():
    return [frame(HEADERS, END_HEADERS | END_STREAM, 1, block(fields(*[(f"x-{n}", "v") for n in range(150)])))]


def continuations(count, part):
    return [frame(HEADERS, END_STREAM, 1, block(fields())), *[frame(CONTINUATION, 0, 1, part)] * count]


def large(size):
    encoded = block(fields(("x-large", "v" * size)))
    parts = [encoded[at:at + 16384] for at in range(0, len(encoded), 16384)]
    return [frame(HEADERS if at == 0 else CONTINUATION, (END_STREAM if at == 0 else 0) |
                  (END_HEADERS if at == len(parts) - 1 else 0), 1, part) for at, part in enumerate(parts)]


# Each sends until the gateway ends the stream or the connection; memory stays and others are served.
BOUNDS = [
    ("150 fields", many_fields()), ("61 kB value", large(61 << 10)), ("1 MB value", large(1 << 20)),
    ("references to a large entry", [frame(HEADERS, END_HEADERS | END_STREAM, 1, block(fields())
                                           + b"\x40\x01a" + integer(4000, 7) + b"v" * 4000 + b"\xbe" * 90)]),
    ("continuations without end", continuations(20000, literal(b"x-a", b"v" * 100))),
    ("empty continuations", continuations(20000, b"")),
    ("continuations of one byte", continuations(20000, b"\x82")),
    ("rapid resets", [part for n in range(5000) for part in (request(2 * n + 1, path="/rapid"), rst(2 * n + 1))]),
    ("empty data", [request(1, method="POST", end=False), *[data(1)] * 20000]),
    ("priority", [frame(PRIORITY, 0, 2 * n + 1, number(0) + b"\x10") for n in range(20000)]),
    ("window updates", [update(0, 1)] * 20000),
]


@pytest.mark.parametrize("row", BOUNDS, ids=ids(BOUNDS))
def test_bound_holds(world, row):
    before = len(world.backend.find("/rapid"))
    memory = world.gateway.memory
    with peer(world.place) as connection:
        # In pieces, so that a connection that is ended is noticed.
        for at in range(0, len(row[1]), 500):
            connection.send(*row[1][at:at + 500])
            if connection.cut:
                break
        assert_refused(connection)
    assert len(world.backend.find("/rapid")) - before < 4000
    assert world.gateway.memory - memory < 40 << 20
    with peer(world.place) as connection:
        assert connection.call(1).status == 200


@pytest.mark.parametrize("parts", [[ping()] * 1000, [settings((WINDOW, 65535))] * 1000], ids=["ping", "settings"])
def test_replies_that_are_not_read_are_bounded(world, parts):
    memory = world.gateway.memory
    with peer(world.place) as connection:
        for _ in range(2000):
            connection.send(*parts)
            if connection.cut:
                break
        assert connection.until(lambda: connection.cut or connection.closed), connection
    assert world.gateway.memory - memory < 60 << 20
    with peer(world.place) as connection:
        assert connection.call(1).status == 200


def test_stream_beyond_the_limit_is_refused(world):
    shortfall(world, "ends the connection")
    with peer(world.small) as connection:
        connection.send(*[request(n, method="POST", end=False) for n in (1, 3, 5, 7)])
        assert connection.answer(7).reset == REFUSED_STREAM, connection
        connection.send(data(1, b"a", True))
        assert connection.answer(1).status == 200
        assert connection.call(9).status == 200


def test_small_window_of_the_client_is_kept(world):
    with peer(world.place, (WINDOW, 3), credit=False) as connection:
        connection.send(request(1))
        told = connection.stream(1)
        assert connection.until(lambda: len(told.body) == 3)
        assert not connection.until(lambda: len(told.body) > 3, 0.2)
        connection.send(update(1, 2))
        assert connection.until(lambda: len(told.body) == 5)
        connection.send(settings((WINDOW, 65535)))
        answer = connection.answer(1)
        assert answer.body == b"recorder" and answer.ended, "its end follows its last byte"


def test_window_of_zero_lets_the_head_pass(world):
    with peer(world.place, (WINDOW, 0), credit=False) as connection:
        connection.send(request(1))
        told = connection.stream(1)
        assert connection.until(lambda: told.status == 200)
        assert not connection.until(lambda: told.body, 0.2)
        connection.send(update(1, 100))
        answer = connection.answer(1)
        assert answer.body == b"recorder" and answer.ended, "its end follows its last byte"


def test_window_may_become_negative(world):
    with peer(world.place, (WINDOW, 4), credit=False) as connection:
        connection.send(request(1))
        told = connection.stream(1)
        assert connection.until(lambda: len(told.body) == 4)
        connection.send(settings((WINDOW, 0)), update(1, 4))
        assert not connection.until(lambda: len(told.body) > 4, 0.2)
        connection.send(update(1, 4))
        answer = connection.answer(1)
        assert answer.body == b"recorder" and answer.ended, "its end follows its last byte"


def test_data_beyond_the_stream_window_is_refused(world):
    with peer(world.small) as connection:
        # Nothing is passed on, so nothing may be given back to the windows; Envoy gives back up to its buffer of 1 MB.
        connection.send(request(1, method="POST", path="/held", end=False), *[data(1, b"a" * 16384)] * 80)
        kind, code = connection.fate(1)
        assert kind in ("stream", "connection") and code == FLOW_CONTROL_ERROR, connection


def test_upload_larger_than_the_windows_passes(world):
    with peer(world.small) as connection:
        connection.send(request(1, ("content-length", "400000"), method="POST", end=False, path="/upload"))
        window, total, sent = {0: 65535, 1: 65535}, 400_000, 0
        while sent < total:
            size = min(16384, window[0], window[1], total - sent)
            if not size:
                before = len(connection.updates)
                assert connection.until(lambda: len(connection.updates) > before), connection
                for stream, more in connection.updates[before:]:
                    window[stream] += more
                continue
            before = len(connection.updates)
            connection.send(data(1, b"a" * size, sent + size == total))
            sent += size
            window[0], window[1] = window[0] - size, window[1] - size
        assert connection.answer(1).status == 200
    assert len(world.backend.find("/upload")[-1].body) == 400_000


def test_many_streams_on_one_connection(world):
    with peer(world.place) as connection:
        connection.send(*[request(2 * n + 1, path=f"/many-{n}") for n in range(90)])
        assert all(connection.answer(2 * n + 1).status == 200 for n in range(90))


def test_idle_connection_is_ended_politely(world):
    with peer(world.idle) as connection:
        assert connection.call(1).status == 200
        assert connection.until(lambda: connection.closed or connection.goaways)
        assert connection.goaways and connection.goaways[-1][0] == NO_ERROR, connection
        assert connection.until(lambda: connection.closed)


def test_unanswered_keepalive_ends_the_connection(world):
    with peer(world.pinging) as connection:
        connection.answers_pings = False
        assert connection.until(lambda: connection.closed), connection


def test_answered_keepalive_does_not(world):
    with peer(world.pinging) as connection:
        # By the eighth an answer that was not taken would have ended it.
        assert connection.until(lambda: len([f for f in connection.frames if f.type == PING]) >= 8)
        assert connection.call(1).status == 200


def test_connection_is_ended_after_so_many_requests(world):
    with peer(world.counted) as connection:
        for n in range(3):
            assert connection.call(2 * n + 1).status == 200
        assert connection.until(lambda: connection.goaways), connection
        assert connection.goaways[0][0] == NO_ERROR


def test_underscores_are_refused_where_configured(world):
    with peer(world.strict) as connection:
        connection.send(request(1, ("x_a", "b")))
        assert connection.fate(1) == ("stream", INTERNAL_ERROR), connection
        assert connection.call(3, ("x-a", "b")).status == 200
        connection.send(request(5, ("x_a", "b"), method="POST", end=False))
        assert connection.fate(5) == ("stream", INTERNAL_ERROR), connection
    assert not [r for r in world.backend.requests if "x_a" in dict(r.headers)]


def test_idle_stream_is_ended(world):
    with peer(world.small) as connection:
        connection.send(request(1, method="POST", end=False))
        kind, code = connection.fate(1)
        assert kind == "stream" or (kind, code) == ("status", 408), connection
        assert connection.call(3).status == 200


def test_reset_of_the_client_reaches_the_backend(world):
    before = world.backend.aborted
    with peer(world.place) as connection:
        connection.send(request(1, ("content-length", "10"), method="POST", path="/reset", end=False), data(1, b"abc"))
        eventually("the backend has its head", lambda: "/reset" in world.backend.begun)
        connection.send(rst(1))
        eventually("the backend's request is cut", lambda: world.backend.aborted > before)
        assert connection.call(3).status == 200


def test_termination_says_goaway_and_finishes(workdir):
    """Asked of ours beyond Envoy."""
    made = World("hanse", workdir)
    with made.gateway:
        with peer(made.place) as connection:
            connection.send(request(1, method="POST", end=False))
            assert connection.is_alive()
            made.gateway.process._popen.terminate()
            assert connection.until(lambda: connection.goaways), connection
            assert connection.goaways[0][0] == NO_ERROR
            connection.send(data(1, b"ab", True))
            assert connection.answer(1).status == 200 or connection.stream(1).status == 200
            assert connection.until(lambda: connection.closed)
