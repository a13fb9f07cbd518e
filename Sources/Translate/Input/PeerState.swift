public import Resources

/// A peer, as its ServiceMeshPeer and discovery describe it.
public struct PeerState: Hashable, Sendable {
    /// Where a peer's ingress gateway is.
    public struct Address: Hashable, Sendable {
        /// As the ServiceMeshPeer has it: an IP address or a host name.
        public var host: String
        /// What a host name was resolved to; empty leaves that to the gateway.
        public var resolved: [String]

        /// An address from its parts.
        public init(_ host: String, resolved: [String] = []) {
            self.host = host
            self.resolved = resolved
        }
    }

    /// A service that this peer may call.
    public struct Export: Hashable, Sendable {
        /// The local service's hostname.
        public var hostname: String
        /// What the peer calls it: `<name>.<namespace>.svc.<peer>-exports.local`.
        public var exportedHostname: String

        /// An export from its parts.
        public init(hostname: String, exportedHostname: String) {
            self.hostname = hostname
            self.exportedHostname = exportedHostname
        }
    }

    /// A service of the peer that is imported.
    public struct Import: Hashable, Sendable {
        /// What the peer calls it.
        public var exportedHostname: String
        /// Its ports, as the peer announced them.
        public var ports: [MeshService.Port]
        /// The SPIFFE IDs of the peer's ingress gateway, as announced.
        public var serviceAccounts: [String]
        /// The local name's namespace.
        public var namespace: String
        /// The local name: a hostname of this mesh.
        public var hostname: String
        /// Whether it joins the local service of that name.
        public var importAsLocal: Bool
        /// Where it is; nil is unknown.
        public var locality: Locality?
        /// How many endpoints serve it, as far as is known; nil is unknown and taken for some.
        public var readyEndpoints: Int?

        /// An import from its parts.
        public init(
            exportedHostname: String, ports: [MeshService.Port], serviceAccounts: [String], namespace: String,
            hostname: String, importAsLocal: Bool = false, locality: Locality? = nil,
            readyEndpoints: Int? = nil
        ) {
            self.exportedHostname = exportedHostname
            self.ports = ports
            self.serviceAccounts = serviceAccounts
            self.namespace = namespace
            self.hostname = hostname
            self.importAsLocal = importAsLocal
            self.locality = locality
            self.readyEndpoints = readyEndpoints
        }
    }

    /// The ServiceMeshPeer's name.
    public var name: String
    /// Its namespace.
    public var namespace: String
    /// Where its ingress gateway is.
    public var addresses: [Address]
    /// The port of its ingress gateway for discovery.
    public var discoveryPort: Int
    /// The port of its ingress gateway for services.
    public var servicePort: Int
    /// Its trust domain; nil trusts nobody.
    public var trustDomain: TrustDomain?
    /// The roots of that trust domain, PEM; empty trusts nobody.
    public var bundle: [String]
    /// Who may call us; nil is nobody.
    public var clientID: ClientID?
    /// The local gateway it comes in by.
    public var ingressName: String
    /// The local gateway that calls it.
    public var egressName: String
    /// Who the local egress gateway is and where, for gateways of other processes.
    public var egressIdentity: SPIFFEID?
    /// The IP addresses of the local egress gateway.
    public var egressAddresses: [String]
    /// The checksum of the peer's remote section; discovery calls carry it.
    ///
    /// Nil matches any.
    public var remoteChecksum: UInt64?
    /// Who must answer discovery calls; empty is any identity in the namespace of the client ID.
    public var discoveryServerIDs: [SPIFFEID]
    /// Whether the peer's gateway speaks HTTP itself and takes h2 by ALPN, as Hanse's does.
    public var negotiatesHTTP: Bool
    /// What it may call.
    public var exports: [Export]
    /// What is imported from it.
    public var imports: [Import]

    /// A peer without exports and imports.
    public init(
        name: String, namespace: String, addresses: [Address], discoveryPort: Int = 8188,
        servicePort: Int = 15443,
        trustDomain: TrustDomain?, bundle: [String], clientID: ClientID?, ingressName: String,
        egressName: String,
        egressIdentity: SPIFFEID? = nil, egressAddresses: [String] = [], remoteChecksum: UInt64? = nil,
        discoveryServerIDs: [SPIFFEID] = [], negotiatesHTTP: Bool = false, exports: [Export] = [],
        imports: [Import] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.addresses = addresses
        self.discoveryPort = discoveryPort
        self.servicePort = servicePort
        self.trustDomain = trustDomain
        self.bundle = bundle
        self.clientID = clientID
        self.ingressName = ingressName
        self.egressName = egressName
        self.egressIdentity = egressIdentity
        self.egressAddresses = egressAddresses
        self.remoteChecksum = remoteChecksum
        self.discoveryServerIDs = discoveryServerIDs
        self.negotiatesHTTP = negotiatesHTTP
        self.exports = exports
        self.imports = imports
    }

    /// What the exporter's ingress gateway is asked for when its discovery is called.
    public var discoveryHostname: String { "discovery.\(namespace).svc.\(name).local" }
}
