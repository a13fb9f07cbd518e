"""A control plane on Google's gRPC and protobuf for Python: state of the world and delta, aggregated or by kind."""

import collections
import importlib
import queue
import threading
from concurrent import futures

import grpc
from envoy.service.discovery.v3 import discovery_pb2
from google.protobuf import json_format

from harness import xds_resources as xds

# json_format finds the messages inside an Any only when their modules were imported.
for _module in (
        "config.cluster.v3.cluster", "config.endpoint.v3.endpoint", "config.listener.v3.listener",
        "config.route.v3.route", "extensions.transport_sockets.tls.v3.secret",
        "extensions.transport_sockets.tls.v3.tls", "extensions.upstreams.http.v3.http_protocol_options",
        "extensions.filters.network.http_connection_manager.v3.http_connection_manager",
        "extensions.filters.http.router.v3.router"):
    importlib.import_module(f"envoy.{_module}_pb2")

KIND = {url: kind for kind, url in xds.KINDS.items()}
Message = collections.namedtuple("Message", "stream kind body")
_END = object()


class GRPCControlPlane:
    """Answers each subscription with what was set, and again whenever that changes."""

    def __init__(self, address, port=0):
        self.address = address
        self.requests = []
        self.methods = []
        self._resources = {}
        self._removed_now = {}
        self._lock = threading.Lock()
        self._streams = {}
        self._count = 0
        self._port = port
        self.port = None
        self._server = None
        self.start()

    def start(self):
        self._server = grpc.server(futures.ThreadPoolExecutor(16), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((_Handler(self),))
        self.port = self._server.add_insecure_port(f"{self.address}:{self._port}")
        self._port = self.port
        self._server.start()

    def stop(self):
        with self._lock:
            streams = list(self._streams.values())
        for stream in streams:
            stream.put(_END)
        assert self._server.stop(0).wait(30), "its port is still taken"

    def set(self, kind, version, *resources):
        """Replaces all resources of a kind and tells the streams."""
        with self._lock:
            self._resources[kind] = (version, {self.name(kind, item): item for item in resources})
            streams = list(self._streams.values())
        for stream in streams:
            stream.put(("changed", kind))

    @staticmethod
    def name(kind, resource):
        return resource["cluster_name" if kind == "endpoints" else "name"]

    def current(self, kind):
        with self._lock:
            return self._resources.get(kind)

    def of(self, kind, stream=None):
        return [m.body for m in list(self.requests) if m.kind == kind and stream in (None, m.stream)]

    def last(self, kind):
        found = self.of(kind)
        return found[-1] if found else {}

    @property
    def streams(self):
        return self._count

    def run(self, requests, context, is_delta):
        events = queue.Queue()
        with self._lock:
            self._count += 1
            number = self._count
            self._streams[number] = events

        def read():
            try:
                for request in requests:
                    events.put(("request", request))
            except Exception:  # noqa: BLE001 - the stream is gone
                pass
            events.put(_END)

        threading.Thread(target=read, daemon=True).start()
        state = _Delta(self) if is_delta else _World(self)
        try:
            while (event := events.get()) is not _END:
                what, value = event
                if what == "request":
                    kind = KIND[value.type_url]
                    body = json_format.MessageToDict(value, preserving_proto_field_name=True)
                    self.requests.append(Message(number, kind, body))
                    answer = state.asked(kind, value)
                else:
                    answer = state.changed(value)
                if answer is not None:
                    yield answer
        finally:
            with self._lock:
                self._streams.pop(number, None)


def _any(kind, resource):
    return {"@type": xds.KINDS[kind], **resource}


class _World:
    def __init__(self, plane):
        self.plane, self.names, self.sent, self.count = plane, {}, {}, 0

    def asked(self, kind, request):
        names = tuple(request.resource_names)
        is_new = kind not in self.names or self.names[kind] != names
        self.names[kind] = names
        if request.response_nonce and not is_new:
            return None
        return self.answer(kind)

    def changed(self, kind):
        return self.answer(kind) if kind in self.names else None

    def answer(self, kind):
        current = self.plane.current(kind)
        if current is None:
            return None
        version, resources = current
        names = self.names[kind]
        found = [r for name, r in resources.items() if kind in ("clusters", "listeners") or name in names]
        if not found and kind not in ("clusters", "listeners"):
            return None
        self.count += 1
        return json_format.ParseDict({
            "version_info": version, "type_url": xds.KINDS[kind], "nonce": str(self.count),
            "resources": [_any(kind, r) for r in found]}, discovery_pb2.DiscoveryResponse())


class _Delta:
    def __init__(self, plane):
        self.plane, self.names, self.known, self.count = plane, {}, {}, 0

    def asked(self, kind, request):
        first = kind not in self.names
        names = self.names.setdefault(kind, set())
        known = self.known.setdefault(kind, {})
        if first:
            known.update(request.initial_resource_versions)
        names |= set(request.resource_names_subscribe)
        names -= set(request.resource_names_unsubscribe)
        for name in request.resource_names_unsubscribe:
            known.pop(name, None)
        # An acknowledgement may bring names along.
        if request.response_nonce and not request.resource_names_subscribe:
            return None
        return self.answer(kind)

    def changed(self, kind):
        return self.answer(kind) if kind in self.names else None

    def answer(self, kind):
        current = self.plane.current(kind)
        if current is None:
            return None
        version, resources = current
        known, names = self.known[kind], self.names[kind]
        wanted = {name: r for name, r in resources.items() if name in names or not names}
        fresh = {name: r for name, r in wanted.items() if known.get(name) != r.get("_version", version)}
        gone = [name for name in known if name not in wanted]
        if not fresh and not gone:
            return None
        for name in gone:
            known.pop(name)
        self.count += 1
        for name in fresh:
            known[name] = version
        return json_format.ParseDict({
            "system_version_info": version, "type_url": xds.KINDS[kind], "nonce": str(self.count),
            "resources": [{"name": name, "version": version, "resource": _any(kind, r)}
                          for name, r in fresh.items()],
            "removed_resources": gone}, discovery_pb2.DeltaDiscoveryResponse())


class _Handler(grpc.GenericRpcHandler):
    def __init__(self, plane):
        self.plane = plane

    def service(self, details):
        is_delta = details.method.rsplit("/", 1)[-1].startswith("Delta")
        self.plane.methods.append(details.method)
        message = discovery_pb2.DeltaDiscoveryRequest if is_delta else discovery_pb2.DiscoveryRequest
        return grpc.stream_stream_rpc_method_handler(
            lambda requests, context: self.plane.run(requests, context, is_delta),
            request_deserializer=message.FromString,
            response_serializer=lambda response: response.SerializeToString())
