internal import HTTPCodec

/// The name in `%REQ(NAME)%`, told apart once when the format is compiled.
enum HeaderName: Sendable {
    case method
    case path
    case authority
    case scheme
    /// A field that parsing recognizes, and no other is taken for.
    case known(KnownField)
    /// In lower case.
    case other([UInt8])

    init(_ name: String) {
        switch name {
        case ":method": self = .method
        case ":path": self = .path
        case ":authority": self = .authority
        case ":scheme": self = .scheme
        case "content-type": self = .known(.contentType)
        case "host": self = .known(.host)
        case "server": self = .known(.server)
        case "x-forwarded-for": self = .known(.xForwardedFor)
        case "x-forwarded-proto": self = .known(.xForwardedProto)
        case "x-request-id": self = .known(.xRequestID)
        default: self = .other(Array(name.utf8))
        }
    }

    /// What a name with a colon stands for in a head; nil for any other, and in no request.
    func pseudo(_ head: borrowing HeadView) -> Range<Int>? {
        switch self {
        case .method: head.method.isEmpty ? nil : head.method
        case .path: head.target.isEmpty ? nil : head.target
        case .authority: head.value(.host)
        case .scheme: head.scheme.isEmpty ? nil : head.scheme
        case .known, .other: nil
        }
    }

    func matches(_ field: FieldView, _ head: borrowing HeadView) -> Bool {
        switch self {
        case .known(let known): field.known == known
        case .other(let name): head.isName(field, name)
        case .method, .path, .authority, .scheme: false
        }
    }
}
