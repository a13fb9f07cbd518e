"""13: a bad bootstrap is refused before any port opens; the refusal names the resource and the field."""

import json

import pytest

import bad_configs
import bad_limits
import bad_texts
from harness.processes import run
from harness.programs import ENVOY, HANSE
from harness.waiting import eventually

ROWS = bad_configs.rows() + bad_texts.rows() + bad_limits.rows()
ALLOWED = bad_texts.good() | bad_limits.good()


def check(gateway, file):
    """Checks a bootstrap without running it."""
    if gateway == "hanse":
        return run([HANSE, "gateway", "--bootstrap", file, "--validate"])
    return run([ENVOY, "--mode", "validate", "-c", file, "-l", "warning"])


@pytest.mark.parametrize("gateway", ["hanse", "envoy"])
def test_the_configuration_that_rows_spoil_is_good(gateway, workdir):
    file = workdir / "good.json"
    file.write_text(json.dumps(bad_configs.good()))
    result = check(gateway, file)
    assert result.code == 0, result


@pytest.mark.parametrize("name", ALLOWED)
@pytest.mark.parametrize("gateway", ["hanse", "envoy"])
def test_takes(gateway, name, workdir):
    config = bad_configs.good()
    ALLOWED[name](config)
    file = workdir / "good.json"
    file.write_text(json.dumps(config))
    result = check(gateway, file)
    assert result.code == 0, result


@pytest.mark.parametrize("row", ROWS, ids=[row.name.replace(" ", "-") for row in ROWS])
@pytest.mark.parametrize("gateway", ["hanse", "envoy"])
def test_refuses(gateway, row, workdir):
    file = workdir / "bad.json"
    file.write_text(json.dumps(row.config()))
    result = check(gateway, file)
    if gateway == "envoy":
        if row.envoy is None:
            pytest.xfail("Envoy accepts this")
        assert result.code != 0, result
        assert row.envoy in result.err, result
        return
    resource, path = row.resource()
    assert result.code == 1, result
    said = [line for line in result.err.splitlines() if (resource or "") in line and path in line]
    assert said, f"no refusal names {resource} and {path}\n{result}"
    assert any(row.reason in line for line in said), result
