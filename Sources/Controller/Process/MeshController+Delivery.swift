internal import Document
internal import EnvoyConfig
internal import Reactor
internal import Resources
internal import TLS
internal import Translate
internal import Trust
internal import XDS

extension MeshController {
    /// Translates for every gateway process that has asked, and hands the results to delivery.
    func deliver(
        _ world: World, _ mesh: MeshFacts, _ ca: MeshCA, _ registry: ServiceRegistry, _ peers: [PeerState]
    ) async {
        let virtualServices = objects(world, .virtualService, mesh).map { MeshObject<VirtualServiceSpec>($0) }
        let destinationRules = objects(world, .destinationRule, mesh).map {
            MeshObject<DestinationRuleSpec>($0)
        }
        let istioGateways = objects(world, .gateway, mesh).map { MeshObject<IstioGatewaySpec>($0) }
        let identity = MeshIdentity(
            name: mesh.name, namespace: mesh.namespace, trustDomain: mesh.trustDomain,
            roots: ca.roots.roots.map(\.pem), clusterDomain: mesh.clusterDomain,
            discovery: MeshIdentity.DiscoveryEndpoint(
                address: "\(address)", port: Int(ControllerConfiguration.discoveryPort),
                identity: mesh.controllerIdentity))
        var warnings: Set<TranslateWarning> = []
        for node in await hub.statuses() {
            guard let secrets = node.metadata?["HANSE_SECRETS_DIRECTORY"]?.string, secrets.hasPrefix("/")
            else {
                continue
            }
            let names = AuthorizedNode.gateways(ofNode: node.id)
            let gateways = mesh.gateways.values.filter { names?.contains($0.name) ?? true }
                .sorted { $0.name < $1.name }.map(\.nodeGateway)
            let input = TranslateInput(
                mesh: identity, gateways: gateways, peers: peers, registry: registry,
                virtualServices: virtualServices, destinationRules: destinationRules,
                istioGateways: istioGateways, secretsDirectory: secrets,
                delivery: .dynamic(ConfigSource(.ads)), accessLog: true)
            let result = translate(input)
            warnings.formUnion(result.warnings)
            await hub.setSnapshot(result.snapshot, node: node.id)
        }
        await report(warnings.sorted(), world)
    }

    private func objects(_ world: World, _ type: ResourceType, _ mesh: MeshFacts) -> [Resource] {
        world.list(type).filter { mesh.namespaces.contains($0.namespace) }
    }

    /// Warnings become Events of the objects they name.
    private func report(_ warnings: [TranslateWarning], _ world: World) async {
        var actions: [ReconcileAction] = []
        for warning in warnings {
            guard let object = world.find(named: warning.object) else { continue }
            actions.append(
                .event(EventRecord(about: object, .warning, reason: "Route", message: warning.description)))
        }
        _ = await runner.run(actions)
    }
}

extension World {
    /// The object that a warning calls `kind namespace/name`.
    fileprivate func find(named text: String) -> Resource? {
        let words = text.split(separator: " ")
        guard words.count == 2, let type = ResourceType.find(name: String(words[0]).lowercased()) else {
            return nil
        }
        let parts = words[1].split(separator: "/")
        guard parts.count == 2 else { return nil }
        return get(type, ObjectKey(namespace: String(parts[0]), name: String(parts[1])))
    }
}

extension MeshFacts.Gateway {
    /// The gateway as translation has it.
    fileprivate var nodeGateway: NodeGateway {
        let role: NodeGateway.Role =
            switch direction {
            case nil: .mesh
            case .ingress: isAdditional ? .ingress : .northSouth
            case .egress: .egress
            }
        return NodeGateway(
            name: name, namespace: namespace, role: role, bindAddress: address, identity: identity,
            labels: labels,
            targetPorts: targetPorts)
    }
}
