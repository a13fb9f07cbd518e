import Document

/// `HttpConnectionManager.Tracing`: which requests are traced, and where their spans go.
public struct Tracing: MappedMessage, Hashable {
    /// Where spans go, and in which headers the trace travels.
    public enum Provider: Sendable, Hashable {
        /// W3C `traceparent`; OTLP over HTTP.
        case openTelemetry(OpenTelemetryConfig)
        /// B3 headers; Zipkin's JSON v2 over HTTP.
        case zipkin(ZipkinConfig)
    }

    /// Percent of the requests with `x-client-trace-id` that are traced.
    public var clientSampling = 100.0
    /// Percent of the requests that are traced where the caller did not decide.
    public var randomSampling = 100.0
    /// Percent of the requests that are traced at most, after the other two.
    public var overallSampling = 100.0
    /// Nil: nothing is traced.
    public var provider: Provider?

    /// Nothing is traced.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.percent("client_sampling", &clientSampling)
        fields.percent("random_sampling", &randomSampling)
        fields.percent("overall_sampling", &overallSampling)
        fields.group("provider") { fields in
            guard fields.isReading else {
                switch provider {
                case .openTelemetry(let config):
                    fields.write("name", "envoy.tracers.opentelemetry")
                    fields.write("typed_config", wrapped: config.node, type: OpenTelemetryConfig.messageName)
                case .zipkin(let config):
                    fields.write("name", "envoy.tracers.zipkin")
                    fields.write("typed_config", wrapped: config.node, type: ZipkinConfig.messageName)
                case nil: break
                }
                return
            }
            var name = ""
            fields.string("name", &name, required: true)
            let allowed = [OpenTelemetryConfig.messageName, ZipkinConfig.messageName]
            fields.read("typed_config", required: true) { node, context in
                FieldMapper.any(node, allowed: allowed, context) { type, fields in
                    provider =
                        type == ZipkinConfig.messageName
                        ? .zipkin(FieldMapper.message(fields, context))
                        : .openTelemetry(FieldMapper.message(fields, context))
                }
            }
        }
    }
}

/// `envoy.config.trace.v3.OpenTelemetryConfig`, over HTTP.
public struct OpenTelemetryConfig: MappedMessage, Hashable {
    /// The protobuf name.
    static let messageName = "envoy.config.trace.v3.OpenTelemetryConfig"

    /// The collector's URL; its path and authority are used.
    public var uri = ""
    /// The cluster of the collector.
    public var cluster = ""
    /// How long an export may take.
    public var timeout: Duration = .seconds(1)
    /// `service.name` of the spans.
    public var serviceName = ""

    /// No collector.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("http_service", required: true) { fields in
            fields.group("http_uri", required: true) { fields in
                fields.string("uri", &uri, required: true)
                fields.string("cluster", &cluster, required: true)
                fields.duration("timeout", &timeout, default: .seconds(1), positive: true)
            }
        }
        fields.string("service_name", &serviceName)
    }
}

/// `envoy.config.trace.v3.ZipkinConfig`, JSON v2.
public struct ZipkinConfig: MappedMessage, Hashable {
    /// The protobuf name.
    static let messageName = "envoy.config.trace.v3.ZipkinConfig"

    /// The values of `collector_endpoint_version`.
    public enum EndpointVersion: String, ConfigEnum {
        /// JSON v2.
        case httpJSON = "HTTP_JSON"

        /// The protobuf number.
        public var number: Int { 1 }
    }

    /// The cluster of the collector.
    public var collectorCluster = ""
    /// The path that takes spans, `/api/v2/spans` as a rule.
    public var collectorEndpoint = ""
    /// The authority of exports; empty is the cluster's name.
    public var collectorHostname = ""
    /// The format of spans.
    public var collectorEndpointVersion: EndpointVersion?
    /// New traces have ids of 128 bits, not 64.
    public var traceID128Bit = false
    /// A caller and its server share a span.
    public var sharedSpanContext = true

    /// No collector.
    public init() {}

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("collector_cluster", &collectorCluster, required: true)
        fields.string("collector_endpoint", &collectorEndpoint, required: true)
        fields.string("collector_hostname", &collectorHostname)
        fields.enumeration("collector_endpoint_version", &collectorEndpointVersion)
        fields.bool("trace_id_128bit", &traceID128Bit)
        fields.bool("shared_span_context", &sharedSpanContext, default: true)
        if fields.isReading, collectorEndpointVersion == nil {
            fields.fault("must be HTTP_JSON", .key("collector_endpoint_version"))
        }
    }
}

extension FieldMapper {
    /// A `Percent {value}` of 0 to 100; absent is 100.
    fileprivate mutating func percent(_ name: String, _ value: inout Double) {
        guard isReading else {
            if value != 100 { write(name, ["value": Node(.double(value))]) }
            return
        }
        group(name) { fields in
            var found = 0.0
            fields.read("value", required: false) { node, context in
                guard let number = node.double ?? node.int.map(Double.init), (0...100).contains(number) else {
                    return context.add("must be a number from 0 to 100", at: node.position)
                }
                found = number
            }
            value = found
        }
    }
}
