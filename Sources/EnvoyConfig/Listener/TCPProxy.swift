/// `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`.
public struct TCPProxy: MappedMessage {
    /// The protobuf name.
    static let messageName = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"

    /// When the upstream is dialled.
    public enum ConnectMode: String, ConfigEnum {
        /// At once, in Envoy even before the client certificate is checked.
        case immediate = "IMMEDIATE"
        /// With the first bytes of the client.
        case onDownstreamData = "ON_DOWNSTREAM_DATA"
        /// When the handshake is done. On every TLS chain.
        case onDownstreamTLSHandshake = "ON_DOWNSTREAM_TLS_HANDSHAKE"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .immediate: 0
            case .onDownstreamData: 1
            case .onDownstreamTLSHandshake: 2
            }
        }
    }

    /// One of several clusters, drawn per connection.
    public struct WeightedCluster: MappedMessage, Hashable {
        /// The cluster.
        public var name = ""
        /// Its share of the sum; at least 1.
        public var weight: UInt32 = 0

        /// No cluster.
        public init() {}

        /// A cluster and its share.
        public init(_ name: String, weight: UInt32) {
            self.name = name
            self.weight = weight
        }

        mutating func map(_ fields: inout FieldMapper) {
            fields.string("name", &name, required: true)
            fields.integer("weight", &weight, in: 1...UInt32.max, required: true)
        }
    }

    /// Where the bytes go.
    public enum Destination: Sendable, Equatable {
        /// One cluster.
        case cluster(String)
        /// One of several by weight.
        case weightedClusters([WeightedCluster])
    }

    /// The prefix of its counters.
    public var statPrefix = ""
    /// Where the bytes go.
    public var destination = Destination.cluster("")
    /// No byte either way for this long: close.
    ///
    /// Zero never.
    public var idleTimeout: Duration = .seconds(3600)
    /// Attempts to connect upstream.
    public var maxConnectAttempts: UInt32 = 1
    /// A connection older than this is closed; nil never.
    public var maxDownstreamConnectionDuration: Duration?
    /// One record per connection.
    public var accessLog: [AccessLog] = []
    /// When the upstream is dialled.
    public var upstreamConnectMode = ConnectMode.immediate
    /// Bytes kept while the upstream is not dialled; required by every mode but `immediate`.
    public var maxEarlyDataBytes: UInt32?

    /// A proxy without a cluster.
    public init() {}

    /// A proxy to one cluster.
    public init(statPrefix: String, cluster: String) {
        self.statPrefix = statPrefix
        destination = .cluster(cluster)
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("stat_prefix", &statPrefix, required: true)
        fields.oneOf(required: true) { fields in
            fields.alternative("cluster", string: cluster) { destination = .cluster($0) }
            fields.alternative("weighted_clusters", list: weightedClusters, under: "clusters") {
                destination = .weightedClusters($0)
            }
        }
        fields.duration("idle_timeout", &idleTimeout, default: .seconds(3600))
        fields.integer("max_connect_attempts", &maxConnectAttempts, default: 1, in: 1...UInt32.max)
        fields.duration(
            "max_downstream_connection_duration", &maxDownstreamConnectionDuration, positive: true)
        fields.messages("access_log", &accessLog)
        fields.enumeration("upstream_connect_mode", &upstreamConnectMode, default: .immediate)
        fields.integer("max_early_data_bytes", &maxEarlyDataBytes, in: 0...16_777_216)
        guard fields.isReading else { return }
        if cluster == "" { fields.fault("must not be empty", .key("cluster")) }
        if upstreamConnectMode != .immediate && maxEarlyDataBytes == nil {
            fields.fault("is required by upstream_connect_mode", .key("max_early_data_bytes"))
        }
    }

    private var cluster: String? {
        if case .cluster(let name) = destination { name } else { nil }
    }

    private var weightedClusters: [WeightedCluster]? {
        if case .weightedClusters(let clusters) = destination { clusters } else { nil }
    }

    /// The clusters it may send to.
    public var clusterNames: [String] {
        switch destination {
        case .cluster(let name): [name]
        case .weightedClusters(let clusters): clusters.map(\.name)
        }
    }
}
