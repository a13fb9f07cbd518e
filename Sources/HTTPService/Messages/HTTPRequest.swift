public import HTTPCodec

/// A request as a handler gets it: head and whole body.
public struct HTTPRequest: Sendable {
    /// The method, in the case it came.
    public var method: String
    /// The target as it came: path and query, or absolute form.
    public var target: String
    /// The path, percent-decoded; an encoded slash stays `%2F`.
    public var path: String
    /// The query's pairs in order, decoded.
    public var query: [(String, String)]
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body; empty when there is none.
    public var body: [UInt8]
    /// Who asks.
    public var peer: PeerInfo

    /// Makes a request, for tests of handlers; nil when the target is not valid.
    public init?(
        method: String, target: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        peer: PeerInfo
    ) {
        guard let parts = RequestTarget(target) else { return nil }
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.peer = peer
        path = parts.path
        query = parts.query
    }

    /// The first value of a query key; nil when absent.
    public func queryValue(_ key: String) -> String? { query.first { $0.0 == key }?.1 }

    /// The path's segments, without empty ones.
    public var pathSegments: [String] { path.split(separator: "/").map(String.init) }

    /// The token of `Authorization: Bearer`; nil without one.
    public var bearerToken: String? {
        guard let value = headers["authorization"], value.utf8.count > 7,
            value.prefix(7).lowercased() == "bearer "
        else { return nil }
        let token = value.dropFirst(7).drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}
