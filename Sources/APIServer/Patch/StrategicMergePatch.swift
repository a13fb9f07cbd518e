import Document

/// Kubernetes' strategic merge patch: a merge patch whose lists merge by key, with `$`-directives.
///
/// Directives: `$patch` (`merge`, `replace`, `delete`), `$retainKeys`, `$setElementOrder/<list>` and
/// `$deleteFromPrimitiveList/<list>`. They steer the merge and are never stored.
enum StrategicMergePatch {
    private static let order = "$setElementOrder/"
    private static let deletion = "$deleteFromPrimitiveList/"

    /// Applies `patch` to `target` by the rules of `schema`.
    static func apply(_ patch: Node, to target: Node, schema: StrategicSchema) throws(PatchError) -> Node {
        guard let changes = patch.object else {
            throw .malformed("a strategic merge patch must be an object")
        }
        return Node(.object(try merge(changes, into: target.object ?? Object(), schema, path: "")))
    }

    private static func merge(
        _ patch: Object, into current: Object, _ schema: StrategicSchema, path: String
    ) throws(PatchError) -> Object {
        var result = current
        if let directive = patch["$patch"] {
            switch directive.string {
            case "merge": break
            case "replace": result = Object()
            case "delete": return Object()
            default: throw unknownDirective(directive, path)
            }
        }
        if let retained = patch["$retainKeys"] {
            guard let keys = strings(retained) else {
                throw .malformed("\(at(path, "$retainKeys")): must be a list of strings")
            }
            for key in result.keys where !keys.contains(key) { result.remove(key) }
        }
        for member in patch.members where !isDirective(member.key) {
            let path = at(path, member.key)
            if member.value.isNull {
                result.remove(member.key)
            } else {
                result[member.key] = try value(
                    member.value, over: result[member.key], schema[member.key], path: path)
            }
        }
        try runListDirectives(of: patch, on: &result, before: current, schema, path: path)
        return result
    }

    private static func value(
        _ patch: Node, over current: Node?, _ schema: StrategicSchema, path: String
    ) throws(PatchError) -> Node {
        if let object = patch.object {
            return Node(.object(try merge(object, into: current?.object ?? Object(), schema, path: path)))
        }
        guard let items = patch.array else { return patch }
        let stored = current?.array ?? []
        switch schema.list {
        case .replace:
            var plain: [Node] = []
            for (index, item) in items.enumerated() {
                plain.append(try value(item, over: nil, StrategicSchema(), path: "\(path)[\(index)]"))
            }
            return Node(.array(plain))
        case .set:
            var seen = Set(stored.map(text))
            return Node(.array(stored + items.filter { seen.insert(text($0)).inserted }))
        case .byKey(let key):
            return Node(.array(try merge(items, into: stored, key, schema, path: path)))
        }
    }

    private static func merge(
        _ patch: [Node], into stored: [Node], _ key: String, _ schema: StrategicSchema, path: String
    ) throws(PatchError) -> [Node] {
        let replaces = patch.contains { $0["$patch"]?.string == "replace" && $0.object?.count == 1 }
        var result: [Node?] = replaces ? [] : stored
        var positions: [String: Int] = [:]
        for (index, item) in result.enumerated() {
            if let identity = item?[key] { positions[text(identity)] = positions[text(identity)] ?? index }
        }
        for (index, item) in patch.enumerated() {
            let path = "\(path)[\(index)]"
            guard let element = item.object else { throw .malformed("\(path): must be an object") }
            if replaces, element["$patch"] != nil, element.count == 1 { continue }
            guard let identity = element[key] else {
                throw .malformed("\(path): does not contain declared merge key: \(key)")
            }
            let name = text(identity)
            switch element["$patch"].map({ $0.string ?? "" }) {
            case "delete":
                if let position = positions.removeValue(forKey: name) { result[position] = nil }
            case nil, "merge", "replace":
                let position = positions[name]
                let base = position.flatMap { result[$0]?.object } ?? Object()
                let merged = Node(.object(try merge(element, into: base, schema, path: path)))
                positions[name] = position ?? result.count
                if let position { result[position] = merged } else { result.append(merged) }
            default: throw unknownDirective(element["$patch"] ?? nil, path)
            }
        }
        return result.compactMap(\.self)
    }

    private static func runListDirectives(
        of patch: Object, on result: inout Object, before: Object, _ schema: StrategicSchema, path: String
    ) throws(PatchError) {
        for member in patch.members where member.key.hasPrefix(deletion) {
            let name = String(member.key.dropFirst(deletion.count))
            guard let gone = member.value.array else {
                throw .malformed("\(at(path, member.key)): must be a list")
            }
            guard let items = result[name]?.array else { continue }
            let names = Set(gone.map(text))
            result[name] = Node(.array(items.filter { !names.contains(text($0)) }))
        }
        for member in patch.members where member.key.hasPrefix(order) {
            let name = String(member.key.dropFirst(order.count))
            guard let wanted = member.value.array else {
                throw .malformed("\(at(path, member.key)): must be a list")
            }
            guard let items = result[name]?.array else { continue }
            let key: String? = if case .byKey(let key) = schema[name].list { key } else { nil }
            let sorted = sort(items, by: wanted, before: before[name]?.array ?? []) { node in
                guard let key else { return node }
                return node[key] ?? node
            }
            result[name] = Node(.array(sorted))
        }
    }

    /// Puts the elements named in `wanted` in that order and keeps the others where the stored list had them.
    private static func sort(
        _ items: [Node], by wanted: [Node], before: [Node], identity: (Node) -> Node
    ) -> [Node] {
        let order = ranks(wanted.map(identity))
        let stored = ranks(before.map(identity))
        let ranked = items.map { (node: $0, name: text(identity($0))) }
        let named = ranked.filter { order[$0.name] != nil }
            .sorted { (order[$0.name] ?? 0) < (order[$1.name] ?? 0) }
        let others = ranked.filter { order[$0.name] == nil }
        var result: [Node] = []
        var next = 0
        for item in named {
            while next < others.count, let mine = stored[item.name], let other = stored[others[next].name],
                other < mine
            {
                result.append(others[next].node)
                next += 1
            }
            result.append(item.node)
        }
        return result + others[next...].map(\.node)
    }

    /// One spelling for equal values, so that lists are matched through a dictionary.
    private static func text(_ node: Node) -> String {
        JSON.serialize(node, style: .compact, sortedKeys: true)
    }

    private static func ranks(_ nodes: [Node]) -> [String: Int] {
        Dictionary(nodes.enumerated().map { (text($0.element), $0.offset) }) { first, _ in first }
    }

    private static func isDirective(_ key: String) -> Bool {
        key == "$patch" || key == "$retainKeys" || key.hasPrefix(order) || key.hasPrefix(deletion)
    }

    private static func strings(_ node: Node) -> [String]? {
        guard let items = node.array else { return nil }
        let strings = items.compactMap(\.string)
        return strings.count == items.count ? strings : nil
    }

    private static func unknownDirective(_ node: Node?, _ path: String) -> PatchError {
        let text = node?.string.map { "\"\($0)\"" } ?? "a value that is not a string"
        return .malformed(
            "\(at(path, "$patch")): \(text) is not a directive; allowed: merge, replace, delete")
    }

    private static func at(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
