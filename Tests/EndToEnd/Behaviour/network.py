"""Clients and backends on plain sockets: HTTP/1.1, TLS and bytes."""

import collections
import contextlib
import http.client
import json
import socket
import ssl
import struct
import threading


class Reply:
    """An HTTP answer; `said` is the JSON that backends of this suite answer with."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"

    @property
    def said(self):
        return json.loads(self.body)

    @property
    def backend(self):
        """The name of the backend that answered, None where the gateway did."""
        try:
            return self.said.get("backend")
        except (ValueError, AttributeError):
            return None


class Connection:
    """A keep-alive HTTP/1.1 connection over a socket that is connected already."""

    def __init__(self, sock, timeout=10):
        sock.settimeout(timeout)
        self.sock = sock
        self._http = http.client.HTTPConnection("unused", timeout=timeout)
        self._http.auto_open = 0
        self._http.sock = sock

    def call(self, path="/", method="GET", host="a.example", headers=None, body=None):
        self._http.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": host, **(headers or {})}.items():
            self._http.putheader(name, value)
        if body is not None:
            self._http.putheader("Content-Length", str(len(body)))
        self._http.endheaders(body)
        answer = self._http.getresponse()
        text = answer.read()
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text.decode(errors="replace"))

    def close(self):
        self._http.close()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def connect(place, timeout=10):
    return socket.create_connection(tuple(place), timeout)


def get(place, path="/", timeout=10, **options):
    """One request on a connection of its own."""
    with Connection(connect(place, timeout), timeout) as connection:
        return connection.call(path, **options)


def client_context(identity=None, roots=None, minimum=None, maximum=None, alpn=()):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED if roots else ssl.CERT_NONE
    if roots:
        context.load_verify_locations(str(roots))
    if identity:
        context.load_cert_chain(str(identity.certificate), str(identity.key))
    context.minimum_version = minimum or ssl.TLSVersion.TLSv1_2
    context.maximum_version = maximum or ssl.TLSVersion.TLSv1_3
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def connect_tls(place, sni=None, context=None, session=None, timeout=10, **options):
    """A TLS connection; errors of the handshake are raised."""
    context = context or client_context(**options)
    raw = connect(place, timeout)
    try:
        return context.wrap_socket(raw, server_hostname=sni, session=session)
    except BaseException:
        raw.close()
        raise


class Seen:
    """How a TLS connection went: the bytes read, or the alert or error that ended it."""

    def __init__(self, data=b"", error=None, version=None, alpn=None, reused=False, session=None):
        self.data, self.error, self.version, self.alpn = data, error, version, alpn
        self.reused, self.session, self.remote = reused, session, None

    @property
    def refused(self):
        return not self.data

    def __repr__(self):
        return f"data={self.data[:80]!r} error={self.error} version={self.version} alpn={self.alpn}"


def probe(place, sni=None, send=b"ping\n", **options):
    """Connects by TLS, sends, and reads until an answer, an alert or the end."""
    context, session = options.pop("context", None), options.pop("session", None)
    raw = connect(place)
    own = remote(raw)
    try:
        sock = (context or client_context(**options)).wrap_socket(raw, server_hostname=sni, session=session)
    except (OSError, ssl.SSLError) as error:
        raw.close()
        seen = Seen(error=reason(error))
        seen.remote = own
        return seen
    seen = Seen(version=sock.version(), alpn=sock.selected_alpn_protocol(), reused=sock.session_reused)
    try:
        if send:
            sock.sendall(send)
        seen.data = sock.recv(65536)
        if not seen.data:
            seen.error = "closed"
    except (OSError, ssl.SSLError) as error:
        seen.error = reason(error)
    seen.session = sock.session
    seen.remote = own
    sock.close()
    return seen


def remote(sock):
    """The client's address as access logs write it."""
    return "%s:%d" % sock.getsockname()


def reason(error):
    return getattr(error, "reason", None) or type(error).__name__


def read_all(sock, limit=1 << 30):
    """Bytes until the end; a reset counts as an end."""
    parts, total = [], 0
    while total < limit:
        try:
            part = sock.recv(65536)
        except (ConnectionError, ssl.SSLError):
            break
        if not part:
            break
        parts.append(part)
        total += len(part)
    return b"".join(parts)


def is_closed(sock, seconds=5):
    """True when the other side ends the connection within that time."""
    sock.settimeout(seconds)
    try:
        return sock.recv(65536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def reset(sock):
    """Closes with RST instead of FIN."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


class Backend:
    """A TCP server; each connection runs `serve(sock)` on a thread."""

    def __init__(self, name="backend", tls=None, host="127.0.0.1", port=0):
        self.name, self.tls = name, tls
        self.accepted, self.open, self.failed = 0, 0, []
        self.snis, self.protocols, self.peers = [], [], []
        self._lock = threading.Lock()
        self._live = set()
        self._listener = None
        self.place = (host, port)
        self.start()

    def start(self):
        """Opens the port, the same as before."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(self.place)
        listener.listen(1024)
        self.place = listener.getsockname()
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return self

    @property
    def port(self):
        return self.place[1]

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                if listener is not self._listener:
                    return sock.close()
                self.accepted += 1
                self._live.add(sock)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._run, args=(sock,), daemon=True).start()

    def _run(self, sock):
        raw = sock
        try:
            if self.tls:
                names = []
                self.tls.sni_callback = lambda _, name, __: names.append(name)
                sock = self.tls.wrap_socket(sock, server_side=True)
                with self._lock:
                    if raw not in self._live:
                        return
                    self._live.discard(raw)
                    self._live.add(sock)
                self.snis += names
                self.protocols.append(sock.version())
                self.peers.append(sock.getpeercert(True))
            with self._lock:
                self.open += 1
            try:
                self.serve(sock)
            finally:
                with self._lock:
                    self.open -= 1
        except (OSError, ssl.SSLError, ValueError) as error:
            self.failed.append(reason(error))
        finally:
            with self._lock:
                self._live.discard(sock)
                self._live.discard(raw)
            sock.close()

    def serve(self, sock):
        """Echoes until the client ends its half, then ends the own."""
        while data := sock.recv(65536):
            sock.sendall(data)

    # Of a backend that answers: `gate`, once set, holds answers back until it opens; `waiting` counts those held.
    gate, waiting = None, 0

    def wait_at_gate(self):
        """Holds this thread's answer back where a gate is set."""
        if gate := self.gate:
            with self._lock:
                self.waiting += 1
            gate.wait(30)
            with self._lock:
                self.waiting -= 1

    def open_gate(self):
        """Lets every answer go that is held back."""
        if self.gate:
            self.gate.set()
            self.gate = None

    def refuse(self):
        """Closes the port; connections live on."""
        if self._listener:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def stop(self):
        """Closes the port and every connection."""
        self.refuse()
        with self._lock:
            # One that still shakes hands finds itself gone from here, and ends.
            live, self._live = self._live, set()
        for sock in live:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


class Scripted(Backend):
    """A backend whose connections run a function of the socket."""

    def __init__(self, script, **options):
        self._script = script
        super().__init__(**options)

    def serve(self, sock):
        self._script(sock)


Request = collections.namedtuple("Request", "method path headers body")


class HttpBackend(Backend):
    """Answers JSON that names itself and what it was asked.

    `status` and `health` are the statuses of answers and of `/healthz`; `gate`, once set, holds answers back
    while it is not set; `answer` replaces the answer's bytes altogether.
    """

    def __init__(self, name="backend", **options):
        self.status, self.health, self.gate, self.answer = 200, 200, None, None
        self.requests, self.checks, self.waiting = [], [], 0
        super().__init__(name, **options)

    def serve(self, sock):
        stream = sock.makefile("rb")
        while line := stream.readline():
            method, path, _ = line.decode().split(" ", 2)
            headers = {}
            while (line := stream.readline()) not in (b"\r\n", b""):
                key, _, value = line.decode().partition(":")
                headers[key.lower()] = value.strip()
            body = b""
            if "content-length" in headers:
                body = stream.read(int(headers["content-length"]))
            elif headers.get("transfer-encoding") == "chunked":
                while size := int(stream.readline().split(b";")[0], 16):
                    body += stream.read(size)
                    stream.readline()
                stream.readline()
            request = Request(method, path, headers, body)
            if path == "/healthz":
                self.checks.append(request)
                self._send(sock, self.health, b"{}")
                continue
            self.requests.append(request)
            self.wait_at_gate()
            if self.answer is not None:
                sock.sendall(self.answer)
                return
            text = json.dumps({"backend": self.name, "method": method, "path": path, "headers": headers,
                               "body": len(body)})
            self._send(sock, self.status, text.encode())

    @staticmethod
    def _send(sock, status, body):
        sock.sendall(f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
                     .encode() + body)


def server_context(identity, roots=None, minimum=None, maximum=None, alpn=()):
    """A TLS server; with `roots` it demands a client's certificate of them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(identity.certificate), str(identity.key))
    if roots:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(roots))
    context.minimum_version = minimum or ssl.TLSVersion.TLSv1_2
    context.maximum_version = maximum or ssl.TLSVersion.TLSv1_3
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context
