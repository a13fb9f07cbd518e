/// `envoy.config.route.v3.RouteAction`: a request sent to a cluster.
public struct RouteAction: MappedMessage {
    /// Where it is sent.
    public enum Destination: Sendable, Equatable {
        /// One cluster.
        case cluster(String)
        /// One of several, drawn per request by weight.
        case weightedClusters([WeightedCluster])
    }

    /// The values of `cluster_not_found_response_code`.
    public enum ClusterNotFound: String, ConfigEnum {
        /// 503.
        case serviceUnavailable = "SERVICE_UNAVAILABLE"
        /// 404.
        case notFound = "NOT_FOUND"

        /// The protobuf number.
        public var number: Int { self == .serviceUnavailable ? 0 : 1 }

        /// The HTTP status.
        public var status: Int { self == .serviceUnavailable ? 503 : 404 }
    }

    /// What becomes of the path.
    public enum PathRewrite: Sendable, Hashable {
        /// It stays.
        case none
        /// The matched prefix, path or (path-separated) prefix is replaced as text.
        case prefix(String)
        /// Every match of a regex is replaced.
        case regex(RegexRewrite)
    }

    /// Where it is sent.
    public var destination = Destination.cluster("")
    /// The answer when the cluster does not exist.
    public var clusterNotFoundResponseCode = ClusterNotFound.serviceUnavailable
    /// What becomes of the path.
    public var pathRewrite = PathRewrite.none
    /// The upstream Host; nil keeps the request's.
    public var hostRewriteLiteral: String?
    /// From the end of the request to the end of the response; zero is no limit.
    public var timeout: Duration = .seconds(15)
    /// No byte either way for this long; nil is the manager's `streamIdleTimeout`, zero is no limit.
    public var idleTimeout: Duration?
    /// The whole stream; nil and zero are no limit.
    public var maxStreamDuration: Duration?
    /// When it is sent again; nil never.
    public var retryPolicy: RetryPolicy?
    /// Where copies go.
    public var requestMirrorPolicies: [RequestMirrorPolicy] = []
    /// The headers that RING_HASH hashes.
    public var hashHeaders: [String] = []
    /// Upgrades that this route allows (true) or forbids: type in lower case.
    public var upgrades: [RouteUpgrade] = []

    /// No cluster.
    public init() {}

    /// An action to one cluster.
    public init(cluster: String) {
        destination = .cluster(cluster)
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.oneOf(required: true) { fields in
            var cluster: String?
            var weighted: [WeightedCluster]?
            switch destination {
            case .cluster(let name): cluster = name
            case .weightedClusters(let clusters): weighted = clusters
            }
            fields.alternative("cluster", string: cluster) { destination = .cluster($0) }
            fields.alternative("weighted_clusters", list: weighted, under: "clusters") {
                destination = .weightedClusters($0)
            }
        }
        fields.enumeration(
            "cluster_not_found_response_code", &clusterNotFoundResponseCode, default: .serviceUnavailable)
        fields.oneOf(required: false) { fields in
            var prefix: String?
            var regex: RegexRewrite?
            switch pathRewrite {
            case .none: break
            case .prefix(let text): prefix = text
            case .regex(let rewrite): regex = rewrite
            }
            fields.alternative("prefix_rewrite", string: prefix, as: .target) { pathRewrite = .prefix($0) }
            fields.alternative("regex_rewrite", message: regex) { pathRewrite = .regex($0) }
        }
        fields.string("host_rewrite_literal", &hostRewriteLiteral, as: .host)
        fields.duration("timeout", &timeout, default: .seconds(15))
        fields.duration("idle_timeout", &idleTimeout)
        fields.group("max_stream_duration") { $0.duration("max_stream_duration", &maxStreamDuration) }
        fields.message("retry_policy", &retryPolicy)
        fields.messages("request_mirror_policies", &requestMirrorPolicies)
        var hashPolicies = hashHeaders.map(HashPolicy.init)
        fields.messages("hash_policy", &hashPolicies)
        hashHeaders = hashPolicies.map(\.header)
        fields.messages("upgrade_configs", &upgrades)
        fields.checkUpgrades(upgrades.map(\.upgradeType))
        if fields.isReading { check(fields) }
    }

    private func check(_ fields: FieldMapper) {
        switch destination {
        case .cluster(let name):
            if name.isEmpty { fields.fault("must not be empty", .key("cluster")) }
        case .weightedClusters(let clusters):
            var sum: UInt64 = 0
            for cluster in clusters { sum += UInt64(cluster.weight) }
            if !clusters.isEmpty && (sum == 0 || sum > UInt64(UInt32.max)) {
                fields.fault(
                    "the sum of the weights must be between 1 and \(UInt32.max)", .key("weighted_clusters"))
            }
        }
        if case .prefix("") = pathRewrite { fields.fault("must not be empty", .key("prefix_rewrite")) }
    }

    /// Every cluster it names, mirrors included.
    public var clusterNames: Set<String> {
        var names = Set(requestMirrorPolicies.map(\.cluster))
        switch destination {
        case .cluster(let name): names.insert(name)
        case .weightedClusters(let clusters): names.formUnion(clusters.map(\.name))
        }
        return names
    }
}

/// `envoy.config.route.v3.WeightedCluster.ClusterWeight`.
public struct WeightedCluster: MappedMessage, Hashable {
    /// The cluster.
    public var name = ""
    /// Its share of the sum.
    public var weight: UInt32 = 0
    /// The upstream Host; nil keeps the request's.
    public var hostRewriteLiteral: String?
    /// Changes to headers.
    public var headers = HeaderChanges()

    /// No cluster.
    public init() {}

    /// A cluster and its share.
    public init(_ name: String, weight: UInt32) {
        self.name = name
        self.weight = weight
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        fields.integer("weight", &weight, required: !fields.isReading)
        fields.string("host_rewrite_literal", &hostRewriteLiteral, as: .host)
        fields.headerChanges(&headers)
    }
}

/// `envoy.config.route.v3.RouteAction.RequestMirrorPolicy`.
public struct RequestMirrorPolicy: MappedMessage, Hashable {
    /// Where copies go.
    public var cluster = ""
    /// Of which share of requests; nil is all.
    public var runtimeFraction: FractionalPercent?

    /// No cluster.
    public init() {}

    /// A mirror from its parts.
    public init(cluster: String, fraction: FractionalPercent? = nil) {
        self.cluster = cluster
        runtimeFraction = fraction
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("cluster", &cluster, required: true)
        if fields.isReading || runtimeFraction != nil {
            var fraction = runtimeFraction
            fields.group("runtime_fraction") { fields in
                var value = fraction ?? FractionalPercent()
                fields.message("default_value", &value, required: true)
                fraction = value
            }
            runtimeFraction = fraction
        }
    }
}

/// `envoy.config.route.v3.RouteAction.UpgradeConfig`.
public struct RouteUpgrade: MappedMessage, Hashable {
    /// `websocket`.
    public var upgradeType = ""
    /// Whether it is allowed.
    public var enabled = true

    /// No upgrade.
    public init() {}

    /// WebSocket, allowed.
    public static var websocket: RouteUpgrade {
        var upgrade = RouteUpgrade()
        upgrade.upgradeType = "websocket"
        return upgrade
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.upgradeType(&upgradeType)
        fields.bool("enabled", &enabled, default: true)
    }
}

/// `envoy.config.route.v3.RouteAction.HashPolicy` on a header.
struct HashPolicy: MappedMessage {
    var header = ""

    init() {}

    init(_ header: String) {
        self.header = header
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("header", required: true) {
            $0.string("header_name", &header, required: true, as: .matchedHeader)
        }
    }
}
