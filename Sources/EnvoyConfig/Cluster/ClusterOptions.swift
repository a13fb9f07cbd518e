import Document

/// `envoy.extensions.upstreams.http.v3.HttpProtocolOptions`: HTTP towards endpoints.
public enum UpstreamHTTPProtocol: Sendable, Equatable {
    /// HTTP/1.1.
    case http1(HTTP1ProtocolOptions)
    /// HTTP/2.
    case http2(HTTP2ProtocolOptions)
    /// By ALPN (h2, http/1.1); no answer means HTTP/1.1. TLS only.
    case automatic(http1: HTTP1ProtocolOptions?, http2: HTTP2ProtocolOptions?)

    /// Whether ALPN decides.
    public var isAutomatic: Bool {
        if case .automatic = self { true } else { false }
    }

    /// Whether it is HTTP/1.1 and nothing else.
    var isHTTP1: Bool {
        if case .http1 = self { true } else { false }
    }
}

extension UpstreamHTTPProtocol: MappedMessage {
    static let messageName = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

    /// HTTP/1.1.
    public init() { self = .http1(HTTP1ProtocolOptions()) }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            var explicit: ExplicitHTTPConfig?
            var automatic: AutoHTTPConfig?
            switch self {
            case .http1(let options): explicit = ExplicitHTTPConfig(http1: options)
            case .http2(let options): explicit = ExplicitHTTPConfig(http2: options)
            case .automatic(let http1, let http2): automatic = AutoHTTPConfig(http1: http1, http2: http2)
            }
            fields.alternative("explicit_http_config", message: explicit) { config in
                self = config.http2.map { .http2($0) } ?? .http1(config.http1 ?? HTTP1ProtocolOptions())
            }
            fields.alternative("auto_config", message: automatic) { config in
                self = .automatic(http1: config.http1, http2: config.http2)
            }
        }
    }
}

private struct ExplicitHTTPConfig: MappedMessage {
    var http1: HTTP1ProtocolOptions?
    var http2: HTTP2ProtocolOptions?

    init() {}

    init(http1: HTTP1ProtocolOptions) {
        self.http1 = http1
    }

    init(http2: HTTP2ProtocolOptions) {
        self.http2 = http2
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            fields.alternative("http_protocol_options", message: http1) { http1 = $0 }
            fields.alternative("http2_protocol_options", message: http2) { http2 = $0 }
        }
    }
}

private struct AutoHTTPConfig: MappedMessage {
    var http1: HTTP1ProtocolOptions?
    var http2: HTTP2ProtocolOptions?

    init() {}

    init(http1: HTTP1ProtocolOptions?, http2: HTTP2ProtocolOptions?) {
        self.http1 = http1
        self.http2 = http2
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("http_protocol_options", &http1)
        fields.message("http2_protocol_options", &http2)
    }
}

/// `envoy.config.cluster.v3.CircuitBreakers`: the limits of the default priority.
public struct CircuitBreakers: MappedMessage, Hashable {
    /// Connections; more requests wait.
    public var maxConnections: UInt32 = 1024
    /// Requests that wait; more are answered 503.
    public var maxPendingRequests: UInt32 = 1024
    /// Requests under way, HTTP/2.
    public var maxRequests: UInt32 = 1024
    /// Retries under way; of no effect beside a budget.
    public var maxRetries: UInt32 = 3
    /// Retries as a share of the requests; nil counts them alone.
    public var retryBudget: RetryBudget?

    /// Envoy's defaults.
    public init() {}

    /// Whether requests that have a connection each are counted beside these.
    public var countsLoneRequests: Bool { retryBudget != nil || maxRequests < maxConnections }

    /// `RetryBudget`: as many retries at once as a share of the requests under way and waiting.
    public struct RetryBudget: MappedMessage, Hashable {
        /// Percent.
        public var budgetPercent: Double = 20
        /// Retries that are always allowed.
        public var minRetryConcurrency: UInt32 = 3

        /// Envoy's defaults.
        public init() {}

        mutating func map(_ fields: inout FieldMapper) {
            fields.percent("budget_percent", &budgetPercent, default: 20)
            fields.integer("min_retry_concurrency", &minRetryConcurrency, default: 3)
        }

        /// How many retries may be under way beside so many requests.
        public func limit(requests: Int) -> Int {
            max(Int(budgetPercent / 100 * Double(requests)), Int(minRetryConcurrency))
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        var thresholds = self == CircuitBreakers() && !fields.isReading ? [] : [Thresholds(self)]
        if fields.isReading { thresholds = [] }
        fields.messages("thresholds", &thresholds)
        guard fields.isReading else { return }
        if thresholds.count > 1 { fields.fault("at most 1 item", .key("thresholds")) }
        if let first = thresholds.first { self = first.limits }
    }

    private struct Thresholds: MappedMessage {
        var limits = CircuitBreakers()

        init() {}

        init(_ limits: CircuitBreakers) {
            self.limits = limits
        }

        mutating func map(_ fields: inout FieldMapper) {
            var priority = RoutingPriority.default
            fields.enumeration("priority", &priority, default: .default)
            fields.integer("max_connections", &limits.maxConnections, default: 1024)
            fields.integer("max_pending_requests", &limits.maxPendingRequests, default: 1024)
            fields.integer("max_requests", &limits.maxRequests, default: 1024)
            fields.integer("max_retries", &limits.maxRetries, default: 3)
            fields.message("retry_budget", &limits.retryBudget)
        }
    }
}

private enum RoutingPriority: String, ConfigEnum {
    case `default` = "DEFAULT"
    var number: Int { 0 }
}

/// `envoy.config.core.v3.TcpKeepalive`; nil is the kernel's.
public struct TCPKeepalive: MappedMessage, Hashable {
    /// Probes without an answer before the connection is dead.
    public var probes: UInt32?
    /// Quiet seconds before the first probe.
    public var time: UInt32?
    /// Seconds between probes.
    public var interval: UInt32?

    /// The kernel's values.
    public init() {}

    /// Keepalive from its parts, in seconds.
    public init(probes: UInt32, time: UInt32, interval: UInt32) {
        self.probes = probes
        self.time = time
        self.interval = interval
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.integer("keepalive_probes", &probes)
        fields.integer("keepalive_time", &time)
        fields.integer("keepalive_interval", &interval)
    }
}

extension FieldMapper {
    /// A percentage as a number.
    static func node(percent value: Double) -> Node {
        if let whole = Int64(exactly: value) { return Node(.int(whole)) }
        return Node(.double(value))
    }

    /// A JSON number, or the same as a string (protobuf's JSON form takes both).
    private static func double(_ node: Node) -> Double? {
        guard let text = node.string else { return node.double }
        let isDecimal = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        return isDecimal ? Double(text) : nil
    }

    /// `envoy.type.v3.Percent`, 0 to 100; written when it is not the default.
    mutating func percent(_ name: String, _ value: inout Double, default: Double) {
        guard isReading else {
            if value != `default` {
                group(name, required: true) { $0.write("value", Self.node(percent: value)) }
            }
            return
        }
        group(name) { fields in
            value = 0
            fields.read("value", required: false) { node, context in
                guard let number = Self.double(node), (0...100).contains(number) else {
                    return context.add("must be between 0 and 100", at: node.position)
                }
                value = number
            }
        }
    }
}
