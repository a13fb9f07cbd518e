public import Bytes
public import Federation
public import Resources
public import Translate
public import Trust

/// One peer as the stored objects describe it: whom to believe, what to show and what to take.
public struct PeerPlan: Sendable {
    /// The ServiceMeshPeer.
    public var peer: Resource
    /// Its content.
    public var spec: ServiceMeshPeerSpec
    /// What it claims.
    public var trust: PeerTrust
    /// The ExportedServiceSet of its name.
    public var exportSet: Resource?
    /// The ImportedServiceSet of its name.
    public var importSet: Resource?

    /// The peer's name.
    public var name: String { peer.name }
}

/// Reads the peers of a mesh, by name.
///
/// Only the control plane's namespace counts.
public func planPeers(_ world: World, _ mesh: MeshFacts, now: WallTime) -> [PeerPlan] {
    let peers = world.list(.serviceMeshPeer, namespace: mesh.namespace).filter { $0.deletionTimestamp == nil }
    return peers.map { peer in
        let spec = ServiceMeshPeerSpec(peer)
        let key = ObjectKey(namespace: mesh.namespace, name: peer.name)
        let map = ObjectKey(namespace: mesh.namespace, name: spec.rootConfigMapName(peer: peer.name))
        return PeerPlan(
            peer: peer, spec: spec,
            trust: PeerTrust(
                peer: peer, configMap: world.get(.configMap, map), own: mesh.trustDomain, now: now),
            exportSet: world.get(.exportedServiceSet, key), importSet: world.get(.importedServiceSet, key))
    }
}

extension PeerPlan {
    /// What an admin should be told about the peer besides its trust.
    public func problems(_ mesh: MeshFacts) -> [EventRecord] {
        var problems: [EventRecord] = []
        func problem(_ reason: String, _ message: String) {
            problems.append(EventRecord(about: peer, .warning, reason: reason, message: message))
        }
        if spec.clientID == nil {
            let what =
                spec.clientIDText.isEmpty ? "is not set" : "\"\(spec.clientIDText)\" is not a client ID"
            problem("NoClientID", "spec.security.clientID: \(what); nobody is admitted")
        }
        for (field, name, direction) in [
            ("spec.gateways.ingress.name", spec.ingressName, MeshControlPlaneSpec.Gateway.Direction.ingress),
            ("spec.gateways.egress.name", spec.egressName, .egress),
        ] where mesh.gateways[name]?.direction != direction {
            let known = mesh.gateways.values.filter { $0.direction == direction }.map(\.name).sorted()
            problem(
                "NoGateway",
                "\(field): \"\(name)\" is not an \(direction.rawValue) gateway of this mesh; it has: "
                    + (known.isEmpty ? "none" : known.joined(separator: ", ")))
        }
        if spec.addresses.isEmpty {
            problem("NoAddress", "spec.remote.addresses: is empty; the peer cannot be reached")
        }
        return problems
    }
}

extension PeerPlan {
    /// What the peer may see of this mesh's services.
    public func exports(_ registry: ServiceRegistry, _ mesh: MeshFacts) -> ExportResult {
        let services = registry.sorted.filter { $0.key.name != "" }.map { service in
            LocalService(
                name: service.key.name, namespace: service.key.namespace, hostname: service.hostname,
                labels: service.labels,
                ports: service.ports.map {
                    ServicePort(name: $0.name, port: $0.number, protocol: $0.applicationProtocol.rawValue)
                },
                exportTo: service.exportTo, meshExternal: service.isMeshExternal)
        }
        let accounts = mesh.gateways[spec.ingressName].map { ["\($0.identity)"] } ?? []
        let gateways = mesh.gateways.values.map { ObjectKey(namespace: $0.namespace, name: $0.name) }
        return exportedServices(
            peer: name, set: exportSet.map { ExportedServiceSetSpec($0) }, services: services,
            context: ExportContext(
                controlPlaneNamespace: mesh.namespace, candidateNamespaces: mesh.namespaces,
                neverExported: Set(gateways), serviceAccounts: accounts))
    }

    /// What becomes of the peer's services here.
    public func imports(_ list: [ServiceMessage], _ mesh: MeshFacts) -> ImportResult {
        importedServices(
            peer: name, set: importSet.map { ImportedServiceSetSpec($0) }, list: list,
            clusterDomain: mesh.clusterDomain)
    }
}
