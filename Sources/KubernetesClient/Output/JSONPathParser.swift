import Bytes

/// Reads jsonpath templates.
struct JSONPathParser {
    private let text: [UInt8]
    private var index = 0

    init(_ template: String) {
        text = Array(template.utf8)
    }

    mutating func parseTemplate() throws(JSONPath.Failure) -> [JSONPath.Part] {
        let parts = try parseParts(isInRange: false)
        return parts
    }

    private mutating func parseParts(isInRange: Bool) throws(JSONPath.Failure) -> [JSONPath.Part] {
        var parts: [JSONPath.Part] = []
        while index < text.count {
            if text[index] != UInt8(ascii: "{") {
                let start = index
                while index < text.count, text[index] != UInt8(ascii: "{") { index += 1 }
                parts.append(.text(String(decoding: text[start..<index], as: UTF8.self)))
                continue
            }
            index += 1
            skipSpace()
            if acceptWord("range") {
                let steps = try parsePath()
                try close()
                parts.append(.range(steps, try parseParts(isInRange: true)))
            } else if acceptWord("end") {
                try close()
                guard isInRange else { throw JSONPath.Failure("not in range, nothing to end") }
                return parts
            } else if let quote = peek(), quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
                parts.append(.text(try parseQuoted()))
                try close()
            } else {
                parts.append(.path(try parsePath()))
                try close()
            }
        }
        if isInRange { throw JSONPath.Failure("unclosed range, expected {end}") }
        return parts
    }

    private func peek(_ offset: Int = 0) -> UInt8? {
        index + offset < text.count ? text[index + offset] : nil
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek(), UInt32(byte) == character.value else { return false }
        index += 1
        return true
    }

    private mutating func acceptWord(_ word: String) -> Bool {
        let bytes = Array(word.utf8)
        guard text[index...].starts(with: bytes) else { return false }
        if let after = peek(bytes.count), after != UInt8(ascii: " "), after != UInt8(ascii: "}") {
            return false
        }
        index += bytes.count
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { index += 1 }
    }

    private mutating func close() throws(JSONPath.Failure) {
        skipSpace()
        guard accept("}") else { throw unexpected("expected '}'") }
    }

    private func unexpected(_ expectation: String) -> JSONPath.Failure {
        guard index < text.count else { return JSONPath.Failure("unclosed action, \(expectation)") }
        let rest = String(decoding: text[index...].prefix(10), as: UTF8.self)
        return JSONPath.Failure("unexpected \"\(rest)\" at character \(index + 1), \(expectation)")
    }

    /// Steps up to a space, `}`, `)`, `]`, `,` or an operator.
    private mutating func parsePath() throws(JSONPath.Failure) -> [JSONPath.Step] {
        skipSpace()
        var steps: [JSONPath.Step] = []
        if accept("$") { steps.append(.root) } else { _ = accept("@") }
        while let byte = peek() {
            if byte == UInt8(ascii: ".") {
                index += 1
                if accept(".") { steps.append(.recursive) }
                if peek() == UInt8(ascii: "[") { continue }
                if accept("*") {
                    steps.append(.wildcard)
                    continue
                }
                let name = parseName()
                // A lone dot is the value itself.
                if !name.isEmpty { steps.append(.field(name)) } else if steps.last == .recursive { break }
            } else if byte == UInt8(ascii: "[") {
                index += 1
                steps.append(try parseBracket())
            } else {
                break
            }
        }
        return steps
    }

    private mutating func parseName() -> String {
        var name: [UInt8] = []
        while let byte = peek() {
            if byte == UInt8(ascii: "\\"), let escaped = peek(1) {
                name.append(escaped)
                index += 2
                continue
            }
            if " \t.[]{}(),=!<>'\"".utf8.contains(byte) { break }
            name.append(byte)
            index += 1
        }
        return String(decoding: name, as: UTF8.self)
    }

    private mutating func parseQuoted() throws(JSONPath.Failure) -> String {
        let quote = text[index]
        index += 1
        var out: [UInt8] = []
        while let byte = peek() {
            index += 1
            if byte == quote { return String(decoding: out, as: UTF8.self) }
            guard byte == UInt8(ascii: "\\"), let escaped = peek() else {
                out.append(byte)
                continue
            }
            index += 1
            switch escaped {
            case UInt8(ascii: "n"): out.append(0x0A)
            case UInt8(ascii: "t"): out.append(0x09)
            case UInt8(ascii: "r"): out.append(0x0D)
            default: out.append(escaped)
            }
        }
        throw JSONPath.Failure("unterminated quoted string")
    }

    private mutating func parseBracket() throws(JSONPath.Failure) -> JSONPath.Step {
        skipSpace()
        if accept("?") { return try parseFilter() }
        var alternatives: [[JSONPath.Step]] = []
        while true {
            alternatives.append([try parseSubscript()])
            skipSpace()
            if accept(",") { continue }
            guard accept("]") else { throw unexpected("expected ']'") }
            break
        }
        return alternatives.count == 1 ? alternatives[0][0] : .union(alternatives)
    }

    private mutating func parseSubscript() throws(JSONPath.Failure) -> JSONPath.Step {
        skipSpace()
        if accept("*") { return .wildcard }
        if let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            return .field(try parseQuoted())
        }
        let first = parseInteger()
        guard peek() == UInt8(ascii: ":") else {
            guard let first else {
                throw unexpected("expected an index, a slice, a quoted key, * or a filter")
            }
            return .index(first)
        }
        index += 1
        let second = parseInteger()
        var step = 1
        if accept(":") {
            guard let given = parseInteger(), given > 0 else { throw unexpected("expected a step above 0") }
            step = given
        }
        return .slice(from: first, to: second, step: step)
    }

    private mutating func parseInteger() -> Int? {
        let start = index
        if peek() == UInt8(ascii: "-") { index += 1 }
        while let byte = peek(), ASCII.isDigit(byte) { index += 1 }
        guard let value = Int(String(decoding: text[start..<index], as: UTF8.self)) else {
            index = start
            return nil
        }
        return value
    }

    private mutating func parseFilter() throws(JSONPath.Failure) -> JSONPath.Step {
        guard accept("(") else { throw unexpected("expected '(' after '?'") }
        let left = try parseOperand()
        skipSpace()
        var comparison = JSONPath.Comparison.exists
        for candidate in JSONPath.Comparison.allCases.dropFirst()
        where text[index...].starts(with: Array(candidate.rawValue.utf8)) {
            comparison = candidate
            index += candidate.rawValue.utf8.count
            break
        }
        let right = comparison == .exists ? nil : try parseOperand()
        skipSpace()
        guard accept(")") else { throw unexpected("expected ')'") }
        skipSpace()
        guard accept("]") else { throw unexpected("expected ']'") }
        return .filter(left, comparison, right)
    }

    private mutating func parseOperand() throws(JSONPath.Failure) -> JSONPath.Operand {
        skipSpace()
        guard let byte = peek() else { throw unexpected("expected a value") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try parseQuoted())
        case UInt8(ascii: "@"), UInt8(ascii: "$"), UInt8(ascii: "."): return .path(try parsePath())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let start = index
            while let next = peek(), ASCII.isDigit(next) || "+-.eE".utf8.contains(next) { index += 1 }
            guard let value = Double(String(decoding: text[start..<index], as: UTF8.self)) else {
                throw JSONPath.Failure("cannot read a number in a filter")
            }
            return .number(value)
        default:
            switch parseName() {
            case "true": return .bool(true)
            case "false": return .bool(false)
            case "null", "nil": return .null
            default: throw unexpected("expected a string, a number, true, false or a path that begins with @")
            }
        }
    }
}
