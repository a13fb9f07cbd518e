import Document
import Resources

/// A `fieldSelector`: terms that must all hold, on the few fields that can be selected by.
struct FieldSelector: Sendable, Equatable {
    private struct Term: Equatable {
        let field: String
        let value: String
        let isEqual: Bool
    }

    private let terms: [Term]

    private static let eventFields: Set<String> = [
        "involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "type", "source", "reportingComponent",
    ]

    /// Parses `a=b,c==d,e!=f` for objects of `type`.
    init(_ text: String, _ type: ResourceType) throws(ResourceError) {
        var terms: [Term] = []
        for part in Self.split(text) {
            guard let (field, value, isEqual) = Self.term(part) else {
                throw .badRequest("invalid field selector \"\(text)\": \"\(part)\" is not field=value")
            }
            let isKnown =
                field == "metadata.name" || field == "metadata.namespace"
                || (type == .event && Self.eventFields.contains(field))
                || (type == .namespace && field == "status.phase")
                || (type == .pod && ["status.phase", "spec.nodeName", "status.podIP"].contains(field))
                || (type == .secret && field == "type")
            guard isKnown else {
                throw .badRequest(
                    "\"\(field)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                )
            }
            terms.append(Term(field: field, value: value, isEqual: isEqual))
        }
        self.terms = terms
    }

    private static func split(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                current += character == "," || character == "=" ? String(character) : "\\" + String(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        parts.append(current)
        return parts.filter { !$0.isEmpty }
    }

    private static func term(_ text: String) -> (String, String, Bool)? {
        guard let sign = text.firstIndex(where: { $0 == "=" || $0 == "!" }) else { return nil }
        let field = String(text[..<sign])
        let rest = text[sign...]
        if rest.hasPrefix("!=") { return (field, String(rest.dropFirst(2)), false) }
        if rest.hasPrefix("==") { return (field, String(rest.dropFirst(2)), true) }
        if rest.hasPrefix("=") { return (field, String(rest.dropFirst()), true) }
        return nil
    }

    /// Whether an object is selected.
    func matches(_ object: Node) -> Bool {
        terms.allSatisfy { (Self.value(of: $0.field, in: object) == $0.value) == $0.isEqual }
    }

    private static func value(of field: String, in object: Node) -> String {
        let path = field == "source" ? ["source", "component"] : field.split(separator: ".").map(String.init)
        return object.at(path)?.string ?? ""
    }

    /// The only name that can match, when one is asked for.
    var name: String? { terms.first { $0.field == "metadata.name" && $0.isEqual }?.value }
}

/// What a list or watch is narrowed down to.
struct Selection: Sendable {
    var labels: LabelSelector?
    var fields: FieldSelector?

    /// Whether an object is selected.
    func matches(_ object: StoredObject) -> Bool {
        (labels?.matches(object.labels) ?? true) && (fields?.matches(object.node) ?? true)
    }

    /// Whether everything is selected.
    var isEverything: Bool { labels == nil && fields == nil }
}
