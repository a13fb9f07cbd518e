/// `envoy.config.core.v3.HealthCheck`: an active check.
public struct HealthCheck: MappedMessage {
    /// What is done.
    public enum Checker: Sendable, Equatable {
        /// GET.
        case http(HTTPHealthCheck)
        /// Connect.
        case tcp
        /// `grpc.health.v1.Health/Check`.
        case grpc(GRPCHealthCheck)
    }

    /// How long one check may take.
    public var timeout: Duration = .seconds(1)
    /// Time between checks.
    public var interval: Duration = .seconds(1)
    /// Time between checks while the cluster was never used.
    public var noTrafficInterval: Duration = .seconds(60)
    /// Failures in a row that make an endpoint unhealthy.
    public var unhealthyThreshold: UInt32 = 1
    /// Successes in a row that make it healthy; the first check counts alone.
    public var healthyThreshold: UInt32 = 1
    /// Random pause before the first check; nil is none.
    public var initialJitter: Duration?
    /// Random addition to each pause; nil is none.
    public var intervalJitter: Duration?
    /// Whether a connection serves more than one check.
    public var reusesConnection = true
    /// What is done.
    public var checker = Checker.tcp

    /// A connect each second.
    public init() {}

    var isGRPC: Bool {
        if case .grpc = checker { true } else { false }
    }

    /// What the check's own TLS connections offer by ALPN; empty is nothing.
    public var alpn: [String] {
        switch checker {
        case .grpc: ["h2"]
        case .http(let check): check.codec == .http2 ? ["h2"] : []
        case .tcp: []
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        var (timeout, interval): (Duration?, Duration?) = fields.isReading ? (nil, nil) : (timeout, interval)
        var thresholds: (UInt32?, UInt32?) =
            fields.isReading ? (nil, nil) : (unhealthyThreshold, healthyThreshold)
        fields.duration("timeout", &timeout, positive: true, required: true)
        fields.duration("interval", &interval, positive: true, required: true)
        fields.duration("no_traffic_interval", &noTrafficInterval, default: .seconds(60), positive: true)
        fields.integer("unhealthy_threshold", &thresholds.0)
        fields.integer("healthy_threshold", &thresholds.1)
        fields.duration("initial_jitter", &initialJitter)
        fields.duration("interval_jitter", &intervalJitter)
        fields.bool("reuse_connection", &reusesConnection, default: true)
        fields.oneOf(required: true) { fields in
            var http: HTTPHealthCheck?
            if case .http(let check) = checker { http = check }
            fields.alternative("http_health_check", message: http) { checker = .http($0) }
            fields.alternative("tcp_health_check", message: checker == .tcp ? EmptyMessage() : nil) { _ in
                checker = .tcp
            }
            var grpc: GRPCHealthCheck?
            if case .grpc(let check) = checker { grpc = check }
            fields.alternative("grpc_health_check", message: grpc) { checker = .grpc($0) }
        }
        guard fields.isReading else { return }
        self.timeout = timeout ?? .seconds(1)
        self.interval = interval ?? .seconds(1)
        if thresholds.0 == nil { fields.fault("is required", .key("unhealthy_threshold")) }
        if thresholds.1 == nil { fields.fault("is required", .key("healthy_threshold")) }
        unhealthyThreshold = thresholds.0 ?? 1
        healthyThreshold = thresholds.1 ?? 1
    }
}

/// `GrpcHealthCheck`: over HTTP/2.
public struct GRPCHealthCheck: MappedMessage, Hashable {
    /// The service asked for; empty asks for the whole server.
    public var serviceName = ""
    /// Its authority; empty is the cluster's name.
    public var authority = ""

    /// Of the whole server.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("service_name", &serviceName)
        fields.string("authority", &authority, as: .host)
    }
}

/// `HttpHealthCheck`.
public struct HTTPHealthCheck: MappedMessage, Hashable {
    /// The path of the GET.
    public var path = ""
    /// Its Host; empty is the cluster's name.
    public var host = ""
    /// Statuses that are a success; empty is 200.
    public var expectedStatuses: [Range<Int64>] = []
    /// The protocol of the check, whatever the cluster speaks.
    public var codec = Codec.http1

    /// The values of `codec_client_type`.
    public enum Codec: String, ConfigEnum {
        /// HTTP/1.1.
        case http1 = "HTTP1"
        /// HTTP/2.
        case http2 = "HTTP2"

        /// The protobuf number.
        public var number: Int { self == .http1 ? 0 : 1 }
    }

    /// No path.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("path", &path, required: true, as: .target)
        fields.string("host", &host, as: .host)
        var ranges = expectedStatuses.map(StatusRange.init)
        fields.messages("expected_statuses", &ranges)
        fields.enumeration("codec_client_type", &codec, default: .http1)
        expectedStatuses = ranges.map(\.range)
    }

    private struct StatusRange: MappedMessage {
        var range: Range<Int64> = 200..<201

        init() {}

        init(_ range: Range<Int64>) {
            self.range = range
        }

        mutating func map(_ fields: inout FieldMapper) {
            var (start, end) = (range.lowerBound, range.upperBound)
            fields.integer("start", &start, in: 100...599, required: true)
            fields.integer("end", &end, in: 101...600, required: true)
            if start < end {
                range = start..<end
            } else {
                fields.fault("must be more than start", .key("end"))
            }
        }
    }
}

/// `envoy.config.cluster.v3.OutlierDetection`: passive checks.
public struct OutlierDetection: MappedMessage, Hashable {
    /// 5xx, failed connects, timeouts or resets in a row that eject; zero never.
    public var consecutive5xx: UInt32 = 5
    /// Time between sweeps that return endpoints.
    public var interval: Duration = .seconds(10)
    /// The first ejection; the next are so many times longer.
    public var baseEjectionTime: Duration = .seconds(30)
    /// The longest ejection; absent it is 300 s, or the first one where that is longer.
    public var maxEjectionTime: Duration = .seconds(300)
    /// The share of endpoints that may be ejected; one always may.
    public var maxEjectionPercent: UInt32 = 10
    /// Percent of the detections that eject.
    public var enforcingConsecutive5xx: UInt32 = 100
    /// 502, 503 or 504 in a row that eject; zero never.
    public var consecutiveGatewayFailure: UInt32 = 5
    /// Percent of the detections that eject.
    public var enforcingConsecutiveGatewayFailure: UInt32 = 0
    /// Whether failed connects, timeouts and resets are counted apart from the endpoint's own answers.
    public var splitsLocalOriginErrors = false
    /// Failures of that kind in a row that eject, where they are counted apart; zero never.
    public var consecutiveLocalOriginFailure: UInt32 = 5
    /// Percent of the detections that eject.
    public var enforcingConsecutiveLocalOriginFailure: UInt32 = 100
    /// Percent of success-rate detections among local failures that eject, where they are counted apart.
    public var enforcingLocalOriginSuccessRate: UInt32 = 100
    /// Percent of success-rate detections that eject; the generator writes 0.
    public var enforcingSuccessRate: UInt32 = 100
    /// Success rates are compared where so many endpoints had enough requests.
    public var successRateMinimumHosts: UInt32 = 5
    /// Requests in an interval that make an endpoint's success rate count.
    public var successRateRequestVolume: UInt32 = 100
    /// Thousandths of the standard deviation below the mean that eject.
    public var successRateStdevFactor: UInt32 = 1900
    /// Percent of failure-percentage detections that eject; the generator writes 0.
    public var enforcingFailurePercentage: UInt32 = 0
    /// Percent of failed requests in an interval that eject.
    public var failurePercentageThreshold: UInt32 = 85
    /// Failures are judged where so many endpoints had enough requests.
    public var failurePercentageMinimumHosts: UInt32 = 5
    /// Requests in an interval that make an endpoint's failures count.
    public var failurePercentageRequestVolume: UInt32 = 50

    /// Envoy's defaults.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.integer("consecutive_5xx", &consecutive5xx, default: 5)
        fields.duration("interval", &interval, default: .seconds(10), positive: true)
        fields.duration("base_ejection_time", &baseEjectionTime, default: .seconds(30), positive: true)
        let usual = max(.seconds(300), baseEjectionTime)
        var longest = fields.isReading || maxEjectionTime == usual ? nil : maxEjectionTime
        fields.duration("max_ejection_time", &longest, positive: true)
        if let longest, longest < baseEjectionTime {
            fields.fault("must not be less than base_ejection_time", .key("max_ejection_time"))
        }
        maxEjectionTime = longest ?? usual
        fields.integer("max_ejection_percent", &maxEjectionPercent, default: 10, in: 0...100)
        fields.integer("enforcing_consecutive_5xx", &enforcingConsecutive5xx, default: 100, in: 0...100)
        fields.integer("enforcing_success_rate", &enforcingSuccessRate, default: 100, in: 0...100)
        fields.integer("success_rate_minimum_hosts", &successRateMinimumHosts, default: 5)
        fields.integer("success_rate_request_volume", &successRateRequestVolume, default: 100)
        fields.integer("success_rate_stdev_factor", &successRateStdevFactor, default: 1900)
        fields.integer("enforcing_failure_percentage", &enforcingFailurePercentage, in: 0...100)
        fields.integer("failure_percentage_threshold", &failurePercentageThreshold, default: 85, in: 0...100)
        fields.integer("failure_percentage_minimum_hosts", &failurePercentageMinimumHosts, default: 5)
        fields.integer("failure_percentage_request_volume", &failurePercentageRequestVolume, default: 50)
        fields.integer("consecutive_gateway_failure", &consecutiveGatewayFailure, default: 5)
        fields.integer(
            "enforcing_consecutive_gateway_failure", &enforcingConsecutiveGatewayFailure, in: 0...100)
        fields.bool("split_external_local_origin_errors", &splitsLocalOriginErrors)
        fields.integer("consecutive_local_origin_failure", &consecutiveLocalOriginFailure, default: 5)
        fields.integer(
            "enforcing_consecutive_local_origin_failure", &enforcingConsecutiveLocalOriginFailure,
            default: 100, in: 0...100)
        fields.integer(
            "enforcing_local_origin_success_rate", &enforcingLocalOriginSuccessRate, default: 100, in: 0...100
        )
    }
}
