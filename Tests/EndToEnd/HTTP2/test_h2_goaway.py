"""5 and 12: a gateway that ends its HTTP/2 connections costs the gateway before it no request."""

import threading

import pytest

from harness.waiting import eventually
from network import Connection, HttpBackend, connect
from resources import bootstrap, chain, cluster, endpoint, group, http, http2, listener, route
from running import Gateway, place

PAIRS = [("hanse", "hanse"), ("envoy", "envoy"), ("hanse", "envoy"), ("envoy", "hanse")]


class World:
    """The far gateway says GOAWAY with the fifth request of each connection."""

    def __init__(self, near, far, directory):
        self.kinds, self.backend, self.place, self.door = (near, far), HttpBackend("a"), place(), place()
        self.far = Gateway(far, directory, bootstrap(
            [listener("door", self.door, chain(http("door", route("all", "/", "a"), common_http_protocol_options={
                "max_requests_per_connection": 5})))], [cluster("a", self.backend.port)]), name=f"far-{far}-of-{near}")
        self.near = Gateway(near, directory, bootstrap(
            [listener("near", self.place, chain(http("near", route("all", "/", "door", {"timeout": "15s"}))))],
            [cluster("door", group(endpoint(self.door)), typed_extension_protocol_options=http2())],
            admin=place()), name=f"near-{near}-to-{far}")

    def calls(self, count, body=None):
        """The statuses of requests in a row."""
        with Connection(connect(self.place)) as connection:
            return [connection.call(f"/{n}", method="POST" if body else "GET", body=body).status for n in range(count)]


@pytest.fixture(scope="module", params=PAIRS, ids=["-".join(pair) for pair in PAIRS])
def world(request, workdir):
    made = World(*request.param, workdir)
    with made.far, made.near:
        yield made
    made.backend.stop()


def test_5_requests_in_a_row_go_on_over_new_connections(world):
    before = world.near.stat("cluster.door.upstream_cx_total")
    assert world.calls(50, b"x" * 1000) == [200] * 50
    assert world.near.stat("cluster.door.upstream_cx_total") - before >= 9


def test_12_requests_side_by_side_are_all_answered(world):
    found = []
    threads = [threading.Thread(target=lambda: found.extend(world.calls(25))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 200


def test_12_requests_in_flight_outlive_the_goaway(world):
    """One waits at the backend while others use its connection up."""
    gate = world.backend.gate = threading.Event()
    found = []
    slow = threading.Thread(target=lambda: found.extend(world.calls(1, b"y")))
    slow.start()
    try:
        eventually("it waits at the backend", lambda: world.backend.waiting)
        world.backend.gate = None
        assert world.calls(20) == [200] * 20
        assert not found
    finally:
        world.backend.gate = None
        gate.set()
        slow.join()
    assert found == [200]
