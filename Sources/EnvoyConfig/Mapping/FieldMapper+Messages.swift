import Document

extension FieldMapper {
    /// Each element of a list, with its index in the path.
    mutating func list(
        _ name: String, minimum: Int, maximum: Int = .max, _ body: (Node, ConfigReader.Context) -> Void
    ) {
        guard let context else { return }
        var count = 0
        read(name, required: false) { node, context in
            guard let elements = node.array else { return context.add("must be a list", at: node.position) }
            count = elements.count
            guard count <= maximum else {
                return context.add("at most \(maximum) items", at: node.position)
            }
            for (index, element) in elements.enumerated() {
                context.within(.index(index)) { body(element, context) }
            }
        }
        if count < minimum {
            context.add("at least \(minimum) item\(minimum == 1 ? "" : "s")", under: .key(name))
        }
    }

    static func message<M: ConfigMessage>(_ node: Node, _ context: ConfigReader.Context) -> M {
        var reader = ConfigReader(context: context)
        return M(reading: node, reader: &reader)
    }

    /// A message that may be absent.
    mutating func message<M: ConfigMessage>(_ name: String, _ value: inout M?) {
        guard isReading else {
            if let value { write(name, value.node) }
            return
        }
        read(name, required: false) { node, context in value = Self.message(node, context) }
    }

    /// A message that is required, or whose absence equals its defaults.
    mutating func message<M: ConfigMessage>(_ name: String, _ value: inout M, required: Bool) {
        guard isReading else {
            let node = value.node
            if required || node.object?.isEmpty == false { write(name, node) }
            return
        }
        read(name, required: required) { node, context in value = Self.message(node, context) }
    }

    /// A list of messages.
    mutating func messages<M: ConfigMessage>(
        _ name: String, _ value: inout [M], minimum: Int = 0, maximum: Int = .max
    ) {
        guard isReading else {
            if !value.isEmpty { write(name, Node(.array(value.map(\.node)))) }
            return
        }
        list(name, minimum: minimum, maximum: maximum) { node, context in
            value.append(Self.message(node, context))
        }
    }

    /// A map from names to messages; written in the order of the names.
    mutating func messages<M: ConfigMessage>(_ name: String, _ value: inout [String: M]) {
        guard isReading else {
            guard !value.isEmpty else { return }
            var object = Object()
            for (key, message) in value.sorted(by: { $0.key < $1.key }) { object[key] = message.node }
            write(name, Node(.object(object)))
            return
        }
        read(name, required: false) { node, context in
            guard let object = node.object else { return context.add("must be an object", at: node.position) }
            for member in object.members {
                context.within(.key(member.key)) {
                    if let fault = TextRule.line.fault(of: member.key) {
                        context.add(fault, at: member.keyPosition)
                    }
                    value[member.key] = Self.message(member.value, context)
                }
            }
        }
    }

    /// A `google.protobuf.Struct`: any object, kept as it is.
    mutating func structure(_ name: String, _ value: inout Node?) {
        guard isReading else {
            if let value { write(name, value) }
            return
        }
        read(name, required: false) { node, context in
            guard node.object != nil else { return context.add("must be an object", at: node.position) }
            value = node
        }
    }

    /// Fields of a message that has no struct of its own: `body` maps them one level down.
    mutating func group(_ name: String, required: Bool = false, _ body: (inout FieldMapper) -> Void) {
        guard isReading else {
            var inner = FieldMapper()
            body(&inner)
            if required || !inner.output.isEmpty { write(name, Node(.object(inner.output))) }
            return
        }
        read(name, required: required) { node, context in Self.group(node, context, body) }
    }

    /// Reads `node` as a message without a struct.
    static func group(_ node: Node, _ context: ConfigReader.Context, _ body: (inout FieldMapper) -> Void) {
        guard let object = node.object else { return context.add("must be an object", at: node.position) }
        var inner = FieldMapper(reading: object, at: node.position, context: context)
        body(&inner)
        inner.finishReading()
    }

    /// The content of an Any by its `@type`: `read` gets the type name and the fields without it, and answers
    /// whether it knows the type.
    static func any(
        _ node: Node, allowed: [String], _ context: ConfigReader.Context, _ read: (String, Node) -> Void
    ) {
        guard let object = node.object else { return context.add("must be an object", at: node.position) }
        guard let url = object["@type"]?.string else {
            return context.add("@type is required", at: node.position)
        }
        let type = url.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? url
        guard url == typeURLPrefix + type, allowed.contains(type) else {
            let names = allowed.joined(separator: ", ")
            return context.add(
                "\"\(url)\" is not supported; allowed: \(names)", under: .key("@type"), at: node.position)
        }
        var fields = object
        fields.remove("@type")
        read(type, Node(.object(fields), position: node.position))
    }

    // MARK: alternatives of a oneof

    mutating func alternative(
        _ name: String, string value: String?, as rule: TextRule = .line, _ set: (String) -> Void
    ) {
        alternative(name, value, write: { Node(.string($0)) }) { node, context in
            set(Self.string(node, context, as: rule) ?? "")
        }
    }

    mutating func alternative(_ name: String, bool value: Bool?, _ set: (Bool) -> Void) {
        alternative(name, value, write: { Node(.bool($0)) }) { node, context in
            guard let bool = node.bool else { return context.add("must be true or false", at: node.position) }
            set(bool)
        }
    }

    mutating func alternative<I: FixedWidthInteger>(
        _ name: String, integer value: I?, in range: ClosedRange<I>? = nil, _ set: (I) -> Void
    ) {
        alternative(name, value, write: { Self.node($0) }) { node, context in
            if let integer = Self.integer(node, in: range, context) { set(integer) }
        }
    }

    mutating func alternative<M: ConfigMessage>(_ name: String, message value: M?, _ set: (M) -> Void) {
        alternative(name, value, write: { $0.node }) { node, context in set(Self.message(node, context)) }
    }

    /// An alternative that is a list of messages under `listKey` in a message of its own (`and_rules.rules`).
    mutating func alternative<M: ConfigMessage>(
        _ name: String, list value: [M]?, under listKey: String, _ set: ([M]) -> Void
    ) {
        alternative(
            name, value,
            write: { list in
                var object = Object()
                object[listKey] = Node(.array(list.map(\.node)))
                return Node(.object(object))
            },
            read: { node, context in
                var list: [M] = []
                Self.group(node, context) { $0.messages(listKey, &list, minimum: 1) }
                set(list)
            })
    }
}

extension ConfigReader {
    /// A reader that adds to the findings of `context`.
    init(context: Context) {
        self.context = context
    }
}
