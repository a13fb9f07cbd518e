public import Document
public import Resources

/// What schema validation says about an object.
public struct SchemaVerdict: Sendable {
    /// The object, pruned and with defaults.
    public var node: Node
    /// Deprecations and the like, to be shown to the client.
    public var warnings: [String]
    /// Paths of fields the schema does not know.
    public var unknownFields: [String]
    /// Rules broken.
    public var causes: [ResourceError.Cause]

    /// A verdict.
    public init(
        node: Node, warnings: [String] = [], unknownFields: [String] = [], causes: [ResourceError.Cause] = []
    ) {
        self.node = node
        self.warnings = warnings
        self.unknownFields = unknownFields
        self.causes = causes
    }
}

/// The schemas objects are checked against and that clients are told about.
public protocol ObjectSchemas: Sendable {
    /// The verdict on a whole object.
    func verdict(on node: Node, _ type: ResourceType) -> SchemaVerdict
    /// The CustomResourceDefinitions behind the custom kinds.
    var definitions: [Node] { get }
    /// `additionalPrinterColumns` of a custom kind.
    func printerColumns(_ type: ResourceType, version: String) -> [Node]
    /// `openAPIV3Schema` of a kind; `nil` when there is none.
    func openAPISchema(_ type: ResourceType, version: String) -> Node?
}

/// No schemas: every object is taken as it comes.
public struct AcceptingSchemas: ObjectSchemas {
    /// Takes everything.
    public init() {}

    /// The object unchanged.
    public func verdict(on node: Node, _ type: ResourceType) -> SchemaVerdict { SchemaVerdict(node: node) }

    /// None.
    public var definitions: [Node] { [] }

    /// None.
    public func printerColumns(_ type: ResourceType, version: String) -> [Node] { [] }

    /// None.
    public func openAPISchema(_ type: ResourceType, version: String) -> Node? { nil }
}
