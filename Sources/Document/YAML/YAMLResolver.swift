import Bytes

/// Decides what a YAML scalar means, the way Kubernetes' YAML reader does.
enum YAMLResolver {
    static let tagPrefix = "tag:yaml.org,2002:"

    /// `!!str` for YAML's own tags, others as they are.
    static func short(_ tag: String) -> String {
        tag.hasPrefix(tagPrefix) ? "!!" + tag.dropFirst(tagPrefix.count) : tag
    }

    static func isMergeKey(_ scalar: YAMLScalar) -> Bool {
        scalar.text == "<<" && (scalar.tag == nil ? scalar.isPlain : scalar.tag == tagPrefix + "merge")
    }

    /// The value of a scalar with its tag honoured.
    static func value(of scalar: YAMLScalar, at position: Position) throws(YAMLFailure) -> Node.Content {
        guard let tag = scalar.tag else {
            return scalar.isPlain ? try finite(resolve(scalar.text), scalar, position) : .string(scalar.text)
        }
        let resolved = try finite(resolve(scalar.text), scalar, position)
        switch (short(tag), resolved) {
        case ("!", _), ("!!str", _), ("!!timestamp", _): return .string(scalar.text)
        case ("!!int", .int), ("!!int", .uint), ("!!bool", .bool), ("!!null", .null), ("!!float", .double):
            return resolved
        case ("!!float", .int(let value)): return .double(Double(value))
        case ("!!float", .uint(let value)): return .double(Double(value))
        case ("!!binary", _):
            let text = scalar.text.utf8.filter { $0 != 0x20 && $0 != 0x09 }
            guard let bytes = Base64.decode(String(decoding: text, as: UTF8.self)),
                let string = String(validating: bytes, as: UTF8.self)
            else {
                throw YAMLFailure(
                    position: position, message: "!!binary value is not base64 of UTF-8 text, expected such")
            }
            return .string(string)
        case ("!!int", _), ("!!bool", _), ("!!null", _), ("!!float", _):
            throw YAMLFailure(
                position: position,
                message: "value \(JSON.serialize(Node(scalar.text))) is not of type \(short(tag))")
        default:
            throw YAMLFailure(
                position: position,
                message: "tag '\(short(tag))' is not supported, "
                    + "expected none or one of !!str !!int !!float !!bool !!null !!binary")
        }
    }

    /// The string a key becomes.
    static func key(_ node: Node, at position: Position) throws(YAMLFailure) -> String {
        switch node.value {
        case .string(let text): return text
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return String(value)
        case .uint(let value): return String(value)
        case .double(let value): return NumberText.yamlKey(value)
        case .null: throw YAMLFailure(position: position, message: "key is null, expected a string")
        case .array: throw YAMLFailure(position: position, message: "key is a list, expected a string")
        case .object: throw YAMLFailure(position: position, message: "key is a mapping, expected a string")
        }
    }

    private static func finite(
        _ value: Node.Content, _ scalar: YAMLScalar, _ position: Position
    ) throws(YAMLFailure) -> Node.Content {
        if case .double(let number) = value, !number.isFinite, scalar.tag != tagPrefix + "str" {
            throw YAMLFailure(
                position: position,
                message:
                    "\(scalar.text) cannot be expressed in JSON, expected a finite number or a quoted string")
        }
        return value
    }

    /// What a plain scalar without tag means.
    ///
    /// Infinite and not-a-number values are returned as such.
    static func resolve(_ text: String) -> Node.Content {
        guard let first = text.utf8.first else { return .null }
        switch first {
        case UInt8(ascii: "y"), UInt8(ascii: "Y"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"),
            UInt8(ascii: "T"), UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "o"), UInt8(ascii: "O"),
            UInt8(ascii: "~"):
            return word(text) ?? .string(text)
        case UInt8(ascii: "."):
            if let value = word(text) { return value }
            return float(text).map(Node.Content.double) ?? .string(text)
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return word(text) ?? number(text) ?? .string(text)
        default: return .string(text)
        }
    }

    private static func word(_ text: String) -> Node.Content? {
        switch text {
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": .bool(false)
        case "~", "null", "Null", "NULL": .null
        case ".nan", ".NaN", ".NAN": .double(.nan)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": .double(.infinity)
        case "-.inf", "-.Inf", "-.INF": .double(-.infinity)
        default: nil
        }
    }

    private static func number(_ text: String) -> Node.Content? {
        let plain = text.utf8.filter { $0 != UInt8(ascii: "_") }
        var digits = plain[...]
        var isNegative = false
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            digits = digits.dropFirst()
        }
        var radix = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            switch digits[digits.startIndex + 1] | 0x20 {
            case UInt8(ascii: "x"): radix = 16
            case UInt8(ascii: "o"): radix = 8
            case UInt8(ascii: "b"): radix = 2
            default: radix = 0
            }
            digits = digits.dropFirst(radix == 0 ? 1 : 2)
            if radix == 0 { radix = 8 }
        }
        if let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") {
            let sign = isNegative ? "-" : ""
            let body = sign + String(decoding: digits, as: UTF8.self)
            if let value = Int64(body, radix: radix) { return .int(value) }
            // A sign makes the unsigned reading fail, as in Go.
            if plain.first == digits.first || radix != 10, plain.first != UInt8(ascii: "+"),
                !isNegative, let value = UInt64(body, radix: radix)
            {
                return .uint(value)
            }
        }
        return float(String(decoding: plain, as: UTF8.self)).map(Node.Content.double)
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, finite.
    private static func float(_ text: String) -> Double? {
        var bytes = Array(text.utf8)[...]
        func skipSign() {
            if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
        }
        func skipDigits() -> Int {
            let count = bytes.prefix(while: ASCII.isDigit).count
            bytes = bytes.dropFirst(count)
            return count
        }
        skipSign()
        let whole = skipDigits()
        var fraction = 0
        if bytes.first == UInt8(ascii: ".") {
            bytes.removeFirst()
            fraction = skipDigits()
        }
        guard whole + fraction > 0 else { return nil }
        if let mark = bytes.first, mark | 0x20 == UInt8(ascii: "e") {
            bytes.removeFirst()
            skipSign()
            guard skipDigits() > 0 else { return nil }
        }
        guard bytes.isEmpty, let value = Double(normalized(text)), value.isFinite else { return nil }
        return value
    }

    /// `Double` does not read `5.` and `.5`; both get the digit that is left out.
    private static func normalized(_ text: String) -> String {
        guard let point = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return text }
        let before = text[..<point]
        let after = text[text.utf8.index(after: point)...]
        let needsLeading = before.utf8.last.map { !ASCII.isDigit($0) } ?? true
        let needsTrailing = after.utf8.first.map { !ASCII.isDigit($0) } ?? true
        return before + (needsLeading ? "0." : ".") + (needsTrailing ? "0" : "") + after
    }

    /// True for what old YAML readers take for base-60 numbers, such as `12:30:45`; writers quote it.
    static func isBase60(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count > 1, var first = parts.first.map({ Array($0) })?[...] else { return false }
        if first.first == UInt8(ascii: "-") || first.first == UInt8(ascii: "+") { first = first.dropFirst() }
        guard let lead = first.first, ASCII.isDigit(lead),
            first.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: "_") })
        else { return false }
        for (index, part) in parts.enumerated().dropFirst() {
            var digits = Array(part)[...]
            if index == parts.count - 1, let point = digits.firstIndex(of: UInt8(ascii: ".")) {
                guard digits[(point + 1)...].allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: "_") })
                else {
                    return false
                }
                digits = digits[..<point]
            }
            guard (1...2).contains(digits.count), digits.allSatisfy(ASCII.isDigit),
                digits.count == 1 || (digits.first ?? 0) < UInt8(ascii: "6")
            else { return false }
        }
        return true
    }
}
