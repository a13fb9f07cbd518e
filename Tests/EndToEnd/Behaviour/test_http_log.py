"""11: what the access log of a request says."""

import json
import uuid

import pytest

from harness.waiting import eventually
from http_world import World
from wire import request, wire
from worlds import both


@both()
def world(request, workdir):
    made = World(request.param, workdir)
    with made.gateway:
        yield made


# A field of the record of `POST /plain/log` with a body of 5 bytes and X-Case, and its value.
FIELDS = [
    ("code", 200), ("flags", "-"), ("details", "via_upstream"), ("termination", None), ("received", 5), ("sent", 7),
    ("cluster", "backend"), ("route", "plain"), ("attempts", 1), ("method", "POST"), ("protocol", "HTTP/1.1"),
    ("authority", "a.example"), ("path", None), ("none", None), ("text", "<->"), ("mixed", "200 of HTTP/1.1"),
    ("type", "text/plain"), ("sni", None), ("peer", None), ("upstream_failure", None), ("address", "127.0.0.1"),
]


@pytest.fixture(scope="module")
def logged(world):
    return world.call("/plain/log", method="POST", body=b"12345")[2]


@pytest.mark.parametrize("field,value", FIELDS, ids=[f for f, _ in FIELDS])
def test_log_writes_an_operator_as_the_document_says(logged, field, value):
    assert logged.get(field) == value and type(logged.get(field)) is type(value)


def test_log_takes_the_second_name_where_the_first_is_absent(logged):
    assert logged["either"] == logged["id"]


def test_log_gives_times_and_addresses(world, logged):
    assert isinstance(logged["duration"], int)
    assert logged["start"].startswith("20") and logged["start"].endswith("Z")
    assert logged["upstream"] == f"127.0.0.1:{world.backend.port}"
    assert logged["remote"].startswith("127.0.0.1:")


def test_log_is_one_json_object_for_each_line(world, logged):
    lines = [line for line in world.gateway.process.text().splitlines() if '"kind"' in line]
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)


def test_client_that_leaves_is_logged_with_code_zero(world):
    case = uuid.uuid4().hex
    with wire(world.place) as connection:
        connection.send(request("/no-timeout", f"X-Case: {case}", "x-answer: hang"))
        eventually("the backend has it", lambda: world.seen(case))
    record = world.gateway.record("routes", 0, id=case)
    assert (record["code"], record["flags"]) == (0, "DC")
