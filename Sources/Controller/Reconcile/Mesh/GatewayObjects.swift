import Bytes
import Document
import Resources

/// One gateway a mesh should have.
struct WantedGateway: Equatable {
    /// Its name.
    var name: String
    /// The namespace of its objects.
    var namespace: String
    /// The type of its Service.
    var type: String
    /// Labels of its Service.
    var labels: [String: String]
    /// Annotations of its Service.
    var annotations: [String: String]
    /// The ports of its Service.
    var ports: [ServiceSpec.Port]

    /// The place of its Service.
    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }

    /// The place of its ServiceAccount.
    var accountKey: ObjectKey { ObjectKey(namespace: namespace, name: "\(name)-service-account") }

    /// The gateways of a mesh: the mesh gateway, its own ingress and egress, then the additional ones by name.
    static func all(_ controlPlane: Resource, _ spec: MeshControlPlaneSpec) -> [WantedGateway] {
        let mesh = WantedGateway(
            name: MeshFacts.meshGatewayName, namespace: controlPlane.namespace, type: "ClusterIP",
            labels: ["app": MeshFacts.meshGatewayName, "istio": MeshFacts.meshGatewayName], annotations: [:],
            ports: [ServiceSpec.Port(name: "http", port: 15080)])
        let own = [spec.ingress, spec.egress] + spec.additionalGateways
        return [mesh]
            + own.filter(\.isEnabled).map { WantedGateway($0, home: controlPlane.namespace) }
    }

    private init(
        name: String, namespace: String, type: String, labels: [String: String],
        annotations: [String: String], ports: [ServiceSpec.Port]
    ) {
        self.name = name
        self.namespace = namespace
        self.type = type
        self.labels = labels
        self.annotations = annotations
        self.ports = ports
    }

    private init(_ gateway: MeshControlPlaneSpec.Gateway, home: String) {
        // Only the mesh's own gateways carry the label values that Gateway resources select by habit: a peer's
        // gateway must not open for the world.
        let role = gateway.isAdditional ? gateway.name : "\(gateway.direction.rawValue)gateway"
        var labels = ["app": gateway.name, "istio": role]
        labels.merge(gateway.serviceLabels) { _, wanted in wanted }
        self.init(
            name: gateway.name, namespace: gateway.namespace ?? home, type: gateway.serviceType,
            labels: labels, annotations: gateway.serviceAnnotations, ports: Self.ports(gateway))
    }

    private static func ports(_ gateway: MeshControlPlaneSpec.Gateway) -> [ServiceSpec.Port] {
        guard gateway.isAdditional else {
            let standard = [
                ServiceSpec.Port(name: "http2", port: 80, targetPort: .int(8080)),
                ServiceSpec.Port(name: "https", port: 443, targetPort: .int(8443)),
            ]
            return gateway.ports.isEmpty ? standard : gateway.ports
        }
        var ports = gateway.ports
        let discovery = gateway.direction == .ingress ? "https-discovery" : "http-discovery"
        // Peers and sidecars dial these two whatever else the manifest lists.
        for (name, port) in [("tls", 15443), (discovery, 8188)]
        where !ports.contains(where: { $0.port == port }) {
            let isFree = !ports.contains { $0.name == name }
            ports.append(ServiceSpec.Port(name: isFree ? name : "\(name)-\(port)", port: port))
        }
        return ports
    }
}

/// The objects of a gateway as they should be.
struct GatewayObjects {
    /// The control plane they belong to.
    var controlPlane: Resource

    /// The Service without its status.
    func service(_ gateway: WantedGateway, address: IPAddress?) -> Resource {
        var service = base(.service, gateway.key, gateway)
        service.labels.merge(gateway.labels) { made, _ in made }
        service.annotations = gateway.annotations
        var spec: Node = [
            "type": Node(gateway.type), "selector": Node([MeshLabels.canonicalName: gateway.name]),
            "ports": Node(gateway.ports.map { portNode($0) }),
        ]
        if let address { spec["clusterIP"] = Node(address.description) }
        service.spec = spec
        return service
    }

    /// The Service's status: where the gateway is reached from outside.
    func status(address: IPAddress) -> Node {
        ["loadBalancer": ["ingress": [["ip": Node(address.description)]]]]
    }

    /// The ServiceAccount the gateway runs as.
    func account(_ gateway: WantedGateway) -> Resource {
        base(.serviceAccount, gateway.accountKey, gateway)
    }

    private func base(_ type: ResourceType, _ key: ObjectKey, _ gateway: WantedGateway) -> Resource {
        var resource = Resource(type: type, namespace: key.namespace, name: key.name)
        resource.labels = MeshLabels.owned(by: controlPlane)
            .merging([MeshLabels.canonicalName: gateway.name]) { made, _ in made }
        // An owner in another namespace would have the object collected at once.
        if key.namespace == controlPlane.namespace {
            resource.ownerReferences = [OwnerReference(controller: controlPlane)]
        }
        return resource
    }

    private func portNode(_ port: ServiceSpec.Port) -> Node {
        var node = Node(Object())
        if !port.name.isEmpty { node["name"] = Node(port.name) }
        node["protocol"] = Node(port.transport)
        if let appProtocol = port.appProtocol { node["appProtocol"] = Node(appProtocol) }
        node["port"] = Node(port.port)
        switch port.targetPort {
        case nil: node["targetPort"] = Node(port.port)
        case .int(let number): node["targetPort"] = Node(number)
        case .string(let name): node["targetPort"] = Node(name)
        }
        if port.nodePort != 0 { node["nodePort"] = Node(port.nodePort) }
        return node
    }
}
