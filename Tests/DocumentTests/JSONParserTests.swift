import Document
import Testing

@Suite struct JSONParserTests {
    @Test func readsEveryKindOfValue() throws {
        let node = try JSON.parse(#" {"a":[1,-2.5,true,false,null,"x"],"b":{}} "#)
        #expect(node == ["b": [:], "a": [1, -2.5, true, false, .null, "x"]])
        #expect(node.object?.keys == ["a", "b"])
    }

    @Test func integersKeepAllBits() throws {
        let node = try JSON.parse(
            "[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]")
        #expect(node[0]?.int == .max)
        #expect(node[1]?.int == .min)
        #expect(node[2]?.uint == 9_223_372_036_854_775_808)
        #expect(node[2]?.int == nil)
        #expect(node[3]?.uint == .max)
        #expect(
            JSON.serialize(node)
                == "[9223372036854775807,-9223372036854775808,9223372036854775808,18446744073709551615]")
        #expect(try JSON.parse("18446744073709551616").double == 18446744073709551616.0)
    }

    @Test func positionsCountLinesAndCharacters() throws {
        let node = try JSON.parse("{\n  \"käse\": [1,\n   {\"x\": 2}]}")
        let member = try #require(node.object?.member("käse"))
        #expect(member.keyPosition == Position(line: 2, column: 3))
        #expect(member.value.position == Position(line: 2, column: 11))
        #expect(member.value[1]?["x"]?.position == Position(line: 3, column: 10))
    }

    @Test func decodesEscapes() throws {
        #expect(try JSON.parse(#""\"\\\/\b\f\n\r\té😀x""#).string == "\"\\/\u{8}\u{c}\n\r\té😀x")
    }

    @Test(arguments: [
        ("", "1:1: unexpected end of text, expected a value"),
        ("[1,]", "1:4: unexpected ']', expected a value"),
        ("{\"a\":1,}", "1:8: unexpected '}', expected a key in double quotes"),
        ("{a:1}", "1:2: unexpected 'a', expected a key in double quotes"),
        ("{\"a\" 1}", "1:6: unexpected '1', expected ':' after the key"),
        ("[1 2]", "1:4: unexpected '2', expected ',' or ']'"),
        ("{\"a\":1 \"b\":2}", "1:8: unexpected '\"', expected ',' or '}'"),
        ("01", "1:1: number with a leading zero"),
        ("-", "1:2: unexpected end of text, expected a digit"),
        ("1.", "1:3: unexpected end of text, expected a digit after the decimal point"),
        ("1e+", "1:4: unexpected end of text, expected a digit of the exponent"),
        ("1e999", "1:1: number out of range"),
        ("tru", "1:1: unexpected end of text, expected 'true'"),
        ("nuil", "1:1: unknown word, expected 'null'"),
        ("\"a", "1:1: string without closing quote"),
        ("\"a\u{1}\"", "1:3: control character 0x01 in a string, expected an escape such as \\n"),
        (#""\x""#, "1:2: unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"),
        (#""\ud800""#, "1:2: high surrogate without a low one"),
        (#""\udc00""#, "1:2: low surrogate without a high one"),
        (#""\u12g4""#, "1:2: \\u needs four hexadecimal digits"),
        ("1 2", "1:3: unexpected '2' after the end of the JSON text, expected nothing more"),
        ("\u{FEFF}1", "1:1: JSON text must not begin with a byte order mark"),
        ("{\"a\":1,\n \"a\":2}", "2:2: key \"a\" is given twice, first at 1:2; a key may be given once"),
    ])
    func namesPlaceAndExpectation(text: String, message: String) {
        let error = #expect(throws: DocumentError.self) { try JSON.parse(text) }
        #expect(error?.description == message)
    }

    @Test func findsDuplicatesInLargeObjects() {
        let keys = (0..<100).map { "\"k\($0)\":1" } + ["\"k42\":2"]
        let error = #expect(throws: DocumentError.self) {
            try JSON.parse("{" + keys.joined(separator: ",") + "}", file: "f")
        }
        #expect(error?.findings.first?.message.hasPrefix("key \"k42\" is given twice") == true)
        #expect(error?.findings.first?.file == "f")
    }

    @Test func refusesInvalidUTF8() {
        for bytes: [UInt8] in [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
        ] {
            #expect(throws: DocumentError.self) { try JSON.parse([0x22, 0x61] + bytes + [0x22]) }
            #expect(throws: DocumentError.self) { try JSON.parse([0x22, 0x5C, 0x6E] + bytes + [0x22]) }
        }
    }

    @Test func keepsItsLimits() throws {
        let deep = String(repeating: "[", count: 513) + String(repeating: "]", count: 513)
        #expect(throws: DocumentError.self) { try JSON.parse(deep) }
        let allowed = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        _ = try JSON.parse(allowed)
        #expect(throws: DocumentError.self) { try JSON.parse(String(repeating: "[", count: 1_000_000)) }
        #expect(throws: DocumentError.self) { try JSON.parse("[1,2,3]", limits: ParseLimits(maxNodes: 3)) }
        #expect(throws: DocumentError.self) { try JSON.parse("[1,2,3]", limits: ParseLimits(maxBytes: 6)) }
    }

    /// What is still JSON says the same when it is written and read again.
    @Test func anyDamageIsAnErrorOrAnotherDocument() throws {
        let text = Array(#"{"a":[1,-2.5e3,true,null,"x\u00e9\n"],"b":{"c":"ü"}}"#.utf8)
        for index in text.indices {
            for byte: UInt8 in [0, 0x20, 0x22, 0x2C, 0x5B, 0x5C, 0x7D, 0x80, 0xFF] {
                var damaged = text
                damaged[index] = byte
                guard let node = try? JSON.parse(damaged) else { continue }
                #expect(try JSON.parse(JSON.bytes(node)) == node, "byte \(byte) at \(index)")
            }
            #expect(throws: DocumentError.self) { try JSON.parse(Array(text.prefix(index))) }
        }
    }
}
