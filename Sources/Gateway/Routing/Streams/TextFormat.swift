internal import EnvoyConfig

typealias FormatOperator = FormatString.Operator

/// A compiled text with `%OPERATORS%`.
struct TextFormat: Sendable {
    private enum Part: Sendable {
        case literal(String)
        case value(FormatOperator, headers: [[UInt8]], maxLength: Int?)
    }

    private let parts: [Part]

    init(_ text: String) throws(FormatString.SyntaxError) {
        parts = try FormatString(text).parts.map { part in
            switch part {
            case .literal(let text): .literal(text)
            case .value(let command, let headers, let maxLength):
                .value(command, headers: headers.map { Array($0.utf8) }, maxLength: maxLength)
            }
        }
    }

    /// The text when no operator is in it.
    var literal: String? {
        if parts.isEmpty { return "" }
        guard parts.count == 1, case .literal(let text) = parts[0] else { return nil }
        return text
    }

    /// The one operator the text consists of.
    var single: FormatOperator? {
        guard parts.count == 1, case .value(let command, _, _) = parts[0] else { return nil }
        return command
    }

    /// The text; absent values are `-`, or nil when the text is nothing but that value.
    func evaluate(_ record: StreamRecord) -> String? {
        if parts.count == 1, case .value(let command, let headers, let maxLength) = parts[0] {
            return Self.cut(record.text(command, headers: headers), maxLength)
        }
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .value(let command, let headers, let maxLength):
                result += Self.cut(record.text(command, headers: headers), maxLength) ?? "-"
            }
        }
        return result
    }

    private static func cut(_ text: String?, _ maxLength: Int?) -> String? {
        guard let text, let maxLength, text.utf8.count > maxLength else { return text }
        return String(decoding: text.utf8.prefix(maxLength), as: UTF8.self)
    }
}
