"""What modules of the network half share: both gateways as a parameter, and the marks of what they lack."""

import pytest

from running import KINDS


def both(**options):
    """A module fixture's parameters: each gateway in turn."""
    return pytest.fixture(scope="module", params=KINDS, **options)


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
