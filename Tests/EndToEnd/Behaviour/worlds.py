"""What modules of the network half share: both gateways as a parameter, and the marks of what they lack."""

import collections

import pytest

from harness.waiting import eventually
from network import Connection, connect
from resources import bootstrap, chain, http, listener, route
from running import KINDS, Gateway, place


def both(**options):
    """A module fixture's parameters: each gateway in turn."""
    return pytest.fixture(scope="module", params=KINDS, **options)


def worlds(build, stop=lambda made: made.backend.stop()):
    """A module's world: what `build(kind, directory)` makes, while its gateway runs."""
    @both()
    def world(request, workdir):
        made = build(request.param, workdir)
        with made.gateway:
            yield made
        stop(made)
    return world


def shortfall(world, why):
    """Marks a case that stock Envoy is known to fail; our gateway has to pass it."""
    if world.kind == "envoy":
        pytest.xfail(f"Envoy: {why}")


# Rows that ours fails though the document and Envoy agree; one that passes has to leave this list.
KNOWN_FAILURES = set()


def known_failure(world, request, row):
    """Expects a listed row to fail with our gateway."""
    if world.kind == "hanse" and row[0] in KNOWN_FAILURES:
        request.applymarker(pytest.mark.xfail(strict=True, reason="a known failure"))


def ids(rows):
    """Names of table rows: their first columns."""
    return [str(row[0]).replace(" ", "-") for row in rows]


class ClusterWorld:
    """A gateway whose paths lead to clusters: `/NAME` to the cluster NAME."""

    def __init__(self, kind, directory, clusters, listener_place):
        self.kind, self.http = kind, listener_place
        routes = [route(c["name"], {"path_separated_prefix": "/" + c["name"]}, c["name"], {"timeout": "3s"})
                  for c in clusters]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http("http", *routes)))], clusters, admin=place()))

    def shares(self, name, count):
        found = collections.Counter()
        with Connection(connect(self.http)) as connection:
            for _ in range(count):
                reply = connection.call("/" + name)
                found[reply.backend or reply.status] += 1
        return found

    def becomes(self, name, wanted, count=10, seconds=12):
        """Waits until `count` requests are answered as wanted: a share for each, or a set of who answers."""
        def same():
            found = self.shares(name, count)
            return found == wanted or set(found) == wanted
        eventually(f"{name} is served by {wanted}", same, seconds, pause=0.02)
