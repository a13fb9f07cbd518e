import Bytes
import Document

/// Goes through one document along its schema: prunes what the schema does not know, fills in defaults, and collects
/// everything that is wrong.
struct SchemaWalker {
    private(set) var problems: [SchemaProblem] = []
    private(set) var unknown: [FieldPath] = []
    private(set) var deprecated: [(path: FieldPath, why: String)] = []

    /// The document as the schema allows it.
    ///
    /// Values of the wrong type stay as they are, with a problem.
    mutating func walk(_ node: Node, _ schema: Schema, _ path: FieldPath) -> Node {
        if let why = schema.deprecation { deprecated.append((path, why)) }
        if node.isNull && schema.isNullable { return node }
        guard hasRightType(node, schema) else {
            let expected = schema.isIntOrString ? "integer or string" : schema.kind?.rawValue ?? "any"
            problems.append(
                SchemaProblem(path, at: node) {
                    .typeInvalid($0, expected: expected, found: Self.typeName(node))
                })
            return node
        }
        checkValue(node, schema, path)
        switch node.value {
        case .object(let object): return walkObject(object, node, schema, path)
        case .array(let elements): return walkList(elements, node, schema, path)
        default: return node
        }
    }

    private mutating func walkObject(
        _ object: Object, _ node: Node, _ schema: Schema, _ path: FieldPath
    ) -> Node {
        var members: [Object.Member] = []
        members.reserveCapacity(object.count)
        for member in object.members {
            let memberPath = path.appending(member.key)
            guard let child = schema.member(member.key) else {
                if schema.preservesUnknown {
                    members.append(member)
                } else {
                    unknown.append(memberPath)
                }
                continue
            }
            var kept = member
            if member.value.isNull, !child.isNullable, child.kind != nil || child.isIntOrString {
                // Null means absent here, as encoders that cannot leave fields out write it.
                guard let value = child.defaultValue else { continue }
                kept.value = value
            }
            kept.value = walk(kept.value, child, memberPath)
            members.append(kept)
        }
        var result = Object(members: members)
        for property in schema.properties {
            guard let value = property.schema.defaultValue, result[property.name] == nil else { continue }
            result[property.name] = walk(value, property.schema, path.appending(property.name))
        }
        for name in schema.required where result[name] == nil {
            problems.append(.required(path.appending(name), in: node))
        }
        return Node(.object(result), position: node.position)
    }

    private mutating func walkList(
        _ elements: [Node], _ node: Node, _ schema: Schema, _ path: FieldPath
    ) -> Node {
        guard let items = schema.items else { return node }
        var result: [Node] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            result.append(walk(element, items, path.appending(index)))
        }
        checkUnique(result, schema, path)
        return Node(.array(result), position: node.position)
    }

    private mutating func checkUnique(_ elements: [Node], _ schema: Schema, _ path: FieldPath) {
        var seen: Set<String> = []
        for (index, element) in elements.enumerated() {
            let identity: Node
            switch schema.listKind {
            case .atomic: return
            case .set: identity = element
            case .map(let keys):
                identity = Node(
                    Object(members: keys.map { Object.Member(key: $0, value: element[$0] ?? .null) }))
            }
            if !seen.insert(JSON.serialize(identity, sortedKeys: true)).inserted {
                let place = path.appending(index)
                problems.append(
                    SchemaProblem(place, at: element) {
                        .duplicate($0, value: JSON.serialize(identity))
                    })
            }
        }
    }

    private mutating func checkValue(_ node: Node, _ schema: Schema, _ path: FieldPath) {
        func report(_ why: String) {
            problems.append(.invalid(path, node, "\(path) in body \(why)"))
        }
        if !schema.enumeration.isEmpty, !schema.enumeration.contains(node) {
            let allowed = schema.enumeration.map { $0.string ?? JSON.serialize($0) }
            problems.append(.notSupported(path, node, allowed))
            return
        }
        if let number = node.double {
            if let least = schema.minimum, number < least {
                report("should be greater than or equal to \(Self.text(least))")
            }
            if let greatest = schema.maximum, number > greatest {
                report("should be less than or equal to \(Self.text(greatest))")
            }
        }
        if let text = node.string {
            let length = text.unicodeScalars.count
            if let least = schema.minLength, length < least {
                report("should be at least \(least) chars long")
            }
            if let greatest = schema.maxLength, length > greatest {
                problems.append(
                    SchemaProblem(path, at: node) {
                        ResourceError.Cause(
                            reason: "FieldValueTooLong",
                            message: "Too long: may not be longer than \(greatest)",
                            field: $0)
                    })
            }
        }
        if let count = node.array?.count {
            if let least = schema.minItems, count < least {
                problems.append(
                    .invalid(path, Node(count), "\(path) in body should have at least \(least) items"))
            }
            if let greatest = schema.maxItems, count > greatest {
                problems.append(
                    SchemaProblem(path, at: node) {
                        ResourceError.Cause(
                            reason: "FieldValueTooMany",
                            message: "Too many: \(count): must have at most \(greatest) items", field: $0)
                    })
            }
        }
        if !schema.format.isEmpty, !ValueFormat.matches(node, schema.format) {
            problems.append(
                SchemaProblem(path, at: node) {
                    ResourceError.Cause(
                        reason: "FieldValueTypeInvalid",
                        message:
                            "Invalid value: \(SchemaProblem.quoted(node)): \($0) in body must be of type "
                            + "\(schema.format): \(SchemaProblem.quoted(node))", field: $0)
                })
        }
    }

    private func hasRightType(_ node: Node, _ schema: Schema) -> Bool {
        if schema.isIntOrString { return node.string != nil || node.int != nil }
        switch schema.kind {
        case nil: return true
        case .object: return node.object != nil
        case .array: return node.array != nil
        case .string: return node.string != nil
        case .boolean: return node.bool != nil
        case .integer: return node.int != nil || node.uint != nil
        case .number: return node.double != nil
        }
    }

    private static func typeName(_ node: Node) -> String {
        switch node.value {
        case .null: "null"
        case .bool: "boolean"
        case .int, .uint: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private static func text(_ number: Double) -> String {
        Int64(exactly: number).map(String.init) ?? String(number)
    }
}

/// The formats texts and numbers may be asked to have.
enum ValueFormat {
    /// True when a value has a format; formats that promise nothing always fit.
    static func matches(_ node: Node, _ format: String) -> Bool {
        switch format {
        case "int32": return node.int.map { Int32(exactly: $0) != nil } ?? true
        case "date-time": return node.string.map { WallTime(rfc3339: $0) != nil } ?? true
        case "duration": return node.string.map { Duration(go: $0) != nil } ?? true
        case "byte": return node.string.map { Base64.decode($0) != nil } ?? true
        case "ipv4": return node.string.map { IPAddress($0).map { !$0.isV6 } ?? false } ?? true
        case "ipv6": return node.string.map { IPAddress($0)?.isV6 ?? false } ?? true
        case "ip": return node.string.map { IPAddress($0) != nil } ?? true
        default: return true
        }
    }
}
