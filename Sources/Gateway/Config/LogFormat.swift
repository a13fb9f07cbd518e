internal import Bytes
internal import EnvoyConfig

/// A compiled access log: one JSON object, or one text, per record.
struct LogFormat: Sendable {
    private struct Field: Sendable {
        /// What stands before the value.
        var opening: Range<Int>
        var value: Range<Int>
        /// A lone operator whose value is a number.
        var isNumber: Bool
    }

    private var format = TextFormat()
    /// Empty for text.
    private var fields: [Field] = []

    init(_ log: AccessLog) throws(FormatString.SyntaxError) {
        guard !log.fields.isEmpty else {
            _ = try format.add(log.text ?? AccessLog.defaultText)
            return
        }
        for (index, field) in log.fields.enumerated() {
            var key = Array((index == 0 ? "{" : ",").utf8)
            key.append(0x22)
            let start = key.count
            key += field.key.utf8
            JSONText.quote(&key, from: start)
            key.append(UInt8(ascii: ":"))
            let value = try format.add(field.format)
            let isNumber = format.single(value)?.isNumeric == true
            if !isNumber { key.append(0x22) }
            fields.append(Field(opening: format.add(literal: key), value: value, isNumber: isNumber))
        }
    }

    /// One record.
    ///
    /// Text stands as the format has it, line end included; an absent value in it is `-`.
    ///
    /// JSON is one line: a lone numeric operator is a number, an absent value is null.
    func append(_ record: borrowing StreamRecord, to line: inout [UInt8]) {
        guard !fields.isEmpty else {
            if !format.append(record, to: &line) { line.append(UInt8(ascii: "-")) }
            return
        }
        for index in fields.indices {
            let field = fields[index]
            format.append(literal: field.opening, to: &line)
            let start = line.count
            if format.append(field.value, record, to: &line) {
                if !field.isNumber { JSONText.quote(&line, from: start) }
            } else {
                if !field.isNumber { line.removeLast() }
                line += Self.null
            }
        }
        line.append(UInt8(ascii: "}"))
        line.append(0x0A)
    }

    /// Whether a record needs the value of an operator.
    func uses(_ command: FormatOperator) -> Bool { format.uses(command) }

    private static let null = Array("null".utf8)
}
