import EnvoyConfig
import Resources

extension Translation {
    /// The way out to peers: services on 15443 for callers with an identity of this mesh, discovery on 8188.
    func addEgressGateway(_ gateway: NodeGateway) {
        let object = "Gateway \(gateway.namespace)/\(gateway.name)"
        let peers = input.peers.filter { $0.egressName == gateway.name }.sorted { $0.name < $1.name }
        var chains: [FilterChain] = []
        for entry in hosts.imports(of: gateway.name) {
            for imported in entry.imports where imported.peer.egressName == gateway.name {
                chains += egressChains(
                    gateway, entry, imported, isFirst: imported.peer.name == entry.imports.first?.peer.name)
            }
        }
        if !chains.isEmpty,
            let listener = makeListener(gateway, port: NodeGateway.federationPort, chains: chains)
        {
            add(listener, object: object)
        }
        addDiscoveryOut(gateway, peers, object: object)
    }

    /// One chain per port of an import; of several imports with one name the first is served.
    private func egressChains(
        _ gateway: NodeGateway, _ entry: HostEntry, _ imported: HostEntry.Imported, isFirst: Bool
    ) -> [FilterChain] {
        guard isFirst else { return [] }
        let subsets =
            (rules[entry.hostname]?.subsets.keys).map { $0.filter { NameRules.label($0) == nil }.sorted() }
            ?? []
        let ports = imported.service.ports
        return ports.compactMap { port in
            guard
                let tier = tiers(entry, port: port.number, subset: "").first(where: {
                    $0.peer == imported.peer.name
                }),
                hasCluster(tier.cluster)
            else { return nil }
            let name = ClusterNames.outbound(port.number, "", entry.hostname)
            var serverNames = [ClusterNames.serverName(port.number, "", entry.hostname)]
            // A wildcard does not tell ports apart.
            if ports.count == 1 {
                serverNames.append("*.\(entry.hostname)")
            } else {
                serverNames += subsets.map { ClusterNames.serverName(port.number, $0, entry.hostname) }
            }
            return FilterChain(
                name: name, serverNames: serverNames,
                filters: [
                    terminal(name: name, cluster: tier.cluster, isHTTP: port.applicationProtocol.isHTTP)
                ],
                transportSocket: downstreamTLS(
                    identity: gateway.name, trust: meshTrust(), isHTTP: port.applicationProtocol.isHTTP))
        }
    }

    /// HTTP or bytes to one cluster.
    func terminal(name: String, cluster: String, isHTTP: Bool) -> NetworkFilter {
        guard isHTTP else {
            return .tcpProxy(makeProxy(statPrefix: name, cluster: cluster, afterHandshake: true))
        }
        return .httpConnectionManager(
            makeManager(statPrefix: name, routes: .inline(Self.passAll(name: name, cluster: cluster))))
    }

    // MARK: discovery

    /// Discovery calls of the own controller, told apart by their headers.
    private func addDiscoveryOut(_ gateway: NodeGateway, _ peers: [PeerState], object: String) {
        var routes: [Route] = []
        for peer in peers {
            guard let cluster = addDiscoveryCluster(peer) else { continue }
            var match = RouteMatch(.prefix("/v1/"))
            match.headers = [
                HeaderMatcher("discovery-service", .string(StringMatcher(.exact(peer.discoveryHostname))))
            ]
            if let checksum = peer.remoteChecksum {
                match.headers.append(
                    HeaderMatcher("remote", .string(StringMatcher(.exact(String(checksum))))))
            }
            routes.append(
                Route(
                    name: "discovery-\(peer.name)", match: match,
                    action: .route(Self.endless(cluster, host: peer.discoveryHostname, path: nil))))
        }
        guard !routes.isEmpty else { return }
        let name = Self.listenerName(gateway, NodeGateway.discoveryPort)
        let configuration = RouteConfiguration(
            name: name, virtualHosts: [VirtualHost(name: "discovery", domains: ["*"], routes: routes)],
            validateClusters: false)
        var manager = makeManager(statPrefix: "\(gateway.name)-discovery", routes: place(configuration))
        manager.streamIdleTimeout = .zero
        let chain = FilterChain(name: "discovery", filters: [.httpConnectionManager(manager)])
        guard let listener = makeListener(gateway, port: NodeGateway.discoveryPort, chains: [chain]) else {
            return
        }
        add(listener, object: object)
    }

    /// The cluster for discovery calls to a peer; nil when it cannot be trusted or called.
    private func addDiscoveryCluster(_ peer: PeerState) -> String? {
        guard var trust = peerTrust(peer, uris: peer.discoveryServerIDs.map(\.description)),
            !peer.addresses.isEmpty
        else { return nil }
        if peer.discoveryServerIDs.isEmpty, let domain = peer.trustDomain {
            // Before the first contact only the place of the peer's gateways is known: that of its client identity.
            var prefix = "spiffe://\(domain)/"
            if let id = peer.clientID?.spiffeID, id.trustDomain == domain, let namespace = id.namespace {
                prefix += "ns/\(namespace)/sa/"
            }
            var matcher = SubjectAltNameMatcher()
            matcher.matcher = StringMatcher(.prefix(prefix))
            trust.matchTypedSubjectAltNames = [matcher]
        }
        let name = "discovery|\(peer.name)"
        var cluster = makeCluster(name, connectTimeout: .seconds(2))
        cluster.tcpKeepalive = TCPKeepalive(probes: 3, time: 10, interval: 5)
        cluster.transportSocket = upstreamTLS(
            identity: peer.egressName, sni: peer.discoveryHostname, trust: trust, .http, negotiates: false)
        let addresses = resolve(peer, to: &cluster)
        add(cluster, endpoints: peerEndpoints(addresses, port: peer.discoveryPort))
        return name
    }

    /// An action without any time limit.
    static func endless(_ cluster: String, host: String, path: String?) -> RouteAction {
        var action = RouteAction(cluster: cluster)
        action.timeout = .zero
        action.idleTimeout = .zero
        action.hostRewriteLiteral = host
        if let path { action.pathRewrite = .prefix(path) }
        return action
    }
}
