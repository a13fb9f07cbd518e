import Document

/// `spec` of a DestinationRule: subsets of a host and how to talk to it.
public struct DestinationRuleSpec: Hashable, Sendable {
    /// Endpoints of a host that carry certain labels.
    public struct Subset: Hashable, Sendable {
        /// The name routes use.
        public var name: String
        /// The labels; without any the subset is the whole host.
        public var labels: [String: String]
        /// What differs from the host's policy, nil when nothing.
        public var trafficPolicy: TrafficPolicy?
    }

    /// The host: a short name, a full one or one that begins with `*.`.
    public var host: String
    /// The policy of all subsets, nil when none is given.
    public var trafficPolicy: TrafficPolicy?
    /// The subsets.
    public var subsets: [Subset]
    /// The namespaces it applies in; empty means all.
    public var exportTo: [String]
    /// The labels of the clients it applies to, nil for all.
    public var workloadSelector: [String: String]?

    /// Reads the spec.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        host = spec.text("host")
        trafficPolicy = TrafficPolicy(spec["trafficPolicy"])
        subsets = spec.list("subsets").map { node in
            Subset(
                name: node.text("name"), labels: node.map("labels"),
                trafficPolicy: TrafficPolicy(node["trafficPolicy"]))
        }
        exportTo = spec.texts("exportTo")
        workloadSelector = spec["workloadSelector"]?["matchLabels"]?.stringMap
    }

    /// The subset of a name.
    public func subset(_ name: String) -> Subset? { subsets.first { $0.name == name } }
}
