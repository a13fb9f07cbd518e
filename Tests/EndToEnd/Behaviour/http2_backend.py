"""A backend that speaks HTTP/2 alone, by PyPI's h2."""

import contextlib

import h2.config
import h2.connection
import h2.events
import h2.exceptions

from network import Backend


class HTTP2Backend(Backend):
    """Answers every HTTP/2 request with `status`, and notes their heads.

    `gate`, once set, holds answers back; `waiting` counts the connections on which it does.
    """

    def __init__(self):
        self.status, self.heads, self.connections, self.gate, self.waiting = "200", [], 0, None, 0
        super().__init__("http2")

    def serve(self, sock):
        self.connections += 1
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        sock.sendall(connection.data_to_send())
        while data := sock.recv(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self.heads.append(dict(event.headers))
                    self.wait_at_gate()
                    # Who asked may have given it up.
                    with contextlib.suppress(h2.exceptions.StreamClosedError):
                        connection.send_headers(event.stream_id, [(":status", self.status)], end_stream=True)
            sock.sendall(connection.data_to_send())
