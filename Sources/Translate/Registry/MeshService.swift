public import Resources

/// A service of this mesh with its endpoints, whatever resources describe it.
public struct MeshService: Hashable, Sendable {
    /// A port of the service.
    public struct Port: Hashable, Sendable {
        /// The port's name; empty is unnamed.
        public var name: String
        /// The number callers use.
        public var number: Int
        /// What is spoken on it.
        public var applicationProtocol: ApplicationProtocol

        /// A port from its parts.
        public init(name: String, number: Int, applicationProtocol: ApplicationProtocol) {
            self.name = name
            self.number = number
            self.applicationProtocol = applicationProtocol
        }
    }

    /// How the endpoints' addresses are meant.
    public enum Resolution: Hashable, Sendable {
        /// IP addresses.
        case `static`
        /// Host names, looked up by the gateway.
        case dns
    }

    /// Namespace and name of the resource.
    public var key: ObjectKey
    /// `<name>.<namespace>.svc.<cluster domain>`, or the host of a ServiceEntry.
    public var hostname: String
    /// The Service's labels.
    public var labels: [String: String]
    /// Its ports, in the order of the resource.
    public var ports: [Port]
    /// Its endpoints, sorted by address.
    public var endpoints: [MeshEndpoint]
    /// Whether it lies outside the mesh.
    public var isMeshExternal: Bool
    /// How the endpoints' addresses are meant.
    public var resolution: Resolution
    /// To which namespaces it is visible; empty is all.
    public var exportTo: [String]

    /// A service from its parts.
    public init(
        key: ObjectKey, hostname: String, labels: [String: String] = [:], ports: [Port],
        endpoints: [MeshEndpoint] = [], isMeshExternal: Bool = false, resolution: Resolution = .static,
        exportTo: [String] = []
    ) {
        self.key = key
        self.hostname = hostname
        self.labels = labels
        self.ports = ports
        self.endpoints = endpoints
        self.isMeshExternal = isMeshExternal
        self.resolution = resolution
        self.exportTo = exportTo
    }

    /// The service accounts of its endpoints, sorted.
    public var serviceAccounts: [String] {
        Set(endpoints.map(\.serviceAccount).filter { !$0.isEmpty }).sorted()
    }

    /// The endpoints that may be called on `port`, of those that carry `labels`.
    public func readyEndpoints(port: Int, labels: [String: String] = [:]) -> [MeshEndpoint] {
        endpoints.filter { endpoint in
            endpoint.isReady && endpoint.ports[port] != nil
                && labels.allSatisfy { endpoint.labels[$0.key] == $0.value }
        }
    }
}

/// One process that serves.
public struct MeshEndpoint: Hashable, Sendable {
    /// An IP address, or a host name where the service says so.
    public var address: String
    /// Where it listens, by the service's port numbers.
    public var ports: [Int: Int]
    /// By which subsets select it.
    public var labels: [String: String]
    /// Whether it may be called.
    public var isReady: Bool
    /// Where it runs; nil is unknown.
    public var locality: Locality?
    /// The service account's name; empty is unknown.
    public var serviceAccount: String
    /// Its share; 0 is 1.
    public var weight: Int

    /// An endpoint from its parts.
    public init(
        address: String, ports: [Int: Int], labels: [String: String] = [:], isReady: Bool = true,
        locality: Locality? = nil, serviceAccount: String = "", weight: Int = 0
    ) {
        self.address = address
        self.ports = ports
        self.labels = labels
        self.isReady = isReady
        self.locality = locality
        self.serviceAccount = serviceAccount
        self.weight = weight
    }
}
