import Document

/// `spec` of a ServiceEntry: hosts the mesh knows besides its Services.
public struct ServiceEntrySpec: Hashable, Sendable {
    /// How endpoint addresses come about.
    public enum Resolution: String, Hashable, Sendable {
        /// Where the caller dialled.
        case none = "NONE"
        /// The listed endpoints.
        case `static` = "STATIC"
        /// All addresses of the names.
        case dns = "DNS"
        /// The first address of the names.
        case dnsRoundRobin = "DNS_ROUND_ROBIN"
    }

    /// One port.
    public struct Port: Hashable, Sendable {
        /// The port clients dial.
        public var number: Int
        /// The name.
        public var name: String
        /// The protocol spoken.
        public var applicationProtocol: ApplicationProtocol
        /// The port the endpoints listen on.
        public var targetPort: Int

        init(_ node: Node) {
            number = node.integer("number") ?? 0
            name = node.text("name")
            let declared = ApplicationProtocol(name: node.text("protocol"))
            applicationProtocol =
                node.nonEmpty("protocol") == nil
                ? ApplicationProtocol(portName: name, appProtocol: nil, port: number, transport: "TCP")
                : declared
            let target = node.integer("targetPort") ?? 0
            targetPort = target == 0 ? number : target
        }
    }

    /// The host names.
    public var hosts: [String]
    /// Virtual addresses.
    public var addresses: [String]
    /// The ports.
    public var ports: [Port]
    /// True when the hosts are outside the mesh: never exported.
    public var isMeshExternal: Bool
    /// How endpoint addresses come about.
    public var resolution: Resolution
    /// The endpoints.
    public var endpoints: [WorkloadEntrySpec]
    /// The labels of the workloads that are endpoints, nil when there is no selector.
    public var workloadSelector: [String: String]?
    /// The namespaces that see the hosts; empty means all.
    public var exportTo: [String]
    /// Names the server certificates must carry.
    public var subjectAltNames: [String]

    /// Reads the spec.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        hosts = spec.texts("hosts")
        addresses = spec.texts("addresses")
        ports = spec.list("ports").map { Port($0) }
        isMeshExternal = spec.text("location") != "MESH_INTERNAL"
        resolution = Resolution(rawValue: spec.text("resolution")) ?? .none
        endpoints = spec.list("endpoints").map { WorkloadEntrySpec(node: $0) }
        workloadSelector = spec["workloadSelector"]?["labels"]?.stringMap
        exportTo = spec.texts("exportTo")
        subjectAltNames = spec.texts("subjectAltNames")
    }
}
