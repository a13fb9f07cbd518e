internal import Document
public import Federation
public import Resources
public import Translate

/// One peer as the stored objects describe it: whom to believe, what to show and what to take.
public struct PeerPlan: Sendable {
    /// The ServiceMeshPeer.
    public var peer: Resource
    /// Its content.
    public var spec: ServiceMeshPeerSpec
    /// The peer's trust domain; our own when it names none.
    public var trustDomain: TrustDomain?
    /// The PEM text of its roots as the admin gave it; nil when there is none, and nobody is trusted.
    public var rootPEM: String?
    /// The ExportedServiceSet of its name.
    public var exportSet: Resource?
    /// The ImportedServiceSet of its name.
    public var importSet: Resource?
    /// What is the matter with it.
    public var problems: [EventRecord]

    /// The peer's name.
    public var name: String { peer.name }
}

/// Reads the peers of a mesh, by name. Only the control plane's namespace counts.
public func planPeers(_ world: World, _ mesh: MeshFacts, ownRoots: String) -> [PeerPlan] {
    let peers = world.list(.serviceMeshPeer, namespace: mesh.namespace).filter {
        $0.deletionTimestamp == nil
    }
    return peers.map { peer in
        let spec = ServiceMeshPeerSpec(peer)
        let key = ObjectKey(namespace: mesh.namespace, name: peer.name)
        var plan = PeerPlan(
            peer: peer, spec: spec, trustDomain: spec.trustDomain, rootPEM: nil,
            exportSet: world.get(.exportedServiceSet, key), importSet: world.get(.importedServiceSet, key),
            problems: [])
        readTrust(&plan, world, mesh, ownRoots)
        checkGateways(&plan, mesh)
        return plan
    }
}

private func readTrust(_ plan: inout PeerPlan, _ world: World, _ mesh: MeshFacts, _ ownRoots: String) {
    let spec = plan.spec
    func problem(_ reason: String, _ message: String) {
        plan.problems.append(EventRecord(about: plan.peer, .warning, reason: reason, message: message))
    }
    if spec.clientID == nil {
        problem(
            "NoClientID",
            "spec.security.clientID: \(spec.clientIDText.isEmpty ? "is not set" : "is not a client ID"); nobody is admitted"
        )
    }
    if spec.trustDomainText.isEmpty || spec.trustDomain == mesh.trustDomain {
        plan.trustDomain = mesh.trustDomain
        plan.rootPEM = ownRoots
        return
    }
    guard spec.trustDomain != nil else {
        return problem(
            "BadTrustDomain",
            "spec.security.trustDomain: \"\(spec.trustDomainText)\" is not a trust domain name")
    }
    if let chain = spec.certificateChain, !chain.isConfigMap {
        return problem(
            "BadCertificateChain",
            "spec.security.certificateChain.kind: \"\(chain.kind)\" is not supported; allowed: ConfigMap")
    }
    let name = spec.rootConfigMapName(peer: plan.name)
    guard let map = world.get(.configMap, ObjectKey(namespace: mesh.namespace, name: name)) else {
        return problem(
            "NoRootCertificate", "ConfigMap \"\(name)\" with the peer's root certificate does not exist yet")
    }
    guard let pem = map.node.at("data", "root-cert.pem")?.string, !pem.isEmpty else {
        return problem("NoRootCertificate", "ConfigMap \"\(name)\" has no key root-cert.pem")
    }
    plan.rootPEM = pem
}

private func checkGateways(_ plan: inout PeerPlan, _ mesh: MeshFacts) {
    for (field, name, direction) in [
        ("spec.gateways.ingress.name", plan.spec.ingressName, MeshControlPlaneSpec.Gateway.Direction.ingress),
        ("spec.gateways.egress.name", plan.spec.egressName, .egress),
    ] where mesh.gateways[name]?.direction != direction {
        let known = mesh.gateways.values.filter { $0.direction == direction }.map(\.name).sorted()
        plan.problems.append(
            EventRecord(
                about: plan.peer, .warning, reason: "NoGateway",
                message:
                    "\(field): \"\(name)\" is not an \(direction.rawValue) gateway of this mesh; it has: "
                    + (known.isEmpty ? "none" : known.joined(separator: ", "))))
    }
    if plan.spec.addresses.isEmpty {
        plan.problems.append(
            EventRecord(
                about: plan.peer, .warning, reason: "NoAddress",
                message: "spec.remote.addresses: is empty; the peer cannot be reached"))
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
