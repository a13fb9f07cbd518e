import Bytes
public import Document

/// `envoy.config.bootstrap.v3.Bootstrap`: what a gateway process starts with.
public struct Bootstrap: MappedMessage, ConfigResource {
    /// The protobuf name.
    public static let messageName = "envoy.config.bootstrap.v3.Bootstrap"

    /// `dynamic_resources`.
    public struct DynamicResources: MappedMessage {
        /// Where listeners come from; nil is static only.
        public var ldsConfig: ConfigSource?
        /// Where clusters come from; nil is static only.
        public var cdsConfig: ConfigSource?
        /// The stream that `ads` sources share.
        public var adsConfig: APIConfigSource?

        /// Nothing dynamic.
        public init() {}

        mutating func map(_ fields: inout FieldMapper) {
            fields.message("lds_config", &ldsConfig)
            fields.message("cds_config", &cdsConfig)
            fields.message("ads_config", &adsConfig)
            let needsStream = [ldsConfig, cdsConfig].contains { $0?.specifier == .ads }
            if needsStream && adsConfig == nil { fields.fault("is required by ads", .key("ads_config")) }
            if adsConfig?.apiType == .rest {
                fields.fault("must be GRPC or DELTA_GRPC", .key("ads_config"), .key("api_type"))
            }
        }
    }

    /// The process; `id` and `cluster` are required when anything is dynamic.
    public var identity = NodeIdentity()
    /// The admin listener, loopback only; nil is none.
    public var adminAddress: Address?
    /// Listeners of the bootstrap itself.
    public var listeners: [Listener] = []
    /// Clusters of the bootstrap itself.
    public var clusters: [Cluster] = []
    /// Where the rest comes from.
    public var dynamicResources: DynamicResources?
    /// More connections are accepted and closed at once; nil is no limit.
    public var maxActiveDownstreamConnections: Int64?

    /// The node's id.
    public var name: String {
        get { identity.id }
        set { identity.id = newValue }
    }

    /// An empty process.
    public init() {}

    /// Reads a whole bootstrap, its resources each under its own name in findings.
    public static func read(_ node: Node) throws(ConfigError) -> Bootstrap {
        var reader = ConfigReader()
        let identity = node["node"]?["id"]?.string ?? ""
        let context = reader.context
        let bootstrap = context.scoped(type: shortName, name: identity) {
            if node.object == nil { context.add("must be an object", at: node.position) }
            return Bootstrap(reading: node, reader: &reader)
        }
        try reader.finish()
        return bootstrap
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.message("node", &identity, required: false)
        if fields.isReading || adminAddress != nil {
            var address = adminAddress
            fields.group("admin") { $0.message("address", &address) }
            adminAddress = address
        }
        fields.group("static_resources") { fields in
            fields.resources("listeners", &listeners)
            fields.resources("clusters", &clusters)
        }
        fields.message("dynamic_resources", &dynamicResources)
        var monitors = maxActiveDownstreamConnections.map { [ConnectionsMonitor($0)] } ?? []
        fields.group("overload_manager") { $0.messages("resource_monitors", &monitors, minimum: 1) }
        maxActiveDownstreamConnections = monitors.first?.limit
        if fields.isReading { check(fields, monitors: monitors.count) }
    }

    private func check(_ fields: FieldMapper, monitors: Int) {
        if monitors > 1 {
            fields.fault("at most 1 item", .key("overload_manager"), .key("resource_monitors"))
        }
        if let adminAddress {
            adminAddress.checkIsIP(fields, .key("admin"), .key("address"))
            if let address = adminAddress.socketAddress, !address.ip.isLoopback {
                fields.fault("must be a loopback address", .key("admin"), .key("address"))
            }
        }
        if dynamicResources != nil || fields.context?.isDynamic == true {
            if identity.id.isEmpty {
                fields.fault("is required when anything is dynamic", .key("node"), .key("id"))
            }
            if identity.cluster.isEmpty {
                fields.fault("is required when anything is dynamic", .key("node"), .key("cluster"))
            }
        }
        guard let context = fields.context else { return }
        ResourceChecks.check(listeners: listeners, context)
        ResourceChecks.check(names: clusters, context)
        ResourceChecks.check(
            aggregates: clusters, isComplete: dynamicResources?.cdsConfig == nil, context)
        let names = Set(clusters.map(\.name))
        checkControlPlane(fields)
        if dynamicResources?.cdsConfig == nil {
            ResourceChecks.check(routesOf: listeners, clusters: names, context)
        }
    }

    /// Why a source cannot be reached through a cluster; nil when it can.
    public func controlPlaneFault(_ name: String) -> String? {
        guard let cluster = clusters.first(where: { $0.name == name }) else {
            return "names no static cluster: '\(name)'"
        }
        // Its endpoints would have to come before there is anything to come from.
        return cluster.type == .eds ? "must name a static cluster that is not EDS: '\(name)'" : nil
    }

    private func checkControlPlane(_ fields: FieldMapper) {
        guard let dynamicResources else { return }
        var sources: [(String, APIConfigSource)] = []
        for (key, source) in [
            ("lds_config", dynamicResources.ldsConfig), ("cds_config", dynamicResources.cdsConfig),
        ] {
            if case .api(let api) = source?.specifier { sources.append((key, api)) }
        }
        if let ads = dynamicResources.adsConfig { sources.append(("ads_config", ads)) }
        for (key, api) in sources {
            for cluster in api.clusterNames + api.grpcClusterNames {
                guard let fault = controlPlaneFault(cluster) else { continue }
                fields.fault(fault, .key("dynamic_resources"), .key(key))
            }
        }
    }
}

/// The resource monitor of the subset.
private struct ConnectionsMonitor: MappedMessage {
    var limit: Int64 = 1

    init() {}

    init(_ limit: Int64) {
        self.limit = limit
    }

    mutating func map(_ fields: inout FieldMapper) {
        var config = Config()
        config.limit = limit
        fields.extensionPoint(
            "envoy.resource_monitors.global_downstream_max_connections",
            "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
            &config)
        limit = config.limit
    }

    private struct Config: MappedMessage {
        var limit: Int64 = 1

        mutating func map(_ fields: inout FieldMapper) {
            fields.integer("max_active_downstream_connections", &limit, in: 1...Int64.max, required: true)
        }
    }
}

extension FieldMapper {
    /// A list of resources, each under its own name in findings.
    mutating func resources<R: ConfigResource>(_ name: String, _ value: inout [R]) {
        guard isReading else {
            if !value.isEmpty { write(name, Node(.array(value.map(\.node)))) }
            return
        }
        list(name, minimum: 0) { node, context in
            var reader = ConfigReader(context: context)
            value.append(R.readResource(node, reader: &reader))
        }
    }
}
