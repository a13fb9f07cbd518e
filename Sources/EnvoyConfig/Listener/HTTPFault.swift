/// `envoy.extensions.filters.http.fault.v3.HTTPFault`: delays and aborts for testing.
public struct HTTPFault: MappedMessage, Hashable {
    /// The protobuf name.
    static let messageName = "envoy.extensions.filters.http.fault.v3.HTTPFault"

    /// A delay before the request is sent on; nil is none.
    public var delay: Delay?
    /// An answer instead of the upstream's; nil is none.
    public var abort: Abort?

    /// No fault.
    public init() {}

    /// `FaultDelay`.
    public struct Delay: MappedMessage, Hashable {
        /// How long.
        public var fixedDelay: Duration = .zero
        /// For which share of requests.
        public var percentage = FractionalPercent()

        /// No delay.
        public init() {}

        /// A delay from its parts.
        public init(_ fixedDelay: Duration, percentage: FractionalPercent) {
            self.fixedDelay = fixedDelay
            self.percentage = percentage
        }

        mutating func map(_ fields: inout FieldMapper) {
            var delay: Duration? = fields.isReading ? nil : fixedDelay
            fields.duration("fixed_delay", &delay, positive: true, required: true)
            fixedDelay = delay ?? .zero
            fields.message("percentage", &percentage, required: false)
        }
    }

    /// `FaultAbort`.
    public struct Abort: MappedMessage, Hashable {
        /// The status answered, 200 to 599.
        public var httpStatus: UInt32 = 503
        /// For which share of requests.
        public var percentage = FractionalPercent()

        /// No abort.
        public init() {}

        /// An abort from its parts.
        public init(httpStatus: UInt32, percentage: FractionalPercent) {
            self.httpStatus = httpStatus
            self.percentage = percentage
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.integer("http_status", &httpStatus, in: 200...599, required: true)
            fields.message("percentage", &percentage, required: false)
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("delay", &delay)
        fields.message("abort", &abort)
    }
}

/// `envoy.extensions.filters.http.cors.v3.CorsPolicy`, on a route.
public struct CORSPolicy: MappedMessage, Hashable {
    /// The protobuf name.
    static let messageName = "envoy.extensions.filters.http.cors.v3.CorsPolicy"

    /// The origins allowed; none matches when empty.
    public var allowOriginStringMatch: [StringMatcher] = []
    /// `access-control-allow-methods`.
    public var allowMethods = ""
    /// `access-control-allow-headers`.
    public var allowHeaders = ""
    /// `access-control-expose-headers`.
    public var exposeHeaders = ""
    /// `access-control-max-age`.
    public var maxAge = ""
    /// Whether `access-control-allow-credentials: true` is sent.
    public var allowCredentials = false

    /// Allows no origin.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.messages("allow_origin_string_match", &allowOriginStringMatch)
        fields.string("allow_methods", &allowMethods)
        fields.string("allow_headers", &allowHeaders)
        fields.string("expose_headers", &exposeHeaders)
        fields.string("max_age", &maxAge)
        fields.bool("allow_credentials", &allowCredentials)
    }
}
