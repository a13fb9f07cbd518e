public import Bytes
public import HTTPCodec
public import TLS

/// A request to send, where to, and how long to wait.
public struct HTTPClientRequest: Sendable {
    /// A name or an address.
    ///
    /// Also the `Host` field, unless `headers` has one.
    public var host: String
    /// The port.
    public var port: UInt16
    /// Where to connect in place of resolving `host`; tried in order.
    public var addresses: [SocketAddress]
    /// Speaks TLS when present.
    ///
    /// Connections are shared between requests with the same context.
    public var tls: TLSClientContext?
    /// TLS's server name indication; nil sends `host` when it is a name.
    public var serverName: String?
    /// The method.
    public var method: String
    /// Path and query, as sent.
    public var target: String
    /// The fields; `Host`, `Content-Length` and `Connection` are added.
    public var headers: HTTPHeaders
    /// The body; empty sends none.
    public var body: [UInt8]
    /// For the whole response; of a stream, for its head.
    ///
    /// Nil: no limit.
    public var timeout: Duration?
    /// For resolving, connecting and the TLS handshake together.
    public var connectTimeout: Duration
    /// A response body above this fails with `bodyTooLarge`.
    ///
    /// Not for streams.
    public var maxBody: Int
    /// Of a stream: fails with `timeout` when no byte came for so long.
    ///
    /// Nil: no limit.
    public var idleTimeout: Duration?

    /// Makes a request.
    public init(
        method: String = "GET", host: String, port: UInt16, addresses: [SocketAddress] = [],
        tls: TLSClientContext? = nil, serverName: String? = nil, target: String = "/",
        headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], timeout: Duration? = .seconds(30),
        connectTimeout: Duration = .seconds(5), maxBody: Int = 64 * 1024 * 1024, idleTimeout: Duration? = nil
    ) {
        self.method = method
        self.host = host
        self.port = port
        self.addresses = addresses
        self.tls = tls
        self.serverName = serverName
        self.target = target
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.connectTimeout = connectTimeout
        self.maxBody = maxBody
        self.idleTimeout = idleTimeout
    }

    /// Makes a request to an address.
    public init(
        method: String = "GET", address: SocketAddress, tls: TLSClientContext? = nil, target: String = "/",
        headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [], timeout: Duration? = .seconds(30)
    ) {
        let host = address.ip.isV6 ? "[\(address.ip)]" : "\(address.ip)"
        self.init(
            method: method, host: host, port: address.port, addresses: [address], tls: tls, target: target,
            headers: headers, body: body, timeout: timeout)
    }

    /// Makes a request from a URL `http://HOST[:PORT][/PATH][?QUERY]`, or `https://` with a TLS context.
    ///
    /// Nil for any other text, and when scheme and `tls` do not agree.
    public init?(method: String = "GET", url: String, tls: TLSClientContext? = nil) {
        let lower = url.lowercased()
        let isSecure = lower.hasPrefix("https://")
        guard isSecure || lower.hasPrefix("http://"), isSecure == (tls != nil) else { return nil }
        let rest = url.dropFirst(isSecure ? 8 : 7)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var host = rest[..<end]
        var port: UInt16 = isSecure ? 443 : 80
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else { return nil }
            port = number
            host = host[..<colon]
        }
        guard !host.isEmpty, !host.contains("@"), !host.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F })
        else { return nil }
        var target = rest[end...].prefix { $0 != "#" }
        guard !target.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else { return nil }
        if !target.hasPrefix("/") { target = "/" + target }
        self.init(method: method, host: String(host), port: port, tls: tls, target: String(target))
    }

    /// `HOST:PORT`, for messages.
    var place: String { "\(host):\(port)" }

    /// The host without an IPv6 address's brackets.
    var bareHost: String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// What TLS sends as SNI: never an address (RFC 6066 3).
    var sni: String? { serverName ?? (IPAddress(bareHost) == nil ? host : nil) }

    /// May be sent again when the server closed a kept connection just then (RFC 9110 9.2.2).
    var isIdempotent: Bool { ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(method) }
}

/// A whole response.
public struct HTTPClientResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The header fields.
    public var headers: HTTPHeaders
    /// The body.
    public var body: [UInt8]
    /// The server's certificate, verified; nil without TLS.
    public var peerCertificate: Certificate?
}
