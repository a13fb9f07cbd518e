/// `envoy.config.trace.v3.OpenTelemetryConfig`.
public struct OpenTelemetryConfig: MappedMessage, Hashable {
    /// The protobuf name.
    static let messageName = "envoy.config.trace.v3.OpenTelemetryConfig"

    /// How spans are exported.
    public enum Export: Sendable, Hashable {
        /// OTLP over HTTP, in protobuf.
        case http(OTLPService)
        /// OTLP over gRPC, to this cluster.
        case grpc(cluster: String)
    }

    /// How spans are exported.
    public var export = Export.http(OTLPService())
    /// `service.name` of the spans; empty is Envoy's `unknown_service:envoy`.
    public var serviceName = ""

    /// No collector.
    public init() {}

    /// OTLP over HTTP.
    public init(_ service: OTLPService, serviceName: String) {
        export = .http(service)
        self.serviceName = serviceName
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            var http: OTLPService?
            if case .http(let service) = export { http = service }
            fields.alternative("http_service", message: http) { export = .http($0) }
            var grpc: GRPCService?
            if case .grpc(let cluster) = export { grpc = GRPCService(cluster) }
            fields.alternative("grpc_service", message: grpc) { export = .grpc(cluster: $0.cluster) }
        }
        fields.string("service_name", &serviceName)
    }
}

/// `envoy.config.core.v3.HttpService`: a collector that takes spans by POST.
public struct OTLPService: MappedMessage, Hashable {
    /// The collector's URL; its path and authority are used.
    public var uri = ""
    /// The cluster of the collector.
    public var cluster = ""
    /// How long an export may take.
    public var timeout: Duration = .seconds(1)

    /// No collector.
    public init() {}

    /// The collector at `uri`, reached through `cluster`.
    public init(uri: String, cluster: String) {
        self.uri = uri
        self.cluster = cluster
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("http_uri", required: true) { fields in
            fields.string("uri", &uri, required: true, as: .target)
            fields.string("cluster", &cluster, required: true)
            fields.duration("timeout", &timeout, default: .seconds(1), positive: true)
        }
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
        fields.string("collector_endpoint", &collectorEndpoint, required: true, as: .target)
        fields.string("collector_hostname", &collectorHostname, as: .host)
        fields.enumeration("collector_endpoint_version", &collectorEndpointVersion)
        fields.bool("trace_id_128bit", &traceID128Bit)
        fields.bool("shared_span_context", &sharedSpanContext, default: true)
        if fields.isReading, collectorEndpointVersion == nil {
            fields.fault("must be HTTP_JSON", .key("collector_endpoint_version"))
        }
    }
}
