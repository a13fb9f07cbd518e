#!/usr/bin/env bash
# Runs fuzz harnesses; NAME is one without "Fuzz.swift".
#   run.sh NAME [SECONDS]   fuzzes; finds are written to .build/fuzz/NAME and belong into a unit test or the corpus
#   run.sh minimize NAME    makes Corpus/NAME anew from what fuzzing found: few and small files that reach as much
#   run.sh replay           builds every harness and runs it once over its corpus
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
features=(-enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility
    -swift-version 6)
yaml=(-Xcc -fmodule-map-file="$PWD/Sources/CYAML/module.modulemap" -lyaml)

# Builds a room as a module of its own: room NAME WORK [OPTIONS...]
room() {
    local room=$1 work=$2
    shift 2
    swiftc -O -wmo -parse-as-library -sanitize=fuzzer,address "${features[@]}" -module-name "$room" -emit-module \
        -emit-module-path "$work/$room.swiftmodule" -emit-object -o "$work/$room.o" -I "$work" "$@" \
        Sources/"$room"/*/*.swift
}

build() {
    local name=$1 work=".build/fuzz/$1"
    local sources=() options=()
    mkdir -p "$work/corpus" "Tests/Fuzz/Corpus/$name"
    case $name in
        ClientHello) sources=(Sources/TLS/ClientHello/ClientHello.swift) ;;
        DNSReply)
            sources=(Sources/Gateway/DNS/{DNSName,DNSQuestion,DNSReply}.swift)
            room Bytes "$work"
            options=("$work/Bytes.o")
            ;;
        HTTPCodec | HTTP2Frames | HPACK)
            sources=(Sources/HTTPCodec/*/*.swift)
            room Bytes "$work"
            options=("$work/Bytes.o")
            ;;
        Document)
            sources=(Sources/Document/*/*.swift)
            room Bytes "$work"
            options=("$work/Bytes.o" "${yaml[@]}")
            ;;
        ConfigJSON | ConfigProtobuf)
            sources=(Sources/EnvoyConfig/*/*.swift)
            room Bytes "$work"
            room Document "$work" "${yaml[@]:0:2}"
            options=("$work/Bytes.o" "$work/Document.o" "${yaml[@]}")
            ;;
        *) echo "unknown harness: $name" >&2; exit 2 ;;
    esac
    swiftc -O -parse-as-library -sanitize=fuzzer,address "${features[@]}" -module-name Fuzz -I "$work" \
        "${sources[@]}" "Tests/Fuzz/${name}Fuzz.swift" ${options[@]+"${options[@]}"} -o "$work/fuzz"
}

fuzz() {
    local work=".build/fuzz/$1"
    shift
    SWIFT_BACKTRACE=enable=no "$work/fuzz" -max_len=20000 -artifact_prefix="$work/" "$@"
}

case ${1:-} in
    replay)
        for harness in Tests/Fuzz/*Fuzz.swift; do
            name=$(basename "$harness" Fuzz.swift)
            build "$name"
            find "Tests/Fuzz/Corpus/$name" -type f -print0 | sort -z | xargs -0 -r env SWIFT_BACKTRACE=enable=no \
                ".build/fuzz/$name/fuzz" >".build/fuzz/$name/replay.log" 2>&1 || {
                tail -n 30 ".build/fuzz/$name/replay.log" >&2
                exit 1
            }
            printf '%s: %s files\n' "$name" "$(find "Tests/Fuzz/Corpus/$name" -type f | wc -l)"
        done
        ;;
    minimize)
        name=$2
        build "$name"
        small=".build/fuzz/$name/small"
        rm -rf "$small" "$small.all" && mkdir -p "$small" "$small.all"
        # Whole inputs only: one that is cut says little.
        find ".build/fuzz/$name/corpus" "Tests/Fuzz/Corpus/$name" -type f -size -1025c \
            -exec cp -t "$small.all" {} +
        fuzz "$name" -merge=1 "$small" "$small.all"
        rm -rf "Tests/Fuzz/Corpus/$name" && mkdir -p "Tests/Fuzz/Corpus/$name"
        # Of all sizes alike, as many as one harness may keep.
        count=$(find "$small" -type f | wc -l)
        find "$small" -type f -printf '%s %p\n' | sort -n | awk -v n="$count" \
            'n <= 32 || int(NR * 32 / n) > int((NR - 1) * 32 / n)' | while read -r _ file; do
            cp "$file" "Tests/Fuzz/Corpus/$name/$(basename "$file" | cut -c 1-12)"
        done
        ;;
    "") echo "usage: run.sh NAME [SECONDS] | minimize NAME | replay" >&2; exit 2 ;;
    *)
        build "$1"
        fuzz "$1" -max_total_time="${2:-60}" ".build/fuzz/$1/corpus" "Tests/Fuzz/Corpus/$1"
        ;;
esac
