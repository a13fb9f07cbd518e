internal import Bytes

/// OTLP 1.x, `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`, in protobuf.
enum OTLPSpans {
    /// Appends one span, as field 2 of `ScopeSpans`.
    ///
    /// `Span`: 1 trace_id, 2 span_id, 3 trace_state, 4 parent_span_id, 5 name, 6 kind (2: server),
    /// 7 start_time_unix_nano, 8 end_time_unix_nano, 9 attributes, 15 status {3 code (2: error)}.
    static func append(_ span: TraceSpan, to bytes: inout [UInt8]) {
        var message = ProtobufText()
        message.add(1, bigEndian(span.context.traceHigh) + bigEndian(span.context.traceLow))
        message.add(2, bigEndian(span.context.span))
        if !span.state.isEmpty { message.add(3, span.state) }
        if let parent = span.context.parent { message.add(4, bigEndian(parent)) }
        message.add(5, Array("ingress".utf8))
        message.add(6, varint: 2)
        message.add(7, fixed: nanoseconds(span.start))
        message.add(8, fixed: nanoseconds(span.end))
        for tag in span.tags { message.add(9, attribute(tag.name, tag.value)) }
        if span.isFailed {
            var status = ProtobufText()
            status.add(3, varint: 2)
            message.add(15, status.bytes)
        }
        var field = ProtobufText()
        field.add(2, message.bytes)
        bytes += field.bytes
    }

    /// The request with these spans.
    ///
    /// 1 resource_spans {1 resource {1 attributes}, 2 scope_spans {1 scope {1 name}, 2 spans}}.
    static func body(_ spans: [UInt8], serviceName: String) -> [UInt8] {
        var resource = ProtobufText()
        for (name, value) in [
            ("service.name", serviceName), ("telemetry.sdk.language", "swift"),
            ("telemetry.sdk.name", "hanse"),
        ] { resource.add(1, attribute(name, Array(value.utf8))) }
        var scope = ProtobufText()
        scope.add(1, Array("hanse".utf8))
        var scopeSpans = ProtobufText()
        scopeSpans.add(1, scope.bytes)
        scopeSpans.bytes += spans
        var resourceSpans = ProtobufText()
        resourceSpans.add(1, resource.bytes)
        resourceSpans.add(2, scopeSpans.bytes)
        var request = ProtobufText()
        request.add(1, resourceSpans.bytes)
        return request.bytes
    }

    /// `KeyValue {1 key, 2 value {1 string_value}}`; what is no UTF-8 is replaced.
    private static func attribute(_ name: String, _ value: [UInt8]) -> [UInt8] {
        var any = ProtobufText()
        any.add(1, Array(String(decoding: value, as: UTF8.self).utf8))
        var pair = ProtobufText()
        pair.add(1, Array(name.utf8))
        pair.add(2, any.bytes)
        return pair.bytes
    }

    private static func bigEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - 8 * $0)) }
    }

    private static func nanoseconds(_ time: WallTime) -> UInt64 {
        UInt64(max(0, time.seconds)) * 1_000_000_000 + UInt64(time.nanoseconds)
    }
}

/// A protobuf message as it is written.
private struct ProtobufText {
    var bytes: [UInt8] = []

    /// A field of bytes, a string or a message.
    mutating func add(_ number: UInt64, _ value: [UInt8]) {
        append(number << 3 | 2)
        append(UInt64(value.count))
        bytes += value
    }

    mutating func add(_ number: UInt64, varint value: UInt64) {
        append(number << 3)
        append(value)
    }

    mutating func add(_ number: UInt64, fixed value: UInt64) {
        append(number << 3 | 1)
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    private mutating func append(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
