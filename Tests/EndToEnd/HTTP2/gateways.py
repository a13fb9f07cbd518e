"""Gateways whose listeners speak HTTP/2, with a recording HTTP/1 backend behind them."""

import contextlib
import socket

from pki import certificates
from resources import bootstrap, chain, cluster, http, listener, route, server_tls
from running import Gateway, place
from wire import Recorder


def assert_refused(connection, stream=1):
    """What became of a request that may not be served."""
    kind, code = connection.fate(stream)
    assert kind in ("stream", "connection") or (kind == "status" and code in (400, 404, 431)), (kind, code)
    return kind


class Full:
    """A port whose queue is full: who connects waits."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._listener.getsockname()[1]
        self._fillers = [socket.socket() for _ in range(4)]
        for filler in self._fillers:
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))


class World:
    """Listeners: `place` as generated, `secure` by TLS, `small` with few streams, `idle` and `pinging` with limits.

    What `/held` is sent stays in the gateway.
    """

    def __init__(self, kind, directory):
        self.kind, self.backend, self.full, self.pki = kind, Recorder(), Full(), certificates()
        self.place, self.secure, self.small, self.idle, self.pinging, self.counted, self.strict = (
            place() for _ in range(7))
        routes = [route("held", "/held", "full", {"timeout": "0s"}), route("all", "/", "backend")]
        windows = {"initial_stream_window_size": 65535, "initial_connection_window_size": 1 << 20}

        def manager(name, streams=100, **more):
            options = {"max_concurrent_streams": streams, **windows, **more.pop("http2", {})}
            if kind == "envoy":
                more["delayed_close_timeout"] = "0.1s"
            return http(name, *routes, http2_protocol_options=options, drain_timeout="0.2s", **more)
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("plain", self.place, chain(manager("plain"))),
            listener("secure", self.secure, chain(manager("secure"), tls=server_tls(
                self.pki.beta, alpn=["h2", "http/1.1"], required=False))),
            listener("small", self.small, chain(manager(
                "small", 3, http2={"initial_connection_window_size": 65535}, stream_idle_timeout="2s"))),
            listener("idle", self.idle, chain(manager("idle", common_http_protocol_options={"idle_timeout": "1.5s"}))),
            listener("pinging", self.pinging, chain(manager("pinging", http2={
                "connection_keepalive": {"interval": "0.3s", "timeout": "1.5s"}}))),
            listener("counted", self.counted, chain(manager(
                "counted", common_http_protocol_options={"max_requests_per_connection": 3}))),
            listener("strict", self.strict, chain(manager("strict", common_http_protocol_options={
                "headers_with_underscores_action": "REJECT_REQUEST"}))),
        ], [cluster("backend", self.backend.port), cluster("full", self.full.port, connect_timeout="30s")]))
