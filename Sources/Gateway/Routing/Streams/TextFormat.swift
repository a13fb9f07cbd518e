internal import EnvoyConfig

typealias FormatOperator = FormatString.Operator

/// A compiled text with `%OPERATORS%`, evaluated as bytes.
struct TextFormat: Sendable {
    private enum Part: Sendable {
        case literal([UInt8])
        case value(FormatOperator, headers: [[UInt8]], maxLength: Int?)
    }

    private let parts: [Part]

    init(_ text: String) throws(FormatString.SyntaxError) {
        parts = try FormatString(text).parts.map { part in
            switch part {
            case .literal(let text): .literal(Array(text.utf8))
            case .value(let command, let headers, let maxLength):
                .value(command, headers: headers.map { Array($0.utf8) }, maxLength: maxLength)
            }
        }
    }

    /// The text when no operator is in it.
    var literal: [UInt8]? {
        if parts.isEmpty { return [] }
        guard parts.count == 1, case .literal(let text) = parts[0] else { return nil }
        return text
    }

    /// The one operator the text consists of.
    var single: FormatOperator? {
        guard parts.count == 1, case .value(let command, _, _) = parts[0] else { return nil }
        return command
    }

    /// Appends the text; absent values are `-`.
    ///
    /// Where the text is nothing but an absent value, nothing is appended and the answer is false.
    func append(_ record: borrowing StreamRecord, to text: inout [UInt8]) -> Bool {
        for part in parts {
            switch part {
            case .literal(let literal): text += literal
            case .value(let command, let headers, let maxLength):
                let start = text.count
                guard record.append(command, headers: headers, to: &text) else {
                    if parts.count == 1 { return false }
                    text.append(UInt8(ascii: "-"))
                    continue
                }
                if let maxLength, text.count - start > maxLength {
                    text.removeLast(text.count - start - maxLength)
                }
            }
        }
        return true
    }

    /// The text; nil where it is nothing but an absent value.
    func bytes(_ record: borrowing StreamRecord) -> [UInt8]? {
        var text: [UInt8] = []
        return append(record, to: &text) ? text : nil
    }
}
