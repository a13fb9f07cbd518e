import Document

/// JSON merge patch, RFC 7386: members merge, `null` removes, everything else replaces.
enum MergePatch {
    /// Applies `patch` to `target`; a missing target counts as an empty object where the patch is one.
    static func apply(_ patch: Node, to target: Node?) -> Node {
        guard let changes = patch.object else { return patch }
        let old = target?.object ?? Object()
        // A dictionary keeps two large objects from meeting in quadratic time.
        var positions: [String: Int] = [:]
        for (index, member) in old.members.enumerated() { positions[member.key] = index }
        var members: [Object.Member?] = old.members
        for change in changes.members {
            let position = positions[change.key]
            if change.value.isNull {
                if let position { members[position] = nil }
                continue
            }
            let value = apply(change.value, to: position.flatMap { members[$0]?.value })
            if let position {
                members[position] = Object.Member(key: change.key, value: value)
            } else {
                members.append(Object.Member(key: change.key, value: value))
            }
        }
        return Node(.object(Object(members: members.compactMap(\.self))))
    }
}
