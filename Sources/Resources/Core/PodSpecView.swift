import Document

/// What Hanse reads of a Pod: an endpoint and its labels.
public struct PodSpecView: Hashable, Sendable {
    /// One declared port.
    public struct ContainerPort: Hashable, Sendable {
        /// The name Services may use as target port, empty when none.
        public var name: String
        /// The number.
        public var port: Int
        /// `TCP`, `UDP` or `SCTP`.
        public var transport: String
    }

    /// The address, empty before one is assigned.
    public var ip: String
    /// The Pod's labels.
    public var labels: [String: String]
    /// True when the Pod reports ready and is not on its way out.
    public var isReady: Bool
    /// The account it runs as.
    public var serviceAccount: String
    /// The node it runs on, empty when none.
    public var nodeName: String
    /// The ports of all containers.
    public var ports: [ContainerPort]

    /// Reads the object.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        let status = resource.status ?? Node(Object())
        ip = status.text("podIP")
        labels = resource.labels
        let ready = status.list("conditions").first { $0.text("type") == "Ready" }
        let isOver = ["Succeeded", "Failed"].contains(status.text("phase"))
        isReady = ready?.text("status") == "True" && !isOver && resource.deletionTimestamp == nil
        serviceAccount = spec.nonEmpty("serviceAccountName") ?? "default"
        nodeName = spec.text("nodeName")
        ports = spec.list("containers").flatMap { $0.list("ports") }.map { node in
            ContainerPort(
                name: node.text("name"), port: node.integer("containerPort") ?? 0,
                transport: node.nonEmpty("protocol") ?? "TCP")
        }
    }

    /// The number of a target port: itself, or that of the port with this name.
    public func number(of target: IntOrString) -> Int? {
        switch target {
        case .int(let number): number
        case .string(let name): ports.first { $0.name == name }?.port ?? Int(name)
        }
    }
}
