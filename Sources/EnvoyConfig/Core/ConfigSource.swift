/// `envoy.config.core.v3.ConfigSource`: where a dynamic resource comes from.
public struct ConfigSource: MappedMessage {
    /// The ways of delivery.
    public enum Specifier: Sendable, Equatable {
        /// A file, followed by renames onto it.
        case path(PathConfigSource)
        /// REST polling or a gRPC stream of its own.
        case api(APIConfigSource)
        /// The aggregated stream of the bootstrap.
        case ads
    }

    /// The way of delivery.
    public var specifier = Specifier.ads
    /// How long a start waits for the first answer; zero waits for ever.
    public var initialFetchTimeout: Duration = .seconds(15)

    /// The aggregated stream.
    public init() {}

    /// A source by its way of delivery.
    public init(_ specifier: Specifier, initialFetchTimeout: Duration = .seconds(15)) {
        self.specifier = specifier
        self.initialFetchTimeout = initialFetchTimeout
    }

    /// A file.
    public init(path: String) {
        self.init(.path(PathConfigSource(path: path)))
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.context?.isDynamic = true
        fields.apiVersion("resource_api_version")
        fields.duration("initial_fetch_timeout", &initialFetchTimeout, default: .seconds(15))
        fields.oneOf(required: true) { fields in
            var path: PathConfigSource?
            if case .path(let value) = specifier { path = value }
            fields.alternative("path_config_source", message: path) { specifier = .path($0) }
            var api: APIConfigSource?
            if case .api(let value) = specifier { api = value }
            fields.alternative("api_config_source", message: api) { specifier = .api($0) }
            fields.alternative("ads", message: specifier == .ads ? EmptyMessage() : nil) { _ in
                specifier = .ads
            }
        }
    }
}

/// `envoy.config.core.v3.PathConfigSource`.
public struct PathConfigSource: MappedMessage, Hashable {
    /// The file; it must exist when the resource that names it is loaded.
    public var path = ""
    /// When set, any rename inside this directory makes the file be read again.
    public var watchedDirectory: String?

    /// An empty path.
    public init() {}

    /// A file, followed by renames onto it.
    public init(path: String) {
        self.path = path
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("path", &path, required: true)
        var directory = watchedDirectory ?? ""
        if fields.isReading || watchedDirectory != nil {
            var isPresent = watchedDirectory != nil
            fields.group("watched_directory") { fields in
                isPresent = true
                fields.string("path", &directory, required: true)
            }
            watchedDirectory = isPresent ? directory : nil
        }
    }
}

/// `envoy.config.core.v3.ApiConfigSource`.
public struct APIConfigSource: MappedMessage {
    /// The protocols of `api_type`.
    public enum APIType: String, ConfigEnum {
        /// HTTP polling with JSON bodies.
        case rest = "REST"
        /// A state-of-the-world stream.
        case grpc = "GRPC"
        /// An incremental stream.
        case deltaGRPC = "DELTA_GRPC"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .rest: 1
            case .grpc: 2
            case .deltaGRPC: 3
            }
        }
    }

    /// The protocol.
    public var apiType = APIType.rest
    /// For REST: the cluster of the control plane, as a list of one.
    public var clusterNames: [String] = []
    /// For gRPC: the clusters of `grpc_services[].envoy_grpc`.
    public var grpcClusterNames: [String] = []
    /// Time between polls; required for REST.
    public var refreshDelay: Duration?
    /// How long a poll may take.
    public var requestTimeout: Duration = .seconds(1)
    /// Whether a stream names the node once only.
    public var setNodeOnFirstMessageOnly = false

    /// A source without clusters.
    public init() {}

    /// REST polling of `cluster`.
    public init(restCluster cluster: String, refreshDelay: Duration, requestTimeout: Duration) {
        clusterNames = [cluster]
        self.refreshDelay = refreshDelay
        self.requestTimeout = requestTimeout
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.enumeration("api_type", &apiType, default: nil)
        fields.apiVersion("transport_api_version")
        fields.strings("cluster_names", &clusterNames)
        var services = grpcClusterNames.map(GRPCService.init)
        fields.messages("grpc_services", &services)
        grpcClusterNames = services.map(\.cluster)
        fields.duration("refresh_delay", &refreshDelay, positive: true)
        fields.duration("request_timeout", &requestTimeout, default: .seconds(1), positive: true)
        fields.bool("set_node_on_first_message_only", &setNodeOnFirstMessageOnly)
        switch apiType {
        case .rest:
            if clusterNames.count != 1 { fields.fault("exactly 1 item for REST", .key("cluster_names")) }
            if refreshDelay == nil { fields.fault("is required for REST", .key("refresh_delay")) }
            if !services.isEmpty { fields.fault("must not be set for REST", .key("grpc_services")) }
        case .grpc, .deltaGRPC:
            if services.count != 1 { fields.fault("exactly 1 item for gRPC", .key("grpc_services")) }
            if !clusterNames.isEmpty { fields.fault("must not be set for gRPC", .key("cluster_names")) }
        }
    }
}

/// `envoy.config.core.v3.GrpcService` with `envoy_grpc`.
struct GRPCService: MappedMessage {
    var cluster = ""

    init() {}

    init(_ cluster: String) {
        self.cluster = cluster
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("envoy_grpc", required: true) { $0.string("cluster_name", &cluster, required: true) }
    }
}

/// A message without fields.
struct EmptyMessage: MappedMessage {
    mutating func map(_ fields: inout FieldMapper) {}
}

private enum APIVersion: String, ConfigEnum {
    case v3 = "V3"
    var number: Int { 2 }
}

extension FieldMapper {
    /// An API version, which must be given and be V3.
    mutating func apiVersion(_ name: String) {
        var version = APIVersion.v3
        enumeration(name, &version, default: nil)
    }
}
