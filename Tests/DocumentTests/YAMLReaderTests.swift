import Document
import Foundation
import Testing

@Suite struct YAMLReaderTests {
    struct Scalar: Decodable, Sendable, CustomTestStringConvertible {
        var yaml: String
        var json: String?
        var error: String?
        var testDescription: String { yaml }
    }

    /// What `kubectl` 1.32 makes of each scalar, or our answer where we are stricter or keep more digits.
    static let scalars: [Scalar] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
            path: "Fixtures/yaml-scalars.json")
        return (try? JSONDecoder().decode([Scalar].self, from: Data(contentsOf: file))) ?? []
    }()

    @Test func theTableIsThere() { #expect(Self.scalars.count > 80) }

    @Test(arguments: scalars)
    func scalarsResolveAsKubernetesDoes(scalar: Scalar) throws {
        let text = "spec:\n  \(scalar.yaml)\n"
        if let message = scalar.error {
            let error = #expect(throws: DocumentError.self) { try YAML.parse(text) }
            #expect(error?.description == message)
        } else {
            let spec = try #require(try YAML.parse(text).first?["spec"])
            #expect(JSON.serialize(spec, sortedKeys: true) == scalar.json)
        }
    }

    @Test func readsSeveralDocumentsAndOmitsEmptyOnes() throws {
        let documents = try YAML.parse(
            "# only a comment\n---\na: 1\n---\n---\n# nothing\n---\nnull\n---\n- x\n...\n")
        #expect(documents == [["a": 1], ["x"]])
        #expect(documents[0].position == Position(line: 3, column: 1))
        #expect(try YAML.parse("") == [])
        #expect(try YAML.parse("\n# x\n") == [])
    }

    @Test func readsByteOrderMarkAndCRLF() throws {
        #expect(try YAML.parse("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n  y\r\n") == [["a": 1, "b": "x\ny\n"]])
    }

    @Test func readsJSON() throws {
        let text = #"{"a": [1, "x", null, true], "b": {"c": "y\n"}}"#
        #expect(try YAML.parse(text) == [try JSON.parse(text)])
    }

    @Test func everyValueKnowsItsPlace() throws {
        let node = try #require(try YAML.parse("a:\n  - é: 1\n    b: [x, {c: d}]\n").first)
        let element = try #require(node["a"]?[0])
        #expect(element.position == Position(line: 2, column: 5))
        #expect(element.object?.member("é")?.keyPosition == Position(line: 2, column: 5))
        #expect(element["é"]?.position == Position(line: 2, column: 8))
        #expect(element["b"]?[1]?["c"]?.position == Position(line: 3, column: 16))
    }

    @Test func resolvesAnchorsPerDocument() throws {
        #expect(
            try YAML.parse("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n") == [
                ["a": [1, 2], "b": [1, 2], "c": 3, "d": 3]
            ])
        let error = #expect(throws: DocumentError.self) { try YAML.parse("a: &x 1\n---\nb: *x\n") }
        #expect(error?.description == "3:4: alias *x without anchor, expected &x before it")
    }

    @Test func laterEntriesOfAMergeWin() throws {
        #expect(try YAML.parse("<<: {a: 2, b: 3}\na: 1\n") == [["a": 1, "b": 3]])
        #expect(try YAML.parse("a: 1\n<<: {a: 2, b: 3}\n") == [["a": 2, "b": 3]])
        #expect(try YAML.parse("<<: [{a: 1}, {a: 2, b: 3}]\nc: 1\n") == [["a": 1, "b": 3, "c": 1]])
        #expect(
            try YAML.parse("x: &x {a: 1}\nz:\n  <<: *x\n  b: 2\n") == [
                ["x": ["a": 1], "z": ["a": 1, "b": 2]]
            ])
        #expect(try YAML.parse("\"<<\": 1\n") == [["<<": 1]])
    }

    @Test(arguments: [
        ("a: 1\na: 2\n", "2:1: key \"a\" is given twice, first at 1:1; a key may be given once"),
        ("8080: 1\n\"8080\": 2\n", "2:1: key \"8080\" is given twice, first at 1:1; a key may be given once"),
        ("a:\n\t- b\n", "2:1: tab in the indentation, expected spaces"),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: unexpected content or indentation, expected a key of the mapping that begins at 1:1"
        ),
        ("a: b: c\n", "1:5: unexpected ':', expected a new line before it or quotes around the text"),
        ("a: [1, 2\n", "2:1: unexpected content, expected ',' or ']' in the list that begins at 1:4"),
        ("a: {b: 1\n", "2:1: unexpected content, expected ',' or '}' in the mapping that begins at 1:4"),
        ("a: \"x\n", "2:1: text without closing quote that begins at 1:4, expected the quote"),
        ("a: @x\n", "1:4: unexpected '@' at the start of a value, expected quotes around it"),
        ("- a\nb\n", "2:1: key without ':', expected 'key: value'"),
        ("a: 1\nb\nc: 2\n", "2:1: key without ':', expected 'key: value'"),
        ("a: - b\n", "1:4: unexpected '- ', expected the list on a new line"),
        ("a: *q\n", "1:4: alias *q without anchor, expected &q before it"),
        ("a: &x [1, *x]\n", "1:11: alias *x stands inside of its own anchor"),
        ("? [a]\n: 1\n", "1:3: key is a list, expected a string"),
        ("? {a: 1}\n: 1\n", "1:3: key is a mapping, expected a string"),
        ("~: 1\n", "1:1: key is null, expected a string"),
        ("<<: 1\n", "1:5: wrong value of '<<', expected a mapping or a list of mappings"),
        (
            "a: !foo x\n",
            "1:4: tag '!foo' is not supported, expected none or one of !!str !!int !!float !!bool !!null !!binary"
        ),
        ("a: !foo [x]\n", "1:4: tag '!foo' is not supported here, expected none or !!seq"),
        ("a: !!str {}\n", "1:4: tag '!!str' is not supported here, expected none or !!map"),
        (
            "a: !x!y z\n",
            "1:4: undefined tag, expected no tag or one of !!str !!int !!float !!bool !!null !!binary"
        ),
        (
            "a: 1\n}\n",
            "2:1: unexpected content or indentation, expected a key of the mapping that begins at 1:1"
        ),
    ])
    func namesPlaceAndExpectation(text: String, message: String) {
        let error = #expect(throws: DocumentError.self) { try YAML.parse(text) }
        #expect(error?.description == message)
    }

    @Test func namesTheFile() {
        let error = #expect(throws: DocumentError.self) { try YAML.parse("a: 1\nb: [\n", file: "peers.yaml") }
        #expect(error?.description.hasPrefix("peers.yaml:3:1: ") == true)
    }

    @Test func refusesInvalidUTF8WithItsPlace() {
        let error = #expect(throws: DocumentError.self) {
            try YAML.parse(Array("a: 1\nb: x".utf8) + [0xFF, 0x0A])
        }
        #expect(error?.description == "2:5: invalid UTF-8, expected UTF-8 text")
        let control = #expect(throws: DocumentError.self) { try YAML.parse(Array("a: \u{1}\n".utf8)) }
        #expect(control?.description == "1:4: a control character, expected UTF-8 text")
    }

    @Test func refusesBombs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<20 {
            let alias = "*a\(level - 1)"
            text +=
                "a\(level): &a\(level) [" + Array(repeating: alias, count: 9).joined(separator: ", ") + "]\n"
        }
        let error = #expect(throws: DocumentError.self) { try YAML.parse(text) }
        #expect(
            error?.findings.first?.message == "aliases stand for too many values, at most 100000 are read")
    }

    @Test func refusesMergeBombs() {
        var text = "a0: &a0 {x: 1, y: 2}\n"
        for level in 1..<30 {
            text += "a\(level): &a\(level) {l: *a\(level - 1), r: *a\(level - 1), <<: *a\(level - 1)}\n"
        }
        let error = #expect(throws: DocumentError.self) { try YAML.parse(text) }
        #expect(error?.findings.first?.message.hasPrefix("aliases stand for too many values") == true)
    }

    @Test func keepsItsLimits() throws {
        let deep = String(repeating: "[", count: 101) + String(repeating: "]", count: 101)
        #expect(throws: DocumentError.self) { try YAML.parse(deep) }
        _ = try YAML.parse(String(repeating: "[", count: 100) + String(repeating: "]", count: 100))
        #expect(throws: DocumentError.self) { try YAML.parse(String(repeating: "[", count: 200_000)) }
        #expect(throws: DocumentError.self) { try YAML.parse(String(repeating: "- ", count: 200)) }
        #expect(throws: DocumentError.self) { try YAML.parse("[1, 2, 3]", limits: ParseLimits(maxNodes: 3)) }
        #expect(throws: DocumentError.self) { try YAML.parse("[1, 2, 3]", limits: ParseLimits(maxBytes: 8)) }
    }

    /// What is still YAML says the same when it is written and read again.
    @Test func anyDamageIsAnErrorOrAnotherDocument() throws {
        func check(_ bytes: [UInt8]) throws {
            guard let nodes = try? YAML.parse(bytes) else { return }
            for node in nodes { #expect(try YAML.parse(YAML.serialize(node)) == [node], "\(bytes)") }
        }
        let text = Array(
            "a: &x\n  - 'b': \"c\\n\"\n    <<: *x\n  - |-\n   t\n? !!str 5\n: {d: [1, 0x2]}\n---\n- é\n".utf8)
        for index in text.indices {
            for byte: UInt8 in [0, 0x09, 0x0A, 0x20, 0x22, 0x26, 0x2A, 0x2D, 0x3A, 0x5B, 0x7D, 0x80, 0xFF] {
                var damaged = text
                damaged[index] = byte
                try check(damaged)
            }
            try check(Array(text.prefix(index)))
        }
    }
}
