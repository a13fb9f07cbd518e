"""Where the programs under test and their counterparts are."""

import os
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "samples" / "bookinfo"


def _program(variable, *defaults):
    for candidate in (os.environ.get(variable), *defaults):
        if candidate and shutil.which(str(candidate)):
            return str(shutil.which(str(candidate)))
    raise RuntimeError(f"{variable} names no program; run the suites with Tests/run.sh")


HANSE = _program("HANSE", ROOT / ".build" / "debug" / "hanse")
BOOKINFO = _program("HANSE_BOOKINFO", pathlib.Path(HANSE).parent / "bookinfo")
ENVOY = _program("HANSE_ENVOY", ROOT / ".build" / "tools" / "venv" / "bin" / "envoy")
KUBECTL = _program("HANSE_KUBECTL", ROOT / ".build" / "tools" / "kubectl-1.32" / "kubectl")
KUBECTL_OLD = _program(
    "HANSE_KUBECTL_OLD", ROOT / ".build" / "tools" / "kubectl-1.20" / "usr" / "bin" / "kubectl")
