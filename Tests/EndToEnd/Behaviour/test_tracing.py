"""Spans: what a collector hears of requests, by Zipkin's JSON and by OTLP over HTTP and gRPC."""

import json
import signal
import threading
from concurrent import futures

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.waiting import eventually
from http_world import added
from network import HttpBackend, get
from resources import API, bootstrap, chain, cluster, http, http2, listener, route
from running import KINDS, Gateway, place
from wire import request, wire
from worlds import both, ids

TRACE, SPAN, PARENT = "463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312", "0020000000000001"
B3 = {"x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-parentspanid": PARENT, "x-b3-sampled": "1"}
W3C = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=1"}
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
CUSTOM = [
    {"tag": "fixed", "literal": {"value": "word"}},
    {"tag": "asked", "request_header": {"name": "X-Asked", "default_value": "nothing"}},
    {"tag": "maybe", "request_header": {"name": "x-maybe"}},
    {"tag": "home", "environment": {"name": "HANSE_NO_SUCH_VARIABLE", "default_value": "nowhere"}}]


class GRPCCollector(grpc.GenericRpcHandler):
    """An OTLP collector over gRPC."""

    def __init__(self):
        self.bodies = []
        self.server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[self])
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def service(self, details):
        if details.method != EXPORT:
            return None
        return grpc.unary_unary_rpc_method_handler(lambda body, _: self.bodies.append(body) or b"")

    def stop(self):
        self.server.stop(None)


def provider(name, message, **fields):
    return {"provider": {"name": f"envoy.tracers.{name}", "typed_config": {
        "@type": f"{API}config.trace.v3.{message}", **fields}}}


def zipkin(to="zipkin", **fields):
    return provider("zipkin", "ZipkinConfig", collector_cluster=to, collector_endpoint="/api/v2/spans",
                    collector_endpoint_version="HTTP_JSON", **fields)


def otlp(to="otlp"):
    return provider("opentelemetry", "OpenTelemetryConfig", service_name="edge", http_service={
        "http_uri": {"uri": "http://collector.example/v1/traces", "cluster": to, "timeout": "10s"}})


def otlp_grpc(to="grpc"):
    return provider("opentelemetry", "OpenTelemetryConfig", service_name="edge",
                    grpc_service={"envoy_grpc": {"cluster_name": to}})


# Listeners by name: how each is traced.
TRACED = {
    "zipkin": {**zipkin(trace_id_128bit=True, shared_span_context=False, collector_hostname="spans.example"),
               "custom_tags": CUSTOM, "max_path_tag_length": 20},
    "shared": zipkin("shared"),
    "otlp": {**otlp(), "custom_tags": CUSTOM},
    "grpc": otlp_grpc(),
    "never": {**zipkin("never"), "random_sampling": {"value": 0}},
    "dead": zipkin("dead"),
}


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend = kind, HttpBackend("backend")
        self.places = {name: place() for name in TRACED}
        self.collectors = {name: HttpBackend(name) for name in ("zipkin", "shared", "otlp", "never")}
        for collector in self.collectors.values():
            collector.status = 202
        self.grpc, self.refused = GRPCCollector(), place()
        rewrite = route("rewrite", "/old/", "backend", {"prefix_rewrite": "/new/"}, request_headers_to_add=[
            added("x-maybe", "added")])
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener(name, at, chain(http(
                name, route("dead", "/dead", "refused"), rewrite, route("all", "/", "backend"), tracing=TRACED[name])))
             for name, at in self.places.items()],
            [cluster("backend", self.backend.port), cluster("refused", self.refused),
             cluster("dead", self.refused),
             cluster("grpc", self.grpc.port, typed_extension_protocol_options=http2()),
             *(cluster(name, collector.port) for name, collector in self.collectors.items())], admin=place()))

    def send(self):
        """Every request of the rows below, before the collectors are asked: reports take seconds to come."""
        usual = {"user-agent": "suite", "x-asked": "something"}
        for name in self.places:
            get(self.places[name], "/begun?word=1", headers=usual)
            get(self.places[name], "/joined", headers={**B3, **W3C})
            get(self.places[name], "/unsampled", headers={
                "x-b3-traceid": TRACE, "x-b3-spanid": SPAN, "x-b3-sampled": "0",
                "traceparent": f"00-{TRACE}-{SPAN}-00"})
            get(self.places[name], "/old/thing", method="POST", body=b"12345", headers={"x-request-id": "from-client"})
            get(self.places[name], "/dead/of/a/long/path/that/is/cut")

    def spans(self, name):
        """The spans of a listener's requests by path, in one form; waits for as many as were sampled."""
        def find():
            found = self.read(name)
            return found if len(found) >= 4 else None
        return eventually(f"{name} hears of every sampled request", find, 30)

    def read(self, name):
        if name in ("otlp", "grpc"):
            bodies = self.grpc.bodies if name == "grpc" else [r.body for r in self.collectors[name].requests]
            return {span["path"]: span for body in bodies for span in from_otlp(body)}
        reports = self.collectors[name].requests
        assert all(r.body for r in reports), reports
        return {span["path"]: span for r in reports for span in from_zipkin(json.loads(r.body))}


def path(tags):
    return tags["http.url"].split("a.example", 1)[1].partition("?")[0]


def from_zipkin(spans):
    return [{**span, "parent": span.get("parentId"), "trace": span["traceId"], "path": path(span["tags"]),
             "service": span["localEndpoint"]["serviceName"]} for span in spans]


def from_otlp(body):
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        service = {a.key: a.value.string_value for a in resource.resource.attributes}["service.name"]
        for scope in resource.instrumentation_library_spans:
            for span in scope.spans:
                tags = {a.key: a.value.string_value for a in span.attributes}
                yield {"trace": span.trace_id.hex(), "id": span.span_id.hex(), "kind": {2: "SERVER"}.get(span.kind),
                       "parent": span.parent_span_id.hex() or None, "tags": tags, "path": path(tags),
                       "service": service, "state": span.trace_state, "name": span.name, "failed": span.status.code,
                       "timestamp": span.start_time_unix_nano // 1000,
                       "duration": (span.end_time_unix_nano - span.start_time_unix_nano) // 1000}


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        made.send()
        yield made
    made.grpc.stop()


@pytest.fixture(params=["zipkin", "otlp", "grpc"])
def format(request):
    return request.param


# Tags of the span of `GET /begun?word=1`.
TAGS = [
    ("component", "proxy"), ("http.method", "GET"), ("http.status_code", "200"), ("http.protocol", "HTTP/1.1"),
    ("http.url", "http://a.example/begun?word=1"), ("upstream_cluster", "backend"), ("upstream_cluster.name", "backend"),
    ("response_flags", "-"), ("user_agent", "suite"), ("downstream_cluster", "-"), ("peer.address", "127.0.0.1"),
    ("request_size", "0"), ("node_id", "behaviour"), ("error", None)]


@pytest.mark.parametrize("tag, value", TAGS, ids=ids(TAGS))
def test_a_span_tells_of_its_request(world, format, tag, value):
    assert world.spans(format)["/begun"]["tags"].get(tag) == value


def test_a_span_is_of_the_server_kind_and_has_a_time(world, format):
    span = world.spans(format)["/begun"]
    assert span["kind"] == "SERVER" and span["timestamp"] > 1_700_000_000_000_000 and span["duration"] >= 0


def test_a_span_carries_the_request_id_that_the_backend_saw(world, format):
    ids = {r.headers["x-request-id"] for r in world.backend.requests if r.path.startswith("/begun")}
    assert world.spans(format)["/begun"]["tags"]["guid:x-request-id"] in ids


def test_a_trace_that_begins_here_has_no_parent(world, format):
    span = world.spans(format)["/begun"]
    assert span["parent"] is None and len(span["trace"]) == 32 and len(span["id"]) == 16


def test_a_trace_of_the_caller_goes_on(world, format):
    span = world.spans(format)["/joined"]
    assert (span["trace"], span["parent"]) == (TRACE, SPAN) and span["id"] not in (SPAN, PARENT)


def test_the_backend_is_told_the_span_that_is_reported(world, format):
    span = world.spans(format)["/joined"]
    header = "x-b3-spanid" if format == "zipkin" else "traceparent"
    seen = [r.headers.get(header, "") for r in world.backend.requests if r.path == "/joined"]
    assert any(span["id"] in value for value in seen)


def test_a_request_that_the_caller_did_not_sample_is_not_reported(world, format):
    assert "/unsampled" not in world.spans(format)


def test_a_span_names_the_path_that_was_asked_for(world, format):
    span = world.spans(format)["/old/thing"]
    assert span["tags"]["http.url"] == "http://a.example/old/thing"
    assert span["tags"]["http.method"] == "POST" and span["tags"]["request_size"] == "5"


def test_a_failure_is_an_error(world, format):
    span = next(s for path, s in world.spans(format).items() if path.startswith("/dead"))
    tags = span["tags"]
    assert (tags["error"], tags["response_flags"], tags["http.status_code"]) == ("true", "UF", "503")
    assert format == "zipkin" or span["failed"] == 2


def test_custom_tags_are_set(world):
    for format in ("zipkin", "otlp"):
        begun, moved = world.spans(format)["/begun"]["tags"], world.spans(format)["/old/thing"]["tags"]
        assert (begun["fixed"], begun["asked"], begun["home"]) == ("word", "something", "nowhere")
        assert moved["asked"] == "nothing" and "maybe" not in begun and moved["maybe"] == "added"


def test_the_path_of_a_span_is_cut(world):
    assert "/dead/of/a/long/path" in world.spans("zipkin")
    assert "/dead/of/a/long/path/that/is/cut" in world.spans("otlp")


def test_zipkin_is_posted_as_json(world):
    world.spans("zipkin")
    report = world.collectors["zipkin"].requests[0]
    assert (report.method, report.path, report.headers["host"]) == ("POST", "/api/v2/spans", "spans.example")
    assert report.headers["content-type"] == "application/json"


def test_zipkin_names_the_host_and_the_gateways_cluster(world):
    span = world.spans("zipkin")["/begun"]
    assert (span["name"], span["service"]) == ("a.example", "behaviour")


def test_a_shared_span_keeps_the_callers_ids(world):
    span = world.spans("shared")["/joined"]
    assert (span["trace"], span["id"], span["parent"], span["shared"]) == (TRACE, SPAN, PARENT, True)
    assert len(world.spans("shared")["/begun"]["trace"]) == 16


def test_otlp_is_posted_as_protobuf(world):
    world.spans("otlp")
    report = world.collectors["otlp"].requests[0]
    assert (report.method, report.path, report.headers["host"]) == ("POST", "/v1/traces", "collector.example")
    assert report.headers["content-type"] == "application/x-protobuf"


def test_otlp_names_the_service_and_keeps_the_callers_state(world, format):
    if format != "zipkin":
        span = world.spans(format)["/joined"]
        assert (span["service"], span["name"], span["state"]) == ("edge", "ingress", "vendor=1")


def test_what_chance_leaves_out_is_not_reported(world):
    eventually("the caller's own decision is reported",
               lambda: any(b"/joined" in r.body for r in world.collectors["never"].requests), 30)
    assert set(world.read("never")) == {"/joined"}


def test_reports_are_counted(world):
    for name in ("zipkin", "shared"):
        world.spans(name)
    eventually("reports are counted", lambda: world.gateway.stat("tracing.zipkin.reports_sent") >= 3, 10)
    eventually("their spans are counted", lambda: world.gateway.stat("tracing.zipkin.spans_sent") >= 9, 10)
    world.spans("otlp"), world.spans("grpc")
    eventually("spans are counted", lambda: world.gateway.stat("tracing.opentelemetry.spans_sent") >= 8, 10)


def test_a_collector_that_is_away_fails_no_request(world):
    assert get(world.places["dead"], "/").status == 200
    eventually("it is counted", lambda: world.gateway.stat("tracing.zipkin.reports_failed")
               + world.gateway.stat("tracing.zipkin.reports_dropped") >= 1, 10)


def test_a_collector_that_hangs_costs_spans_and_no_request(workdir):
    collector, backend, at = HttpBackend("collector"), HttpBackend("backend"), place()
    collector.status, collector.gate = 202, threading.Event()
    config = bootstrap([listener("a", at, chain(http("a", route("all", "/", "backend"), tracing=zipkin("collector"))))],
                       [cluster("backend", backend.port), cluster("collector", collector.port)], admin=place())
    # Envoy's own reports are limited by the cluster's breakers alone.
    with Gateway("hanse", workdir, config) as gateway, wire(at) as client:
        # All at once: the first report waits five seconds for its answer.
        client.send(request() * 64 * 6)
        assert all(client.answer().status == 200 for _ in range(64 * 6))
        eventually("reports are dropped", lambda: gateway.stat("tracing.zipkin.reports_dropped") == 2, 10)
        collector.open_gate()
        eventually("the others come", lambda: gateway.stat("tracing.zipkin.reports_sent") == 4, 10)


def test_spans_that_wait_are_reported_before_the_end(workdir):
    collector, backend, at = HttpBackend("collector"), HttpBackend("backend"), place()
    collector.status = 202
    config = bootstrap([listener("a", at, chain(http("a", route("all", "/", "backend"), tracing=zipkin("collector"))))],
                       [cluster("backend", backend.port), cluster("collector", collector.port)])
    with Gateway("hanse", workdir, config) as gateway:
        assert get(at).status == 200
        gateway.process._popen.send_signal(signal.SIGTERM)
        eventually("it ends", lambda: not gateway.process.is_running, 10)
    eventually("they came", lambda: len(collector.requests) == 1, 10)


BAD = [
    ("no cluster", {"collector_cluster": ""}, "collector_cluster"),
    ("no endpoint", {"collector_endpoint": ""}, "collector_endpoint"),
    ("unknown field", {"no_such_field": 1}, "no_such_field")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("row", BAD, ids=ids(BAD))
def test_a_bad_provider_is_refused(kind, row, workdir):
    tracing = zipkin("backend")
    tracing["provider"]["typed_config"].update(row[1])
    gateway = Gateway(kind, workdir, bootstrap(
        [listener("a", place(), chain(http("a", route("all", "/", "backend"), tracing=tracing)))],
        [cluster("backend", 9)])).launch()
    try:
        eventually("it ends", lambda: not gateway.process.is_running, 30)
        # Envoy writes the field of a rule in its own case.
        text = gateway.process.text().lower().replace("_", "")
        assert row[2].replace("_", "") in text, gateway.process.text()[-2000:]
    finally:
        gateway.stop()
