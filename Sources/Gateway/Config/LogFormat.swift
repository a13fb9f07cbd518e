internal import EnvoyConfig

/// A compiled access log: one JSON object, or one text, per record.
struct LogFormat: Sendable {
    private let fields: [(key: [UInt8], format: TextFormat)]
    /// The text format; nil for JSON.
    private let text: TextFormat?

    init(_ log: AccessLog) throws(FormatString.SyntaxError) {
        var fields: [(key: [UInt8], format: TextFormat)] = []
        for field in log.fields {
            var key: [UInt8] = []
            Self.appendString(field.key, to: &key)
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
    func append(_ record: StreamRecord, to line: inout [UInt8]) {
        if let text {
            line += (text.evaluate(record) ?? "-").utf8
            return
        }
        line.append(UInt8(ascii: "{"))
        for (index, field) in fields.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            line += field.key
            line.append(UInt8(ascii: ":"))
            if let command = field.format.single, let number = record.number(command) {
                line += String(number).utf8
            } else if let text = field.format.evaluate(record) {
                Self.appendString(text, to: &line)
            } else {
                line += "null".utf8
            }
        }
        line.append(UInt8(ascii: "}"))
        line.append(0x0A)
    }

    static func appendString(_ text: String, to line: inout [UInt8]) {
        let hex = Array("0123456789abcdef".utf8)
        line.append(0x22)
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                line.append(0x5C)
                line.append(byte)
            case 0..<0x20, 0x7F:
                line += "\\u00".utf8
                line.append(hex[Int(byte >> 4)])
                line.append(hex[Int(byte & 15)])
            default: line.append(byte)
            }
        }
        line.append(0x22)
    }
}
