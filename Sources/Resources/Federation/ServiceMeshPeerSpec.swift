import Document

/// `spec` of a ServiceMeshPeer: where a peer is and whom to believe there.
public struct ServiceMeshPeerSpec: Hashable, Sendable {
    /// The object that holds the peer's root certificate.
    public struct CertificateChain: Hashable, Sendable {
        /// The API group, empty for core.
        public var apiGroup: String
        /// The kind; empty means ConfigMap, any other kind is not supported.
        public var kind: String
        /// The name; empty means `<peer>-ca-root-cert`.
        public var name: String

        /// True when the reference names a ConfigMap.
        public var isConfigMap: Bool { (kind.isEmpty || kind == "ConfigMap") && apiGroup.isEmpty }
    }

    /// The port of discovery where none is given.
    public static let defaultDiscoveryPort = 8188
    /// The port of services where none is given.
    public static let defaultServicePort = 15443

    /// The addresses of the peer's ingress gateway, IPs or names; without any the peer cannot be reached.
    public var addresses: [String]
    /// The port dialled for discovery.
    public var discoveryPort: Int
    /// The port dialled for services.
    public var servicePort: Int
    /// The local gateway this peer comes in by, empty when none is named.
    public var ingressName: String
    /// The local gateway traffic to this peer leaves by, empty when none is named.
    public var egressName: String
    /// The peer's trust domain as written.
    public var trustDomainText: String
    /// The peer's client ID as written.
    public var clientIDText: String
    /// Where the peer's root certificate is, nil for the default.
    public var certificateChain: CertificateChain?

    /// Reads the spec.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        let remote = spec["remote"] ?? Node(Object())
        addresses = remote.texts("addresses").filter { !$0.isEmpty }
        discoveryPort = Self.port(remote.integer("discoveryPort"), Self.defaultDiscoveryPort)
        servicePort = Self.port(remote.integer("servicePort"), Self.defaultServicePort)
        ingressName = spec.at("gateways", "ingress", "name")?.string ?? ""
        egressName = spec.at("gateways", "egress", "name")?.string ?? ""
        let security = spec["security"] ?? Node(Object())
        trustDomainText = security.text("trustDomain")
        clientIDText = security.text("clientID")
        certificateChain = security["certificateChain"]?.object.map { object in
            let node = Node(object)
            return CertificateChain(
                apiGroup: node.text("apiGroup"), kind: node.text("kind"), name: node.text("name"))
        }
    }

    /// The peer's trust domain; nil when none is given or it is not one: then the peer is in ours.
    public var trustDomain: TrustDomain? { TrustDomain(trustDomainText) }

    /// Who the peer's egress gateway is; nil when none is given or it is not one: then nobody is admitted.
    public var clientID: ClientID? { ClientID(clientIDText) }

    /// The name of the ConfigMap that holds the peer's root certificate.
    public func rootConfigMapName(peer: String) -> String {
        guard let name = certificateChain?.name, !name.isEmpty else { return "\(peer)-ca-root-cert" }
        return name
    }

    private static func port(_ value: Int?, _ fallback: Int) -> Int {
        guard let value, value != 0 else { return fallback }
        return value
    }
}
