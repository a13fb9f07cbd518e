public import Document

extension Schema {
    /// Reads the `openAPIV3Schema` of a CustomResourceDefinition.
    ///
    /// Throws what it cannot enforce.
    public static func read(_ node: Node, path: FieldPath = FieldPath()) throws(DocumentError) -> Schema {
        guard let object = node.object else {
            throw DocumentError(Finding(position: node.position, path: path, message: "expected an object"))
        }
        for member in object.members where !known.contains(member.key) {
            throw DocumentError(
                Finding(
                    position: member.keyPosition, path: path.appending(member.key),
                    message: "schemas may not use this keyword, it is not enforced"))
        }
        let text = node["type"]?.string
        let kind = text.flatMap { Kind(rawValue: $0) }
        let isIntOrString = node["x-kubernetes-int-or-string"]?.bool ?? false
        if kind == nil,
            text != nil || !(isIntOrString || node.flag("x-kubernetes-preserve-unknown-fields") == true)
        {
            throw DocumentError(
                Finding(
                    position: node.position, path: path.appending("type"),
                    message: "expected object, array, string, integer, number or boolean"))
        }
        var properties: [Property] = []
        for member in node.members("properties") {
            let path = path.appending("properties").appending(member.key)
            properties.append(Property(name: member.key, schema: try read(member.value, path: path)))
        }
        var additional: Schema?
        if let node = node["additionalProperties"] {
            additional =
                node.bool == true ? .any : try read(node, path: path.appending("additionalProperties"))
        }
        var items: Schema?
        if let node = node["items"] { items = try read(node, path: path.appending("items")) }
        let listKind: ListKind
        switch node.text("x-kubernetes-list-type") {
        case "map": listKind = .map(keys: node.texts("x-kubernetes-list-map-keys"))
        case "set": listKind = .set
        default: listKind = .atomic
        }
        return Schema(
            kind, description: node.text("description"), isNullable: node.flag("nullable") ?? false,
            isIntOrString: isIntOrString,
            preservesUnknown: node.flag("x-kubernetes-preserve-unknown-fields") ?? false,
            properties: properties, additional: additional, items: items, required: node.texts("required"),
            enumeration: node.list("enum"), format: node.text("format"), minimum: node["minimum"]?.double,
            maximum: node["maximum"]?.double, minLength: node.integer("minLength"),
            maxLength: node.integer("maxLength"), minItems: node.integer("minItems"),
            maxItems: node.integer("maxItems"), defaultValue: node["default"], listKind: listKind)
    }

    /// `anyOf` is read over: it stands beside int-or-string only, and repeats it.
    private static let known: Set<String> = [
        "type", "description", "nullable", "properties", "additionalProperties", "items", "required", "enum",
        "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default", "anyOf",
        "title", "example", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type",
    ]
}
