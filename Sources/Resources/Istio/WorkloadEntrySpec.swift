public import Document

/// `spec` of a WorkloadEntry: a process outside Kubernetes that serves in the mesh.
///
/// Also one endpoint of a ServiceEntry.
public struct WorkloadEntrySpec: Hashable, Sendable {
    /// The IP, host name or `unix://` path.
    public var address: String
    /// The numbers of named ports; a Service port without an entry uses its target port.
    public var ports: [String: Int]
    /// The labels selectors and subsets see.
    public var labels: [String: String]
    /// The network, empty for the default one.
    public var network: String
    /// Where it runs; nil when not said.
    public var locality: Locality?
    /// Its share among the endpoints; 0 when not said.
    public var weight: Int
    /// The account it runs as, empty when not said.
    public var serviceAccount: String

    /// Reads the spec; labels of the object count where the spec does not set them.
    public init(_ resource: Resource) {
        self.init(node: resource.spec ?? Node(Object()))
        labels.merge(resource.labels) { own, _ in own }
    }

    /// Reads one endpoint of a ServiceEntry.
    public init(node: Node) {
        address = node.text("address")
        ports = [:]
        for member in node.members("ports") {
            if let port = member.value.int { ports[member.key] = Int(clamping: port) }
        }
        labels = node.map("labels")
        network = node.text("network")
        locality = node.nonEmpty("locality").map { Locality(text: $0) }
        weight = node.integer("weight") ?? 0
        serviceAccount = node.text("serviceAccount")
    }

    /// The port behind a Service port: the one of that name, else the Service's target port.
    public func number(of port: ServiceSpec.Port) -> Int? {
        if let number = ports[port.name] { return number }
        if case .string(let name) = port.targetPort, let number = ports[name] { return number }
        return port.targetNumber
    }
}
