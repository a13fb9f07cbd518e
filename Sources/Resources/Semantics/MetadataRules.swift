import Document

/// The rules of `metadata`, the same for every kind but for the syntax of names.
enum MetadataRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let path = FieldPath("metadata")
        let metadata = resource.node["metadata"]
        if resource.name.isEmpty {
            if resource.generateName.isEmpty {
                book.missing(path.appending("name"), in: metadata, "name or generateName is required")
            }
        } else {
            book.expect(metadata?["name"], path.appending("name")) { problem(name: $0, of: resource.type) }
        }
        if resource.type.isNamespaced {
            book.expect(metadata?["namespace"], path.appending("namespace")) {
                $0.isEmpty ? nil : NameRules.label($0)
            }
        } else if !resource.namespace.isEmpty {
            book.forbidden(
                path.appending("namespace"), metadata?["namespace"], "not allowed on this type")
        }
        for member in metadata?.members("labels") ?? [] {
            let path = path.appending("labels")
            if let why = NameRules.qualifiedName(member.key) { book.invalid(path, Node(member.key), why) }
            book.expect(member.value, path, NameRules.labelValue)
        }
        var size = 0
        for member in metadata?.members("annotations") ?? [] {
            let path = path.appending("annotations")
            size += member.key.utf8.count + (member.value.string?.utf8.count ?? 0)
            // Annotation keys may be upper case where label keys may not.
            if let why = NameRules.qualifiedName(member.key.lowercased()) {
                book.invalid(path, Node(member.key), why)
            }
        }
        if size > 262_144 {
            book.invalid(path.appending("annotations"), nil, "Too long: may not be more than 262144 bytes")
        }
        for (index, finalizer) in (metadata?.list("finalizers") ?? []).enumerated() {
            book.expect(finalizer, path.appending("finalizers").appending(index), NameRules.qualifiedName)
        }
        return book.problems
    }

    private static func problem(name: String, of type: ResourceType) -> String? {
        switch type {
        case .service: NameRules.dns1035Label(name)
        case .namespace: NameRules.label(name)
        default: NameRules.subdomain(name)
        }
    }
}
