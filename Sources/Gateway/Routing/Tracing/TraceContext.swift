internal import Bytes
internal import HTTPCodec

/// A request's place in a trace.
struct TraceContext: Equatable, Sendable {
    /// 128 bits; the high half is 0 in a trace with a short id.
    var traceHigh: UInt64
    var traceLow: UInt64
    var span: UInt64
    /// The caller's span; nil where the trace begins here.
    var parent: UInt64?
    var isSampled: Bool
    /// Whether the caller reports a span with the same id.
    var isShared = false

    /// 32 hexadecimal digits.
    var traceID: [UInt8] { HexDigits.of(traceHigh) + HexDigits.of(traceLow) }

    // MARK: W3C Trace Context

    private static let traceparent = Array("traceparent".utf8)

    /// Reads `traceparent` (W3C Trace Context 3.2): version 00, or a later one that begins like it.
    static func readW3C(_ head: borrowing HeadView) -> TraceContext? {
        guard let range = head.value(named: Self.traceparent) else { return nil }
        let text = head.bytes[range]
        let at = text.startIndex
        guard text.count >= 55, text[at + 2] == 0x2D, text[at + 35] == 0x2D, text[at + 52] == 0x2D,
            let version = HexDigits.value(text[at..<at + 2]), version != 0xFF,
            text.count == 55 || (version > 0 && text[at + 55] == 0x2D),
            let high = HexDigits.value(text[at + 3..<at + 19]),
            let low = HexDigits.value(text[at + 19..<at + 35]),
            let span = HexDigits.value(text[at + 36..<at + 52]),
            let flags = HexDigits.value(text[at + 53..<at + 55]), high | low != 0, span != 0
        else { return nil }
        return TraceContext(
            traceHigh: high, traceLow: low, span: span, parent: nil, isSampled: flags & 1 == 1)
    }

    /// Sets `traceparent`; `tracestate` stays as the caller sent it.
    func writeW3C(_ head: inout HeadView) {
        var text = Array("00-".utf8)
        text += traceID
        text.append(0x2D)
        text += HexDigits.of(span)
        text += isSampled ? "-01".utf8 : "-00".utf8
        head.set(Self.traceparent, text)
    }

    // MARK: B3

    private static let b3 = Array("b3".utf8)
    private static let b3Trace = Array("x-b3-traceid".utf8)
    private static let b3Span = Array("x-b3-spanid".utf8)
    private static let b3Parent = Array("x-b3-parentspanid".utf8)
    private static let b3Sampled = Array("x-b3-sampled".utf8)
    private static let b3Flags = Array("x-b3-flags".utf8)

    /// Reads the `x-b3-` headers, or `b3` (openzipkin/b3-propagation).
    ///
    /// `isSampled` is nil where the caller left the decision to others.
    static func readB3(_ head: borrowing HeadView) -> (context: TraceContext?, isSampled: Bool?) {
        if let range = head.value(named: b3) { return single(head.bytes[range]) }
        var isSampled: Bool?
        if let range = head.value(named: b3Sampled) { isSampled = decision(head.bytes[range]) }
        if let range = head.value(named: b3Flags), head.bytes[range].elementsEqual("1".utf8) {
            isSampled = true
        }
        guard let trace = head.value(named: b3Trace), let span = head.value(named: b3Span),
            let id = HexDigits.wide(head.bytes[trace]), let spanID = HexDigits.exact(head.bytes[span])
        else { return (nil, isSampled) }
        let parent = head.value(named: b3Parent).flatMap { HexDigits.exact(head.bytes[$0]) }
        let context = TraceContext(
            traceHigh: id.high, traceLow: id.low, span: spanID, parent: parent, isSampled: isSampled ?? false)
        return (context, isSampled)
    }

    /// `{trace}-{span}[-{sampled}[-{parent}]]`, or the decision alone.
    private static func single(_ text: ArraySlice<UInt8>) -> (TraceContext?, Bool?) {
        let parts = text.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { return (nil, decision(text)) }
        guard let id = HexDigits.wide(parts[0]), let span = HexDigits.exact(parts[1]) else {
            return (nil, nil)
        }
        let isSampled = parts.count > 2 ? decision(parts[2]) : nil
        let parent = parts.count > 3 ? HexDigits.exact(parts[3]) : nil
        let context = TraceContext(
            traceHigh: id.high, traceLow: id.low, span: span, parent: parent, isSampled: isSampled ?? false)
        return (context, isSampled)
    }

    private static func decision(_ text: ArraySlice<UInt8>) -> Bool? {
        switch text.first {
        case UInt8(ascii: "1"), UInt8(ascii: "d"), UInt8(ascii: "t"): true
        case UInt8(ascii: "0"), UInt8(ascii: "f"): false
        default: nil
        }
    }

    /// Sets the `x-b3-` headers; a `b3` of the caller goes.
    func writeB3(_ head: inout HeadView) {
        head.remove(named: Self.b3)
        head.set(Self.b3Trace, traceHigh == 0 ? HexDigits.of(traceLow) : traceID)
        head.set(Self.b3Span, HexDigits.of(span))
        if let parent {
            head.set(Self.b3Parent, HexDigits.of(parent))
        } else {
            head.remove(named: Self.b3Parent)
        }
        head.set(Self.b3Sampled, [isSampled ? 0x31 : 0x30])
    }
}

/// Fixed-width hexadecimal numbers.
enum HexDigits {
    /// Sixteen lower-case digits.
    static func of(_ value: UInt64) -> [UInt8] {
        var digits = [UInt8](repeating: 0, count: 16)
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 15
            digits[index] = digit < 10 ? 0x30 + digit : 0x57 + digit
        }
        return digits
    }

    /// At most sixteen lower-case digits; nil for anything else.
    static func value(_ text: ArraySlice<UInt8>) -> UInt64? {
        guard (1...16).contains(text.count) else { return nil }
        var value: UInt64 = 0
        for byte in text {
            guard let digit = ASCII.hexDigit(byte), byte < 0x41 || byte > 0x46 else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    /// Exactly sixteen digits and not 0.
    static func exact(_ text: ArraySlice<UInt8>) -> UInt64? {
        guard text.count == 16, let value = value(text), value != 0 else { return nil }
        return value
    }

    /// Sixteen or thirty-two digits and not 0.
    static func wide(_ text: ArraySlice<UInt8>) -> (high: UInt64, low: UInt64)? {
        guard text.count == 16 || text.count == 32 else { return nil }
        let high = text.count == 32 ? value(text.prefix(16)) : 0
        guard let high, let low = value(text.suffix(16)), high | low != 0 else { return nil }
        return (high, low)
    }
}
