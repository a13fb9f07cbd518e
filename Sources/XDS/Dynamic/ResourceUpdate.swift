internal import Document
public import EnvoyConfig

/// Resources as a source offers them: to be taken whole or not at all.
public struct ResourceUpdate: Sendable {
    /// Their kind.
    public var kind: ResourceKind
    /// The version of the offer; of a resource without one of its own too.
    public var version: String
    /// The resources.
    public var resources: [DynamicResource]
    /// Versions of single resources, by name.
    public var versions: [String: String] = [:]
    /// True when what is not among `resources` is gone.
    public var isWhole: Bool
    /// Names that are gone.
    public var removed: Set<String> = []
    /// Names that were asked for and that the source says are not there: nobody waits for them any more.
    public var absent: Set<String> = []

    /// An offer from its parts.
    public init(_ kind: ResourceKind, version: String, _ resources: [DynamicResource], isWhole: Bool) {
        self.kind = kind
        self.version = version
        self.resources = resources
        self.isWhole = isWhole
    }

    /// The answer to one question, from a file or a poll.
    ///
    /// A list without the resource that was asked for changes nothing: what there was is kept.
    init(answer response: DiscoveryResponse, to key: SubscriptionKey) throws(ConfigError) {
        self.init(
            key.kind, version: response.versionInfo, response.resources, isWhole: key.isWhole)
        guard !key.isWhole else { return }
        var findings: [ConfigFinding] = []
        for resource in response.resources where resource.name != key.name {
            findings.append(
                ConfigFinding(
                    resourceType: resource.typeName, resourceName: resource.name,
                    path: key.kind == .endpoints ? "cluster_name" : "name",
                    reason: "was not asked for: \(key.kind.rawValue) '\(key.name)' was"))
        }
        guard findings.isEmpty else { throw ConfigError(findings: findings) }
        if response.resources.isEmpty { absent = [key.name] }
    }
}
