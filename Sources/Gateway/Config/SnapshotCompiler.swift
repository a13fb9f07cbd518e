internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// Compiles a snapshot: all of it, or findings and nothing.
///
/// What the data plane does not enforce is refused here by name, never passed over.
struct SnapshotCompiler {
    private let source: Snapshot
    private let previous: CompiledSnapshot?
    private var findings: [ConfigFinding] = []
    private var renewals: [CompiledSnapshot.Renewal] = []
    private let delivered: DeliveredSecrets

    /// `previous` lends the shared state of clusters and the material of unchanged TLS contexts.
    static func compile(
        _ source: Snapshot, previous: CompiledSnapshot? = nil
    ) -> Result<CompiledSnapshot, ConfigError> {
        var compiler = SnapshotCompiler(source: source, previous: previous)
        let snapshot = compiler.run()
        if compiler.findings.isEmpty { return .success(snapshot) }
        return .failure(ConfigError(findings: compiler.findings))
    }

    private init(source: Snapshot, previous: CompiledSnapshot?) {
        self.source = source
        self.previous = previous
        delivered = DeliveredSecrets(source.secrets, previous: previous?.source.secrets ?? [])
    }

    private mutating func run() -> CompiledSnapshot {
        let endpoints = Dictionary(
            source.endpoints.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let oldEndpoints = Dictionary(
            (previous?.source.endpoints ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var clusters: [String: CompiledCluster] = [:]
        clusters.reserveCapacity(source.clusters.count)
        for cluster in source.clusters {
            let isNamed = cluster.type == .eds
            let assignment = isNamed ? endpoints[cluster.endpointsName] : cluster.loadAssignment
            let same = unchanged(
                cluster,
                hasSameEndpoints: !isNamed || oldEndpoints[cluster.endpointsName] == assignment)
            guard let compiled = same ?? compile(cluster, assignment) else { continue }
            if clusters.updateValue(compiled, forKey: cluster.name) != nil {
                refuse("Cluster", cluster.name, "name", "is given twice")
            }
        }
        for fault in ResourceChecks.aggregateFaults(source.clusters) {
            refuse("Cluster", fault.cluster, "cluster_type", fault.reason)
        }
        var routes: [String: RouteTable] = [:]
        let oldRoutes = Dictionary(
            (previous?.source.routes ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for configuration in source.routes {
            if let same = previous?.routes[configuration.name],
                oldRoutes[configuration.name] == configuration, !configuration.readsFiles
            {
                routes[configuration.name] = same
            } else {
                routes[configuration.name] = table(
                    configuration, "RouteConfiguration", configuration.name, "")
            }
        }
        var listeners: [CompiledListener] = []
        for listener in source.listeners {
            if let compiled = compile(listener) { listeners.append(compiled) }
        }
        return CompiledSnapshot(
            source: source, listeners: listeners, clusters: clusters, routes: routes, renewals: renewals)
    }

    private mutating func refuse(_ type: String, _ name: String, _ path: String, _ reason: String) {
        findings.append(ConfigFinding(resourceType: type, resourceName: name, path: path, reason: reason))
    }

    // MARK: Clusters

    /// What the configuration before made of a cluster; nil when it is to be made anew.
    private func unchanged(_ cluster: Cluster, hasSameEndpoints: Bool) -> CompiledCluster? {
        guard hasSameEndpoints, let old = previous?.clusters[cluster.name], old.config == cluster else {
            return nil
        }
        if let common = cluster.transportSocket?.common {
            guard delivered.areThere(for: common), !delivered.areNew(for: common) else { return nil }
        }
        return old
    }

    private mutating func compile(
        _ cluster: Cluster, _ assignment: ClusterLoadAssignment?
    ) -> CompiledCluster? {
        let before = findings.count
        func unsupported(_ path: String, _ reason: String = "is not supported by this gateway") {
            findings.append(
                ConfigFinding(
                    resourceType: "Cluster", resourceName: cluster.name, path: path, reason: reason))
        }
        var policy = Balancer.Policy.roundRobin
        switch cluster.lbPolicy {
        case .roundRobin, .clusterProvided: policy = .roundRobin
        case .random: policy = .random
        case .leastRequest: policy = .leastRequest
        case .ringHash:
            let size = Int(cluster.minimumRingSize ?? 1024)
            if size > HashRing.maxSize {
                unsupported(
                    "ring_hash_lb_config.minimum_ring_size", "at most \(HashRing.maxSize) for this gateway")
            }
            policy = .ringHash(minimumSize: min(size, HashRing.maxSize))
        }
        if cluster.healthChecks.count > 1 { unsupported("health_checks", "at most 1 item") }
        // update_merge_window delays changes of health and load; without such a delay nothing is observed later.
        // priority, locality: used for failover; a locality's own weight has a meaning only with the option above.
        var tls: ClientTLSSlot?
        var checkTLS: ClientTLSSlot?
        var assignment = assignment
        if let socket = cluster.transportSocket {
            if delivered.areThere(for: socket.common) {
                tls = clientSlot(socket, cluster)
                checkTLS = checkSlot(socket, cluster)
            } else {
                // Without its secrets it reaches nobody; in the clear it must not.
                assignment = nil
            }
        }
        guard findings.count == before else { return nil }
        return CompiledCluster(
            config: cluster, assignment: assignment, policy: policy, tls: tls,
            checkTLS: checkTLS, state: previous?.clusters[cluster.name]?.state ?? ClusterState())
    }

    private mutating func clientSlot(_ socket: UpstreamTLSContext, _ cluster: Cluster) -> ClientTLSSlot? {
        let named = socket.common.alpnProtocols
        let alpn =
            switch cluster.httpProtocol {
            case .automatic: ["h2", "http/1.1"]
            case .http2: named.isEmpty ? ["h2"] : named
            case .http1, nil: named
            }
        let old = previous?.clusters[cluster.name]
        let isSame = old?.config.httpProtocol == cluster.httpProtocol
        return slot(socket, cluster, alpn, "Cluster '\(cluster.name)'", old: isSame ? old?.tls : nil)
    }

    /// TLS for checks that offer another protocol than the cluster's requests; nil where there is no difference.
    private mutating func checkSlot(_ socket: UpstreamTLSContext, _ cluster: Cluster) -> ClientTLSSlot? {
        guard let check = cluster.healthChecks.first, cluster.httpProtocol != nil || !check.alpn.isEmpty
        else { return nil }
        let old = previous?.clusters[cluster.name]
        let isSame = old?.config.healthChecks.first?.alpn == check.alpn && old?.checkTLS !== old?.tls
        return slot(
            socket, cluster, check.alpn, "health checks of '\(cluster.name)'",
            old: isSame ? old?.checkTLS : nil)
    }

    /// The TLS of a cluster's connections: `old`, where only its material may have changed, or a new one.
    private mutating func slot(
        _ socket: UpstreamTLSContext, _ cluster: Cluster, _ alpn: [String], _ label: String,
        old: ClientTLSSlot?
    ) -> ClientTLSSlot? {
        do throws(MaterialLoader.Failure) {
            guard let old, previous?.clusters[cluster.name]?.config.transportSocket == socket else {
                return try ClientTLSSlot.client(socket, alpn: alpn, secrets: source.secrets, label: label)
            }
            // Files may have changed in place of the configuration; the watcher sees to those.
            if delivered.areNew(for: socket.common) {
                renewals.append(.init(cluster: cluster.name, commit: try old.preparing(source.secrets)))
            }
            return old
        } catch {
            refuse("Cluster", cluster.name, "transport_socket.typed_config.\(error.path)", error.reason)
            return nil
        }
    }

    // MARK: Routes

    private mutating func table(
        _ configuration: RouteConfiguration, _ type: String, _ name: String, _ prefix: String
    ) -> RouteTable {
        var found: [ConfigFinding] = []
        var loader = MaterialLoader()
        let table = RouteTable(
            configuration,
            body: { response in
                guard let source = response.body else { return [] }
                do throws(MaterialLoader.Failure) {
                    return Array(try loader.text(source, "direct_response.body").utf8)
                } catch {
                    found.append(
                        ConfigFinding(
                            resourceType: type, resourceName: name, path: prefix + error.path,
                            reason: error.reason))
                    return []
                }
            },
            report: { path, reason in
                found.append(
                    ConfigFinding(resourceType: type, resourceName: name, path: prefix + path, reason: reason)
                )
            })
        findings += found
        return table
    }

    // MARK: Listeners

    private mutating func compile(_ listener: Listener) -> CompiledListener? {
        let before = findings.count
        guard let address = listener.address.socketAddress else {
            refuse("Listener", listener.name, "address.socket_address.address", "must be an IP address")
            return nil
        }
        let old = previous?.listeners.first { $0.name == listener.name }
        var chains: [CompiledChain] = []
        for (index, chain) in listener.filterChains.enumerated() {
            if let same = old?.chains.first(where: { $0.config == chain }), old?.address == address,
                same.tls != nil || chain.transportSocket == nil
            {
                renew(same, listener, "filter_chains[\(index)]")
                // The same object tells the workers that its connections stay as they are.
                chains.append(same)
            } else if let compiled = compile(chain, listener, "filter_chains[\(index)]") {
                chains.append(compiled)
            }
        }
        let logs = logs(listener.accessLog, listener.name, "access_log")
        guard findings.count == before else { return nil }
        return CompiledListener(config: listener, address: address, chains: chains, accessLogs: logs)
    }

    /// New material for a chain that stays, when its delivered secrets changed.
    private mutating func renew(_ chain: CompiledChain, _ listener: Listener, _ path: String) {
        guard let slot = chain.tls, let socket = chain.config.transportSocket,
            delivered.areNew(for: socket.common)
        else { return }
        do {
            renewals.append(.init(cluster: nil, commit: try slot.preparing(source.secrets)))
        } catch {
            refuse(
                "Listener", listener.name, "\(path).transport_socket.typed_config.\(error.path)",
                error.reason)
        }
    }

    /// A chain whose secrets were not delivered in time: connections are closed at once until they are.
    private mutating func closedChain(
        _ chain: FilterChain, _ listener: Listener, _ path: String
    ) -> CompiledChain? {
        do {
            let nobody = try AccessRules(RBACRules())
            return CompiledChain(
                config: chain, tls: nil, networkRules: [nobody],
                terminal: .tcp(TCPSettings(config: TCPProxy(statPrefix: "", cluster: ""), accessLogs: [])))
        } catch {
            refuse("Listener", listener.name, path, error.description)
            return nil
        }
    }

    private mutating func logs(_ logs: [AccessLog], _ name: String, _ path: String) -> [LogFormat] {
        var formats: [LogFormat] = []
        for (index, log) in logs.enumerated() {
            do {
                formats.append(try LogFormat(log))
            } catch {
                refuse("Listener", name, "\(path)[\(index)]", error.description)
            }
        }
        return formats
    }

    private mutating func compile(
        _ chain: FilterChain, _ listener: Listener, _ path: String
    ) -> CompiledChain? {
        var tls: ServerTLSSlot?
        if let socket = chain.transportSocket {
            guard delivered.areThere(for: socket.common) else { return closedChain(chain, listener, path) }
            do {
                tls = try ServerTLSSlot.server(
                    socket, secrets: source.secrets, label: "Listener '\(listener.name)': \(path)")
            } catch {
                refuse(
                    "Listener", listener.name, "\(path).transport_socket.typed_config.\(error.path)",
                    error.reason)
            }
        }
        var rules: [AccessRules] = []
        var terminal: CompiledChain.Terminal?
        for (index, filter) in chain.filters.enumerated() {
            let field = "\(path).filters[\(index)].typed_config"
            switch filter {
            case .rbac(let rbac):
                guard let wanted = rbac.rules else { continue }
                do {
                    rules.append(try AccessRules(wanted))
                } catch {
                    refuse("Listener", listener.name, field + ".rules", error.description)
                }
            case .tcpProxy(let proxy):
                terminal = .tcp(
                    TCPSettings(
                        config: proxy, accessLogs: logs(proxy.accessLog, listener.name, field + ".access_log")
                    ))
            case .httpConnectionManager(let manager):
                terminal = .http(compile(manager, listener, field))
            }
        }
        guard let terminal else {
            refuse("Listener", listener.name, path + ".filters", "the last filter must be terminal")
            return nil
        }
        return CompiledChain(config: chain, tls: tls, networkRules: rules, terminal: terminal)
    }

    private mutating func compile(
        _ manager: HTTPConnectionManager, _ listener: Listener, _ path: String
    ) -> HTTPSettings {
        let routes: HTTPSettings.Routes
        switch manager.routes {
        case .inline(let configuration):
            routes = .inline(table(configuration, "Listener", listener.name, path + ".route_config."))
        case .rds(let rds): routes = .named(rds.routeConfigName)
        }
        var filters: [HTTPSettings.Filter] = []
        for (index, filter) in manager.httpFilters.enumerated() {
            switch filter {
            case .router: continue
            case .cors: filters.append(.cors)
            case .fault(let fault): filters.append(.fault(fault))
            case .rbac(let rbac):
                guard let wanted = rbac.rules else { continue }
                do {
                    filters.append(.rbac(try AccessRules(wanted)))
                } catch {
                    refuse(
                        "Listener", listener.name, "\(path).http_filters[\(index)].typed_config.rules",
                        error.description)
                }
            }
        }
        return HTTPSettings(
            config: manager, routes: routes, filters: filters,
            accessLogs: logs(manager.accessLog, listener.name, path + ".access_log"),
            port: listener.address.port)
    }
}
