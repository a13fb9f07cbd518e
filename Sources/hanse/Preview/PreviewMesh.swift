import Controller
import Document
import Resources

/// Completes what files say of a mesh with what a controller would add: its namespaces, and gateways with addresses.
struct PreviewMesh {
    private(set) var world: World
    private(set) var facts: MeshFacts
    /// Peers that only sets or lists name; they have no ServiceMeshPeer.
    private(set) var nameOnlyPeers: Set<String> = []
    private(set) var warnings: [PreviewWarning] = []

    /// Nil, and a reason, when the files describe no mesh that can be.
    init(_ resources: [Resource], extraPeers: Set<String>) throws(PreviewError) {
        world = World(resources)
        let namespace = Self.controlPlaneNamespace(world)
        if world.list(.serviceMeshControlPlane).isEmpty {
            world.set(Resource(type: .serviceMeshControlPlane, namespace: namespace, name: "mesh"))
        }
        Self.addNamespaces(&world, controlPlane: namespace)
        // Facts need the gateways' Services, whose names facts alone do not tell: control planes and peers name them.
        let spec = world.list(.serviceMeshControlPlane).first.map { MeshControlPlaneSpec($0) }
        nameOnlyPeers = Self.addPeers(&world, namespace, extraPeers, spec)
        Self.addGateways(&world, namespace, spec)
        guard let facts = MeshFacts(world) else {
            throw PreviewError(lines: [
                "ServiceMeshControlPlane: spec.security.trust.domain: \"\(spec?.trustDomainText ?? "")\" is not a trust domain name"
            ])
        }
        self.facts = facts
        checkNamespaces()
    }

    private static func controlPlaneNamespace(_ world: World) -> String {
        for type in [
            ResourceType.serviceMeshControlPlane, .serviceMeshPeer, .exportedServiceSet, .importedServiceSet,
        ] {
            if let first = world.list(type).first { return first.namespace }
        }
        return "istio-system"
    }

    /// Without a member roll every namespace that the files name is a member.
    private static func addNamespaces(_ world: inout World, controlPlane: String) {
        let used = Set(world.all.filter(\.type.isNamespaced).map(\.namespace)).union([controlPlane])
        for name in used.sorted() where world.get(.namespace, ObjectKey(namespace: "", name: name)) == nil {
            world.set(Resource(type: .namespace, name: name))
        }
        guard world.list(.serviceMeshMemberRoll).isEmpty, world.list(.serviceMeshMember).isEmpty else {
            return
        }
        var roll = Resource(type: .serviceMeshMemberRoll, namespace: controlPlane, name: MemberRollSpec.name)
        roll.node["spec"] = [
            "members": Node(.array(used.subtracting([controlPlane]).sorted().map { Node($0) }))
        ]
        world.set(roll)
    }

    private static func addPeers(
        _ world: inout World, _ namespace: String, _ extra: Set<String>, _ spec: MeshControlPlaneSpec?
    ) -> Set<String> {
        let sets =
            world.list(.exportedServiceSet, namespace: namespace)
            + world.list(.importedServiceSet, namespace: namespace)
        let peers = Set(world.list(.serviceMeshPeer, namespace: namespace).map(\.name))
        let missing = Set(sets.map(\.name)).union(extra).subtracting(peers)
        let gateways = spec?.additionalGateways ?? []
        for name in missing {
            let ingress = gateways.first { $0.direction == .ingress }?.name ?? "\(name)-ingress"
            let egress = gateways.first { $0.direction == .egress }?.name ?? "\(name)-egress"
            var peer = Resource(type: .serviceMeshPeer, namespace: namespace, name: name)
            peer.node["spec"] = [
                "gateways": ["ingress": ["name": Node(ingress)], "egress": ["name": Node(egress)]]
            ]
            world.set(peer)
        }
        return missing
    }

    /// Services for the gateways, where the files have none: 127.0.1.2 is the mesh gateway, the others follow by name.
    private static func addGateways(_ world: inout World, _ namespace: String, _ spec: MeshControlPlaneSpec?)
    {
        var gateways: [String: (namespace: String, isFederation: Bool)] = [:]
        for gateway in [spec?.ingress, spec?.egress].compactMap(\.self) where gateway.isEnabled {
            gateways[gateway.name] = (gateway.namespace ?? namespace, false)
        }
        for gateway in spec?.additionalGateways ?? [] where gateway.isEnabled {
            gateways[gateway.name] = (gateway.namespace ?? namespace, true)
        }
        gateways[MeshFacts.meshGatewayName] = (namespace, false)
        let names = gateways.keys.filter { $0 != MeshFacts.meshGatewayName }.sorted()
        for (index, name) in ([MeshFacts.meshGatewayName] + names).enumerated() {
            guard let gateway = gateways[name] else { continue }
            let key = ObjectKey(namespace: gateway.namespace, name: name)
            var service =
                world.get(.service, key) ?? Resource(type: .service, namespace: key.namespace, name: name)
            let known = ServiceSpec(service)
            guard known.loadBalancerIPs.isEmpty, known.clusterIP.isEmpty else { continue }
            if service.node["spec"] == nil {
                service.node["spec"] = ["ports": ports(name, isFederation: gateway.isFederation)]
            }
            if service.node.at("spec", "selector") == nil {
                service.node["spec"]?["selector"] = selector(name)
            }
            service.node["spec"]?["clusterIP"] = Node("127.0.1.\(index + 2)")
            world.set(service)
        }
    }

    private static func selector(_ name: String) -> Node {
        switch name {
        case MeshControlPlaneSpec.defaultIngressName: ["app": Node(name), "istio": "ingressgateway"]
        case MeshControlPlaneSpec.defaultEgressName: ["app": Node(name), "istio": "egressgateway"]
        default: ["app": Node(name)]
        }
    }

    private static func ports(_ name: String, isFederation: Bool) -> Node {
        if isFederation {
            return [["name": "tls", "port": 15443], ["name": "discovery", "port": 8188]]
        }
        if name == MeshFacts.meshGatewayName { return [["name": "http", "port": 15080]] }
        return [
            ["name": "http2", "port": 80, "targetPort": 8080],
            ["name": "https", "port": 443, "targetPort": 8443],
        ]
    }

    private mutating func checkNamespaces() {
        for type in [ResourceType.serviceMeshPeer, .exportedServiceSet, .importedServiceSet] {
            for resource in world.list(type) where resource.namespace != facts.namespace {
                warnings.append(
                    PreviewWarning(
                        object: "\(type.kind) \(resource.key)", path: "metadata.namespace",
                        message: "only those of the control plane's namespace \(facts.namespace) count"))
            }
        }
        for name in nameOnlyPeers.sorted() {
            warnings.append(
                PreviewWarning(
                    object: "ServiceMeshPeer \(facts.namespace)/\(name)", path: "",
                    message: "does not exist; its sets have no effect until it does"))
        }
    }
}
