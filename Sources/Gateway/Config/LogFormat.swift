internal import EnvoyConfig

/// A compiled access log: one JSON object, or one text, per record.
struct LogFormat: Sendable {
    private let fields: [(key: [UInt8], format: TextFormat)]
    /// The text format; nil for JSON.
    private let text: TextFormat?

    init(_ log: AccessLog) throws(FormatString.SyntaxError) {
        var fields: [(key: [UInt8], format: TextFormat)] = []
        for (index, field) in log.fields.enumerated() {
            var key = Array((index == 0 ? "{" : ",").utf8)
            key.append(0x22)
            let start = key.count
            key += field.key.utf8
            JSONText.quote(&key, from: start)
            key.append(UInt8(ascii: ":"))
            fields.append((key, try TextFormat(field.format)))
        }
        self.fields = fields
        text = log.fields.isEmpty ? try TextFormat(log.text ?? AccessLog.defaultText) : nil
    }

    /// One record.
    ///
    /// Text stands as the format has it, line end included; an absent value in it is `-`.
    ///
    /// JSON is one line: a lone numeric operator is a number, an absent value is null.
    func append(_ record: borrowing StreamRecord, to line: inout [UInt8]) {
        if let text {
            if !text.append(record, to: &line) { line.append(UInt8(ascii: "-")) }
            return
        }
        for field in fields {
            line += field.key
            let isNumber = field.format.single?.isNumeric == true
            if !isNumber { line.append(0x22) }
            let start = line.count
            if field.format.append(record, to: &line) {
                if !isNumber { JSONText.quote(&line, from: start) }
            } else {
                if !isNumber { line.removeLast() }
                line += Self.null
            }
        }
        line.append(UInt8(ascii: "}"))
        line.append(0x0A)
    }

    private static let null = Array("null".utf8)
}
