/// Fields that a proxy treats by itself, recognized once while parsing.
public enum KnownField: UInt8, Sendable {
    /// Any other field.
    case other
    /// `host`
    case host
    /// `connection`
    case connection
    /// `content-length`
    case contentLength
    /// `transfer-encoding`
    case transferEncoding
    /// `keep-alive`
    case keepAlive
    /// `proxy-connection`
    case proxyConnection
    /// `upgrade`
    case upgrade
    /// `te`
    case te
    /// `expect`
    case expect
    /// `date`
    case date
    /// `server`
    case server
    /// `x-forwarded-for`
    case xForwardedFor
    /// `x-forwarded-proto`
    case xForwardedProto
    /// `x-forwarded-client-cert`
    case xForwardedClientCert
    /// `x-request-id`
    case xRequestID
    /// `cookie`
    case cookie
    /// `authorization` or `proxy-authorization`
    case authorization
    /// `content-type`
    case contentType
    /// `trailer`
    case trailer
    /// Any field whose name begins with `x-envoy-`.
    case xEnvoy

    /// Recognizes `bytes[range]`, compared without case.
    static func recognize(_ bytes: Span<UInt8>, _ range: Range<Int>) -> KnownField {
        func among(_ word: StaticString, _ field: KnownField) -> KnownField {
            Grammar.equals(bytes, range, word) ? field : .other
        }
        let first = bytes[range.lowerBound] | 0x20
        if range.count >= 8, first == 0x78 {
            let prefix = range.lowerBound..<range.lowerBound + 8
            if Grammar.equals(bytes, prefix, "x-envoy-") { return .xEnvoy }
        }
        switch (range.count, first) {
        case (2, 0x74): return among("te", .te)
        case (4, 0x68): return among("host", .host)
        case (4, 0x64): return among("date", .date)
        case (6, 0x65): return among("expect", .expect)
        case (6, 0x73): return among("server", .server)
        case (6, 0x63): return among("cookie", .cookie)
        case (7, 0x74): return among("trailer", .trailer)
        case (7, 0x75): return among("upgrade", .upgrade)
        case (10, 0x63): return among("connection", .connection)
        case (10, 0x6B): return among("keep-alive", .keepAlive)
        case (12, 0x63): return among("content-type", .contentType)
        case (12, 0x78): return among("x-request-id", .xRequestID)
        case (13, 0x61): return among("authorization", .authorization)
        case (14, 0x63): return among("content-length", .contentLength)
        case (15, 0x78): return among("x-forwarded-for", .xForwardedFor)
        case (16, 0x70): return among("proxy-connection", .proxyConnection)
        case (17, 0x74): return among("transfer-encoding", .transferEncoding)
        case (17, 0x78): return among("x-forwarded-proto", .xForwardedProto)
        case (19, 0x70): return among("proxy-authorization", .authorization)
        case (23, 0x78): return among("x-forwarded-client-cert", .xForwardedClientCert)
        default: return .other
        }
    }
}
