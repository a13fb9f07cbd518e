public import Document

/// Selects services by name, and names them anew.
public struct NameSelector: Hashable, Sendable {
    /// What a service is called on the other side; empty and `*` keep the part.
    public struct Alias: Hashable, Sendable {
        /// The new namespace.
        public var namespace: String
        /// The new name.
        public var name: String

        /// Makes an alias.
        public init(namespace: String = "", name: String = "") {
            self.namespace = namespace
            self.name = name
        }
    }

    /// The namespace; empty and `*` match any.
    public var namespace: String
    /// The name; empty and `*` match any.
    public var name: String
    /// The alias, nil when there is none.
    public var alias: Alias?

    /// Makes a selector.
    public init(namespace: String = "", name: String = "", alias: Alias? = nil) {
        self.namespace = namespace
        self.name = name
        self.alias = alias
    }

    /// Reads `{namespace, name, alias{namespace, name}}`.
    public init(_ node: Node) {
        self.init(namespace: node.text("namespace"), name: node.text("name"))
        if let alias = node["alias"], alias.object != nil {
            self.alias = Alias(namespace: alias.text("namespace"), name: alias.text("name"))
        }
    }

    /// True when the selector takes a service; comparison is exact but for the two wildcards.
    public func matches(namespace: String, name: String) -> Bool {
        Self.matches(self.namespace, namespace) && Self.matches(self.name, name)
    }

    /// The name and namespace after the alias.
    public func renamed(namespace: String, name: String) -> (namespace: String, name: String) {
        guard let alias else { return (namespace, name) }
        return (
            Self.isAny(alias.namespace) ? namespace : alias.namespace,
            Self.isAny(alias.name) ? name : alias.name
        )
    }

    /// True for the two ways to write "any": empty and `*`.
    public static func isAny(_ part: String) -> Bool { part.isEmpty || part == "*" }

    static func matches(_ pattern: String, _ part: String) -> Bool { isAny(pattern) || pattern == part }
}
