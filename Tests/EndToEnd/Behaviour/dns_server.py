"""A name server of our own on a UDP port of 127.0.0.1, whose answers tests change while it runs."""

import contextlib
import socket
import struct
import threading


class NameServer:
    """Answers A questions from `records`; names that are not there do not exist."""

    def __init__(self, ttl=1):
        self.records, self.ttl, self.questions = {}, ttl, 0
        self.is_silent, self.fails = False, False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                question, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            self.questions += 1
            if not self.is_silent:
                with contextlib.suppress(OSError):
                    self._socket.sendto(self._answer(question), sender)

    def _answer(self, question):
        labels, offset = [], 12
        while question[offset]:
            labels.append(question[offset + 1:offset + 1 + question[offset]].decode().lower())
            offset += 1 + question[offset]
        end = offset + 5
        kind = struct.unpack(">H", question[offset + 1:offset + 3])[0]
        name = ".".join(labels)
        addresses = self.records.get(name, []) if kind == 1 else []
        code = 2 if self.fails else 0 if name in self.records else 3
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 0 if code else len(addresses), 0, 0)
        body = b"" if code else b"".join(
            b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, self.ttl, 4) + socket.inet_aton(address)
            for address in addresses)
        return head + question[12:end] + body

    def stop(self):
        self._socket.close()
