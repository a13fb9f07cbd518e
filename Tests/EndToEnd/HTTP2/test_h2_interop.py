"""Real clients and servers: grpcio through one gateway and through two with mutual TLS, h2load, nghttp, curl."""

import queue
import re
import shutil

import pytest

from harness.processes import run
from network import HttpBackend
from pki import ALPHA, BETA, certificates
from resources import (
    bootstrap, chain, client_tls, cluster, http, http2, http_rbac, identity, listener, policy, route, server_tls,
    trusted_ca)
from rpc import Caller, Server, grpc
from running import Gateway, place

PAIRS = [("hanse", "hanse"), ("envoy", "envoy"), ("hanse", "envoy"), ("envoy", "hanse")]


class World:
    """`near`: one gateway; `far`: the same routes to a second gateway by mutual TLS."""

    def __init__(self, egress, ingress, directory):
        pki = certificates()
        self.kinds, self.server, self.web = (egress, ingress), Server(), HttpBackend("web")
        self.near, self.far, self.door, self.guarded = place(), place(), place(), place()
        dead = place()
        options = {"http2_protocol_options": {"max_concurrent_streams": 100, "initial_stream_window_size": 65536,
                                              "initial_connection_window_size": 1 << 20}}

        def routes(to):
            return [route("dead", "/dead", "dead"), route("rpc", "/hanse.test.Echo", to),
                    route("web", "/web", "web", {"timeout": "0s"})]
        tls = client_tls("rpc.example", pki.alpha, trusted_ca(pki.root("beta"), [BETA]), alpn=["h2"])
        allow = http_rbac(policy(identity(ALPHA)))
        nobody = http_rbac(policy(identity("spiffe://nobody/x")))
        self.ingress = Gateway(ingress, directory, bootstrap([
            listener("door", self.door, chain(http("door", *routes("rpc"), filters=[allow], **options),
                                              names=["rpc.example"], tls=server_tls(
                pki.beta, trusted_ca(pki.root("alpha"), [ALPHA]), alpn=["h2", "http/1.1"])), inspector=True)],
            [cluster("rpc", self.server.port, typed_extension_protocol_options=http2()),
             cluster("web", self.web.port), cluster("dead", dead.port)]), name=f"in-{ingress}-of-{egress}")
        self.egress = Gateway(egress, directory, bootstrap([
            listener("near", self.near, chain(http("near", *routes("rpc"), **options))),
            listener("far", self.far, chain(http("far", *routes("door"), **options))),
            listener("guarded", self.guarded, chain(http("guarded", *routes("rpc"), filters=[nobody], **options)))],
            [cluster("rpc", self.server.port, typed_extension_protocol_options=http2()),
             cluster("door", group_of(self.door), connect_timeout="10s", transport_socket=tls,
                     typed_extension_protocol_options=http2()),
             cluster("web", self.web.port), cluster("dead", dead.port)]), name=f"out-{egress}-to-{ingress}")


def group_of(at):
    """The endpoint group of a place."""
    return {"lb_endpoints": [{"endpoint": {"address": {"socket_address": {
        "address": at.host, "port_value": at.port}}}}]}


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def world(request, workdir):
    made = World(*request.param, workdir)
    with made.ingress, made.egress:
        yield made
    made.server.stop()


@pytest.fixture(params=["near", "far"])
def caller(request, world):
    with Caller(getattr(world, request.param)) as made:
        yield made


def test_unary_call_with_metadata(caller):
    answer, call = caller.unary.with_call(b"hello", timeout=15, metadata=[("x-own-bin", b"\0\xff")])
    assert answer == b"hello" and call.code() is grpc.StatusCode.OK
    assert dict(call.initial_metadata())["x-initial"] == "early"
    assert dict(call.trailing_metadata())["x-trailing"] == "late"
    assert dict(call.trailing_metadata())["x-raw-bin"] == b"\0\1\xff"


def test_empty_message(caller):
    assert caller.unary(b"", timeout=15) == b""


def test_server_stream(caller):
    assert list(caller.down(b"500", timeout=15)) == [b"%d" % n for n in range(500)]


def test_empty_server_stream(caller):
    assert list(caller.down(b"0", timeout=15)) == []


def test_client_stream(caller):
    assert caller.up(iter([b"a" * 1000] * 300), timeout=15) == b"300000"


def test_both_ways_one_by_one(caller):
    messages = queue.Queue()
    call = caller.both(iter(messages.get, None), timeout=15)
    for number in range(50):
        messages.put(b"%d" % number)
        assert next(call) == b"%d" % number
    messages.put(None)
    assert list(call) == []


def test_large_message(caller):
    message = bytes(range(256)) * (3 << 12)
    assert caller.unary(message, timeout=20) == message


def test_error_with_details(caller):
    with pytest.raises(grpc.RpcError) as caught:
        caller.fail(b"\1\2", timeout=15)
    assert caught.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.details() == "not \u00fcber this\n"
    assert dict(caught.value.trailing_metadata())["x-detail-bin"] == b"\1\2"


def test_unknown_method(caller):
    with pytest.raises(grpc.RpcError) as caught:
        caller.nothing(b"", timeout=15)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_deadline(world, caller):
    caller.unary(b"", timeout=15)
    world.server.handler.cancelled.clear()
    world.server.handler.waiting.clear()
    # The call has to be with the server, over a connection that is there already, before its time is over.
    call = caller.wait.future(b"", timeout=1.5)
    assert world.server.handler.waiting.wait(15)
    with pytest.raises(grpc.RpcError) as caught:
        call.result()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert world.server.handler.cancelled.wait(15)


def test_cancellation_reaches_the_server(world, caller):
    world.server.handler.cancelled.clear()
    world.server.handler.waiting.clear()
    call = caller.wait.future(b"")
    assert world.server.handler.waiting.wait(15)
    call.cancel()
    assert world.server.handler.cancelled.wait(15)


def test_many_calls_at_once(caller):
    calls = [caller.unary.future(b"%d" % n, timeout=15) for n in range(300)]
    assert [call.result() for call in calls] == [b"%d" % n for n in range(300)]


@pytest.mark.parametrize("where,method,code", [
    ("near", "/no.Service/unary", grpc.StatusCode.UNIMPLEMENTED), ("near", "/dead/unary", grpc.StatusCode.UNAVAILABLE),
    ("guarded", "/hanse.test.Echo/unary", grpc.StatusCode.PERMISSION_DENIED)])
def test_refusals_of_the_gateway_are_grpc_statuses(world, where, method, code):
    with Caller(getattr(world, where)) as caller:
        with pytest.raises(grpc.RpcError) as caught:
            caller._channel.unary_unary(method)(b"", timeout=15)
    assert caught.value.code() is code


def url(world, path="/web"):
    return "http://%s:%d%s" % (*world.near, path)


@pytest.mark.skipif(not shutil.which("h2load"), reason="no h2load")
@pytest.mark.parametrize("streams", [1, 32, 100])
def test_h2load(world, streams):
    done = run(["h2load", "-n", "1000", "-c", "4", "-m", streams, url(world)], timeout=60)
    assert re.search(r"1000 total, 1000 started, 1000 done, 1000 succeeded, 0 failed, 0 errored", done.out), done
    assert "1000 2xx" in done.out, done


@pytest.mark.skipif(not shutil.which("nghttp"), reason="no nghttp")
def test_nghttp(world):
    done = run(["nghttp", "-v", "-m", "5", url(world)], timeout=20)
    assert done.out.count(":status: 200") == 5, done
    assert "error_code=NO_ERROR" in done.out or "GOAWAY" in done.out, done


@pytest.mark.parametrize("how", ["--http2-prior-knowledge", "--http1.1"])
def test_curl(world, how):
    done = run(["curl", "-sS", how, "-d", "x" * 100_000, "-w", "%{http_version} %{http_code}", url(world)], timeout=20)
    assert done.out.endswith("2 200" if how.startswith("--http2") else "1.1 200"), done
    assert '"method": "POST"' in done.out and '"body": 100000' in done.out, done
