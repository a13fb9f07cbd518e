public import Document

/// What `apply` does to an object: the manifest's fields win, fields that the last applied manifest had and this
/// one has not go away, and all others stay.
public struct ThreeWayMerge: Sendable {
    private let kind: String
    private let isCustom: Bool

    /// A merge for objects of a kind.
    ///
    /// Lists of built-in kinds merge by their keys, those of custom kinds are replaced whole.
    public init(kind: String, isCustom: Bool) {
        self.kind = kind
        self.isCustom = isCustom
    }

    /// The object as it shall be.
    ///
    /// `original` is the manifest that was applied last (nil when there was none), `modified` the one to apply,
    /// `current` the object as the server has it.
    public func merge(original: Node?, modified: Node, current: Node) -> Node {
        merge(original, modified, current, path: [])
    }

    /// The merge patch (RFC 7386) that turns `current` into `desired`; an empty object when they are equal.
    public static func patch(from current: Node, to desired: Node) -> Node {
        difference(current.object ?? Object(), desired.object ?? Object())
    }

    private func merge(_ original: Node?, _ modified: Node, _ current: Node?, path: [String]) -> Node {
        switch modified.value {
        case .object(let wanted):
            guard let existing = current?.object else { return Self.withoutNulls(modified) }
            return mergeObjects(original?.object, wanted, existing, path: path)
        case .array(let wanted):
            let rule = isCustom ? ListMerge.replace : ListMerge.rule(kind: kind, path: path)
            let existing = current?.array ?? []
            switch rule {
            case .replace: return modified
            case .set: return mergeSets(original?.array ?? [], wanted, existing)
            case .byKey(let keys, let defaults):
                return mergeLists(
                    original?.array ?? [], wanted, existing, path: path, keys: keys, defaults: defaults)
            }
        default: return modified
        }
    }

    private func mergeObjects(
        _ original: Object?, _ wanted: Object, _ existing: Object, path: [String]
    ) -> Node {
        var result = existing
        for member in wanted.members {
            if member.value.isNull {
                result.remove(member.key)
            } else {
                result[member.key] = merge(
                    original?[member.key], member.value, existing[member.key], path: path + [member.key])
            }
        }
        for key in original?.keys ?? [] where wanted[key] == nil { result.remove(key) }
        return Node(result)
    }

    private func mergeSets(_ original: [Node], _ wanted: [Node], _ existing: [Node]) -> Node {
        let dropped = original.filter { !wanted.contains($0) }
        return Node(wanted + existing.filter { !wanted.contains($0) && !dropped.contains($0) })
    }

    private func mergeLists(
        _ original: [Node], _ wanted: [Node], _ existing: [Node], path: [String], keys: [String],
        defaults: [String: String]
    ) -> Node {
        func identity(_ element: Node) -> [Node] {
            keys.map { key in element[key] ?? defaults[key].map { Node($0) } ?? .null }
        }
        func find(_ identity: [Node], in list: [Node], _ identify: (Node) -> [Node]) -> Node? {
            list.first { identify($0) == identity }
        }
        var result: [Node] = []
        for element in wanted {
            let key = identity(element)
            result.append(
                merge(
                    find(key, in: original, identity), element, find(key, in: existing, identity),
                    path: path + ["*"]))
        }
        for element in existing {
            let key = identity(element)
            if find(key, in: wanted, identity) == nil, find(key, in: original, identity) == nil {
                result.append(element)
            }
        }
        // The same elements in the order of the manifest are no change worth a write.
        if result.count == existing.count, existing.allSatisfy(result.contains),
            result.allSatisfy(existing.contains)
        {
            let wantedOrder = wanted.map(identity)
            let existingOrder = existing.map(identity).filter(wantedOrder.contains)
            if wantedOrder == existingOrder { return Node(existing) }
        }
        return Node(result)
    }

    private static func withoutNulls(_ node: Node) -> Node {
        guard let object = node.object else { return node }
        return Node(
            Object(
                members: object.members.filter { !$0.value.isNull }.map { member in
                    var member = member
                    member.value = withoutNulls(member.value)
                    return member
                }))
    }

    private static func difference(_ current: Object, _ desired: Object) -> Node {
        var patch = Object()
        for member in desired.members {
            guard let existing = current[member.key] else {
                patch[member.key] = member.value
                continue
            }
            if existing == member.value { continue }
            if let before = existing.object, let after = member.value.object {
                patch[member.key] = difference(before, after)
            } else {
                patch[member.key] = member.value
            }
        }
        for key in current.keys where desired[key] == nil { patch[key] = .null }
        return Node(patch)
    }
}
