import EnvoyConfig
import Resources

/// One cluster that serves a destination.
struct DestinationTier {
    var cluster: String
    /// Whether something answers there, as far as is known.
    var isReady: Bool
    /// The peer it is imported from; empty is this mesh.
    var peer: String
}

extension Translation {
    /// The clusters that serve a port of a host, in the order in which they are to be used; they are made if
    /// need be.
    ///
    /// Empty when the host has no such port or subset.
    func tiers(_ entry: HostEntry, port: Int, subset: String) -> [DestinationTier] {
        var tiers: [DestinationTier] = []
        let rule = rules[entry.hostname]
        guard subset.isEmpty || rule?.subsets[subset] != nil else { return [] }
        if let service = entry.local, service.ports.contains(where: { $0.number == port }) {
            let name = ClusterNames.outbound(port, subset, entry.hostname)
            let labels = rule?.subsets[subset]?.labels ?? [:]
            let ready = service.readyEndpoints(port: port, labels: labels)
            if !hasCluster(name) {
                addLocal(name, service, port: port, ready: ready, rule: rule, subset: subset)
            }
            tiers.append(DestinationTier(cluster: name, isReady: !ready.isEmpty, peer: ""))
        }
        for imported in entry.imports where imported.service.ports.contains(where: { $0.number == port }) {
            let name = addImported(imported, entry: entry, port: port, subset: subset)
            tiers.append(
                DestinationTier(
                    cluster: name, isReady: hasCluster(name) && imported.service.readyEndpoints != 0,
                    peer: imported.peer.name))
        }
        return tiers
    }

    // MARK: local services

    private func addLocal(
        _ name: String, _ service: MeshService, port: Int, ready: [MeshEndpoint],
        rule: DestinationRules.Rule?,
        subset: String
    ) {
        var cluster = makeCluster(name, connectTimeout: .seconds(2))
        let ready = usable(ready, service, &cluster)
        if service.ports.first(where: { $0.number == port })?.applicationProtocol.isHTTP2 == true {
            cluster.httpProtocol = .http2(.bounded)
        }
        apply(rule, subset: subset, port: port, to: &cluster)
        add(cluster, endpoints: localities(ready, port: port))
    }

    /// The cluster of an ingress gateway for a local service.
    func addInbound(_ service: MeshService, port: MeshService.Port) -> String {
        let name = ClusterNames.inbound(port.number, service.hostname)
        guard !hasCluster(name) else { return name }
        var cluster = makeCluster(name, connectTimeout: .seconds(2))
        let ready = usable(service.readyEndpoints(port: port.number), service, &cluster)
        if port.applicationProtocol.isHTTP2 { cluster.httpProtocol = .http2(.bounded) }
        apply(rules[service.hostname], subset: "", port: port.number, to: &cluster)
        add(
            cluster, endpoints: localities(ready, port: port.number),
            endpointsName: ClusterNames.outbound(port.number, "", service.hostname))
        return name
    }

    /// The endpoints that can be dialled; with a host name among them the cluster looks them up.
    private func usable(
        _ endpoints: [MeshEndpoint], _ service: MeshService, _ cluster: inout Cluster
    ) -> [MeshEndpoint] {
        var needsDNS = service.resolution == .dns
        let usable = endpoints.filter { endpoint in
            if Address(endpoint.address, port: 0).socketAddress != nil { return true }
            guard NameRules.subdomain(endpoint.address.lowercased()) == nil else {
                warn(
                    "Service \(service.key)", "",
                    "endpoint \"\(endpoint.address)\" is neither an IP address nor a host name and not used")
                return false
            }
            needsDNS = true
            return true
        }
        if needsDNS {
            cluster.type = .strictDNS
            cluster.dns.lookupFamily = .v4Only
        }
        return usable
    }

    /// Endpoints by locality, sorted.
    private func localities(_ ready: [MeshEndpoint], port: Int) -> [LocalityLbEndpoints] {
        let groups = Dictionary(grouping: ready) { $0.locality ?? Resources.Locality() }
        return groups.sorted { $0.key.description < $1.key.description }.map { locality, members in
            LocalityLbEndpoints(
                members.compactMap { endpoint in
                    guard let number = endpoint.ports[port].flatMap({ UInt16(exactly: $0) }) else {
                        return nil
                    }
                    let weight = endpoint.weight > 0 ? UInt32(clamping: endpoint.weight) : nil
                    return LbEndpoint(endpoint.address, port: number, loadBalancingWeight: weight)
                },
                locality: locality.isEmpty
                    ? nil
                    : EnvoyConfig.Locality(
                        region: locality.region, zone: locality.zone, subZone: locality.subzone))
        }
    }

    // MARK: imported services

    /// The cluster of an import: to the peer with the egress gateway's identity where that gateway is part of
    /// this process, else to the egress gateway.
    ///
    /// Its name, also when it could not be made.
    private func addImported(
        _ imported: HostEntry.Imported, entry: HostEntry, port: Int, subset: String
    ) -> String {
        let host = imported.service.importAsLocal ? "\(entry.hostname)@\(imported.peer.name)" : entry.hostname
        let name = ClusterNames.outbound(port, subset, host)
        guard !hasCluster(name) else { return name }
        let peer = imported.peer
        let applicationProtocol =
            imported.service.ports.first { $0.number == port }?.applicationProtocol ?? .unsupported
        if gateway(peer.egressName, .egress) != nil {
            addToPeer(name, imported, port: port, subset: subset, applicationProtocol)
        } else if let identity = peer.egressIdentity, !peer.egressAddresses.isEmpty,
            let own = input.gateways.first(where: { $0.role == .mesh || $0.role == .northSouth })
        {
            var cluster = makeCluster(name, connectTimeout: .seconds(2))
            cluster.httpProtocol = Self.http(applicationProtocol, negotiates: true)
            cluster.transportSocket = upstreamTLS(
                identity: own.name, sni: ClusterNames.serverName(port, subset, entry.hostname),
                trust: meshTrust(uris: [identity.description]), applicationProtocol, negotiates: true)
            apply(rules[entry.hostname], subset: subset, port: port, to: &cluster)
            add(
                cluster,
                endpoints: [
                    LocalityLbEndpoints(
                        peer.egressAddresses.sorted().map {
                            LbEndpoint($0, port: UInt16(clamping: NodeGateway.federationPort))
                        })
                ])
        }
        return name
    }

    /// The cluster that dials the peer's ingress gateway for a service.
    private func addToPeer(
        _ name: String, _ imported: HostEntry.Imported, port: Int, subset: String,
        _ applicationProtocol: ApplicationProtocol
    ) {
        let (peer, service) = (imported.peer, imported.service)
        guard let trust = peerTrust(peer, uris: service.serviceAccounts) else { return }
        if service.serviceAccounts.isEmpty {
            warn(
                "ServiceMeshPeer \(peer.namespace)/\(peer.name)", "",
                "announces no service accounts for \(service.exportedHostname): any identity of its trust domain is taken"
            )
        }
        var cluster = makeCluster(name, connectTimeout: .seconds(2))
        cluster.tcpKeepalive = TCPKeepalive(probes: 3, time: 60, interval: 20)
        cluster.httpProtocol = Self.http(applicationProtocol, negotiates: peer.negotiatesHTTP)
        cluster.transportSocket = upstreamTLS(
            identity: peer.egressName, sni: ClusterNames.serverName(port, subset, service.exportedHostname),
            trust: trust, applicationProtocol, negotiates: peer.negotiatesHTTP)
        let addresses = resolve(peer, to: &cluster)
        if addresses.count > 1 { cluster.outlierDetection = Self.peerOutlierDetection }
        apply(rules[service.hostname], subset: subset, port: port, to: &cluster)
        add(cluster, endpoints: peerEndpoints(addresses, port: peer.servicePort))
    }

    /// A peer's addresses, and what a cluster needs to look them up.
    func resolve(_ peer: PeerState, to cluster: inout Cluster) -> [String] {
        let addresses = peer.addresses.filter { address in
            guard let fault = TextRule.host.fault(of: address.host) else { return true }
            warn(
                "ServiceMeshPeer \(peer.namespace)/\(peer.name)", "spec.remote.addresses",
                "\(fault): not used")
            return false
        }
        if addresses.contains(where: {
            $0.resolved.isEmpty && Address($0.host, port: 0).socketAddress == nil
        }) {
            cluster.type = .strictDNS
            cluster.dns.lookupFamily = .v4Only
            return Set(addresses.map(\.host)).sorted()
        }
        return Set(addresses.flatMap { $0.resolved.isEmpty ? [$0.host] : $0.resolved }).sorted()
    }

    func peerEndpoints(_ addresses: [String], port: Int) -> [LocalityLbEndpoints] {
        [LocalityLbEndpoints(addresses.map { LbEndpoint($0, port: UInt16(clamping: port)) })]
    }

    /// An ingress gateway that refuses or is gone is passed over for a while when the peer has another.
    private static var peerOutlierDetection: OutlierDetection {
        var detection = OutlierDetection()
        detection.consecutive5xx = 3
        detection.interval = .seconds(1)
        detection.baseEjectionTime = .seconds(5)
        detection.maxEjectionTime = .seconds(30)
        detection.maxEjectionPercent = 50
        detection.enforcingSuccessRate = 0
        return detection
    }

    /// HTTP upstream: by ALPN where the other side speaks HTTP itself, else what the port declares.
    static func http(_ applicationProtocol: ApplicationProtocol, negotiates: Bool) -> UpstreamHTTPProtocol? {
        guard applicationProtocol.isHTTP else { return nil }
        if applicationProtocol.isHTTP2 { return .http2(.bounded) }
        return negotiates ? .automatic(http1: HTTP1ProtocolOptions(), http2: .bounded) : nil
    }

    // MARK: parts

    func makeCluster(_ name: String, connectTimeout: Duration) -> Cluster {
        var cluster = Cluster()
        cluster.name = name
        cluster.connectTimeout = connectTimeout
        cluster.updateMergeWindow = .zero
        cluster.circuitBreakers.maxConnections = 65_536
        cluster.circuitBreakers.maxPendingRequests = 65_536
        cluster.circuitBreakers.maxRequests = 65_536
        cluster.circuitBreakers.maxRetries = 1024
        return cluster
    }
}
