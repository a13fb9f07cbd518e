/// A response's status line and header fields, for the control plane.
public struct HTTPResponseHead: Hashable, Sendable {
    /// The status code, 100...599.
    public var status: Int
    /// The reason phrase; may be empty.
    public var reason: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public var minorVersion: Int

    /// A response head; `reason` defaults to the standard phrase.
    public init(
        status: Int, reason: String? = nil, headers: HTTPHeaders = HTTPHeaders(), minorVersion: Int = 1
    ) {
        self.status = status
        self.reason = reason ?? HTTPStatus.reason(status)
        self.headers = headers
        self.minorVersion = minorVersion
    }

    /// Whether the connection may be used again after this response (RFC 9112 9.3).
    public var keepsAlive: Bool {
        if headers.hasToken("close", in: "connection") { return false }
        return minorVersion >= 1 || headers.hasToken("keep-alive", in: "connection")
    }
}
