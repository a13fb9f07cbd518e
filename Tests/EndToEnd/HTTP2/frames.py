"""An HTTP/2 client that writes frames as they are, good and bad, and reads what comes back."""

import socket
import time

from hpack import Decoder, Encoder
from hyperframe.frame import Frame

from network import connect, reset

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, \
    REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = range(12)
TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, WINDOW, FRAME_SIZE, LIST_SIZE = range(1, 7)


def frame(type, flags=0, stream=0, payload=b"", length=None):
    """A frame's bytes; `length` lies about the payload's."""
    length = len(payload) if length is None else length
    return length.to_bytes(3, "big") + bytes([type, flags]) + stream.to_bytes(4, "big") + payload


def number(value):
    return value.to_bytes(4, "big")


def settings(*pairs, ack=False):
    """A SETTINGS frame of (identifier, value) pairs."""
    return frame(SETTINGS, ACK if ack else 0, 0,
                 b"".join(i.to_bytes(2, "big") + v.to_bytes(4, "big") for i, v in pairs))


def data(stream, body=b"", end=False):
    return frame(DATA, END_STREAM if end else 0, stream, body)


def rst(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, number(code))


def update(stream, size):
    return frame(WINDOW_UPDATE, 0, stream, number(size))


def ping(word=b"12345678", ack=False):
    return frame(PING, ACK if ack else 0, 0, word)


def literal(name, value):
    """A field without indexing or Huffman coding, so that any byte may stand in it."""
    return b"\0" + integer(len(name), 7) + name + integer(len(value), 7) + value


def integer(value, bits, first=0):
    """An HPACK integer with the prefix of so many bits."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([first | value])
    out, value = [first | limit], value - limit
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    return bytes([*out, value])


def block(fields):
    """A header block of (name, value) pairs, text or bytes."""
    def raw(text):
        return text if isinstance(text, bytes) else text.encode("latin-1")
    return b"".join(literal(raw(name), raw(value)) for name, value in fields)


def fields(*more, method="GET", path="/", authority="a.example", scheme="http"):
    """A request's fields: pseudo-header fields that are not None, and more."""
    pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
    return [(name, value) for name, value in pseudo if value is not None] + list(more)


def request(stream, *more, end=True, **pseudo):
    """The HEADERS frame of a request."""
    return frame(HEADERS, END_HEADERS | (END_STREAM if end else 0), stream, block(fields(*more, **pseudo)))


class Told:
    """What came back on a stream."""

    def __init__(self):
        self.status, self.headers, self.body, self.trailers = None, [], b"", None
        self.informational, self.ended, self.reset = [], False, None

    def __repr__(self):
        return f"status={self.status} ended={self.ended} reset={self.reset} body={self.body[:60]!r} {self.trailers}"

    def __getitem__(self, name):
        return next((value for key, value in self.headers if key == name), None)

    @property
    def is_over(self):
        return self.ended or self.reset is not None


class Peer:
    """A connection's client side. It acknowledges SETTINGS and PING, and opens windows where `credit` says so."""

    def __init__(self, sock, timeout=10, credit=True):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.timeout, self.credit = sock, timeout, credit
        self.encoder, self.decoder = Encoder(), Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.streams, self.settings, self.goaways, self.pongs = {}, None, [], []
        self.frames, self.acked, self.updates = [], 0, []
        # `cut`: nothing more can be sent; `closed`: nothing more comes either.
        self.cut, self.closed = False, False
        self.answers_settings, self.answers_pings = True, True
        self._buffer, self._block = bytearray(), None

    def send(self, *parts):
        """Sends bytes; a connection that is gone already is no error: what it said before is still to be read."""
        try:
            self.sock.settimeout(self.timeout)
            self.sock.sendall(b"".join(parts))
        except TimeoutError:
            self.cut = self.closed = True
        except OSError:
            self.cut = True

    def start(self, *pairs):
        """The preface, our SETTINGS, and the server's."""
        self.send(PREFACE, settings(*pairs))
        assert self.until(lambda: self.settings is not None and self.acked), self
        return self

    def stream(self, number):
        return self.streams.setdefault(number, Told())

    def until(self, condition, seconds=None):
        """Reads until the condition holds: True, or False where the time or the connection ended first."""
        deadline = time.monotonic() + (seconds or self.timeout)
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0 or self.closed and not self._take():
                return bool(condition())
            if self._take():
                continue
            try:
                self.sock.settimeout(left)
                more = self.sock.recv(65536)
            except TimeoutError:
                return bool(condition())
            except OSError:
                more = b""
            self._buffer += more
            self.closed = not more
        return True

    def _take(self):
        """Handles one frame of the buffer; False where there is none."""
        if len(self._buffer) < 9:
            return False
        head, length = Frame.parse_frame_header(memoryview(bytes(self._buffer[:9])))
        if len(self._buffer) < 9 + length:
            return False
        body = bytes(self._buffer[9:9 + length])
        del self._buffer[:9 + length]
        head.parse_body(memoryview(body))
        self.frames.append(head)
        self._handle(head, length)
        return True

    def _handle(self, head, length):
        kind, told = head.type, self.stream(head.stream_id) if head.stream_id else None
        if kind == SETTINGS:
            if "ACK" in head.flags:
                self.acked += 1
            else:
                self.settings = {**(self.settings or {}), **head.settings}
                if self.answers_settings:
                    self.send(settings(ack=True))
        elif kind == PING:
            if "ACK" in head.flags:
                self.pongs.append(head.opaque_data)
            elif self.answers_pings:
                self.send(ping(head.opaque_data, ack=True))
        elif kind == GOAWAY:
            self.goaways.append((head.error_code, head.last_stream_id))
        elif kind == RST_STREAM:
            told.reset = head.error_code
        elif kind == WINDOW_UPDATE:
            self.updates.append((head.stream_id, head.window_increment))
        elif kind in (HEADERS, CONTINUATION):
            begun, ends = self._block or (b"", "END_STREAM" in head.flags)
            self._block = (begun + head.data, ends)
            if "END_HEADERS" in head.flags:
                self._headers(told, *self._block)
                self._block = None
        elif kind == DATA:
            told.body += head.data
            told.ended = told.ended or "END_STREAM" in head.flags
            if self.credit and length:
                self.send(update(0, length), *([] if told.ended else [update(head.stream_id, length)]))

    def _headers(self, told, encoded, ends):
        found = [(str(name), str(value)) for name, value in self.decoder.decode(encoded)]
        status = dict(found).get(":status")
        if status and 100 <= int(status) < 200:
            told.informational.append(int(status))
        elif status:
            told.status, told.headers = int(status), found
        else:
            told.trailers = found
        told.ended = told.ended or ends

    def call(self, stream, *more, body=None, **pseudo):
        """A whole request; what came back when it is over."""
        self.send(request(stream, *more, end=body is None, **pseudo))
        if body is not None:
            self.send(data(stream, body, end=True))
        return self.answer(stream)

    def answer(self, stream, seconds=None):
        """What came back on a stream that ends, or whose connection does."""
        told = self.stream(stream)
        is_over = self.until(lambda: told.is_over or self.goaways and self.goaways[-1][0], seconds)
        assert is_over or self.closed, f"no end of stream {stream}: {told}"
        return told

    def is_alive(self):
        """True when a PING is answered."""
        before = len(self.pongs)
        self.send(ping(b"is alive"))
        return self.until(lambda: self.goaways and self.goaways[-1][0] or len(self.pongs) > before) \
            and len(self.pongs) > before

    def fate(self, stream=1):
        """What became of it: `connection` and a code, `stream` and a code, `status` and its number, or `silence`."""
        told = self.stream(stream)
        self.until(lambda: told.is_over or self.closed or any(code for code, _ in self.goaways))
        if bad := [code for code, _ in self.goaways if code]:
            return "connection", bad[0]
        if told.reset is not None:
            return "stream", told.reset
        if told.ended:
            return "status", told.status
        if self.closed:
            return "connection", None
        return "silence", None

    def __repr__(self):
        return f"goaways={self.goaways} closed={self.closed} streams={self.streams}"

    def close(self):
        self.sock.close()

    def abort(self):
        reset(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def peer(place, *pairs, timeout=10, **options):
    """A connection with prior knowledge, its SETTINGS exchanged."""
    return Peer(connect(place, timeout), timeout, **options).start(*pairs)


def bare(place, timeout=10):
    """A connection on which nothing has been sent."""
    return Peer(connect(place, timeout), timeout)
