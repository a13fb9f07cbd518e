public import Document

/// What a client wants to hear about fields a schema does not know.
///
/// They are pruned in every mode.
public enum FieldValidation: String, Sendable, Hashable, CaseIterable {
    /// They are errors.
    case strict = "Strict"
    /// They are warnings.
    case warn = "Warn"
    /// Nothing is said.
    case ignore = "Ignore"
}

/// What became of a document under its schema and rules.
public struct ValidationResult: Sendable {
    /// The object, pruned and with defaults.
    public var resource: Resource
    /// Texts for `Warning` headers: deprecated fields, and unknown ones in warn mode.
    public var warnings: [String]
    /// Fields the schema does not know, in the order of the document.
    public var unknownFields: [FieldPath]
    /// Everything wrong, in the order of the document.
    public var problems: [SchemaProblem]
    /// The mode the document was checked in.
    public var mode: FieldValidation

    /// Everything wrong, as the API answers it.
    public var causes: [ResourceError.Cause] { problems.map(\.cause) }

    /// The answer to a client whose document cannot be taken; nil when it can.
    public var error: ResourceError? {
        if mode == .strict, !unknownFields.isEmpty {
            let version = ResourceType.split(apiVersion: resource.apiVersion).version
            return .strictDecoding(
                resource.type, version: version, problems: unknownFields.map { "unknown field \"\($0)\"" },
                causes: causes)
        }
        return problems.isEmpty ? nil : .invalid(resource.type, resource.name, causes: causes)
    }
}

/// One column `kubectl get` shows for a custom resource.
public struct PrinterColumn: Sendable, Hashable {
    /// The heading.
    public var name: String
    /// `string`, `integer`, `number`, `boolean` or `date`.
    public var type: String
    /// A hint such as `name`, empty for none.
    public var format: String
    /// What the column means.
    public var description: String
    /// The JSONPath of the value, such as `.spec.hosts`.
    public var jsonPath: String
    /// Above 0 the column is shown with `-o wide` only.
    public var priority: Int
}

/// The schemas of all kinds: of the custom ones as their CustomResourceDefinitions have it, of built-in ones by hand.
public struct SchemaRegistry: Sendable {
    private struct Definition: Sendable {
        var schema: Schema
        var node: Node
        var columns: [PrinterColumn]
    }

    /// The CustomResourceDefinitions, in the order given.
    public let definitions: [Resource]
    private let custom: [ResourceType: [String: Definition]]

    /// Reads CustomResourceDefinitions.
    ///
    /// Throws when one is not usable or defines a kind nobody knows.
    public init(crds: [Node]) throws(DocumentError) {
        var custom: [ResourceType: [String: Definition]] = [:]
        var definitions: [Resource] = []
        for crd in crds {
            let group = crd.at("spec", "group")?.string ?? ""
            let kind = crd.at("spec", "names", "kind")?.string ?? ""
            guard let type = ResourceType.find(group: group, kind: kind), type.isCustom else {
                throw DocumentError(
                    Finding(
                        position: crd.position, path: FieldPath("spec", "names", "kind"),
                        message: "\"\(kind)\" of group \"\(group)\" is not a custom kind of Hanse"))
            }
            for (index, version) in (crd["spec"]?.list("versions") ?? []).enumerated() {
                let path = FieldPath("spec", "versions").appending(index).appending("schema")
                    .appending("openAPIV3Schema")
                let node = version.at("schema", "openAPIV3Schema") ?? .null
                custom[type, default: [:]][version.text("name")] = Definition(
                    schema: try Schema.read(node, path: path), node: node,
                    columns: version.list("additionalPrinterColumns").map { PrinterColumn($0) })
            }
            definitions.append(Resource(type: .customResourceDefinition, node: crd))
        }
        self.custom = custom
        self.definitions = definitions
    }

    /// The schema of a kind in one of its versions (the preferred one when nil); nil when there is none.
    public func schema(for type: ResourceType, version: String? = nil) -> Schema? {
        guard type.isCustom else { return BuiltInSchemas.schema(for: type) }
        return custom[type]?[version ?? type.versions.first ?? ""]?.schema
    }

    /// The schema of a custom kind as OpenAPI, nil for other kinds.
    public func openAPI(for type: ResourceType, version: String? = nil) -> Node? {
        custom[type]?[version ?? type.versions.first ?? ""]?.node
    }

    /// The columns of a custom kind, empty for other kinds.
    public func printerColumns(for type: ResourceType, version: String? = nil) -> [PrinterColumn] {
        custom[type]?[version ?? type.versions.first ?? ""]?.columns ?? []
    }

    /// Prunes a document, fills in defaults, and checks it against its schema and the rules of its kind.
    ///
    /// Rules are checked only where the schema is kept, so one mistake is reported once.
    public func validate(_ resource: Resource, mode: FieldValidation = .warn) -> ValidationResult {
        var walker = SchemaWalker()
        var result = resource
        let version = ResourceType.split(apiVersion: resource.apiVersion).version
        if let schema = schema(for: resource.type, version: version) {
            result.node = walkRoot(&walker, resource.node, schema)
        }
        var problems = walker.problems
        problems += SemanticRules.check(result, typeProblems: problems)
        let unknown = walker.unknown
        var warnings = walker.deprecated.map { "\($0.path) is deprecated: \($0.why)" }
        if mode == .warn { warnings = unknown.map { "unknown field \"\($0)\"" } + warnings }
        if mode == .ignore { warnings = [] }
        return ValidationResult(
            resource: result, warnings: warnings, unknownFields: unknown, problems: problems, mode: mode)
    }

    /// Fills in defaults of a stored object, for reads.
    public func defaulted(_ resource: Resource) -> Resource {
        guard let schema = schema(for: resource.type, version: nil) else { return resource }
        var walker = SchemaWalker()
        var result = resource
        result.node = walkRoot(&walker, resource.node, schema)
        return result
    }

    private func walkRoot(_ walker: inout SchemaWalker, _ node: Node, _ schema: Schema) -> Node {
        var body = node
        let head = ["apiVersion", "kind", "metadata"]
        for key in head { body[key] = nil }
        var result = Node(Object())
        for key in head {
            guard let value = node[key] else { continue }
            let schema = key == "metadata" ? BuiltInSchemas.metadata : Schema.text
            result[key] = walker.walk(value, schema, FieldPath(key))
        }
        let walked = walker.walk(body, schema, FieldPath())
        var members = result.object?.members ?? []
        members += (walked.object?.members ?? []).filter { !head.contains($0.key) }
        return Node(.object(Object(members: members)), position: node.position)
    }
}

extension PrinterColumn {
    init(_ node: Node) {
        self.init(
            name: node.text("name"), type: node.nonEmpty("type") ?? "string", format: node.text("format"),
            description: node.text("description"), jsonPath: node.text("jsonPath"),
            priority: node.integer("priority") ?? 0)
    }
}
