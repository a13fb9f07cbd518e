#!/usr/bin/env bash
# Runs the unit tests under a sanitizer: Tests/sanitize.sh thread|address [more arguments of swift test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
kind=${1:-}
shift || true
case $kind in
    thread) export TSAN_OPTIONS="suppressions=$PWD/Tests/tools/thread-sanitizer.supp" ;;
    # Foundation, which only the tests use, keeps memory for the life of the process.
    address) export ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no ;;
    *) echo "usage: Tests/sanitize.sh thread|address" >&2; exit 2 ;;
esac
Tests/tools/setup.sh build
exec swift test --no-parallel --sanitize="$kind" --scratch-path ".build-$kind" "$@"
