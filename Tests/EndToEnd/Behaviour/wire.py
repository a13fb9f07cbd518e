"""HTTP/1 by hand: a client that sends bytes as they are, and a backend that records requests exactly."""

import collections
import contextlib
import socket

from network import Backend, connect, reset

Recorded = collections.namedtuple("Recorded", "method target headers body connection")


def values(headers, name):
    """The values of every line of that name, in order."""
    return [value for key, value in headers if key == name]


class Answer:
    """An answer as read: `closed` says whether the other side ended the connection after it."""

    def __init__(self, status, headers, body, closed=None, head=b""):
        self.status, self.headers, self.body, self.closed, self.head = status, headers, body, closed, head

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r} closed={self.closed}"

    def values(self, name):
        return values(self.headers, name)

    def __getitem__(self, name):
        found = self.values(name)
        return found[0] if found else None


class Wire:
    """A connection that bytes are written to and answers are read from."""

    def __init__(self, sock, timeout=8):
        sock.settimeout(timeout)
        self.sock, self._buffer = sock, b""

    def send(self, data):
        self.sock.sendall(data)

    def _more(self):
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            data = b""
        self._buffer += data
        return bool(data)

    def _until(self, mark):
        while mark not in self._buffer:
            if not self._more():
                return None
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _exactly(self, count):
        while len(self._buffer) < count and self._more():
            pass
        found, self._buffer = self._buffer[:count], self._buffer[count:]
        return found

    def head(self):
        """Status and headers of the next answer; None where the connection ended instead."""
        head = self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(k.lower(), v.strip()) for k, _, v in (line.partition(":") for line in lines)]
        return Answer(int(first.split(" ")[1]), headers, b"", head=head)

    def chunk(self):
        """The next chunk's bytes; empty at the end of the body."""
        size = int(self._until(b"\r\n").split(b";")[0], 16)
        data = self._exactly(size)
        self._until(b"\r\n")
        return data

    def answer(self, method="GET"):
        """The next final answer with its body."""
        found = self.head()
        while found and 100 <= found.status < 200 and found.status != 101:
            found = self.head()
        if found is None or method == "HEAD" or found.status in (101, 204, 304):
            return found
        if "chunked" in found.values("transfer-encoding"):
            while data := self.chunk():
                found.body += data
        elif found["content-length"] is not None:
            found.body = self._exactly(int(found["content-length"]))
        else:
            while self._more():
                pass
            found.body, self._buffer = self._buffer, b""
        return found

    def end(self):
        """Ends the own half; the other side may have reset the connection already."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def ends(self, seconds=10):
        """True when the other side ends the connection within that time."""
        self.sock.settimeout(seconds)
        try:
            return not self._more()
        except TimeoutError:
            return False

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wire(place, timeout=8):
    return Wire(connect(place, timeout), timeout)


def exchange(place, data, method="GET", end=False):
    """Sends bytes on a connection of its own; the answer, and whether the connection was closed after it."""
    with wire(place) as connection:
        with contextlib.suppress(ConnectionError):
            connection.send(data)
        if end:
            connection.end()
        answer = connection.answer(method)
        if answer is None:
            return Answer(0, [], b"", True)
        if answer.status >= 400 and "close" in answer.values("connection"):
            # A gateway may wait for the client to close first.
            connection.end()
            answer.closed = connection.ends()
        return answer


def request(target="/", *lines, method="GET", host="a.example", body=None):
    """The bytes of a request."""
    head = [f"{method} {target} HTTP/1.1", *([f"Host: {host}"] if host is not None else []), *lines]
    if body is not None:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + (body or b"")


class Recorder(Backend):
    """A backend that records whole requests, and answers by the number or word in the header `x-answer`.

    `begun` has the targets of those too whose body did not come yet.
    """

    def __init__(self, name="recorder", **options):
        self.requests, self.begun, self.aborted, self._connections = [], [], 0, 0
        super().__init__(name, **options)

    def find(self, target):
        """The requests for a target."""
        return [r for r in self.requests if r.target == target]

    def serve(self, sock):
        with self._lock:
            self._connections += 1
            number = self._connections
        stream = sock.makefile("rb")
        while line := stream.readline():
            method, target, _ = line.decode("latin-1").split(" ", 2)
            headers = []
            while (line := stream.readline()) not in (b"\r\n", b""):
                key, _, value = line.decode("latin-1").partition(":")
                headers.append((key, value.strip(" \r\n")))
            if not line:
                self.aborted += 1
                return
            self.begun.append(target)
            body = self._body(stream, {k.lower(): v for k, v in headers})
            if body is None:
                self.aborted += 1
                return
            self.requests.append(Recorded(method, target, headers, body, number))
            if not self._reply(sock, method, target, [(k.lower(), v) for k, v in headers]):
                return

    @staticmethod
    def _body(stream, headers):
        if "content-length" in headers:
            size = int(headers["content-length"])
            body = stream.read(size)
            return body if len(body) == size else None
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            while True:
                line = stream.readline()
                if not line.strip():
                    return None
                size = int(line.split(b";")[0], 16)
                data = stream.read(size)
                if len(data) != size or not stream.readline():
                    return None
                if not size:
                    break
                body += data
        return body

    def _reply(self, sock, method, target, headers):
        word = (values(headers, "x-answer") or ["200"])[0]
        script = ANSWERS.get(word)
        if script is not None:
            sock.sendall(script)
            return word in KEEPS
        if word == "drop":
            return False
        if word == "reset":
            reset(sock)
            return False
        if word == "hang":
            sock.settimeout(20)
            return bool(sock.recv(1))
        body = self.name.encode()
        sock.sendall(b"HTTP/1.1 %s Said\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n%s" % (
            word.encode(), len(body), b"" if method == "HEAD" else body))
        return True


OK = b"HTTP/1.1 200 OK\r\n"
KEEPS = {"chunked", "headers", "204", "304", "hints", "empty"}
ANSWERS = {
    "chunked": OK + b"transfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n",
    "until-end": OK + b"\r\nuntil the end",
    "empty": OK + b"content-length: 0\r\n\r\n",
    "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "304": b"HTTP/1.1 304 Not Modified\r\netag: \"e\"\r\n\r\n",
    "hints": b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK + b"content-length: 2\r\n\r\nok",
    "headers": OK + b"content-length: 2\r\nserver: backend\r\ndate: Thu, 01 Jan 2015 00:00:00 GMT\r\nx-twice: 1\r\n"
                    b"x-twice: 2\r\nX-Mixed: Case\r\nkeep-alive: timeout=9\r\nconnection: x-hop\r\nx-hop: gone\r\n"
                    b"set-cookie: a=1\r\nset-cookie: b=2\r\nx-drop: 1\r\nx-set: backend\r\n\r\nok",
    "garbage": b"this is not HTTP at all\r\n\r\n",
    "bad-version": b"HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n",
    "bad-status": b"HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n",
    "status-99": b"HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n",
    "status-600": b"HTTP/1.1 600 High\r\ncontent-length: 0\r\n\r\n",
    "unasked-101": b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "two-lengths": OK + b"content-length: 2\r\ncontent-length: 3\r\n\r\nabc",
    "length-and-coding": OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad-length": OK + b"content-length: x\r\n\r\n",
    "control": OK + b"x-a: a\x01b\r\ncontent-length: 0\r\n\r\n",
    "nul": OK + b"x-a: a\x00b\r\ncontent-length: 0\r\n\r\n",
    "bad-name": OK + b"x a: b\r\ncontent-length: 0\r\n\r\n",
    "short": OK + b"content-length: 100\r\n\r\nonly this",
    "cut-chunk": OK + b"transfer-encoding: chunked\r\n\r\n64\r\nonly this",
    "huge": OK + b"x-a: " + b"a" * 100_000 + b"\r\ncontent-length: 0\r\n\r\n",
    "many": OK + b"".join(b"x-%d: 1\r\n" % n for n in range(150)) + b"content-length: 0\r\n\r\n",
}
