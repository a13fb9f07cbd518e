internal import Bytes

/// Zipkin's JSON v2, which `POST /api/v2/spans` takes: a list of spans.
enum ZipkinSpans {
    /// Appends one span, as the object it is in the list.
    static func append(_ span: TraceSpan, serviceName: String, to text: inout [UInt8]) {
        let context = span.context
        text += #"{"traceId":""#.utf8
        text += context.traceHigh == 0 ? HexDigits.of(context.traceLow) : context.traceID
        text += #"","id":""#.utf8
        text += HexDigits.of(context.span)
        if let parent = context.parent {
            text += #"","parentId":""#.utf8
            text += HexDigits.of(parent)
        }
        text += #"","kind":"SERVER","name":"#.utf8
        string(span.host, to: &text)
        text += #","timestamp":"#.utf8
        let start = microseconds(span.start)
        DecimalText.append(start, to: &text)
        text += #","duration":"#.utf8
        // A span without a duration is one that did not end.
        DecimalText.append(max(1, microseconds(span.end) - start), to: &text)
        if context.isShared { text += #","shared":true"#.utf8 }
        text += #","localEndpoint":{"serviceName":"#.utf8
        string(Array(serviceName.utf8), to: &text)
        text += #"},"tags":{"#.utf8
        for (index, tag) in span.tags.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            string(Array(tag.name.utf8), to: &text)
            text.append(UInt8(ascii: ":"))
            string(tag.value, to: &text)
        }
        text += "}}".utf8
    }

    private static func string(_ value: [UInt8], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        let start = text.count
        text += value
        JSONText.quote(&text, from: start)
    }

    private static func microseconds(_ time: WallTime) -> Int64 {
        time.seconds * 1_000_000 + Int64(time.nanoseconds) / 1000
    }

    /// The list of spans that were appended with commas between them.
    static func body(_ spans: [UInt8]) -> [UInt8] { [UInt8(ascii: "[")] + spans + [UInt8(ascii: "]")] }
}
