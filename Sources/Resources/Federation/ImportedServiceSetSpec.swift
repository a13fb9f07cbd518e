public import Document

/// `spec` of an ImportedServiceSet: which of a peer's services this mesh takes, and under which names.
public struct ImportedServiceSetSpec: Hashable, Sendable {
    /// One rule; the first that takes a service decides.
    public enum Rule: Hashable, Sendable {
        /// Services by their exported name.
        case name(NameRule)
        /// A rule that cannot be used: the field that is wrong, below `spec`, and why.
        case skipped(path: FieldPath, reason: String)
    }

    /// Selects exported services by name.
    public struct NameRule: Hashable, Sendable {
        /// Which exported services, and how they are called here.
        public var selector: NameSelector
        /// The suffix of the local names, empty for the set's; without effect with `importAsLocal`.
        public var domainSuffix: String
        /// True when the services join local ones of the same name.
        public var importAsLocal: Bool

        /// Makes a rule.
        public init(selector: NameSelector, domainSuffix: String = "", importAsLocal: Bool = false) {
            self.selector = selector
            self.domainSuffix = domainSuffix
            self.importAsLocal = importAsLocal
        }
    }

    /// The suffix of local names where a rule has none, empty for `svc.<peer>-imports.local`.
    public var domainSuffix: String
    /// Where the imported endpoints count as running; nil when not given or unusable.
    public var locality: Locality?
    /// Why the locality given cannot be used; nil when it can.
    public var localityProblem: String?
    /// The rules in order, skipped ones included.
    public var rules: [Rule]

    /// Makes a spec.
    public init(rules: [Rule], domainSuffix: String = "", locality: Locality? = nil) {
        self.rules = rules
        self.domainSuffix = domainSuffix
        self.locality = locality
    }

    /// Reads the spec; rules that cannot be used become `skipped`.
    public init(_ resource: Resource) {
        let spec = resource.spec ?? Node(Object())
        domainSuffix = spec.text("domainSuffix")
        locality = Locality(node: spec["locality"])
        if let node = spec["locality"] {
            localityProblem =
                Locality(region: node.text("region"), zone: node.text("zone"), subzone: node.text("subzone"))
                .problem
        }
        let path = FieldPath("spec", "importRules")
        rules = spec.list("importRules").enumerated().map { index, node in
            Self.rule(node, path.appending(index))
        }
    }

    private static func rule(_ node: Node, _ path: FieldPath) -> Rule {
        let type = node.text("type")
        guard type == "NameSelector" else {
            return .skipped(
                path: path.appending("type"),
                reason: "\"\(type)\" is not an import rule type; allowed: NameSelector")
        }
        guard let selectorNode = node["nameSelector"], selectorNode.object != nil else {
            return .skipped(
                path: path.appending("nameSelector"), reason: "a rule of type NameSelector needs it")
        }
        let selector = NameSelector(selectorNode)
        let importAsLocal = node.flag("importAsLocal") ?? false
        if importAsLocal, NameSelector.isAny(selector.alias?.namespace ?? "") {
            return .skipped(
                path: path.appending("nameSelector").appending("alias").appending("namespace"),
                reason: "importAsLocal needs an alias with a namespace of this mesh")
        }
        return .name(
            NameRule(
                selector: selector, domainSuffix: node.text("domainSuffix"), importAsLocal: importAsLocal))
    }
}
