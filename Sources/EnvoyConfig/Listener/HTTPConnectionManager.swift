/// `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`.
public struct HTTPConnectionManager: MappedMessage {
    /// The protobuf name.
    static let messageName =
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

    /// Where the routes are.
    public enum Routes: Sendable, Equatable {
        /// Here.
        case inline(RouteConfiguration)
        /// By name, from a source.
        case rds(RDS)
    }

    /// Routes by name.
    public struct RDS: MappedMessage {
        /// The RouteConfiguration's name.
        public var routeConfigName = ""
        /// Where it comes from.
        public var configSource = ConfigSource()

        /// No name.
        public init() {}

        /// Routes by name, from a source.
        public init(_ routeConfigName: String, from configSource: ConfigSource) {
            self.routeConfigName = routeConfigName
            self.configSource = configSource
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.string("route_config_name", &routeConfigName, required: true)
            fields.message("config_source", &configSource, required: true)
        }
    }

    /// An upgrade that this manager knows.
    public struct UpgradeConfig: MappedMessage, Hashable {
        /// `websocket`.
        public var upgradeType = ""
        /// Whether it is allowed where the route says nothing.
        public var enabled = true

        /// No upgrade.
        public init() {}

        /// WebSocket.
        public static func websocket(enabled: Bool) -> UpgradeConfig {
            var config = UpgradeConfig()
            config.upgradeType = "websocket"
            config.enabled = enabled
            return config
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.upgradeType(&upgradeType)
            fields.bool("enabled", &enabled, default: true)
        }
    }

    /// The prefix of its counters.
    public var statPrefix = ""
    /// The protocol of the client.
    public var codecType = CodecType.auto
    /// Where the routes are.
    public var routes = Routes.inline(RouteConfiguration())
    /// In order; the router last.
    public var httpFilters: [HTTPFilter] = []
    /// Trusts nothing from the client: own x-forwarded-for, x-forwarded-proto, no x-envoy-*.
    public var useRemoteAddress = false
    /// Normalises the path before matching and RBAC.
    public var normalizePath = false
    /// `//` becomes `/`.
    public var mergeSlashes = false
    /// What `%2F` and `%5C` in a path lead to.
    public var pathWithEscapedSlashesAction = EscapedSlashesAction.keepUnchanged
    /// Drops `:port` from Host when it is the listener's.
    public var stripMatchingHostPort = false
    /// The `server` response header; nil is the gateway's own.
    public var serverName: String?
    /// Sets x-request-id.
    public var generateRequestID = true
    /// What becomes of x-forwarded-client-cert.
    public var forwardClientCertDetails = ForwardClientCertDetails.sanitize
    /// Adds `URI=` to x-forwarded-client-cert.
    public var setsCurrentClientCertURI = false
    /// No byte either way on a stream; zero never.
    public var streamIdleTimeout: Duration = .seconds(300)
    /// The whole request; zero is no limit.
    public var requestTimeout: Duration = .zero
    /// The header section; zero is no limit.
    public var requestHeadersTimeout: Duration = .zero
    /// Limits of HTTP/1 and HTTP/2.
    public var commonHTTPProtocolOptions = CommonHTTPProtocolOptions()
    /// Request line and headers together, in KiB.
    public var maxRequestHeadersKB: UInt32 = 60
    /// Limits of HTTP/1.
    public var httpProtocolOptions = HTTP1ProtocolOptions()
    /// Limits of HTTP/2.
    public var http2ProtocolOptions = HTTP2ProtocolOptions()
    /// How long a draining HTTP/2 connection gets after its GOAWAY.
    public var drainTimeout: Duration = .seconds(5)
    /// The upgrades it knows.
    public var upgradeConfigs: [UpgradeConfig] = []
    /// One record per request.
    public var accessLog: [AccessLog] = []
    /// Nil: nothing is traced, and trace headers pass unchanged.
    public var tracing: Tracing?

    /// Envoy's defaults.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("stat_prefix", &statPrefix, required: true)
        fields.enumeration("codec_type", &codecType, default: .auto)
        fields.bool("use_remote_address", &useRemoteAddress)
        fields.bool("normalize_path", &normalizePath)
        fields.bool("merge_slashes", &mergeSlashes)
        fields.enumeration(
            "path_with_escaped_slashes_action", &pathWithEscapedSlashesAction, default: .keepUnchanged)
        fields.bool("strip_matching_host_port", &stripMatchingHostPort)
        fields.string("server_name", &serverName)
        fields.bool("generate_request_id", &generateRequestID, default: true)
        fields.enumeration("forward_client_cert_details", &forwardClientCertDetails, default: .sanitize)
        fields.group("set_current_client_cert_details") { $0.bool("uri", &setsCurrentClientCertURI) }
        fields.duration("stream_idle_timeout", &streamIdleTimeout, default: .seconds(300))
        fields.duration("request_timeout", &requestTimeout, default: .zero)
        fields.duration("request_headers_timeout", &requestHeadersTimeout, default: .zero)
        fields.message("common_http_protocol_options", &commonHTTPProtocolOptions, required: false)
        fields.message("http_protocol_options", &httpProtocolOptions, required: false)
        fields.message("http2_protocol_options", &http2ProtocolOptions, required: false)
        fields.integer("max_request_headers_kb", &maxRequestHeadersKB, default: 60, in: 1...8192)
        fields.duration("drain_timeout", &drainTimeout, default: .seconds(5))
        fields.oneOf(required: true) { fields in
            var inline: RouteConfiguration?
            if case .inline(let value) = routes { inline = value }
            fields.alternative("route_config", message: inline) { routes = .inline($0) }
            var rds: RDS?
            if case .rds(let value) = routes { rds = value }
            fields.alternative("rds", message: rds) { routes = .rds($0) }
        }
        fields.messages("http_filters", &httpFilters)
        fields.messages("upgrade_configs", &upgradeConfigs)
        fields.checkUpgrades(upgradeConfigs.map(\.upgradeType))
        fields.messages("access_log", &accessLog)
        fields.message("tracing", &tracing)
        guard fields.isReading else { return }
        if httpFilters.last != .router {
            fields.fault("the last filter must be the router, which is terminal", .key("http_filters"))
        }
        for (index, filter) in httpFilters.dropLast().enumerated() where filter == .router {
            fields.fault("the router is terminal and must be the last", .key("http_filters"), .index(index))
        }
    }
}

/// The values of `codec_type`.
public enum CodecType: String, ConfigEnum {
    /// Plain: HTTP/2 by its preface; TLS: by ALPN.
    case auto = "AUTO"
    /// HTTP/1 only.
    case http1 = "HTTP1"
    /// HTTP/2 only.
    case http2 = "HTTP2"

    /// The protobuf number.
    public var number: Int {
        switch self {
        case .auto: 0
        case .http1: 1
        case .http2: 2
        }
    }
}

/// The values of `path_with_escaped_slashes_action`.
public enum EscapedSlashesAction: String, ConfigEnum {
    /// The path stays.
    case keepUnchanged = "KEEP_UNCHANGED"
    /// 400.
    case rejectRequest = "REJECT_REQUEST"

    /// The protobuf number.
    public var number: Int { self == .keepUnchanged ? 1 : 2 }
}

/// The values of `forward_client_cert_details`.
public enum ForwardClientCertDetails: String, ConfigEnum {
    /// x-forwarded-client-cert is dropped.
    case sanitize = "SANITIZE"
    /// x-forwarded-client-cert is replaced by that of this connection.
    case sanitizeSet = "SANITIZE_SET"

    /// The protobuf number.
    public var number: Int { self == .sanitize ? 0 : 3 }
}

extension FieldMapper {
    /// Reports types that `upgrade_configs` holds twice, whatever their case.
    func checkUpgrades(_ types: [String]) {
        var seen: Set<String> = []
        for (index, type) in types.enumerated() where !type.isEmpty {
            guard isReading, !seen.insert(type.lowercased()).inserted else { continue }
            fault("\"\(type)\" is given twice", .key("upgrade_configs"), .index(index), .key("upgrade_type"))
        }
    }

    /// An `upgrade_type`, of which the subset has one.
    mutating func upgradeType(_ value: inout String) {
        string("upgrade_type", &value, required: true)
        if isReading, !value.isEmpty, value.lowercased() != "websocket" {
            fault("\"\(value)\" is not supported; allowed: websocket", .key("upgrade_type"))
        }
    }
}
