/// `envoy.extensions.clusters.aggregate.v3.ClusterConfig`: other clusters, whose priorities follow each other.
///
/// Each member keeps its own TLS, connections, checks and limits.
public struct AggregateCluster: MappedMessage, Hashable {
    /// The protobuf name.
    static let messageName = "envoy.extensions.clusters.aggregate.v3.ClusterConfig"

    /// The members by name, the first preferred.
    ///
    /// One that does not exist, or has no endpoints, is passed over.
    public var clusters: [String] = []

    /// Without members.
    public init() {}

    /// Members, the first preferred.
    public init(_ clusters: [String]) {
        self.clusters = clusters
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.strings("clusters", &clusters, minimum: 1)
        for (index, name) in clusters.enumerated() where fields.isReading && name.isEmpty {
            fields.fault("must not be empty", .key("clusters"), .index(index))
        }
    }
}

extension Cluster {
    /// Reports what belongs to the members of an aggregate and would mean nothing on the aggregate itself.
    func checkAggregate(_ aggregate: AggregateCluster, _ fields: FieldMapper) {
        let path = ConfigReader.Context.Step.key("cluster_type")
        if aggregate.clusters.contains(name) {
            fields.fault("must not name the cluster itself: '\(name)'", path, .key("typed_config"))
        }
        if lbPolicy != .clusterProvided {
            fields.fault("must be CLUSTER_PROVIDED for an aggregate cluster", .key("lb_policy"))
        }
        for (key, isSet) in [
            ("load_assignment", loadAssignment != nil), ("eds_cluster_config", edsClusterConfig != nil),
            ("transport_socket", transportSocket != nil), ("health_checks", !healthChecks.isEmpty),
            ("outlier_detection", outlierDetection != nil),
            ("typed_extension_protocol_options", httpProtocol != nil),
        ] where isSet {
            fields.fault("must not be set for an aggregate cluster; it belongs to its members", .key(key))
        }
    }
}

extension ResourceChecks {
    /// What only all clusters together show of aggregates: members that are aggregates, and, where no others can
    /// come, members that do not exist.
    static func check(
        aggregates clusters: [Cluster], isComplete: Bool, _ context: ConfigReader.Context
    ) {
        let names = Set(clusters.map(\.name))
        for finding in aggregateFaults(clusters) {
            context.scoped(type: Cluster.shortName, name: finding.cluster) {
                context.add(finding.reason, under: .key("cluster_type"))
            }
        }
        guard isComplete else { return }
        for cluster in clusters {
            for member in cluster.aggregate?.clusters ?? [] where !names.contains(member) && !member.isEmpty {
                context.scoped(type: Cluster.shortName, name: cluster.name) {
                    context.add("names an unknown cluster '\(member)'", under: .key("cluster_type"))
                }
            }
        }
    }

    /// Members that are aggregates themselves: Envoy finds no endpoints in those.
    public static func aggregateFaults(_ clusters: [Cluster]) -> [(cluster: String, reason: String)] {
        let aggregates = Set(clusters.lazy.filter { $0.aggregate != nil }.map(\.name))
        guard !aggregates.isEmpty else { return [] }
        return clusters.flatMap { cluster in
            (cluster.aggregate?.clusters ?? []).filter { aggregates.contains($0) && $0 != cluster.name }
                .map { (cluster.name, "must not name an aggregate cluster: '\($0)'") }
        }
    }
}
