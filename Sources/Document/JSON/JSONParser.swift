import Bytes

/// What stopped the JSON parser, and the byte it stopped at.
struct JSONFailure: Error {
    var offset: Int
    var message: String
}

/// A recursive-descent parser of RFC 8259.
///
/// The input is passed along; the parser keeps an offset into it.
struct JSONParser {
    private let maxDepth: Int
    private let maxNodes: Int
    private var nodes = 0
    private var index = 0
    private var line = 1
    /// The offset of the first byte of the current line, and the continuation bytes seen since: columns count
    /// characters, not bytes.
    private var lineStart = 0
    private var continuationBytes = 0

    init(limits: ParseLimits) {
        maxDepth = limits.maxDepth ?? 512
        maxNodes = limits.maxNodes
    }

    mutating func parseText(_ input: Span<UInt8>) throws(JSONFailure) -> Node {
        if input.count >= 3, input[0] == 0xEF, input[1] == 0xBB, input[2] == 0xBF {
            throw fail("JSON text must not begin with a byte order mark")
        }
        skipSpace(input)
        let node = try parseValue(input, depth: 0)
        skipSpace(input)
        if index < input.count {
            throw fail("unexpected \(describe(input)) after the end of the JSON text, expected nothing more")
        }
        return node
    }

    /// Counts the line and column of an offset; only used for errors.
    static func position(of offset: Int, in input: Span<UInt8>) -> Position {
        var line = 1
        var column = 1
        for index in 0..<min(offset, input.count) {
            if input[index] == UInt8(ascii: "\n") {
                line += 1
                column = 1
            } else if input[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Position(line: line, column: column)
    }

    private var position: Position {
        Position(line: line, column: index - lineStart - continuationBytes + 1)
    }

    private func fail(_ message: String, at offset: Int? = nil) -> JSONFailure {
        JSONFailure(offset: offset ?? index, message: message)
    }

    private func describe(_ input: Span<UInt8>) -> String {
        guard index < input.count else { return "end of text" }
        let byte = input[index]
        switch byte {
        case 0x21...0x7E: return "'\(Unicode.Scalar(byte))'"
        case 0x20: return "space"
        default: return "byte 0x" + Hex.encode([byte])
        }
    }

    private mutating func skipSpace(_ input: Span<UInt8>) {
        while index < input.count {
            switch input[index] {
            case 0x20, 0x09, 0x0D: index += 1
            case 0x0A:
                index += 1
                line += 1
                lineStart = index
                continuationBytes = 0
            default: return
            }
        }
    }

    private mutating func parseValue(_ input: Span<UInt8>, depth: Int) throws(JSONFailure) -> Node {
        guard index < input.count else { throw fail("unexpected end of text, expected a value") }
        nodes += 1
        if nodes > maxNodes { throw fail("too many values, at most \(maxNodes) are read") }
        let start = position
        switch input[index] {
        case UInt8(ascii: "{"):
            return Node(.object(try parseObject(input, depth: depth + 1)), position: start)
        case UInt8(ascii: "["):
            return Node(.array(try parseArray(input, depth: depth + 1)), position: start)
        case UInt8(ascii: "\""):
            return Node(.string(try parseString(input)), position: start)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return Node(try parseNumber(input), position: start)
        case UInt8(ascii: "t"):
            try expect("true", input)
            return Node(.bool(true), position: start)
        case UInt8(ascii: "f"):
            try expect("false", input)
            return Node(.bool(false), position: start)
        case UInt8(ascii: "n"):
            try expect("null", input)
            return Node(.null, position: start)
        default:
            throw fail("unexpected \(describe(input)), expected a value")
        }
    }

    private mutating func expect(_ word: StaticString, _ input: Span<UInt8>) throws(JSONFailure) {
        let length = word.utf8CodeUnitCount
        let text = word.description
        guard input.count - index >= length else { throw fail("unexpected end of text, expected '\(text)'") }
        for (offset, byte) in text.utf8.enumerated() where input[index + offset] != byte {
            throw fail("unknown word, expected '\(text)'")
        }
        index += length
    }

    private func checkDepth(_ depth: Int) throws(JSONFailure) {
        if depth > maxDepth { throw fail("nested deeper than \(maxDepth) levels") }
    }

    private mutating func parseArray(_ input: Span<UInt8>, depth: Int) throws(JSONFailure) -> [Node] {
        try checkDepth(depth)
        index += 1
        var elements: [Node] = []
        skipSpace(input)
        if index < input.count, input[index] == UInt8(ascii: "]") {
            index += 1
            return elements
        }
        while true {
            elements.append(try parseValue(input, depth: depth))
            skipSpace(input)
            guard index < input.count else { throw fail("unexpected end of text, expected ',' or ']'") }
            switch input[index] {
            case UInt8(ascii: ","):
                index += 1
                skipSpace(input)
            case UInt8(ascii: "]"):
                index += 1
                return elements
            default: throw fail("unexpected \(describe(input)), expected ',' or ']'")
            }
        }
    }

    private mutating func parseObject(_ input: Span<UInt8>, depth: Int) throws(JSONFailure) -> Object {
        try checkDepth(depth)
        index += 1
        var members: [Object.Member] = []
        var keys = KeySet()
        skipSpace(input)
        if index < input.count, input[index] == UInt8(ascii: "}") {
            index += 1
            return Object()
        }
        while true {
            guard index < input.count, input[index] == UInt8(ascii: "\"") else {
                throw fail("unexpected \(describe(input)), expected a key in double quotes")
            }
            let keyOffset = index
            let keyPosition = position
            let key = try parseString(input)
            if let first = keys.insert(key, at: keyPosition, members: members) {
                throw fail(
                    "key \(JSON.serialize(Node(key))) is given twice, first at \(first); a key may be given once",
                    at: keyOffset)
            }
            skipSpace(input)
            guard index < input.count, input[index] == UInt8(ascii: ":") else {
                throw fail("unexpected \(describe(input)), expected ':' after the key")
            }
            index += 1
            skipSpace(input)
            members.append(
                Object.Member(key: key, keyPosition: keyPosition, value: try parseValue(input, depth: depth)))
            skipSpace(input)
            guard index < input.count else { throw fail("unexpected end of text, expected ',' or '}'") }
            switch input[index] {
            case UInt8(ascii: ","):
                index += 1
                skipSpace(input)
            case UInt8(ascii: "}"):
                index += 1
                return Object(uniqueMembers: members)
            default: throw fail("unexpected \(describe(input)), expected ',' or '}'")
            }
        }
    }

    private mutating func parseNumber(_ input: Span<UInt8>) throws(JSONFailure) -> Node.Content {
        let start = index
        var isInteger = true
        func digit(at position: Int) -> Bool { position < input.count && ASCII.isDigit(input[position]) }
        if input[index] == UInt8(ascii: "-") { index += 1 }
        guard digit(at: index) else { throw fail("unexpected \(describe(input)), expected a digit") }
        if input[index] == UInt8(ascii: "0") {
            index += 1
            if digit(at: index) { throw fail("number with a leading zero", at: start) }
        }
        while digit(at: index) { index += 1 }
        if index < input.count, input[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard digit(at: index) else {
                throw fail("unexpected \(describe(input)), expected a digit after the decimal point")
            }
            while digit(at: index) { index += 1 }
        }
        if index < input.count, input[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            index += 1
            if index < input.count, input[index] == UInt8(ascii: "+") || input[index] == UInt8(ascii: "-") {
                index += 1
            }
            guard digit(at: index) else {
                throw fail("unexpected \(describe(input)), expected a digit of the exponent")
            }
            while digit(at: index) { index += 1 }
        }
        let text = Self.decode(input, start..<index)
        if isInteger {
            if let value = Int64(text) { return .int(value) }
            if let value = UInt64(text) { return .uint(value) }
        }
        guard let value = Double(text), value.isFinite else {
            throw fail("number out of range", at: start)
        }
        return .double(value)
    }

    /// Bytes known to be ASCII as a string.
    private static func decode(_ input: Span<UInt8>, _ range: Range<Int>) -> String {
        input.extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes as a string, nil when they are not UTF-8.
    private static func text(_ input: Span<UInt8>, _ range: Range<Int>) -> String? {
        input.extracting(range).withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) }
    }

    /// A string that begins at the quote at `index`.
    private mutating func parseString(_ input: Span<UInt8>) throws(JSONFailure) -> String {
        let open = index
        index += 1
        let start = index
        var seen: UInt8 = 0
        while index < input.count {
            let byte = input[index]
            if byte == UInt8(ascii: "\"") {
                let range = start..<index
                index += 1
                // Most strings are ASCII and need no further look.
                if seen < 0x80 { return Self.decode(input, range) }
                guard let text = Self.text(input, range) else { throw invalidUTF8(input, range) }
                countContinuation(input, range)
                return text
            }
            if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            seen |= byte
            index += 1
        }
        return try parseEscapedString(input, open: open, start: start)
    }

    private mutating func parseEscapedString(
        _ input: Span<UInt8>, open: Int, start: Int
    ) throws(JSONFailure) -> String {
        var out = [UInt8]()
        var runStart = start
        func appendRun(_ end: Int, to out: inout [UInt8]) {
            for position in runStart..<end { out.append(input[position]) }
        }
        while index < input.count {
            let byte = input[index]
            if byte == UInt8(ascii: "\"") {
                appendRun(index, to: &out)
                guard let text = String(validating: out, as: UTF8.self) else {
                    throw invalidUTF8(input, start..<index)
                }
                countContinuation(input, start..<index)
                index += 1
                return text
            }
            if byte < 0x20 {
                throw fail(
                    "control character 0x\(Hex.encode([byte])) in a string, expected an escape such as \\n")
            }
            if byte == UInt8(ascii: "\\") {
                appendRun(index, to: &out)
                try parseEscape(input, into: &out)
                runStart = index
            } else {
                index += 1
            }
        }
        throw fail("string without closing quote", at: open)
    }

    private mutating func parseEscape(_ input: Span<UInt8>, into out: inout [UInt8]) throws(JSONFailure) {
        let escape = index
        guard index + 1 < input.count else { throw fail("unexpected end of text in an escape") }
        index += 2
        switch input[escape + 1] {
        case UInt8(ascii: "\""): out.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): out.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): out.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseHex4(input, escape: escape)
            if code & 0xFC00 == 0xD800 {
                guard index + 1 < input.count, input[index] == UInt8(ascii: "\\"),
                    input[index + 1] == UInt8(ascii: "u")
                else { throw fail("high surrogate without a low one", at: escape) }
                index += 2
                let low = try parseHex4(input, escape: escape)
                guard low & 0xFC00 == 0xDC00 else {
                    throw fail("high surrogate without a low one", at: escape)
                }
                code = 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw fail("low surrogate without a high one", at: escape)
            }
            out.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default:
            throw fail(
                "unknown escape, expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX", at: escape)
        }
    }

    private mutating func parseHex4(_ input: Span<UInt8>, escape: Int) throws(JSONFailure) -> UInt32 {
        guard input.count - index >= 4 else { throw fail("unexpected end of text in an escape", at: escape) }
        var code: UInt32 = 0
        for offset in 0..<4 {
            guard let digit = ASCII.hexDigit(input[index + offset]) else {
                throw fail("\\u needs four hexadecimal digits", at: escape)
            }
            code = code << 4 | UInt32(digit)
        }
        index += 4
        return code
    }

    private mutating func countContinuation(_ input: Span<UInt8>, _ range: Range<Int>) {
        for position in range where input[position] & 0xC0 == 0x80 { continuationBytes += 1 }
    }

    private func invalidUTF8(_ input: Span<UInt8>, _ range: Range<Int>) -> JSONFailure {
        var good = range.lowerBound
        // The longest valid prefix ends where the fault is.
        while good < range.upperBound {
            let lead = input[good]
            let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
            guard good + length <= range.upperBound, Self.text(input, good..<good + length) != nil else {
                break
            }
            good += length
        }
        return fail("invalid UTF-8 in a string", at: good)
    }
}

/// The keys of one object while it is parsed: a scan while they are few, a table when they are many.
struct KeySet {
    private var table: [String: Position] = [:]
    private static let threshold = 16

    /// Adds a key; returns the position of the first one when it was there already.
    mutating func insert(_ key: String, at position: Position, members: [Object.Member]) -> Position? {
        if members.count < Self.threshold {
            return members.first { $0.key == key }?.keyPosition
        }
        if table.isEmpty {
            for member in members { table[member.key] = member.keyPosition }
        }
        if let first = table[key] { return first }
        table[key] = position
        return nil
    }
}
