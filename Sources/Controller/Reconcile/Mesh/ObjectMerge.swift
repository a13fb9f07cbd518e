import Document
import Resources

/// Brings a stored object to what it should be, and leaves alone what others wrote.
enum ObjectMerge {
    /// The stored object with everything the wanted one says; nil when it says it already.
    ///
    /// Labels, annotations, owners and members of objects are added or changed, never removed; a list whose elements
    /// say what the wanted ones say stays, any other list is replaced.
    static func update(_ stored: Resource, to wanted: Resource) -> Resource? {
        var result = stored
        result.labels.merge(wanted.labels) { _, wanted in wanted }
        result.annotations.merge(wanted.annotations) { _, wanted in wanted }
        for owner in wanted.ownerReferences
        where !stored.ownerReferences.contains(where: { $0.uid == owner.uid }) {
            result.ownerReferences.removeAll { $0.kind == owner.kind && $0.name == owner.name }
            result.ownerReferences.append(owner)
        }
        for member in wanted.node.object?.members ?? []
        where !["apiVersion", "kind", "metadata", "status"].contains(member.key) {
            result.node[member.key] = merge(stored.node[member.key], member.value)
        }
        return result == stored ? nil : result
    }

    private static func merge(_ stored: Node?, _ wanted: Node) -> Node {
        guard let stored else { return wanted }
        switch (stored.value, wanted.value) {
        case (.object(var object), .object(let wanted)):
            for member in wanted.members { object[member.key] = merge(object[member.key], member.value) }
            return Node(object)
        case (.array(let elements), .array(let wantedElements)):
            guard elements.count == wantedElements.count else { return wanted }
            let merged = zip(elements, wantedElements).map { merge($0, $1) }
            return merged == elements ? stored : wanted
        default: return wanted
        }
    }
}
