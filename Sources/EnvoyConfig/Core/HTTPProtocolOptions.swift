/// `envoy.config.core.v3.HttpProtocolOptions`: what HTTP/1 and HTTP/2 connections have in common.
public struct CommonHTTPProtocolOptions: MappedMessage {
    /// What becomes of a header with an underscore in its name.
    public enum UnderscoresAction: String, ConfigEnum {
        /// Passed on.
        case allow = "ALLOW"
        /// 400, or an HTTP/2 stream reset.
        case rejectRequest = "REJECT_REQUEST"

        /// The protobuf number.
        public var number: Int { self == .allow ? 0 : 1 }
    }

    /// A connection without streams is closed after this; zero never.
    public var idleTimeout: Duration = .seconds(3600)
    /// More headers than this: 431.
    public var maxHeadersCount: UInt32 = 100
    /// What becomes of a header with an underscore in its name.
    public var headersWithUnderscoresAction = UnderscoresAction.allow
    /// The last response of a connection says so; nil is no limit.
    public var maxRequestsPerConnection: UInt32?

    /// Envoy's defaults.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.duration("idle_timeout", &idleTimeout, default: .seconds(3600))
        fields.integer("max_headers_count", &maxHeadersCount, default: 100, in: 1...UInt32.max)
        fields.enumeration("headers_with_underscores_action", &headersWithUnderscoresAction, default: .allow)
        fields.integer("max_requests_per_connection", &maxRequestsPerConnection)
    }
}

/// `envoy.config.core.v3.Http1ProtocolOptions`.
public struct HTTP1ProtocolOptions: MappedMessage {
    /// Envoy's defaults.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        var allowsChunkedLength = false
        fields.bool("allow_chunked_length", &allowsChunkedLength)
        if allowsChunkedLength {
            fields.fault("must stay false: Content-Length beside chunked", .key("allow_chunked_length"))
        }
    }
}

/// `envoy.config.core.v3.Http2ProtocolOptions`.
public struct HTTP2ProtocolOptions: MappedMessage {
    /// PING on quiet connections.
    public struct Keepalive: MappedMessage {
        /// Time between PINGs; nil sends none.
        public var interval: Duration?
        /// No answer within this closes the connection.
        public var timeout: Duration?

        /// No PINGs.
        public init() {}

        mutating func map(_ fields: inout FieldMapper) {
            fields.duration("interval", &interval, positive: true)
            fields.duration("timeout", &timeout, positive: true, required: true)
        }
    }

    /// The next stream is refused with RST REFUSED_STREAM.
    public var maxConcurrentStreams: UInt32 = 1024
    /// Bytes, 65535 to 2^31-1.
    public var initialStreamWindowSize: UInt32 = 16 * 1024 * 1024
    /// Bytes, 65535 to 2^31-1.
    public var initialConnectionWindowSize: UInt32 = 24 * 1024 * 1024
    /// PING on quiet connections.
    public var connectionKeepalive: Keepalive?
    /// Extended CONNECT (RFC 8441) is read: a WebSocket is a stream.
    public var allowsConnect = false

    /// Envoy's defaults.
    public init() {}

    /// What the generator writes: 100 streams, windows of 64 KiB and 1 MiB.
    public static var bounded: HTTP2ProtocolOptions {
        var options = HTTP2ProtocolOptions()
        options.maxConcurrentStreams = 100
        options.initialStreamWindowSize = 65536
        options.initialConnectionWindowSize = 1_048_576
        return options
    }

    mutating func map(_ fields: inout FieldMapper) {
        let window: ClosedRange<UInt32> = 65535...2_147_483_647
        fields.integer("max_concurrent_streams", &maxConcurrentStreams, default: 1024, in: 1...2_147_483_647)
        fields.integer(
            "initial_stream_window_size", &initialStreamWindowSize, default: 16 * 1024 * 1024, in: window)
        fields.integer(
            "initial_connection_window_size", &initialConnectionWindowSize, default: 24 * 1024 * 1024,
            in: window)
        fields.message("connection_keepalive", &connectionKeepalive)
        fields.bool("allow_connect", &allowsConnect)
    }
}
