#!/usr/bin/env bash
# Writes Sources/Resources/CRDs from charts/hanse/crds: one Swift literal a file, and their list.
#   Tests/tools/embed-crds.sh [DIR]     default: Sources/Resources/CRDs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=${1:-Sources/Resources/CRDs}
mkdir -p "$out"
names=()
for file in charts/hanse/crds/*.yaml; do
    base=$(basename "$file" .yaml)
    name=${base##*_}
    names+=("$name")
    {
        echo "// Made by Tests/tools/embed-crds.sh from $file; change that file."
        echo "extension EmbeddedCRDs {"
        echo "    static let $name = ##\"\"\""
        sed -e 's/^\(.\)/        \1/' "$file"
        echo "        \"\"\"##"
        echo "}"
    } >"$out/EmbeddedCRDs+$name.swift"
done
{
    echo "// Made by Tests/tools/embed-crds.sh from charts/hanse/crds; change those files."
    echo "/// The CustomResourceDefinitions this program was built with, as YAML by plural name."
    echo "public enum EmbeddedCRDs {"
    echo "    /// Plural names and texts, ordered by file name."
    echo "    public static let all: KeyValuePairs<String, String> = ["
    for name in "${names[@]}"; do echo "        \"$name\": $name,"; done
    echo "    ]"
    echo "}"
} >"$out/EmbeddedCRDs.swift"
