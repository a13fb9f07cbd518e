/// Builds nodes from the events of a YAML stream.
struct YAMLBuilder {
    private let reader: YAMLEventReader
    private let limits: ParseLimits
    private let maxDepth: Int
    private var nodes = 0
    private var expanded = 0
    /// Finished anchors of the current document, with the number of nodes each stands for.
    private var anchors: [String: (node: Node, size: Int)] = [:]
    private var openAnchors: Set<String> = []

    init(reader: YAMLEventReader, limits: ParseLimits) {
        self.reader = reader
        self.limits = limits
        maxDepth = limits.maxDepth ?? 100
    }

    mutating func documents() throws(YAMLFailure) -> [Node] {
        var documents: [Node] = []
        while true {
            let (event, position) = try reader.next()
            switch event {
            case .streamEnd: return documents
            case .streamStart: continue
            case .documentStart:
                anchors = [:]
                openAnchors = []
                let (first, start) = try reader.next()
                let node = try build(first, at: start, depth: 0).node
                if !node.isNull { documents.append(node) }
                if case .documentEnd = try reader.next().event { continue }
                throw YAMLFailure(position: position, message: "document without end")
            default: throw YAMLFailure(position: position, message: "content outside of a document")
            }
        }
    }

    /// A value, and the number of nodes in it.
    private mutating func build(
        _ event: YAMLEvent, at position: Position, depth: Int
    ) throws(YAMLFailure) -> (node: Node, size: Int) {
        try count(1, at: position)
        switch event {
        case .alias(let name): return try resolveAlias(name, at: position)
        case .scalar(let scalar):
            let value = try YAMLResolver.value(of: scalar, at: position)
            let node = Node(value, position: position)
            remember(scalar.anchor, node, size: 1)
            return (node, 1)
        case .sequenceStart(let anchor, let tag):
            try check(tag, is: "seq", at: position)
            return try nest(anchor, depth: depth, at: position) { (builder) throws(YAMLFailure) in
                try builder.buildSequence(at: position, depth: depth + 1)
            }
        case .mappingStart(let anchor, let tag):
            try check(tag, is: "map", at: position)
            return try nest(anchor, depth: depth, at: position) { (builder) throws(YAMLFailure) in
                try builder.buildMapping(at: position, depth: depth + 1)
            }
        default: throw YAMLFailure(position: position, message: "expected a value")
        }
    }

    private mutating func nest(
        _ anchor: String?, depth: Int, at position: Position,
        _ body: (inout YAMLBuilder) throws(YAMLFailure) -> (node: Node, size: Int)
    ) throws(YAMLFailure) -> (node: Node, size: Int) {
        if depth >= maxDepth {
            throw YAMLFailure(position: position, message: "nested deeper than \(maxDepth) levels")
        }
        if let anchor { openAnchors.insert(anchor) }
        let result = try body(&self)
        if let anchor { openAnchors.remove(anchor) }
        remember(anchor, result.node, size: result.size)
        return result
    }

    private mutating func buildSequence(
        at position: Position, depth: Int
    ) throws(YAMLFailure) -> (node: Node, size: Int) {
        var elements: [Node] = []
        var size = 1
        while true {
            let (event, start) = try reader.next()
            if case .sequenceEnd = event { return (Node(.array(elements), position: position), size) }
            let element = try build(event, at: start, depth: depth)
            elements.append(element.node)
            size += element.size
        }
    }

    private mutating func buildMapping(
        at position: Position, depth: Int
    ) throws(YAMLFailure) -> (node: Node, size: Int) {
        var mapping = MappingBuilder()
        var size = 1
        while true {
            let (event, start) = try reader.next()
            if case .mappingEnd = event {
                return (Node(.object(Object(uniqueMembers: mapping.members)), position: position), size)
            }
            if case .scalar(let scalar) = event, YAMLResolver.isMergeKey(scalar) {
                size += try merge(into: &mapping, depth: depth)
                continue
            }
            let keyNode = try build(event, at: start, depth: depth).node
            let key = try YAMLResolver.key(keyNode, at: start)
            let (valueEvent, valueStart) = try reader.next()
            let value = try build(valueEvent, at: valueStart, depth: depth)
            size += value.size
            let member = Object.Member(key: key, keyPosition: start, value: value.node)
            if let first = mapping.set(member) {
                let quoted = JSON.serialize(Node(key))
                throw YAMLFailure(
                    position: start,
                    message: "key \(quoted) is given twice, first at \(first); a key may be given once")
            }
        }
    }

    /// Reads the value of a merge key and adds its members; returns how many nodes they have.
    private mutating func merge(into mapping: inout MappingBuilder, depth: Int) throws(YAMLFailure) -> Int {
        let (event, position) = try reader.next()
        let (node, size) = try build(event, at: position, depth: depth)
        // Members of a written-out mapping were counted when they were built; a merge copies them once more.
        try expand(size, at: position)
        switch node.value {
        case .object(let object): mapping.merge(object)
        case .array(let elements):
            // Of several mappings the earlier ones win, so they come last.
            for element in elements.reversed() {
                guard let object = element.object else { throw Self.mergeFailure(at: position) }
                mapping.merge(object)
            }
        default: throw Self.mergeFailure(at: position)
        }
        return size
    }

    private static func mergeFailure(at position: Position) -> YAMLFailure {
        YAMLFailure(
            position: position, message: "wrong value of '<<', expected a mapping or a list of mappings")
    }

    private mutating func resolveAlias(
        _ name: String, at position: Position
    ) throws(YAMLFailure) -> (node: Node, size: Int) {
        guard let (node, size) = anchors[name] else {
            let problem =
                openAnchors.contains(name)
                ? "alias *\(name) stands inside of its own anchor"
                : "alias *\(name) without anchor, expected &\(name) before it"
            throw YAMLFailure(position: position, message: problem)
        }
        try expand(size, at: position)
        return (Node(node.value, position: position), size)
    }

    private mutating func remember(_ anchor: String?, _ node: Node, size: Int) {
        if let anchor { anchors[anchor] = (node, size) }
    }

    private mutating func count(_ added: Int, at position: Position) throws(YAMLFailure) {
        nodes += added
        if nodes > limits.maxNodes {
            throw YAMLFailure(
                position: position, message: "too many values, at most \(limits.maxNodes) are read")
        }
    }

    private mutating func expand(_ size: Int, at position: Position) throws(YAMLFailure) {
        expanded += size
        if expanded > limits.maxAliasExpansion {
            throw YAMLFailure(
                position: position,
                message: "aliases stand for too many values, at most \(limits.maxAliasExpansion) are read")
        }
        try count(size, at: position)
    }

    private func check(_ tag: String?, is kind: String, at position: Position) throws(YAMLFailure) {
        guard let tag, tag != "!", tag != YAMLResolver.tagPrefix + kind else { return }
        throw YAMLFailure(
            position: position,
            message: "tag '\(YAMLResolver.short(tag))' is not supported here, expected none or !!\(kind)")
    }
}

/// The members of a mapping while it is read.
private struct MappingBuilder {
    private(set) var members: [Object.Member] = []
    private var written: [String: Position] = [:]
    private var places: [String: Int] = [:]

    /// Sets a written member; returns where it was written before, when it was.
    mutating func set(_ member: Object.Member) -> Position? {
        if let first = written[member.key] { return first }
        written[member.key] = member.keyPosition
        put(member)
        return nil
    }

    mutating func merge(_ object: Object) {
        for member in object.members { put(member) }
    }

    private mutating func put(_ member: Object.Member) {
        if let place = places[member.key] {
            members[place] = member
        } else {
            places[member.key] = members.count
            members.append(member)
        }
    }
}
