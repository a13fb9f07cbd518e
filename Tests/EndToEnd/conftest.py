"""Fixtures of the end-to-end suites. Every process is ours, is stopped by pid, and leaves a log on failure."""

import os
import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent / "Behaviour"))
sys.dont_write_bytecode = True
# gRPC's own handling of forks can stop a child before it becomes the program that it was made for.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

from harness.federation import Federation  # noqa: E402
from harness.mesh import Mesh  # noqa: E402

_failed_modules = set()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if outcome.get_result().failed:
        _failed_modules.add(item.module.__name__)


@pytest.fixture(scope="module")
def workdir(request):
    """A directory of this module's own; kept when a test of it failed."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f"hanse-{request.module.__name__}."))
    yield path
    if request.module.__name__ in _failed_modules:
        print(f"\nlogs and state are kept in {path}", file=sys.stderr)
    else:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def lubeck(workdir):
    """One controller without a mesh yet, for suites of the API alone."""
    mesh = Mesh("lubeck", workdir, runs_gateways=False)
    mesh.start_controller()
    yield mesh
    mesh.stop()


@pytest.fixture(scope="module")
def federation(workdir):
    """The three meshes of the sample, connected, with the weighted routes in force."""
    meshes = Federation(workdir)
    try:
        meshes.start()
        yield meshes
    finally:
        meshes.stop()
