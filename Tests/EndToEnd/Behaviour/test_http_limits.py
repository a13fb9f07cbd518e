"""5: what each option of the HTTP connection manager does, an option to a listener."""

import time
import uuid

import pytest

from harness.waiting import eventually
from http_world import lowered
from network import is_closed
from resources import bootstrap, chain, cluster, http, listener, route
from running import Gateway, place
from wire import Recorder, exchange, request, values, wire
from worlds import worlds

# What each listener sets beside what all have.
OPTIONS = {
    "plain": {},
    "whole": {"request_timeout": "0.4s"},
    "heads": {"request_headers_timeout": "0.4s"},
    "streams": {"stream_idle_timeout": "0.4s"},
    "patient": {"stream_idle_timeout": "1.5s"},
    "idle": {"common_http_protocol_options": {"idle_timeout": "0.4s"}, "drain_timeout": "0.2s"},
    "counted": {"common_http_protocol_options": {"max_requests_per_connection": 2}},
    "named": {"server_name": "harbour"},
    "stripped": {"strip_matching_host_port": True},
    "raw": {"normalize_path": False},
    "merged": {"merge_slashes": True},
    "unnumbered": {"generate_request_id": False},
    "dropped": {"forward_client_cert_details": "SANITIZE"},
}


class World:
    def __init__(self, kind, directory):
        self.kind, self.backend, self.at = kind, Recorder(), {name: place() for name in OPTIONS}
        made = []
        for name, fields in OPTIONS.items():
            manager = http(name, route("all", "/", "backend", {"timeout": "0s"}), **fields)
            if name == "stripped":
                manager["typed_config"]["route_config"]["virtual_hosts"][0]["domains"] = ["a.example"]
            made.append(listener(name, self.at[name], chain(manager)))
        self.gateway = Gateway(kind, directory, bootstrap(made, [cluster("backend", self.backend.port)]))

    def seen(self, name, target, *lines, **options):
        """The answer, and what the backend saw; None where the request did not reach it."""
        case = ("x-case", uuid.uuid4().hex)
        answer = exchange(self.at[name], request(target, ": ".join(case), *lines, **options))
        return answer, next((seen for seen in self.backend.requests if case in lowered(seen)), None)


world = worlds(World)


def begins(lines=("Content-Length: 10",)):
    """The head of a request whose body is yet to come."""
    return request("/", *lines, method="POST")


@pytest.mark.parametrize("name,first", [
    ("whole", begins() + b"half"), ("whole", begins()), ("heads", b"GET / HTTP/1.1\r\nHost: a"),
    ("whole", begins(["Transfer-Encoding: chunked"]) + b"3\r\nabc\r\n"), ("streams", begins() + b"half")],
    ids=["body", "no-body", "head", "chunks", "idle-upload"])
def test_5_a_request_that_does_not_end_in_time_is_408(world, name, first):
    with wire(world.at[name]) as connection:
        began = time.monotonic()
        connection.send(first)
        answer = connection.answer()
        assert answer.status == 408 and time.monotonic() - began > 0.3, answer
        connection.end()
        assert connection.ends()


def test_5_a_request_timeout_does_not_limit_the_answer(world):
    with wire(world.at["whole"]) as connection:
        connection.send(request("/", "x-answer: hang"))
        with pytest.raises(TimeoutError):
            connection.sock.settimeout(0.8)
            connection.sock.recv(1)


def test_5_a_stream_without_bytes_is_504(world):
    start = world.gateway.mark()
    answer, _ = world.seen("streams", "/still", "x-answer: hang")
    assert (answer.status, answer.body) == (504, b"stream timeout")
    assert world.gateway.record("streams", start, path="/still")["flags"] == "SI"


def test_5_bytes_keep_a_stream_alive(world):
    with wire(world.at["patient"]) as connection:
        connection.send(begins(["Content-Length: 20"]))
        for _ in range(20):
            connection.send(b"x")
            time.sleep(0.1)
        assert connection.answer().status == 200


@pytest.mark.parametrize("first", [b"", request("/")], ids=["silent", "after-an-answer"])
def test_5_an_idle_connection_is_closed(world, first):
    # Taken before the gateway's own time begins: what is read late makes it no shorter.
    began = time.monotonic()
    with wire(world.at["idle"]) as connection:
        connection.send(first)
        assert not first or connection.answer().status == 200
        assert is_closed(connection.sock, 10) and time.monotonic() - began > 0.3


def test_5_a_request_in_flight_is_not_idle(world):
    with wire(world.at["idle"]) as connection:
        connection.send(begins())
        time.sleep(0.8)
        connection.send(b"0123456789")
        assert connection.answer().status == 200


def test_5_the_last_request_of_a_connection_says_so(world):
    with wire(world.at["counted"]) as connection:
        connection.send(request("/") + request("/") + request("/never"))
        assert connection.answer()["connection"] is None
        assert connection.answer()["connection"] == "close"
        connection.end()
        assert connection.ends()
    assert not world.backend.find("/never")


def test_5_the_server_name_is_the_configured(world):
    assert world.seen("named", "/", "x-answer: headers")[0].values("server") == ["harbour"]


def test_5_the_listeners_port_is_cut_from_the_host(world):
    port = world.at["stripped"].port
    answer, seen = world.seen("stripped", "/", host=f"a.example:{port}")
    assert answer.status == 200 and values(lowered(seen), "host") == ["a.example"]
    answer, seen = world.seen("stripped", "/", host=f"a.example:{port % 60000 + 1}")
    assert (answer.status, seen) == (404, None)


@pytest.mark.parametrize("name,target,wanted", [
    ("raw", "/a/../b", "/a/../b"), ("raw", "/%41", "/%41"), ("plain", "/a/../b", "/b"), ("plain", "/%41", "/A"),
    ("merged", "//a///b//?c=//d", "/a/b/?c=//d"), ("plain", "//a///b", "//a///b"), ("merged", "/a//../b", "/b")])
def test_5_paths_are_normalised_as_configured(world, name, target, wanted):
    if (name, target) == ("merged", "/a//../b"):
        wanted = {"/b", "/a/b"}  # which of both is done first is not said
    _, seen = world.seen(name, target)
    assert seen.target in ({wanted} if isinstance(wanted, str) else wanted)


def test_5_request_ids_are_made_where_asked_for(world):
    _, seen = world.seen("unnumbered", "/")
    assert not values(lowered(seen), "x-request-id")
    _, seen = world.seen("plain", "/")
    assert len(values(lowered(seen), "x-request-id")) == 1


@pytest.mark.parametrize("name", ["plain", "dropped"])
def test_5_client_certificate_headers_are_dropped(world, name):
    _, seen = world.seen(name, "/", "x-forwarded-client-cert: By=a;URI=b", "X-Forwarded-Client-Cert: By=c")
    assert not values(lowered(seen), "x-forwarded-client-cert")


def test_5_the_connection_after_a_limit_is_served_as_ever(world):
    for name in OPTIONS:
        eventually(f"{name} serves", lambda: world.seen(name, "/")[0].status == 200)
