"""A name server of our own, over UDP and TCP on one port, whose answers tests change while it runs."""

import collections
import contextlib
import socket
import struct
import threading
import time

A, CNAME, AAAA = 1, 5, 28
SERVFAIL, NXDOMAIN = 2, 3
Asked = collections.namedtuple("Asked", "name type transport id port")


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


def _record(name, kind, ttl, data):
    return encoded(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


class Question:
    """A message that asks."""

    def __init__(self, message):
        labels, offset = [], 12
        while message[offset]:
            labels.append(message[offset + 1:offset + 1 + message[offset]].decode().lower())
            offset += 1 + message[offset]
        self.name = ".".join(labels)
        self.id, self.section = message[:2], message[12:offset + 5]
        self.type = struct.unpack(">H", message[offset + 1:offset + 3])[0]

    def answer(self, records=(), code=0, truncated=False):
        flags = 0x8180 | code | (0x0200 if truncated else 0)
        return self.id + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + self.section + b"".join(records)


class NameServer:
    """Answers from `records`: addresses of either family by name; names that are not there do not exist.

    `aliases` leads names to others, `ttls` has times to live other than `ttl`. `forge` is called with the socket, the
    question and who asked, before the answer is sent; `delays` holds, for each of the next answers, how late it is.
    """

    def __init__(self, ttl=1, host="127.0.0.1"):
        self.records, self.aliases, self.ttl, self.ttls = {}, {}, ttl, {}
        self.asked, self.delays = [], []
        self.calm()
        while True:
            self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._udp.bind((host, 0))
            self.host, self.port = self._udp.getsockname()
            self._tcp = socket.socket()
            with contextlib.suppress(OSError):
                self._tcp.bind((self.host, self.port))
                break
            self._udp.close()
        self._tcp.listen()
        for body in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=body, daemon=True).start()

    def calm(self):
        """Answers, in order and as it should."""
        self.is_silent = self.fails = self.truncates = False
        self.forge = None
        self.delays.clear()

    @property
    def questions(self):
        return len(self.asked)

    def count(self, name):
        """How many questions came for a name."""
        return sum(question.name == name for question in self.asked)

    def _serve_udp(self):
        while True:
            try:
                message, sender = self._udp.recvfrom(4096)
            except OSError:
                return
            if not message:
                return
            question = self._ask(message, "udp", sender)
            if self.is_silent:
                continue
            if self.forge:
                self.forge(self._udp, question, sender)
            late = self.delays.pop(0) if self.delays else 0
            answer = question.answer(truncated=True) if self.truncates else self._answer(question)
            threading.Timer(late, self._send, (answer, sender)).start() if late else self._send(answer, sender)

    def _send(self, answer, sender):
        with contextlib.suppress(OSError):
            self._udp.sendto(answer, sender)

    def _serve_tcp(self):
        while True:
            try:
                sock, sender = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve_connection, args=(sock, sender), daemon=True).start()

    def _serve_connection(self, sock, sender):
        with sock, contextlib.suppress(OSError):
            stream = sock.makefile("rb")
            while head := stream.read(2):
                question = self._ask(stream.read(struct.unpack(">H", head)[0]), "tcp", sender)
                if not self.is_silent:
                    answer = self._answer(question)
                    # In two pieces: readers have to wait for the whole.
                    sock.sendall(struct.pack(">H", len(answer)) + answer[:7])
                    time.sleep(0.01)
                    sock.sendall(answer[7:])

    def _ask(self, message, transport, sender):
        question = Question(message)
        self.asked.append(Asked(question.name, question.type, transport, question.id, sender[1]))
        return question

    def _answer(self, question):
        if self.fails:
            return question.answer(code=SERVFAIL)
        name, records = question.name, []
        ttl = self.ttls.get(name, self.ttl)
        while name in self.aliases:
            records.append(_record(name, CNAME, ttl, encoded(self.aliases[name])))
            name = self.aliases[name]
        if name not in self.records:
            return question.answer(code=NXDOMAIN)
        for address in self.records[name]:
            kind, family = (AAAA, socket.AF_INET6) if ":" in address else (A, socket.AF_INET)
            if kind == question.type:
                records.append(_record(name, kind, ttl, socket.inet_pton(family, address)))
        return question.answer(records)

    def stop(self):
        # Before closing: a thread that waits in them would keep them open.
        for sock in (self._udp, self._tcp):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
