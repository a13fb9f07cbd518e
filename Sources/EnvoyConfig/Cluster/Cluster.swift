import Document

/// `envoy.config.cluster.v3.Cluster`: endpoints and how they are used.
public struct Cluster: MappedMessage, ConfigResource {
    /// The protobuf name.
    public static let messageName = "envoy.config.cluster.v3.Cluster"

    /// The values of `type`.
    public enum DiscoveryType: String, ConfigEnum {
        /// Addresses in the config.
        case `static` = "STATIC"
        /// All answers of a DNS name.
        case strictDNS = "STRICT_DNS"
        /// Endpoints by EDS.
        case eds = "EDS"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .static: 0
            case .strictDNS: 1
            case .eds: 3
            }
        }
    }

    /// The values of `lb_policy`.
    public enum LBPolicy: String, ConfigEnum {
        /// In turn.
        case roundRobin = "ROUND_ROBIN"
        /// The less busy of two.
        case leastRequest = "LEAST_REQUEST"
        /// By a hash of headers.
        case ringHash = "RING_HASH"
        /// At random.
        case random = "RANDOM"
        /// As the cluster's own type does: an aggregate.
        case clusterProvided = "CLUSTER_PROVIDED"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .roundRobin: 0
            case .leastRequest: 1
            case .ringHash: 2
            case .random: 3
            case .clusterProvided: 6
            }
        }
    }

    /// `eds_cluster_config`.
    public struct EDSConfig: MappedMessage {
        /// The ClusterLoadAssignment's name; empty is the cluster's.
        public var serviceName = ""
        /// Where it comes from.
        public var edsConfig = ConfigSource()

        /// The aggregated stream.
        public init() {}

        /// Endpoints by name, from a source.
        public init(serviceName: String, from edsConfig: ConfigSource) {
            self.serviceName = serviceName
            self.edsConfig = edsConfig
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.string("service_name", &serviceName)
            fields.message("eds_config", &edsConfig, required: true)
        }
    }

    /// Unique among clusters.
    public var name = ""
    /// Where endpoints come from.
    public var type = DiscoveryType.static
    /// `cluster_type` instead of `type`: the endpoints are those of other clusters.
    public var aggregate: AggregateCluster?
    /// TCP and TLS together; more than zero.
    public var connectTimeout: Duration = .seconds(5)
    /// How an endpoint is chosen.
    public var lbPolicy = LBPolicy.roundRobin
    /// The endpoints of STATIC and STRICT_DNS.
    public var loadAssignment: ClusterLoadAssignment?
    /// For EDS.
    public var edsClusterConfig: EDSConfig?
    /// TLS; nil is plain TCP.
    public var transportSocket: UpstreamTLSContext?
    /// HTTP towards the endpoints; nil is HTTP/1.1.
    public var httpProtocol: UpstreamHTTPProtocol?
    /// Limits.
    public var circuitBreakers = CircuitBreakers()
    /// TCP keepalive; nil is off.
    public var tcpKeepalive: TCPKeepalive?
    /// Percent of a priority below which all its endpoints are used; zero never.
    public var healthyPanicThreshold: Double = 50
    /// Whether localities are chosen by their weight.
    public var usesLocalityWeights = false
    /// How long changes of health may be held back; nil is Envoy's second.
    public var updateMergeWindow: Duration?
    /// Active checks.
    public var healthChecks: [HealthCheck] = []
    /// Passive checks; nil is none.
    public var outlierDetection: OutlierDetection?
    /// The least size of the ring of RING_HASH; nil is 1024.
    public var minimumRingSize: UInt64?
    /// For STRICT_DNS.
    public var dns = DNSOptions()

    /// Without endpoints.
    public init() {}

    /// A cluster of addresses.
    public init(name: String, loadAssignment: ClusterLoadAssignment) {
        self.name = name
        self.loadAssignment = loadAssignment
    }

    /// A cluster of clusters.
    public init(name: String, aggregate clusters: [String]) {
        self.name = name
        aggregate = AggregateCluster(clusters)
        lbPolicy = .clusterProvided
    }

    /// The name of its endpoints: `service_name`, or the cluster's own.
    public var endpointsName: String {
        guard let service = edsClusterConfig?.serviceName, !service.isEmpty else { return name }
        return service
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        var discovery = fields.isReading || type == .static ? nil : type
        fields.enumeration("type", &discovery)
        type = discovery ?? .static
        fields.extensionPoint(
            under: "cluster_type", "envoy.clusters.aggregate", AggregateCluster.messageName, &aggregate)
        if discovery != nil && aggregate != nil { fields.fault("only one of type, cluster_type may be set") }
        fields.duration("connect_timeout", &connectTimeout, default: .seconds(5), positive: true)
        fields.enumeration("lb_policy", &lbPolicy, default: .roundRobin)
        fields.message("load_assignment", &loadAssignment)
        fields.message("eds_cluster_config", &edsClusterConfig)
        fields.transportSocket(UpstreamTLSContext.messageName, &transportSocket)
        fields.group("typed_extension_protocol_options") { fields in
            fields.protocolOptions(UpstreamHTTPProtocol.messageName, &httpProtocol)
        }
        fields.message("circuit_breakers", &circuitBreakers, required: false)
        fields.group("upstream_connection_options") { $0.message("tcp_keepalive", &tcpKeepalive) }
        fields.group("common_lb_config") { fields in
            fields.percent("healthy_panic_threshold", &healthyPanicThreshold, default: 50)
            var locality = usesLocalityWeights ? EmptyMessage() : nil
            fields.message("locality_weighted_lb_config", &locality)
            usesLocalityWeights = locality != nil
            fields.duration("update_merge_window", &updateMergeWindow)
        }
        fields.messages("health_checks", &healthChecks)
        fields.message("outlier_detection", &outlierDetection)
        fields.group("ring_hash_lb_config") {
            $0.integer("minimum_ring_size", &minimumRingSize, in: 0...8_388_608)
        }
        dns.map(&fields)
        if fields.isReading { check(fields) }
    }

    private func check(_ fields: FieldMapper) {
        if minimumRingSize != nil && lbPolicy != .ringHash {
            fields.fault("is for RING_HASH only", .key("ring_hash_lb_config"))
        }
        if let aggregate { return checkAggregate(aggregate, fields) }
        if lbPolicy == .clusterProvided {
            fields.fault("CLUSTER_PROVIDED is for aggregate clusters only", .key("lb_policy"))
        }
        if transportSocket == nil, httpProtocol?.isAutomatic == true {
            fields.fault("auto_config needs a TLS transport_socket", .key("typed_extension_protocol_options"))
        }
        if httpProtocol == nil || httpProtocol?.isHTTP1 == true {
            for (index, check) in healthChecks.enumerated() where check.isGRPC {
                fields.fault(
                    "needs HTTP/2 in typed_extension_protocol_options", .key("health_checks"), .index(index),
                    .key("grpc_health_check"))
            }
        }
        if type == .eds {
            if edsClusterConfig == nil { fields.fault("is required for EDS", .key("eds_cluster_config")) }
            if loadAssignment != nil { fields.fault("must not be set for EDS", .key("load_assignment")) }
            return
        }
        if edsClusterConfig != nil {
            fields.fault("must not be set for \(type.rawValue)", .key("eds_cluster_config"))
        }
        guard type == .static, let loadAssignment, let context = fields.context else { return }
        loadAssignment.checkAreIPs(context, .key("load_assignment"))
    }
}

extension FieldMapper {
    /// The one entry of `typed_extension_protocol_options`.
    fileprivate mutating func protocolOptions<M: ConfigMessage>(_ type: String, _ value: inout M?) {
        guard isReading else {
            if let value { write(type, wrapped: value.node, type: type) }
            return
        }
        read(type, required: false) { node, context in
            Self.any(node, allowed: [type], context) { _, fields in value = Self.message(fields, context) }
        }
    }
}
