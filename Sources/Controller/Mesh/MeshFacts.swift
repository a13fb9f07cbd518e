public import Resources

/// What the stored objects say this mesh is.
public struct MeshFacts: Hashable, Sendable {
    /// One gateway with the address of its Service.
    public struct Gateway: Hashable, Sendable {
        /// Its name, that of its Service.
        public var name: String
        /// The namespace of its Service.
        public var namespace: String
        /// Which way it lets traffic pass; nil for the mesh gateway.
        public var direction: MeshControlPlaneSpec.Gateway.Direction?
        /// True for a gateway that trades with peers.
        public var isAdditional: Bool
        /// The address it listens on.
        public var address: String
        /// Who it is.
        public var identity: SPIFFEID
        /// The labels by which Gateway resources select it.
        public var labels: [String: String]
        /// What listens, by the Service's port numbers.
        public var targetPorts: [Int: Int]
    }

    /// The name of the gateway that takes calls from inside the mesh.
    public static let meshGatewayName = "mesh-gateway"

    /// The ServiceMeshControlPlane's name.
    public var name: String
    /// The control plane's namespace.
    public var namespace: String
    /// The trust domain.
    public var trustDomain: TrustDomain
    /// The DNS suffix of services.
    public var clusterDomain = "cluster.local"
    /// The gateways that have an address, by name.
    public var gateways: [String: Gateway]
    /// The namespaces that belong to the mesh, the control plane's own included.
    public var namespaces: Set<String>

    /// Who the controller is.
    public var controllerIdentity: SPIFFEID? {
        SPIFFEID(trustDomain: trustDomain, namespace: namespace, serviceAccount: "istiod-\(name)")
    }

    /// Reads the facts; nil while there is no ServiceMeshControlPlane with a trust domain.
    ///
    /// Of several control planes the first by namespace and name counts.
    public init?(_ world: World) {
        guard let object = world.list(.serviceMeshControlPlane).first(where: { $0.deletionTimestamp == nil })
        else {
            return nil
        }
        let spec = MeshControlPlaneSpec(object)
        guard let trustDomain = spec.trustDomain else { return nil }
        name = object.name
        namespace = object.namespace
        self.trustDomain = trustDomain
        namespaces = MeshMembers.existing(world, object).union([object.namespace])
        var gateways: [String: Gateway] = [:]
        for gateway in [spec.ingress, spec.egress] + spec.additionalGateways where gateway.isEnabled {
            let home = gateway.namespace ?? object.namespace
            gateways[gateway.name] = Self.gateway(
                world, name: gateway.name, namespace: home, direction: gateway.direction,
                isAdditional: gateway.isAdditional, trustDomain: trustDomain)
        }
        gateways[Self.meshGatewayName] = Self.gateway(
            world, name: Self.meshGatewayName, namespace: object.namespace, direction: nil,
            isAdditional: false,
            trustDomain: trustDomain)
        self.gateways = gateways
    }

    private static func gateway(
        _ world: World, name: String, namespace: String, direction: MeshControlPlaneSpec.Gateway.Direction?,
        isAdditional: Bool, trustDomain: TrustDomain
    ) -> Gateway? {
        guard let service = world.get(.service, ObjectKey(namespace: namespace, name: name)),
            let identity = SPIFFEID(
                trustDomain: trustDomain, namespace: namespace, serviceAccount: "\(name)-service-account")
        else { return nil }
        let spec = ServiceSpec(service)
        guard let address = spec.loadBalancerIPs.first ?? (spec.clusterIP.isEmpty ? nil : spec.clusterIP),
            address != "None"
        else { return nil }
        var targets: [Int: Int] = [:]
        for port in spec.ports { targets[port.port] = port.targetNumber ?? port.port }
        var labels = service.labels
        for (key, value) in spec.selector { labels[key] = value }
        return Gateway(
            name: name, namespace: namespace, direction: direction, isAdditional: isAdditional,
            address: address,
            identity: identity, labels: labels, targetPorts: targets)
    }
}
