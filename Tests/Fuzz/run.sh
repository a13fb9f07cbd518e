#!/usr/bin/env bash
# Runs a fuzz harness for some seconds: Tests/Fuzz/run.sh NAME [SECONDS]. NAME is the harness without "Fuzz.swift".
# Finds are written to .build/fuzz/NAME and belong into a unit test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=$1
seconds=${2:-60}
case $name in
    ClientHello) sources=(Sources/TLS/ClientHello/ClientHello.swift) ;;
    *) echo "unknown harness: $name" >&2; exit 2 ;;
esac
work=".build/fuzz/$name"
mkdir -p "$work/corpus"
swiftc -O -parse-as-library -sanitize=fuzzer,address -module-name Fuzz "${sources[@]}" "Tests/Fuzz/${name}Fuzz.swift" \
    -o "$work/fuzz"
SWIFT_BACKTRACE=enable=no "$work/fuzz" -max_total_time="$seconds" -max_len=20000 -artifact_prefix="$work/" "$work/corpus"
