/// How the end of a body is found (RFC 9112 6.3).
public enum BodyFraming: Hashable, Sendable {
    /// There is no body.
    case none
    /// So many bytes, possibly 0.
    case length(Int64)
    /// Chunked transfer coding.
    case chunked
    /// A response that ends with its connection.
    case untilClose

    /// Whether no body byte can follow.
    public var isEmpty: Bool { self == .none || self == .length(0) }
}

/// What the framing fields of a head say.
struct FramingFields {
    private var length: Int64?
    private var hasTransferEncoding = false
    private var isChunked = false

    /// Collects the framing fields and refuses contradictions (RFC 9112 6.1, 6.2).
    init(_ bytes: Span<UInt8>, _ fields: [FieldView]) throws(HTTPError) {
        var codings = 0
        for field in fields {
            switch field.known {
            case .contentLength:
                guard length == nil, let value = Grammar.decimal(bytes, field.value) else {
                    throw HTTPError(.badContentLength)
                }
                length = value
            case .transferEncoding:
                hasTransferEncoding = true
                codings += 1
                isChunked = codings == 1 && Grammar.equals(bytes, field.value, "chunked")
            default: continue
            }
        }
        if hasTransferEncoding, length != nil { throw HTTPError(.conflictingFraming) }
        if hasTransferEncoding, !isChunked { throw HTTPError(.unsupportedTransferCoding) }
    }

    func request(minorVersion: Int) throws(HTTPError) -> BodyFraming {
        if hasTransferEncoding {
            guard minorVersion >= 1 else { throw HTTPError(.conflictingFraming) }
            return .chunked
        }
        return length.map { .length($0) } ?? .none
    }

    func response(status: Int, answersHEAD: Bool, minorVersion: Int) throws(HTTPError) -> BodyFraming {
        if status < 200 || status == 204 {
            if hasTransferEncoding { throw HTTPError(.conflictingFraming) }
            return .none
        }
        if answersHEAD || status == 304 { return .none }
        if hasTransferEncoding {
            guard minorVersion >= 1 else { throw HTTPError(.conflictingFraming) }
            return .chunked
        }
        return length.map { .length($0) } ?? .untilClose
    }
}
