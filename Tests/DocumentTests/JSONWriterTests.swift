import Document
import Testing

@Suite struct JSONWriterTests {
    @Test func prettyIsWhatKubectlPrints() {
        let node: Node = ["b": [1, "x"], "a": ["c": [:], "d": []], "e": "<&>"]
        #expect(
            JSON.serialize(node, style: .pretty, sortedKeys: true) == """
                {
                    "a": {
                        "c": {},
                        "d": []
                    },
                    "b": [
                        1,
                        "x"
                    ],
                    "e": "\\u003c\\u0026\\u003e"
                }
                """)
        #expect(JSON.serialize(["a": [1]], style: .pretty2) == "{\n  \"a\": [\n    1\n  ]\n}")
    }

    @Test func compactKeepsTheOrderOfMembers() {
        #expect(JSON.serialize(["b": 1, "a": "<"]) == #"{"b":1,"a":"<"}"#)
        #expect(JSON.serialize(["b": 1, "a": 2], sortedKeys: true) == #"{"a":2,"b":1}"#)
    }

    @Test func escapesWhatMustBeEscaped() {
        #expect(
            JSON.serialize("\"\\\u{8}\t\n\u{c}\r\u{1}\u{7f}é") == "\"\\\"\\\\\\b\\t\\n\\f\\r\\u0001\u{7f}é\"")
        #expect(JSON.serialize("\u{2028}", style: .pretty) == "\"\\u2028\"")
        #expect(JSON.serialize("\u{2028}") == "\"\u{2028}\"")
    }

    @Test(arguments: [
        (0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"), (0.000001, "0.000001"), (1e-7, "1e-7"), (123456789.125, "123456789.125"),
        (1e16, "10000000000000000"), (Double.leastNonzeroMagnitude, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (Double.infinity, "null"),
    ])
    func numbersLookLikeGos(value: Double, text: String) {
        #expect(JSON.serialize(Node(value)) == text)
    }

    @Test func randomTreesComeBack() throws {
        for seed in 0..<300 {
            var random = SplitMix(state: UInt64(seed))
            let node = randomNode(&random, depth: 4)
            for style in [JSON.Style.compact, .pretty, .pretty2] {
                #expect(try JSON.parse(JSON.serialize(node, style: style)) == node)
            }
        }
    }
}

/// A small deterministic generator.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

let awkwardStrings = [
    "", " ", "a", "a b", "true", "y", "No", "null", "~", "1", "0x1f", "1_000", "1e3", "-", "- a", "-a",
    "a: b", "a:b", "a:",
    "# c", "a #b", "a#b", "[x]", "{x", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a'", "\"a\"", "a'b",
    "it's: x", "\t",
    "a\tb", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a\r\nb", "\u{7}", "é", "😀", "\u{2028}", "12:30:45",
    "2001-01-01",
    "=", "<<", "---", "...", "--- a", "a\\b", "\\", "?", "? a", "?a", ":", ": a", ":a", ",", "a,b",
    "key with spaces ",
    "0b1", "0o7", "1.", ".5", ".inf", "+.inf", "08", "1__0", "0.0.0.0", "127.0.0.1", "v1.2", "\u{FEFF}",
    "\u{85}",
    "a\n  b\n c", "x\n\n\ny\n\n", "trailing \nspace", String(repeating: "word ", count: 40),
    String(repeating: "x", count: 200),
]

func pick<T>(_ choices: [T], _ random: inout SplitMix) -> T {
    choices[Int.random(in: choices.indices, using: &random)]
}

func randomNode(_ random: inout SplitMix, depth: Int) -> Node {
    switch Int.random(in: 0..<(depth == 0 ? 6 : 9), using: &random) {
    case 0: return .null
    case 1: return Node(Bool.random(using: &random))
    case 2: return Node(Int64.random(in: .min ... .max, using: &random))
    case 3: return Node(UInt64.random(in: (1 << 63) ... .max, using: &random))
    case 4:
        return Node(
            Double.random(in: -1...1, using: &random) * pick([1, 1e-9, 1e9, 1e200], &random))
    case 5: return Node(pick(awkwardStrings, &random))
    case 6:
        return Node(
            (0..<Int.random(in: 0..<5, using: &random)).map { _ in randomNode(&random, depth: depth - 1) })
    default:
        var object = Object()
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            object[pick(awkwardStrings, &random)] = randomNode(&random, depth: depth - 1)
        }
        return Node(object)
    }
}
