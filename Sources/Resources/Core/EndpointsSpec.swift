import Document

/// The content of an Endpoints object.
public struct EndpointsSpec: Hashable, Sendable {
    /// One address.
    public struct Address: Hashable, Sendable {
        /// The IP.
        public var ip: String
        /// The host name in a headless Service, empty when none.
        public var hostname: String
        /// The node it runs on, empty when unknown.
        public var nodeName: String
        /// The Pod behind it, empty when unknown.
        public var targetName: String
    }

    /// One port.
    public struct Port: Hashable, Sendable {
        /// The name of the Service port it belongs to, empty for the only one.
        public var name: String
        /// The number.
        public var port: Int
        /// `TCP`, `UDP` or `SCTP`.
        public var transport: String
        /// The protocol spoken, nil when not declared.
        public var appProtocol: String?
    }

    /// Addresses that all have the same ports.
    public struct Subset: Hashable, Sendable {
        /// Ready ones.
        public var addresses: [Address]
        /// Ones that are not ready.
        public var notReadyAddresses: [Address]
        /// The ports.
        public var ports: [Port]
    }

    /// The subsets.
    public var subsets: [Subset]

    /// Reads the object.
    public init(_ resource: Resource) {
        subsets = resource.node.list("subsets").map { node in
            Subset(
                addresses: node.list("addresses").compactMap { Address($0) },
                notReadyAddresses: node.list("notReadyAddresses").compactMap { Address($0) },
                ports: node.list("ports").map { Port($0) })
        }
    }
}

extension EndpointsSpec.Address {
    init?(_ node: Node) {
        guard let ip = node.nonEmpty("ip") else { return nil }
        self.init(
            ip: ip, hostname: node.text("hostname"), nodeName: node.text("nodeName"),
            targetName: node["targetRef"]?.text("name") ?? "")
    }
}

extension EndpointsSpec.Port {
    init(_ node: Node) {
        self.init(
            name: node.text("name"), port: node.integer("port") ?? 0,
            transport: node.nonEmpty("protocol") ?? "TCP", appProtocol: node.nonEmpty("appProtocol"))
    }
}

/// The content of an EndpointSlice.
public struct EndpointSliceSpec: Hashable, Sendable {
    /// The label that names the Service a slice belongs to.
    public static let serviceNameLabel = "kubernetes.io/service-name"

    /// One endpoint.
    public struct Endpoint: Hashable, Sendable {
        /// Its addresses; the first one counts.
        public var addresses: [String]
        /// True unless the slice says it is not ready.
        public var isReady: Bool
        /// True when it still answers, ready or not.
        public var isServing: Bool
        /// True when it is on its way out.
        public var isTerminating: Bool
        /// The host name in a headless Service, empty when none.
        public var hostname: String
        /// The node it runs on, empty when unknown.
        public var nodeName: String
        /// The zone it runs in, empty when unknown.
        public var zone: String
        /// The Pod behind it, empty when unknown.
        public var targetName: String
    }

    /// The Service's name, empty when the label is missing.
    public var serviceName: String
    /// `IPv4`, `IPv6` or `FQDN`.
    public var addressType: String
    /// The endpoints.
    public var endpoints: [Endpoint]
    /// The ports all endpoints have.
    public var ports: [EndpointsSpec.Port]

    /// Reads the object.
    public init(_ resource: Resource) {
        serviceName = resource.labels[Self.serviceNameLabel] ?? ""
        addressType = resource.node.nonEmpty("addressType") ?? "IPv4"
        endpoints = resource.node.list("endpoints").map { node in
            let conditions = node["conditions"] ?? Node(Object())
            let isReady = conditions.flag("ready") ?? true
            return Endpoint(
                addresses: node.texts("addresses"), isReady: isReady,
                isServing: conditions.flag("serving") ?? isReady,
                isTerminating: conditions.flag("terminating") ?? false, hostname: node.text("hostname"),
                nodeName: node.text("nodeName"), zone: node.text("zone"),
                targetName: node["targetRef"]?.text("name") ?? "")
        }
        ports = resource.node.list("ports").map { EndpointsSpec.Port($0) }
    }
}
