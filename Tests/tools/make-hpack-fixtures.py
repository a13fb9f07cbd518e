#!/usr/bin/env python3
"""Writes Tests/HTTPCodecTests/Fixtures/hpack.json: header blocks with what an independent implementation reads in them.

Needs `pip install hpack`. Every case is a connection: blocks that share one table. The examples of RFC 7541 appendix C
are checked against that implementation; the rest is made by its encoder, and broken at random with its verdict.
"""
import json
import pathlib
import random

from hpack import Decoder, Encoder, HeaderTuple, NeverIndexedHeaderTuple
from hpack.exceptions import HPACKError

RFC = [
    ("C.3 requests", 4096, "request", [
        "828684410f7777772e6578616d706c652e636f6d",
        "828684be58086e6f2d6361636865",
        "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
    ]),
    ("C.4 requests with Huffman", 4096, "request", [
        "828684418cf1e3c2e5f23a6ba0ab90f4ff",
        "828684be5886a8eb10649cbf",
        "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
    ]),
    ("C.5 responses, evicting", 256, "response", [
        "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d54"
        "6e1768747470733a2f2f7777772e6578616d706c652e636f6d",
        "4803333037c1c0bf",
        "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a697077"
        "38666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b"
        "2076657273696f6e3d31",
    ]),
    ("C.6 responses with Huffman, evicting", 256, "response", [
        "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff"
        "6e919d29ad171863c78f0b97c8e9ae82ae43d3",
        "4883640effc1c0bf",
        "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab"
        "77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    ]),
    ("C.2.1 literal with indexing", 4096, "trailers", ["400a637573746f6d2d6b65790d637573746f6d2d686561646572"]),
    ("C.2.3 literal never indexed", 4096, "trailers", ["100870617373776f726406736563726574"]),
]
NAMES = ["accept", "x-request-id", "grpc-status", "grpc-message", "cache-control", "via", "etag", "x-a", "x-" + "n" * 60,
         "user-agent", "vary", "authorization", "x-envoy-peer-metadata", "age", "link", "zz_under.score~tick"]
random.seed(7541)


def value():
    kind = random.randrange(6)
    if kind == 0:
        return random.choice(["", "0", "no-cache", "gzip, deflate", "application/grpc+proto"])
    if kind == 1:
        return "".join(chr(random.randrange(0x21, 0x7F)) for _ in range(random.randrange(1, 40)))
    if kind == 2:
        return str(random.randrange(10 ** random.randrange(1, 12)))
    if kind == 3:
        return "x" * random.randrange(100, 400)
    if kind == 4:  # every byte that may stand in a value, which needs the long codes
        return "".join(chr(random.choice([*range(0x21, 0x7F), *range(0x80, 0x100)])) for _ in range(20))
    return random.choice(["a b\tc", "W/\"1234\"", "Sat, 21 Nov 2026 08:00:00 GMT"])


def raw(text):
    return text.encode("latin-1")


def fields(most=8):
    made = []
    for _ in range(random.randrange(1, most + 1)):
        name, content = raw(random.choice(NAMES)), raw(value())
        made.append((NeverIndexedHeaderTuple if random.random() < 0.15 else HeaderTuple)(name, content))
    return made


def decode(decoder, wire):
    return [[n.decode("latin-1"), v.decode("latin-1")] for n, v in decoder.decode(wire, raw=True)]


def decoder(size):
    made = Decoder()
    made.header_table_size = size
    made.max_allowed_table_size = max(size, 4096)
    return made


def main():
    cases = []
    for name, size, form, blocks in RFC:
        other = decoder(size)
        cases.append({"name": name, "source": "RFC 7541 " + name.split()[0], "tableSize": size, "form": form,
                      "blocks": [{"wire": b, "fields": decode(other, bytes.fromhex(b))} for b in blocks]})
    for run in range(6):
        encoder, other, blocks = Encoder(), decoder(4096), []
        repeated = fields()
        for block in range(6):
            if run % 3 == 2 and block in (2, 3, 5):
                encoder.header_table_size = random.choice([0, 60, 200, 1000, 4096])
            wire = encoder.encode(repeated + fields() if block % 2 else fields() + repeated, huffman=run % 2 == 0)
            blocks.append({"wire": wire.hex(), "fields": decode(other, wire)})
        cases.append({"name": f"encoded {run}", "source": "hpack (PyPI)", "tableSize": 4096, "form": "trailers",
                      "blocks": blocks})
    for run in range(300):
        encoder, other = Encoder(), decoder(4096)
        first = encoder.encode(fields(2), huffman=True)
        wire = bytearray(encoder.encode(fields(3), huffman=run % 2 == 0))
        for _ in range(random.randrange(1, 3)):
            wire[random.randrange(len(wire))] = random.randrange(256)
        blocks = [{"wire": first.hex(), "fields": decode(other, first)}]
        try:
            blocks.append({"wire": wire.hex(), "fields": decode(other, bytes(wire))})
        except HPACKError:
            blocks.append({"wire": wire.hex(), "fields": None})
        size = sum(len(b["wire"]) for b in blocks)
        if size < 500 and sum(c["name"].startswith("broken") for c in cases) < 120:
            cases.append({"name": f"broken {run}", "source": "hpack (PyPI)", "tableSize": 4096, "form": "trailers",
                          "blocks": blocks})
    path = pathlib.Path(__file__).resolve().parents[1] / "HTTPCodecTests/Fixtures/hpack.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("[\n" + ",\n".join(json.dumps(c, ensure_ascii=True) for c in cases) + "\n]\n")
    print(path, path.stat().st_size, "bytes", len(cases), "cases")


main()
