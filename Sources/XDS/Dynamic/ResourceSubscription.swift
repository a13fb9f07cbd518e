public import EnvoyConfig

/// What is asked for: one resource by name, or all of a kind.
public struct SubscriptionKey: Hashable, Sendable {
    /// The kind.
    public var kind: ResourceKind
    /// The resource's name; empty is all of the kind, as clusters and listeners come.
    public var name: String

    /// All of a kind, or one of it.
    public init(_ kind: ResourceKind, _ name: String = "") {
        self.kind = kind
        self.name = name
    }

    /// True when the answer is the whole list of its kind.
    public var isWhole: Bool { name.isEmpty }
}

/// A question with the place in the configuration that asks it.
public struct ResourceSubscription: Sendable, Equatable {
    /// What is asked for.
    public var key: SubscriptionKey
    /// Where it comes from.
    public var source: ConfigSource
    /// The message type of the resource that names it, for findings.
    public var ownerType: String
    /// The name of that resource; for endpoints the cluster, which the counters are named after.
    public var ownerName: String
    /// The field that holds the source.
    public var path: String
    /// For routes: the connection manager's `stat_prefix`, which the counters are named after.
    public var statPrefix = ""

    /// The file of a path source; nil for others.
    var file: PathConfigSource? {
        if case .path(let file) = source.specifier { file } else { nil }
    }

    /// A finding about the source.
    func finding(_ field: String, _ reason: String) -> ConfigFinding {
        ConfigFinding(
            resourceType: ownerType, resourceName: ownerName,
            path: field.isEmpty ? path : "\(path).\(field)", reason: reason)
    }
}

extension Bootstrap {
    /// What `dynamic_resources` asks for: clusters before listeners.
    var subscriptions: [ResourceSubscription] {
        let sources = [
            (ResourceKind.clusters, "cds_config", dynamicResources?.cdsConfig),
            (.listeners, "lds_config", dynamicResources?.ldsConfig),
        ]
        return sources.compactMap { kind, field, source in
            source.map {
                ResourceSubscription(
                    key: SubscriptionKey(kind), source: $0, ownerType: "Bootstrap", ownerName: name,
                    path: "dynamic_resources.\(field)")
            }
        }
    }
}

extension Cluster {
    /// The endpoints and secrets that must come before the cluster can be used.
    ///
    /// Secrets by file are no part of it: they are read with the certificates.
    var subscriptions: [ResourceSubscription] {
        var result: [ResourceSubscription] = []
        if type == .eds, let eds = edsClusterConfig {
            result.append(
                ResourceSubscription(
                    key: SubscriptionKey(.endpoints, endpointsName), source: eds.edsConfig,
                    ownerType: "Cluster", ownerName: name, path: "eds_cluster_config.eds_config"))
        }
        if let socket = transportSocket {
            result += socket.common.subscriptions("Cluster", name, "transport_socket.typed_config")
        }
        return result
    }
}

extension Listener {
    /// The routes and secrets that must come before the listener opens.
    var subscriptions: [ResourceSubscription] {
        var result: [ResourceSubscription] = []
        for (index, chain) in filterChains.enumerated() {
            if case .httpConnectionManager(let manager) = chain.filters.last,
                case .rds(let rds) = manager.routes
            {
                result.append(
                    ResourceSubscription(
                        key: SubscriptionKey(.routes, rds.routeConfigName), source: rds.configSource,
                        ownerType: "Listener", ownerName: name,
                        path:
                            "filter_chains[\(index)].filters[\(chain.filters.count - 1)].typed_config.rds.config_source",
                        statPrefix: manager.statPrefix))
            }
            if let socket = chain.transportSocket {
                result += socket.common.subscriptions(
                    "Listener", name, "filter_chains[\(index)].transport_socket.typed_config")
            }
        }
        return result
    }
}

extension CommonTLSContext {
    fileprivate func subscriptions(_ type: String, _ name: String, _ path: String) -> [ResourceSubscription] {
        var result: [ResourceSubscription] = []
        func add(_ config: SDSSecretConfig, _ field: String) {
            if case .path = config.sdsConfig.specifier { return }
            result.append(
                ResourceSubscription(
                    key: SubscriptionKey(.secrets, config.name), source: config.sdsConfig, ownerType: type,
                    ownerName: name, path: "\(path).common_tls_context.\(field).sds_config"))
        }
        if case .sds(let config) = certificate { add(config, "tls_certificate_sds_secret_configs[0]") }
        switch validation {
        case .sds(let config): add(config, "validation_context_sds_secret_config")
        case .combined(_, let config):
            add(config, "combined_validation_context.validation_context_sds_secret_config")
        case .inline, nil: break
        }
        return result
    }
}
