internal import Bytes
internal import EnvoyConfig

typealias FormatOperator = FormatString.Operator

/// Compiled texts with `%OPERATORS%`, evaluated as bytes.
///
/// Flat: a part that held an array would be counted each time it is looked at.
struct TextFormat: Sendable {
    private struct Part: Sendable {
        /// What stands there; empty for an operator.
        var literal: Range<Int>
        /// Nil for a literal.
        var command: FormatOperator?
        /// Where its headers are; -1 for an operator without any.
        var headers = -1
        var maxLength = Int.max
    }

    private var literals: [UInt8] = []
    private var headers: [[HeaderName]] = []
    private var parts: [Part] = []

    /// No text yet.
    init() {}

    init(_ text: String) throws(FormatString.SyntaxError) { _ = try add(text) }

    /// Compiles one more text; its parts.
    mutating func add(_ text: String) throws(FormatString.SyntaxError) -> Range<Int> {
        let start = parts.count
        for part in try FormatString(text).parts {
            switch part {
            case .literal(let text): parts.append(Part(literal: add(literal: Array(text.utf8))))
            case .value(let command, let names, let maxLength):
                var part = Part(literal: 0..<0, command: command, maxLength: maxLength ?? .max)
                if !names.isEmpty {
                    part.headers = headers.count
                    headers.append(names.map { HeaderName($0) })
                }
                parts.append(part)
            }
        }
        return start..<parts.count
    }

    /// Keeps bytes; where they are.
    mutating func add(literal bytes: [UInt8]) -> Range<Int> {
        literals += bytes
        return literals.count - bytes.count..<literals.count
    }

    /// The text when no operator is in it.
    var literal: [UInt8]? {
        if parts.isEmpty { return [] }
        return parts.count == 1 && parts[0].command == nil ? Array(literals[parts[0].literal]) : nil
    }

    /// Whether an operator is in it.
    func uses(_ command: FormatOperator) -> Bool { parts.contains { $0.command == command } }

    /// The one operator that these parts consist of.
    func single(_ range: Range<Int>) -> FormatOperator? {
        range.count == 1 ? parts[range.lowerBound].command : nil
    }

    /// Appends the text; absent values are `-` in a log, and nothing in a header.
    ///
    /// Where the text is nothing but an absent value, nothing is appended and the answer is false.
    func append(
        _ record: borrowing StreamRecord, absent: StaticString = "-", to text: inout [UInt8]
    ) -> Bool {
        append(parts.indices, record, absent: absent, to: &text)
    }

    /// The same for these parts.
    func append(
        _ range: Range<Int>, _ record: borrowing StreamRecord, absent: StaticString = "-",
        to text: inout [UInt8]
    ) -> Bool {
        for index in range {
            let part = parts[index]
            guard let command = part.command else {
                append(literal: part.literal, to: &text)
                continue
            }
            let start = text.count
            let names = part.headers < 0 ? [] : headers[part.headers]
            guard record.append(command, headers: names, to: &text) else {
                if range.count == 1 { return false }
                absent.withUTF8Buffer { unsafe text.append(contentsOf: $0) }
                continue
            }
            if text.count - start > part.maxLength {
                text.removeLast(text.count - start - part.maxLength)
            }
        }
        return true
    }

    /// Appends bytes that were kept.
    func append(literal range: Range<Int>, to text: inout [UInt8]) {
        text.append(copying: literals.span.extracting(range))
    }

    /// The text; nil where it is nothing but an absent value.
    func bytes(_ record: borrowing StreamRecord) -> [UInt8]? {
        var text: [UInt8] = []
        return append(record, to: &text) ? text : nil
    }
}
