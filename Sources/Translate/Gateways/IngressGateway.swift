import EnvoyConfig
import Resources

extension Translation {
    /// Where peers come in: exported services on 15443, discovery on 8188.
    ///
    /// Every chain admits verified clients only.
    func addIngressGateway(_ gateway: NodeGateway) {
        let object = "Gateway \(gateway.namespace)/\(gateway.name)"
        let callers = input.peers.filter { $0.ingressName == gateway.name }.sorted { $0.name < $1.name }
        let peers = callers.filter { admittedClient($0) != nil }
        var chains: [FilterChain] = []
        var serverNames: Set<String> = []
        for peer in peers {
            for export in peer.exports.sorted(by: { $0.exportedHostname < $1.exportedHostname }) {
                for chain in ingressChains(gateway, peer, export) {
                    guard serverNames.isDisjoint(with: chain.serverNames) else {
                        warn(
                            "ExportedServiceSet \(peer.namespace)/\(peer.name)", "",
                            "\(export.hostname) is not served: \(export.exportedHostname) is exported before")
                        continue
                    }
                    serverNames.formUnion(chain.serverNames)
                    chains.append(chain)
                }
            }
        }
        if !chains.isEmpty,
            let listener = makeListener(gateway, port: NodeGateway.federationPort, chains: chains)
        {
            add(listener, object: object)
        }
        addDiscoveryIn(gateway, callers, object: object)
    }

    /// One chain per port of an exported service.
    ///
    /// The server name tells the peer, so that each chain trusts exactly that peer's trust domain.
    private func ingressChains(
        _ gateway: NodeGateway, _ peer: PeerState, _ export: PeerState.Export
    ) -> [FilterChain] {
        guard let service = hosts.entries[export.hostname]?.local, let client = admittedClient(peer),
            let trust = peerTrust(peer, uris: [client.description])
        else { return [] }
        return service.ports.map { port in
            let name = ClusterNames.outbound(port.number, "", export.exportedHostname)
            let isHTTP = port.applicationProtocol.isHTTP
            var serverNames = [ClusterNames.serverName(port.number, "", export.exportedHostname)]
            // Subsets of the importer; a wildcard does not tell ports apart.
            if service.ports.count == 1 { serverNames.append("*.\(export.exportedHostname)") }
            let cluster = addInbound(service, port: port)
            var filters: [NetworkFilter] = []
            switch terminal(name: name, cluster: cluster, isHTTP: isHTTP) {
            case .httpConnectionManager(var manager):
                manager.forwardClientCertDetails = .sanitizeSet
                manager.setsCurrentClientCertURI = true
                manager.httpFilters = [.rbac(HTTPRBAC(Self.allow([client]))), .router]
                filters = [.httpConnectionManager(manager)]
            case let proxy:
                filters = [.rbac(NetworkRBAC(statPrefix: name, Self.allow([client]))), proxy]
            }
            return FilterChain(
                name: name, serverNames: serverNames, filters: filters,
                transportSocket: downstreamTLS(identity: gateway.name, trust: trust, isHTTP: isHTTP))
        }
    }

    /// Lets these clients in; nobody when there are none.
    static func allow(_ clients: [SPIFFEID]) -> RBACRules {
        if clients.isEmpty { return RBACRules(.allow, policies: [:]) }
        return RBACRules(
            .allow,
            policies: [
                "peers": .init(
                    permissions: [.any(true)],
                    principals: clients.map { .authenticated(StringMatcher(.exact($0.description))) })
            ])
    }

    // MARK: discovery

    /// Discovery calls of peers.
    ///
    /// One chain serves them all, since the server name is the caller's choice; the verified identity decides
    /// which peer it is. A client of a peer's trust domain that is not the one expected is answered 403, so that its
    /// admin sees why; one of another trust domain gets no further than the handshake.
    private func addDiscoveryIn(_ gateway: NodeGateway, _ peers: [PeerState], object: String) {
        let peers = peers.filter { $0.trustDomain != nil && !$0.bundle.isEmpty }
        guard let endpoint = input.mesh.discovery, !peers.isEmpty else { return }
        let cluster = addControlPlane(endpoint, gateway)
        var domains: [String: SPIFFETrustDomain] = [:]
        var clients: [SPIFFEID] = []
        var routes: [Route] = []
        for peer in peers {
            guard let domain = peer.trustDomain else { continue }
            let client = admittedClient(peer)
            if let client, clients.contains(client) {
                warn(
                    "ServiceMeshPeer \(peer.namespace)/\(peer.name)", "spec.security.clientID",
                    "is that of another peer on \(gateway.name): its discovery calls are taken for the other's"
                )
                continue
            }
            let trust = Self.domain(domain, peer.bundle)
            if let other = domains[domain.name], other != trust {
                warn(
                    "ServiceMeshPeer \(peer.namespace)/\(peer.name)", "spec.security.trustDomain",
                    "\(domain) has other roots at another peer on \(gateway.name): discovery is closed to this one"
                )
                continue
            }
            domains[domain.name] = trust
            guard let client else { continue }
            clients.append(client)
            routes += discoveryRoutes(peer, client, cluster)
        }
        var manager = makeManager(
            statPrefix: "\(gateway.name)-discovery",
            routes: .inline(
                RouteConfiguration(
                    name: "discovery",
                    virtualHosts: [VirtualHost(name: "discovery", domains: ["*"], routes: routes)],
                    validateClusters: false)))
        manager.streamIdleTimeout = .zero
        manager.forwardClientCertDetails = .sanitizeSet
        manager.setsCurrentClientCertURI = true
        manager.httpFilters = [
            .rbac(HTTPRBAC(Self.oneIdentity)), .rbac(HTTPRBAC(Self.allow(clients))), .router,
        ]
        let trust = CertificateValidationContext(.spiffe(domains.values.sorted { $0.name < $1.name }))
        let chain = FilterChain(
            name: "discovery", filters: [.httpConnectionManager(manager)],
            transportSocket: downstreamTLS(identity: gateway.name, trust: trust, isHTTP: true))
        guard let listener = makeListener(gateway, port: NodeGateway.discoveryPort, chains: [chain]) else {
            return
        }
        add(listener, object: object)
    }

    private func discoveryRoutes(_ peer: PeerState, _ client: SPIFFEID, _ cluster: String) -> [Route] {
        [
            ("services", "/v1/services/", "/v1/services/\(peer.name)"),
            ("watch", "/v1/watch", "/v1/watch/\(peer.name)"),
        ]
        .map { name, from, to in
            var match = RouteMatch(.exact(from))
            match.headers = [
                HeaderMatcher(
                    "x-forwarded-client-cert", .string(StringMatcher(.suffix(";URI=\(client)"))))
            ]
            return Route(
                name: "discovery-\(peer.name)-\(name)", match: match,
                action: .route(Self.endless(cluster, host: "discovery.\(input.mesh.namespace)", path: to)))
        }
    }

    /// The controller, reached with the gateway's own identity.
    private func addControlPlane(_ endpoint: MeshIdentity.DiscoveryEndpoint, _ gateway: NodeGateway) -> String
    {
        let name = "control-plane|\(gateway.name)"
        var cluster = makeCluster(name, connectTimeout: .seconds(2))
        if let identity = endpoint.identity {
            cluster.transportSocket = upstreamTLS(
                identity: gateway.name, sni: "discovery.\(input.mesh.namespace)",
                trust: meshTrust(uris: [identity.description]), .http, negotiates: false)
        }
        add(cluster, endpoints: peerEndpoints([endpoint.address], port: endpoint.port))
        return name
    }

    /// Refuses certificates with several identities: Envoy verifies by the first and lets rules match any, so the CA
    /// of one trust domain could mint the other's.
    private static var oneIdentity: RBACRules {
        RBACRules(
            .deny,
            policies: [
                "one-identity": .init(
                    permissions: [
                        .header(
                            HeaderMatcher(
                                "x-forwarded-client-cert",
                                .string(StringMatcher(.safeRegex(".*;URI=.*;URI=.*")))))
                    ], principals: [.any(true)])
            ])
    }
}
