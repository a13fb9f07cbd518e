public import Resources

/// This mesh, as its gateways need to know it.
public struct MeshIdentity: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The namespace of its control plane.
    public var namespace: String
    /// Its trust domain.
    public var trustDomain: TrustDomain
    /// Its roots, PEM.
    public var roots: [String]
    /// The DNS suffix of services.
    public var clusterDomain: String
    /// Where the controller serves discovery to peers, IP and port; nil closes discovery to peers.
    public var discovery: DiscoveryEndpoint?

    /// A mesh from its parts.
    public init(
        name: String, namespace: String, trustDomain: TrustDomain, roots: [String],
        clusterDomain: String = "cluster.local", discovery: DiscoveryEndpoint? = nil
    ) {
        self.name = name
        self.namespace = namespace
        self.trustDomain = trustDomain
        self.roots = roots
        self.clusterDomain = clusterDomain
        self.discovery = discovery
    }

    /// The controller's discovery server.
    public struct DiscoveryEndpoint: Hashable, Sendable {
        /// An IP address.
        public var address: String
        /// The port.
        public var port: Int
        /// Who must answer there, over mutual TLS; nil is plain HTTP.
        public var identity: SPIFFEID?

        /// An endpoint from its parts.
        public init(address: String, port: Int, identity: SPIFFEID?) {
            self.address = address
            self.port = port
            self.identity = identity
        }
    }
}

/// One gateway of a process.
public struct NodeGateway: Hashable, Sendable {
    /// What a gateway is for.
    public enum Role: Hashable, Sendable {
        /// In-mesh HTTP.
        case mesh
        /// Where peers come in.
        case ingress
        /// Where calls go out to peers.
        case egress
        /// Where clients outside the mesh come in: `istio-ingressgateway`.
        case northSouth
    }

    /// Its name, that of its Service.
    public var name: String
    /// Its namespace.
    public var namespace: String
    /// What it is for.
    public var role: Role
    /// The IP address it listens on.
    public var bindAddress: String
    /// Who it is.
    public var identity: SPIFFEID
    /// By which Gateway resources select it.
    public var labels: [String: String]
    /// What listens, by the Service's port numbers; a number not in here listens as itself.
    public var targetPorts: [Int: Int]

    /// A gateway from its parts.
    public init(
        name: String, namespace: String, role: Role, bindAddress: String, identity: SPIFFEID,
        labels: [String: String] = [:], targetPorts: [Int: Int] = [:]
    ) {
        self.name = name
        self.namespace = namespace
        self.role = role
        self.bindAddress = bindAddress
        self.identity = identity
        self.labels = labels
        self.targetPorts = targetPorts
    }

    /// Federation traffic.
    public static let federationPort = 15443
    /// Discovery.
    public static let discoveryPort = 8188
    /// In-mesh HTTP.
    public static let meshPort = 15080

    /// What listens for a port of the Service.
    func listeningPort(_ port: Int) -> UInt16? {
        guard let number = UInt16(exactly: targetPorts[port] ?? port), number > 0 else { return nil }
        return number
    }
}
