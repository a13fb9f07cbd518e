/// `envoy.config.endpoint.v3.ClusterLoadAssignment`: the endpoints of a cluster.
public struct ClusterLoadAssignment: MappedMessage, ConfigResource {
    /// The protobuf name.
    public static let messageName = "envoy.config.endpoint.v3.ClusterLoadAssignment"

    /// `cluster_name`: the cluster's `endpointsName`.
    public var name = ""
    /// Endpoints by locality and priority.
    public var endpoints: [LocalityLbEndpoints] = []

    /// No endpoints.
    public init() {}

    /// Endpoints from their parts.
    public init(name: String, endpoints: [LocalityLbEndpoints]) {
        self.name = name
        self.endpoints = endpoints
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("cluster_name", &name, required: true)
        fields.messages("endpoints", &endpoints)
        guard fields.isReading, !endpoints.isEmpty else { return }
        let priorities = Set(endpoints.map(\.priority))
        let highest = priorities.max() ?? 0
        if UInt32(priorities.count) != highest + 1 {
            fields.fault("priorities must run from 0 without a gap", .key("endpoints"))
        }
    }

    /// Reports endpoints that are host names.
    func checkAreIPs(_ context: ConfigReader.Context, _ path: ConfigReader.Context.Step...) {
        for (index, locality) in endpoints.enumerated() {
            for (position, endpoint) in locality.lbEndpoints.enumerated() {
                guard !endpoint.address.address.isEmpty, endpoint.address.socketAddress == nil else {
                    continue
                }
                let steps =
                    path + [
                        .key("endpoints"), .index(index), .key("lb_endpoints"), .index(position),
                        .key("endpoint"), .key("address"), .key("socket_address"), .key("address"),
                    ]
                context.steps += steps
                context.add("malformed IP address: \"\(endpoint.address.address)\"")
                context.steps.removeLast(steps.count)
            }
        }
    }
}

/// `envoy.config.endpoint.v3.LocalityLbEndpoints`.
public struct LocalityLbEndpoints: MappedMessage, Hashable {
    /// Where they are.
    public var locality: Locality?
    /// 0 is used first.
    public var priority: UInt32 = 0
    /// The locality's weight; nil is unset.
    public var loadBalancingWeight: UInt32?
    /// The endpoints.
    public var lbEndpoints: [LbEndpoint] = []

    /// No endpoints.
    public init() {}

    /// Endpoints of one priority.
    public init(
        _ lbEndpoints: [LbEndpoint], priority: UInt32 = 0, locality: Locality? = nil,
        loadBalancingWeight: UInt32? = nil
    ) {
        self.lbEndpoints = lbEndpoints
        self.priority = priority
        self.locality = locality
        self.loadBalancingWeight = loadBalancingWeight
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("locality", &locality)
        fields.integer("priority", &priority, in: 0...128)
        fields.integer("load_balancing_weight", &loadBalancingWeight, in: 1...UInt32.max)
        fields.messages("lb_endpoints", &lbEndpoints)
    }
}

/// `envoy.config.endpoint.v3.LbEndpoint`.
public struct LbEndpoint: MappedMessage, Hashable {
    /// The values of `health_status`.
    public enum HealthStatus: String, ConfigEnum {
        /// Taken as healthy.
        case unknown = "UNKNOWN"
        /// Picked.
        case healthy = "HEALTHY"
        /// Not picked.
        case unhealthy = "UNHEALTHY"
        /// Not picked.
        case draining = "DRAINING"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .unknown: 0
            case .healthy: 1
            case .unhealthy: 2
            case .draining: 3
            }
        }

        /// Whether it may be picked.
        public var isUsable: Bool { self == .unknown || self == .healthy }
    }

    /// Its address.
    public var address = Address()
    /// Its health, as the control plane knows it.
    public var healthStatus = HealthStatus.unknown
    /// Its share; nil is 1.
    public var loadBalancingWeight: UInt32?

    /// No address.
    public init() {}

    /// An endpoint from its parts.
    public init(
        _ address: String, port: UInt16, healthStatus: HealthStatus = .unknown,
        loadBalancingWeight: UInt32? = nil
    ) {
        self.address = Address(address, port: port)
        self.healthStatus = healthStatus
        self.loadBalancingWeight = loadBalancingWeight
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("endpoint", required: true) { $0.message("address", &address, required: true) }
        fields.enumeration("health_status", &healthStatus, default: .unknown)
        fields.integer("load_balancing_weight", &loadBalancingWeight, in: 1...UInt32.max)
    }
}
