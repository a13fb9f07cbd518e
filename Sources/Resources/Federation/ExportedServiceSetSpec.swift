public import Document

/// `spec` of an ExportedServiceSet: which services a peer may see, and under which names.
public struct ExportedServiceSetSpec: Hashable, Sendable {
    /// One rule; the first that takes a service decides.
    public enum Rule: Hashable, Sendable {
        /// Services by name.
        case name(NameSelector)
        /// Services by label.
        case label(LabelRule)
        /// A rule that cannot be used: the field that is wrong, below `spec`, and why.
        case skipped(path: FieldPath, reason: String)
    }

    /// Selects services by their labels.
    public struct LabelRule: Hashable, Sendable {
        /// The namespace; empty and `*` match any.
        public var namespace: String
        /// The condition on the Service's labels.
        public var selector: LabelSelector
        /// The first whose namespace and name match names the service; without a match it keeps its name.
        public var aliases: [NameSelector]

        /// Makes a rule.
        public init(
            namespace: String = "", selector: LabelSelector = LabelSelector(), aliases: [NameSelector] = []
        ) {
            self.namespace = namespace
            self.selector = selector
            self.aliases = aliases
        }

        /// True when the rule takes a service.
        public func matches(namespace: String, labels: [String: String]) -> Bool {
            NameSelector.matches(self.namespace, namespace) && selector.matches(labels)
        }
    }

    /// The rules in order, skipped ones included.
    public var rules: [Rule]

    /// Makes a spec of rules.
    public init(rules: [Rule]) {
        self.rules = rules
    }

    /// Reads the spec; rules that cannot be used become `skipped`.
    public init(_ resource: Resource) {
        let path = FieldPath("spec", "exportRules")
        rules = (resource.spec?.list("exportRules") ?? []).enumerated().map { index, node in
            Self.rule(node, path.appending(index))
        }
    }

    private static func rule(_ node: Node, _ path: FieldPath) -> Rule {
        switch node.text("type") {
        case "NameSelector":
            guard let selector = node["nameSelector"], selector.object != nil else {
                return .skipped(
                    path: path.appending("nameSelector"), reason: "a rule of type NameSelector needs it")
            }
            return .name(NameSelector(selector))
        case "LabelSelector":
            guard let selector = node["labelSelector"], selector.object != nil else {
                return .skipped(
                    path: path.appending("labelSelector"), reason: "a rule of type LabelSelector needs it")
            }
            let selectorPath = path.appending("labelSelector").appending("selector")
            do throws(DocumentError) {
                return .label(
                    LabelRule(
                        namespace: selector.text("namespace"),
                        selector: try LabelSelector(node: selector["selector"] ?? .null, path: selectorPath),
                        aliases: selector.list("aliases").map { NameSelector($0) }))
            } catch {
                let finding = error.findings.first
                return .skipped(
                    path: finding?.path ?? selectorPath, reason: finding?.message ?? "not a label selector")
            }
        case let type:
            return .skipped(
                path: path.appending("type"),
                reason: "\"\(type)\" is not a rule type; allowed: NameSelector, LabelSelector")
        }
    }
}
