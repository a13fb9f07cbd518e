#!/usr/bin/env bash
# Runs a fuzz harness for some seconds: Tests/Fuzz/run.sh NAME [SECONDS]. NAME is the harness without "Fuzz.swift".
# Finds are written to .build/fuzz/NAME and belong into a unit test.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
name=$1
rooms=()
options=()
seconds=${2:-60}
case $name in
    ClientHello) sources=(Sources/TLS/ClientHello/ClientHello.swift) ;;
    HTTPCodec)
        sources=(Sources/HTTPCodec/*/*.swift)
        rooms=(Bytes)
        ;;
    Document)
        sources=(Sources/Document/*/*.swift)
        rooms=(Bytes)
        options=(-Xcc -fmodule-map-file="$PWD/Sources/CYAML/module.modulemap" -lyaml)
        ;;
    *) echo "unknown harness: $name" >&2; exit 2 ;;
esac
work=".build/fuzz/$name"
mkdir -p "$work/corpus"
features=(-enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility -swift-version 6)
for room in ${rooms[@]+"${rooms[@]}"}; do
    swiftc -O -wmo -parse-as-library -sanitize=fuzzer,address "${features[@]}" -module-name "$room" -emit-module \
        -emit-module-path "$work/$room.swiftmodule" -emit-object -o "$work/$room.o" Sources/"$room"/*/*.swift
    options+=("$work/$room.o")
done
swiftc -O -parse-as-library -sanitize=fuzzer,address "${features[@]}" -module-name Fuzz -I "$work" "${sources[@]}" \
    "Tests/Fuzz/${name}Fuzz.swift" ${options[@]+"${options[@]}"} -o "$work/fuzz"
SWIFT_BACKTRACE=enable=no "$work/fuzz" -max_total_time="$seconds" -max_len=20000 -artifact_prefix="$work/" "$work/corpus"
