"""12: clients that send much at once, slowly, or before it is their turn; nothing stalls and nothing is cut."""

import time

import pytest

from http_world import ALWAYS, fault
from network import connect, connect_tls
from pki import certificates
from resources import bootstrap, chain, cluster, http, listener, named, route, server_tls
from running import Gateway, place
from wire import Recorder, Wire, request
from worlds import worlds


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.backend = kind, Recorder()
        self.at = {name: place() for name in ("plain", "tls", "heads")}
        filters = [named("envoy.filters.http.fault", "extensions.filters.http.fault.v3.HTTPFault")]
        routes = [route("slow", "/slow", "backend", {}, **fault(delay={"fixed_delay": "0.5s", "percentage": ALWAYS})),
                  route("tries", "/tries", "backend", {"retry_policy": {
                      "retry_on": "5xx", "num_retries": 1, "per_try_timeout": "0.4s"}}),
                  route("all", "/", "backend")]
        self.gateway = Gateway(kind, directory, bootstrap([
            listener("plain", self.at["plain"], chain(http("plain", *routes, filters=filters))),
            listener("tls", self.at["tls"], chain(http("tls", *routes, filters=filters), tls=server_tls(
                pki.beta, required=False))),
            listener("heads", self.at["heads"], chain(http("heads", route("all", "/", "backend"),
                                                           max_request_headers_kb=512)))],
            [cluster("backend", self.backend.port)]))

    def wire(self, door):
        return Wire(connect_tls(self.at[door], "a.example") if door == "tls" else connect(self.at[door]), 20)


world = worlds(World)


@pytest.mark.parametrize("door", ["plain", "tls"])
def test_12_a_large_body_behind_a_slow_request_is_read_when_its_turn_comes(world, door):
    body = bytes(range(256)) * 2800
    with world.wire(door) as connection:
        connection.send(request("/slow") + request("/after", method="POST", body=body))
        assert [connection.answer().status for _ in range(2)] == [200, 200]
    assert world.backend.find("/after")[-1].body == body


@pytest.mark.parametrize("door", ["plain", "tls"])
def test_12_thousands_of_requests_at_once_are_answered_one_by_one(world, door):
    count = 4000
    with world.wire(door) as connection:
        connection.send(request("/slow") + request("/next", "x-fill: " + 40 * "y") * count)
        assert connection.answer().status == 200
        for number in range(count):
            assert connection.answer().status == 200, number


@pytest.mark.parametrize("size", [100_000, 200_000, 400_000])
def test_5_a_head_as_large_as_is_allowed_is_read(world, size):
    with world.wire("heads") as connection:
        connection.send(request("/head", "x-large: " + size * "y"))
        assert connection.answer().status == 200
    assert len(dict(world.backend.find("/head")[-1].headers)["x-large"]) == size


def test_6_the_time_of_a_try_begins_when_the_request_is_whole(world):
    with world.wire("plain") as connection:
        connection.send(b"POST /tries HTTP/1.1\r\nHost: a.example\r\nContent-Length: 10\r\n\r\nhalf ")
        time.sleep(1.2)
        connection.send(b"whole")
        assert connection.answer().status == 200
    [seen] = world.backend.find("/tries")
    assert seen.body == b"half whole"
