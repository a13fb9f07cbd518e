/// A request's start line and header fields, for the control plane.
public struct HTTPRequestHead: Hashable, Sendable {
    /// The method, as sent (methods are case-sensitive).
    public var method: String
    /// The target as sent: origin form, absolute form, `*` or an authority.
    public var target: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public var minorVersion: Int

    /// A request head.
    public init(method: String, target: String, headers: HTTPHeaders = HTTPHeaders(), minorVersion: Int = 1) {
        self.method = method
        self.target = target
        self.headers = headers
        self.minorVersion = minorVersion
    }

    /// Whether the connection may carry another request after this one (RFC 9112 9.3).
    public var keepsAlive: Bool {
        if headers.hasToken("close", in: "connection") { return false }
        return minorVersion >= 1 || headers.hasToken("keep-alive", in: "connection")
    }
}
