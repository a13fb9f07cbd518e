"""Istio's standard metrics of two gateways with mutual TLS between them, as `/stats/prometheus` shows them.

They are ours alone: stock Envoy has them only with Istio's own filters.
"""

import collections
import re
import sys
import pathlib

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "HTTP2"))

from harness.waiting import eventually  # noqa: E402
from network import Backend, HttpBackend, connect, get  # noqa: E402
from pki import ALPHA, BETA, certificates  # noqa: E402
from resources import (  # noqa: E402
    HTTP, bootstrap, chain, client_tls, cluster, http, http2, listener, route, server_tls, spiffe, tcp)
from rpc import Caller, Server  # noqa: E402
from running import Gateway, place  # noqa: E402

AUTO = {HTTP: {"@type": "type.googleapis.com/" + HTTP, "auto_config": {}}}
SAMPLE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')


def samples(text):
    """`{name: [(labels, value)]}`; fails on a line that the format does not have."""
    found = collections.defaultdict(list)
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            pairs = LABEL.findall(labels or "")
            assert ",".join(f'{k}="{v}"' for k, v in pairs) == (labels or ""), line
            found[name].append((dict(pairs), float(value)))
    return found


def imported(name):
    return f"outbound|9080||{name}.bookinfo.svc.beta-imports.local"


def local(name):
    return f"inbound|9080||{name}.bookinfo.svc.cluster.local"


class World:
    def __init__(self, directory):
        pki = certificates()
        self.web, self.calls, self.pipe, self.doors = place(), place(), place(), [place() for _ in range(3)]
        self.backend, self.grpc, self.echo = HttpBackend("details"), Server(), Backend("echo")
        door = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}), alpn=["h2", "http/1.1"])
        plain = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}))

        def peer(name, at, **fields):
            return cluster(imported(name), at, connect_timeout="5s", transport_socket=client_tls(
                f"{name}.example", pki.alpha, spiffe({"beta.local": pki.root("beta")}, [BETA])), **fields)
        self.ingress = Gateway("hanse", directory, bootstrap([
            listener("web", self.doors[0], chain(http("web", route("all", "/", local("details"))), tls=door)),
            listener("calls", self.doors[1], chain(http("calls", route("all", "/", local("ratings"))), tls=door)),
            listener("pipe", self.doors[2], chain(tcp("pipe", local("mysql")), tls=plain))],
            [cluster(local("details"), self.backend.port), cluster(local("mysql"), self.echo.port),
             cluster(local("ratings"), self.grpc.port, typed_extension_protocol_options=http2())],
            admin=place(), node={"id": "in", "cluster": "in", "metadata": {"MESH_ID": "beta"}}))
        self.egress = Gateway("hanse", directory, bootstrap([
            listener("web", self.web, chain(http(
                "web", route("gone", "/gone", imported("gone")), route("all", "/", imported("details"))))),
            listener("calls", self.calls, chain(http("calls", route("all", "/", imported("ratings"))))),
            listener("pipe", self.pipe, chain(tcp("pipe", imported("mysql"))))],
            [peer("details", self.doors[0]), peer("gone", place()),
             peer("ratings", self.doors[1], typed_extension_protocol_options=AUTO), peer("mysql", self.doors[2])],
            admin=place(), node={"id": "out", "cluster": "out", "metadata": {"MESH_ID": "alpha"}}))

    def send(self):
        assert get(self.web, "/a", method="POST", body=b"12345").status == 200
        assert get(self.web, "/b").status == 200
        self.backend.status = 404
        assert get(self.web, "/c").status == 404
        assert get(self.web, "/gone").status == 503
        with Caller(self.calls) as caller:
            assert caller.unary(b"ping") == b"ping"
            with pytest.raises(Exception):
                caller.fail(b"x")
        with connect(self.pipe) as sock:
            sock.sendall(b"twelve bytes")
            assert sock.recv(100) == b"twelve bytes"
            self.open = {side: self.total(side, "istio_tcp_connections_closed_total") for side in ("egress", "ingress")}

    def text(self, side):
        status, text = getattr(self, side).admin("/stats/prometheus")
        assert status == 200
        return text

    def found(self, side, metric, **labels):
        return [(have, value) for have, value in samples(self.text(side))[metric]
                if all(have.get(name) == value for name, value in labels.items())]

    def total(self, side, metric, **labels):
        return sum(value for _, value in self.found(side, metric, **labels))

    def counts(self, side, metric, wanted, **labels):
        eventually(f"{side} counts {wanted} of {metric} {labels}",
                   lambda: self.total(side, metric, **labels) == wanted, 10)


@pytest.fixture(scope="module")
def world(workdir):
    made = World(workdir)
    with made.ingress, made.egress:
        made.send()
        yield made
    made.grpc.stop()
    made.backend.stop()
    made.echo.stop()


SIDES = ["egress", "ingress"]
SERVICE = {"egress": "{}.bookinfo.svc.beta-imports.local", "ingress": "{}.bookinfo.svc.cluster.local"}
# What the series of either side tell of who calls whom.
WHO = {"egress": {"reporter": "source", "source_mesh": "alpha", "destination_mesh": "beta",
                  "source_principal": "unknown", "connection_security_policy": "unknown"},
       "ingress": {"reporter": "destination", "source_mesh": "alpha.local", "destination_mesh": "beta",
                   "source_principal": ALPHA, "connection_security_policy": "mutual_tls"}}


def to(side, name):
    return {**WHO[side], "destination_service": SERVICE[side].format(name), "destination_service_name": name,
            "destination_service_namespace": "bookinfo"}


@pytest.mark.parametrize("side", SIDES)
def test_http_requests_are_counted_by_code(world, side):
    web = {**to(side, "details"), "request_protocol": "http", "response_flags": "-"}
    world.counts(side, "istio_requests_total", 2, response_code="200", **web)
    world.counts(side, "istio_requests_total", 1, response_code="404", **web)


def test_a_failure_has_its_flag(world):
    world.counts("egress", "istio_requests_total", 1, **to("egress", "gone"), response_code="503", response_flags="UF")


@pytest.mark.parametrize("side", SIDES)
def test_grpc_calls_are_counted_by_status(world, side):
    calls = {**to(side, "ratings"), "request_protocol": "grpc", "response_code": "200"}
    world.counts(side, "istio_requests_total", 1, grpc_response_status="0", **calls)
    world.counts(side, "istio_requests_total", 1, grpc_response_status="9", **calls)


@pytest.mark.parametrize("side", SIDES)
def test_durations_and_sizes_are_histograms(world, side):
    web = {**to(side, "details"), "response_code": "200"}
    world.counts(side, "istio_request_duration_milliseconds_count", 2, **web)
    world.counts(side, "istio_request_bytes_count", 2, **web)
    world.counts(side, "istio_request_bytes_sum", 5, **web)
    world.counts(side, "istio_request_bytes_bucket", 1, le="1", **web)
    world.counts(side, "istio_request_bytes_bucket", 2, le="5", **web)
    assert world.total(side, "istio_response_bytes_sum", **web) > 100
    assert world.total(side, "istio_request_duration_milliseconds_sum", **web) > 0


@pytest.mark.parametrize("side", SIDES)
def test_tcp_connections_and_their_bytes_are_counted(world, side):
    pipe = {**to(side, "mysql"), "request_protocol": "tcp"}
    assert world.open[side] == 0, "a connection that is open is not closed"
    world.counts(side, "istio_tcp_connections_opened_total", 1, **pipe)
    world.counts(side, "istio_tcp_connections_closed_total", 1, **pipe)
    world.counts(side, "istio_tcp_sent_bytes_total", 12, **pipe)
    world.counts(side, "istio_tcp_received_bytes_total", 12, **pipe)


@pytest.mark.parametrize("side", SIDES)
def test_every_family_is_declared_once_and_before_its_samples(world, side):
    declared, current = {}, None
    for line in world.text(side).splitlines():
        if line.startswith("# "):
            _, what, family, rest = line.split(" ", 3)
            assert (what, family) not in declared, line
            declared[what, family] = rest
            current = family
        elif line:
            name = SAMPLE.match(line).group(1)
            kind = declared["TYPE", current]
            suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [current + suffix for suffix in suffixes], line
    assert all(("HELP", family) in declared for _, family in declared if family.startswith("istio_"))


@pytest.mark.parametrize("side", SIDES)
def test_no_series_is_given_twice(world, side):
    seen = collections.Counter(
        line.rpartition(" ")[0] for line in world.text(side).splitlines() if line and line[0] != "#")
    assert [series for series, count in seen.items() if count > 1] == []


@pytest.mark.parametrize("side", SIDES)
def test_buckets_are_cumulative_and_end_with_the_count(world, side):
    found = samples(world.text(side))
    for family in ("istio_request_duration_milliseconds", "istio_request_bytes", "istio_response_bytes"):
        series = collections.defaultdict(list)
        for labels, value in found[f"{family}_bucket"]:
            le = labels.pop("le")
            series[tuple(sorted(labels.items()))].append((float(le), value))
        counts = {tuple(sorted(labels.items())): value for labels, value in found[f"{family}_count"]}
        assert series and series.keys() == counts.keys()
        for key, buckets in series.items():
            assert buckets == sorted(buckets) and [v for _, v in buckets] == sorted(v for _, v in buckets)
            assert buckets[-1] == (float("inf"), counts[key])
