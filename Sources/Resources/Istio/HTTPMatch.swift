public import Document

/// The conditions of one entry of `match`; all must hold.
public struct HTTPMatch: Hashable, Sendable {
    /// One named condition.
    public struct Named: Hashable, Sendable {
        /// The header or parameter.
        public var name: String
        /// What its value must be.
        public var match: StringMatch
    }

    /// The entry's name, empty when none.
    public var name: String
    /// The path.
    public var uri: StringMatch?
    /// True when the path is compared without regard to case.
    public var ignoresURICase: Bool
    /// The scheme.
    public var scheme: StringMatch?
    /// The method.
    public var method: StringMatch?
    /// The host as the request has it.
    public var authority: StringMatch?
    /// Headers that must be there, by name.
    public var headers: [Named]
    /// Headers that must not be there, by name.
    public var withoutHeaders: [Named]
    /// Query parameters, by name.
    public var queryParams: [Named]
    /// The port the request came in by.
    public var port: Int?
    /// The labels of the caller's workload.
    public var sourceLabels: [String: String]
    /// The namespace of the caller, empty for any.
    public var sourceNamespace: String
    /// The gateways it applies to; those of the VirtualService when empty.
    public var gateways: [String]

    /// Reads one entry.
    public init(_ node: Node) {
        name = node.text("name")
        uri = Self.match(node["uri"])
        ignoresURICase = node.flag("ignoreUriCase") ?? false
        scheme = Self.match(node["scheme"])
        method = Self.match(node["method"])
        authority = Self.match(node["authority"])
        headers = Self.named(node.members("headers"))
        withoutHeaders = Self.named(node.members("withoutHeaders"))
        queryParams = Self.named(node.members("queryParams"))
        port = node.integer("port").flatMap { $0 == 0 ? nil : $0 }
        sourceLabels = node.map("sourceLabels")
        sourceNamespace = node.text("sourceNamespace")
        gateways = node.texts("gateways")
    }

    private static func match(_ node: Node?) -> StringMatch? {
        guard let node, node.object != nil else { return nil }
        return StringMatch(node)
    }

    private static func named(_ members: [Object.Member]) -> [Named] {
        members.map { Named(name: $0.key, match: StringMatch($0.value)) }.sorted { $0.name < $1.name }
    }
}
