/// `envoy.config.route.v3.RetryPolicy`.
public struct RetryPolicy: MappedMessage, Hashable {
    /// The words of `retry_on`, those of gRPC included.
    public enum Condition: String, CaseIterable, Sendable, Hashable {
        /// Any 5xx, or no response at all.
        case fiveXX = "5xx"
        /// 502, 503 or 504.
        case gatewayError = "gateway-error"
        /// No response: disconnect, reset or read timeout.
        case reset
        /// The same, before the request was sent.
        case resetBeforeRequest = "reset-before-request"
        /// Could not connect.
        case connectFailure = "connect-failure"
        /// REFUSED_STREAM.
        case refusedStream = "refused-stream"
        /// One of `retriableStatusCodes`.
        case retriableStatusCodes = "retriable-status-codes"
        /// 409.
        case retriable4xx = "retriable-4xx"
        /// grpc-status 1.
        case cancelled
        /// grpc-status 4.
        case deadlineExceeded = "deadline-exceeded"
        /// grpc-status 13.
        case `internal` = "internal"
        /// grpc-status 8.
        case resourceExhausted = "resource-exhausted"
        /// grpc-status 14.
        case unavailable
    }

    /// When to try again, in the order written.
    public var retryOn: [Condition] = []
    /// Retries, not counting the first try.
    public var numRetries: UInt32 = 1
    /// The limit of each try; nil is the route's timeout, zero none.
    public var perTryTimeout: Duration?
    /// For `retriable-status-codes`, 100 to 599.
    public var retriableStatusCodes: [UInt32] = []
    /// Pause before a retry, full jitter.
    public var backOff: BackOff?
    /// Whether a retry prefers another endpoint (`previous_hosts`).
    public var avoidsPreviousHosts = false
    /// How often another endpoint is drawn; nil is 1.
    public var hostSelectionRetryMaxAttempts: Int64?

    /// No retry.
    public init() {}

    /// `retry_back_off`.
    public struct BackOff: MappedMessage, Hashable {
        /// The first pause.
        public var baseInterval: Duration = .milliseconds(25)
        /// The longest pause; nil is 10 times the base.
        public var maxInterval: Duration?

        /// Envoy's defaults.
        public init() {}

        mutating func map(_ fields: inout FieldMapper) {
            var base: Duration? = fields.isReading ? nil : baseInterval
            fields.duration("base_interval", &base, positive: true, required: true)
            baseInterval = base ?? .milliseconds(25)
            fields.duration("max_interval", &maxInterval, positive: true)
            if let maxInterval, maxInterval < baseInterval {
                fields.fault("must not be less than base_interval", .key("max_interval"))
            }
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        var words = retryOn.map(\.rawValue).joined(separator: ",")
        fields.string("retry_on", &words)
        if fields.isReading { readConditions(words, fields) }
        fields.integer("num_retries", &numRetries, default: 1)
        fields.duration("per_try_timeout", &perTryTimeout)
        fields.integers("retriable_status_codes", &retriableStatusCodes, in: 100...599)
        fields.message("retry_back_off", &backOff)
        var predicates = avoidsPreviousHosts ? [PreviousHosts()] : []
        fields.messages("retry_host_predicate", &predicates)
        avoidsPreviousHosts = !predicates.isEmpty
        fields.integer("host_selection_retry_max_attempts", &hostSelectionRetryMaxAttempts, in: 0...Int64.max)
    }

    private mutating func readConditions(_ words: String, _ fields: FieldMapper) {
        for word in words.split(separator: ",") {
            let name = word.drop { $0 == " " }
            guard let condition = Condition(rawValue: String(name)) else {
                fields.fault("\"\(name)\" is not supported", .key("retry_on"))
                continue
            }
            retryOn.append(condition)
        }
    }
}

/// The retry host predicate of the subset.
private struct PreviousHosts: MappedMessage {
    mutating func map(_ fields: inout FieldMapper) {
        var content = EmptyMessage()
        fields.extensionPoint(
            "envoy.retry_host_predicates.previous_hosts",
            "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate", &content)
    }
}
