public import Document

/// One fault of an Envoy resource: which resource, which field, what is wrong.
public struct ConfigFinding: Hashable, Sendable, CustomStringConvertible {
    /// The message name without its package: `Listener`, `Cluster`, `RouteConfiguration`...
    public var resourceType: String
    /// The resource's own name; empty when it has none.
    public var resourceName: String
    /// Where in the resource, keys as they were written: `filter_chains[0].filters`.
    ///
    /// Empty is the resource itself.
    public var path: String
    /// What is wrong, for a person.
    public var reason: String
    /// Where in the document; unknown when the document was not text.
    public var position: Position

    /// A finding from its parts.
    public init(
        resourceType: String, resourceName: String, path: String, reason: String,
        position: Position = Position(line: 0, column: 0)
    ) {
        self.resourceType = resourceType
        self.resourceName = resourceName
        self.path = path
        self.reason = reason
        self.position = position
    }

    /// `<Type> '<name>': <field path>: <reason>`, on one line whatever the resource is called.
    public var description: String {
        let head = "\(resourceType) '\(resourceName)': "
        return (path.isEmpty ? head + reason : head + path + ": " + reason).onOneLine
    }
}

/// A configuration that was refused, with all its faults.
public struct ConfigError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found, in document order; never empty.
    public var findings: [ConfigFinding]

    /// An error with these findings.
    public init(findings: [ConfigFinding]) {
        self.findings = findings
    }

    /// The findings joined by `; `, as a NACK carries them.
    public var description: String {
        findings.map(\.description).joined(separator: "; ")
    }
}
