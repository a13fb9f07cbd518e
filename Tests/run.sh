#!/usr/bin/env bash
# Runs every suite of Hanse: sets up what is missing, builds, then the unit and the end-to-end tests.
#   Tests/run.sh [unit|e2e]     default: both
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
what=${1:-all}
Tests/tools/setup.sh tests
tools="$PWD/.build/tools"
export HANSE_ENVOY="$tools/venv/bin/envoy"
export HANSE_KUBECTL="$tools/kubectl-1.32/kubectl"
export HANSE_KUBECTL_OLD="$tools/kubectl-1.20/usr/bin/kubectl"

swift build --build-tests
export HANSE="${HANSE:-$(swift build --show-bin-path)/hanse}"

if [ "$what" != e2e ]; then
    # One test after the other: tests that wait for a child process hold a thread of the pool that others need.
    swift test --skip-build --no-parallel
fi
if [ "$what" != unit ]; then
    "$tools/venv/bin/python" -m pytest -q -p no:cacheprovider Tests/EndToEnd
fi
