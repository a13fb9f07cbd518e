import Bytes
import Controller
import Document
import EnvoyConfig
import Federation
import Resources
import TLS
import Translate
import Trust

/// What a mesh would do: a pure function of files.
struct Preview {
    /// An export with the peer it is for.
    struct Export {
        var peer: String
        var service: ExportedService
    }

    /// A service of a peer's list with what becomes of it.
    struct Import {
        var peer: String
        var service: ImportedService
    }

    private(set) var exports: [Export] = []
    private(set) var imports: [Import] = []
    private(set) var routes: [RouteSummary]
    private(set) var warnings: [PreviewWarning]
    /// The configuration of one process that carries all gateways.
    private(set) var snapshot: Snapshot
    /// Its name.
    private(set) var meshName: String

    /// `lists` are the services of peers; `secretsDirectory` is where the process keeps its certificates.
    init(
        _ resources: [Resource], lists: [String: [ServiceMessage]], secretsDirectory: String?, now: WallTime
    ) throws(PreviewError) {
        let mesh = try PreviewMesh(resources, extraPeers: Set(lists.keys))
        let facts = mesh.facts
        var warnings = mesh.warnings
        let members = mesh.world.all.filter {
            !$0.type.isNamespaced || facts.namespaces.contains($0.namespace)
        }
        let registry = ServiceRegistry.build(members, clusterDomain: facts.clusterDomain)
        var peers: [PeerState] = []
        for plan in planPeers(mesh.world, facts, now: now) {
            let exported = plan.exports(registry, facts)
            let imported = plan.imports(lists[plan.name] ?? [], facts)
            for warning in exported.warnings + imported.warnings {
                warnings.append(
                    PreviewWarning(
                        object: Self.qualified(warning.object, facts.namespace),
                        path: warning.path?.description ?? "",
                        message: warning.message))
            }
            exports += exported.exports.map { Export(peer: plan.name, service: $0) }
            imports += imported.imports.map { Import(peer: plan.name, service: $0) }
            peers.append(PeerState(plan, facts, exported.exports, imported.imports))
            if !mesh.nameOnlyPeers.contains(plan.name) { warnings += Self.warnings(plan, facts) }
        }
        let result = translate(
            TranslateInput(
                mesh: MeshIdentity(facts), gateways: facts.nodeGateways(peers), peers: peers,
                registry: registry,
                virtualServices: members.filter { $0.type == .virtualService }
                    .map { MeshObject<VirtualServiceSpec>($0) },
                destinationRules: members.filter { $0.type == .destinationRule }
                    .map { MeshObject<DestinationRuleSpec>($0) },
                istioGateways: members.filter { $0.type == .gateway }.map {
                    MeshObject<IstioGatewaySpec>($0)
                },
                secretsDirectory: secretsDirectory ?? "", delivery: .inline))
        let hidden = Set(mesh.nameOnlyPeers.map { "ServiceMeshPeer \(facts.namespace)/\($0)" })
        warnings += result.warnings.filter { !hidden.contains($0.object) }.map {
            PreviewWarning(object: $0.object, path: $0.path, message: $0.message)
        }
        routes = result.routes
        self.warnings = Set(warnings).sorted()
        snapshot = secretsDirectory == nil ? result.snapshot.withoutSecretFiles : result.snapshot
        meshName = facts.name
    }

    /// The same with warnings about the files.
    func adding(_ more: [PreviewWarning]) -> Preview {
        var preview = self
        preview.warnings = Set(warnings + more).sorted()
        return preview
    }

    /// `ExportedServiceSet west` with the namespace that it is in.
    private static func qualified(_ object: String, _ namespace: String) -> String {
        guard !object.contains("/"), let space = object.firstIndex(of: " ") else { return object }
        return "\(object[..<space]) \(namespace)/\(object[object.index(after: space)...])"
    }

    /// What planning found, without what translation says of the same fields.
    private static func warnings(_ plan: PeerPlan, _ facts: MeshFacts) -> [PreviewWarning] {
        let object = "ServiceMeshPeer \(plan.peer.key)"
        var warnings = plan.problems(facts).filter { !["NoClientID", "NoAddress"].contains($0.reason) }.map {
            guard $0.message.hasPrefix("spec."), let range = $0.message.firstRange(of: ": ") else {
                return PreviewWarning(object: object, path: "", message: $0.message)
            }
            return PreviewWarning(
                object: object, path: String($0.message[..<range.lowerBound]),
                message: String($0.message[range.upperBound...]))
        }
        warnings += plan.trust.findings.map {
            PreviewWarning(object: object, path: $0.path?.description ?? "", message: $0.message)
        }
        if plan.trust.bundle == nil, plan.trust.trustDomain != facts.trustDomain {
            warnings.append(
                PreviewWarning(
                    object: object, path: "",
                    message: "no root certificate of it is known; a stand-in takes its place in this preview")
            )
        }
        return warnings
    }
}

extension PeerState {
    /// A peer as planned, with what it gets and gives.
    fileprivate init(
        _ plan: PeerPlan, _ facts: MeshFacts, _ exports: [ExportedService], _ imports: [ImportedService]
    ) {
        let spec = plan.spec
        self.init(
            name: plan.name, namespace: plan.peer.namespace, addresses: spec.addresses.map { Address($0) },
            discoveryPort: spec.discoveryPort, servicePort: spec.servicePort,
            trustDomain: spec.trustDomainText.isEmpty ? facts.trustDomain : plan.trust.trustDomain,
            bundle: plan.trust.bundle?.roots.map(\.pem) ?? [StandIns.root], clientID: spec.clientID,
            ingressName: spec.ingressName,
            egressName: spec.egressName,
            remoteChecksum: Checksum.of(
                remoteAddresses: spec.addresses, discoveryPort: Int32(clamping: spec.discoveryPort),
                servicePort: Int32(clamping: spec.servicePort)),
            exports: exports.map {
                Export(hostname: $0.local.hostname, exportedHostname: $0.exportedHostname)
            },
            imports: imports.compactMap { service in
                guard let name = service.localName else { return nil }
                return Import(
                    exportedHostname: service.exported.hostname,
                    ports: service.exported.servicePorts.map {
                        MeshService.Port(
                            name: $0.name, number: $0.port,
                            applicationProtocol: ApplicationProtocol(name: $0.protocol))
                    },
                    serviceAccounts: service.exported.serviceAccounts, namespace: name.namespace,
                    hostname: name.hostname, importAsLocal: service.importAsLocal, locality: service.locality)
            })
    }
}

extension MeshIdentity {
    /// The mesh, its controller on the first address of the preview's range.
    fileprivate init(_ facts: MeshFacts) {
        self.init(
            name: facts.name, namespace: facts.namespace, trustDomain: facts.trustDomain,
            roots: [StandIns.root],
            clusterDomain: facts.clusterDomain,
            discovery: DiscoveryEndpoint(address: "127.0.1.1", port: 8188, identity: facts.controllerIdentity)
        )
    }
}

extension MeshFacts {
    /// All gateways as parts of one process.
    ///
    /// One that a peer uses trades with peers, whatever else it does.
    fileprivate func nodeGateways(_ peers: [PeerState]) -> [NodeGateway] {
        gateways.values.sorted { $0.name < $1.name }.flatMap { gateway in
            var roles: [NodeGateway.Role] = []
            switch gateway.direction {
            case nil: roles = [.mesh]
            case .ingress:
                if !gateway.isAdditional { roles.append(.northSouth) }
                if gateway.isAdditional || peers.contains(where: { $0.ingressName == gateway.name }) {
                    roles.append(.ingress)
                }
            case .egress: roles = [.egress]
            }
            return roles.map { role in
                NodeGateway(
                    name: gateway.name, namespace: gateway.namespace, role: role,
                    bindAddress: gateway.address,
                    identity: gateway.identity, labels: gateway.labels, targetPorts: gateway.targetPorts)
            }
        }
    }
}

extension Snapshot {
    /// The snapshot with a stand-in certificate in place of files: paths that name none would be refused.
    fileprivate var withoutSecretFiles: Snapshot {
        let certificate = TLSCertificate(
            certificateChain: .inlineString(StandIns.certificate), privateKey: .inlineString(StandIns.key))
        var snapshot = self
        for index in snapshot.clusters.indices {
            snapshot.clusters[index].transportSocket?.common.certificate = .inline(certificate)
        }
        for index in snapshot.listeners.indices {
            for chain in snapshot.listeners[index].filterChains.indices {
                snapshot.listeners[index].filterChains[chain].transportSocket?.common.certificate = .inline(
                    certificate)
            }
        }
        return snapshot
    }
}
