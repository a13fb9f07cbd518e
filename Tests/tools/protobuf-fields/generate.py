#!/usr/bin/env python3
"""Writes Sources/EnvoyConfig/Protobuf/ProtobufFields.swift: the fields of the messages in messages.txt.

The numbers and types come from the descriptors of PyPI's xds-protos, which Tests/tools/setup.sh installs:
    .build/tools/venv/bin/python Tests/tools/protobuf-fields/generate.py
"""

import importlib
import pathlib
import pkgutil
import sys

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FieldDescriptor as F

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parents[2] / "Sources/EnvoyConfig/Protobuf/ProtobufFields.swift"
LETTERS = {
    F.TYPE_STRING: "s", F.TYPE_BYTES: "y", F.TYPE_BOOL: "b", F.TYPE_DOUBLE: "d", F.TYPE_FLOAT: "f",
    F.TYPE_INT32: "i", F.TYPE_INT64: "i", F.TYPE_UINT32: "u", F.TYPE_UINT64: "u", F.TYPE_ENUM: "e",
    F.TYPE_MESSAGE: "m"}


def load():
    """Imports every module of the API, so that the pool knows its messages."""
    for root in ("envoy", "google.protobuf", "google.rpc"):
        package = importlib.import_module(root)
        for module in pkgutil.walk_packages(package.__path__, root + "."):
            if module.name.endswith("_pb2") and ("envoy." not in module.name or ".v3" in module.name):
                try:
                    importlib.import_module(module.name)
                except ImportError:
                    pass


def field(descriptor, known):
    """`name number type[*|%] [message] [@oneof]`; a message that is not listed is `?`."""
    parts = [descriptor.name, str(descriptor.number)]
    letter = LETTERS[descriptor.type]
    target = descriptor.message_type
    if target is not None and target.GetOptions().map_entry:
        value = target.fields_by_name["value"]
        assert target.fields_by_name["key"].type == F.TYPE_STRING or target.full_name not in known
        letter = LETTERS[value.type] + "%"
        target = value.message_type
    elif getattr(descriptor, "is_repeated", False):
        letter += "*"
    parts.append(letter)
    if target is not None:
        parts.append(target.full_name if target.full_name in known else "?")
    oneof = descriptor.containing_oneof
    if oneof is not None and len(oneof.fields) > 1:
        parts.append("@" + oneof.name)
    return " ".join(parts)


def main():
    load()
    pool = descriptor_pool.Default()
    names = (HERE / "messages.txt").read_text().split()
    known = set(names)
    lines = []
    for name in names:
        message = pool.FindMessageTypeByName(name)
        lines.append("=" + name)
        lines += [field(f, known) for f in sorted(message.fields, key=lambda f: f.number)]
    body = "\n".join("        " + line for line in lines)
    OUT.write_text(
        "// Made by Tests/tools/protobuf-fields/generate.py from messages.txt there; change that file.\n"
        "extension ProtobufSchema {\n"
        "    /// `=message`, then a line for each field: `name number type [message] [@oneof]`.\n"
        f"    static let fields = \"\"\"\n{body}\n        \"\"\"\n}}\n")
    print(f"{len(names)} messages, {len(lines) - len(names)} fields", file=sys.stderr)


if __name__ == "__main__":
    main()
