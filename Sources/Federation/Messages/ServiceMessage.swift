/// A port of a service as peers tell each other about it.
///
/// `protocol` is one of Istio's names (`HTTP`, `HTTP2`, `GRPC`, `TCP`, `TLS`, ...); `UnsupportedProtocol`
/// stands for a port whose protocol nobody declared.
public struct ServicePort: Hashable, Sendable {
    /// The port's name, empty when the service does not name it.
    public var name: String
    /// The service port, not the target port.
    public var port: Int
    /// Istio's name of the protocol.
    public var `protocol`: String

    /// A port as it stands in a service list.
    public init(name: String, port: Int, protocol: String) {
        self.name = name
        self.port = port
        self.protocol = `protocol`
    }
}

/// One exported service as its exporter describes it to one peer.
///
/// `name` and `namespace` are the exported ones (after aliases), `hostname` is the exported hostname.
public struct ServiceMessage: Hashable, Sendable {
    /// The exported name.
    public var name: String
    /// The exported namespace.
    public var namespace: String
    /// The exported hostname, `<name>.<namespace>.<suffix>`.
    ///
    /// Identifies the service within a list.
    public var hostname: String
    /// The service's ports.
    public var servicePorts: [ServicePort]
    /// SPIFFE IDs of the exporter's ingress gateway: what an importer must see in its certificate.
    public var serviceAccounts: [String]

    /// A service message of the given parts.
    public init(
        name: String, namespace: String, hostname: String, servicePorts: [ServicePort] = [],
        serviceAccounts: [String] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.hostname = hostname
        self.servicePorts = servicePorts
        self.serviceAccounts = serviceAccounts
    }
}

/// Every service an exporter offers one peer: the answer to `GET /v1/services/`.
public struct ServiceList: Hashable, Sendable {
    /// The checksum as the exporter stated it.
    ///
    /// Values exceed 2^53.
    public var checksum: UInt64
    /// The services in the exporter's order (sorted by hostname).
    public var services: [ServiceMessage]

    /// A list whose checksum somebody else stated.
    public init(checksum: UInt64, services: [ServiceMessage]) {
        self.checksum = checksum
        self.services = services
    }

    /// A list of our own: sorted by hostname, with its checksum computed.
    public init(services: [ServiceMessage]) {
        self.services = services.sorted(by: ServiceMessage.inListOrder)
        self.checksum = Checksum.of(services)
    }
}

extension ServiceMessage {
    /// The order of services within a list: by hostname, then by name and namespace.
    public static func inListOrder(_ a: ServiceMessage, _ b: ServiceMessage) -> Bool {
        (a.hostname, a.namespace, a.name) < (b.hostname, b.namespace, b.name)
    }
}
