public import Document

/// A condition on labels: all of its requirements must hold; without requirements every label set matches.
public struct LabelSelector: Hashable, Sendable {
    /// What a requirement asks of one key.
    public enum Operator: String, Hashable, Sendable, CaseIterable {
        /// The value is one of the listed ones.
        case `in` = "In"
        /// The value is none of the listed ones, or the key is absent.
        case notIn = "NotIn"
        /// The key is there.
        case exists = "Exists"
        /// The key is absent.
        case doesNotExist = "DoesNotExist"
    }

    /// One requirement.
    public struct Requirement: Hashable, Sendable {
        /// The label's key.
        public var key: String
        /// What is asked.
        public var op: Operator
        /// The values of `in` and `notIn`.
        public var values: [String]

        /// Makes a requirement.
        public init(key: String, op: Operator, values: [String] = []) {
            self.key = key
            self.op = op
            self.values = values
        }

        /// True when labels satisfy it.
        public func matches(_ labels: [String: String]) -> Bool {
            switch op {
            case .in: labels[key].map(values.contains) ?? false
            case .notIn: labels[key].map { !values.contains($0) } ?? true
            case .exists: labels[key] != nil
            case .doesNotExist: labels[key] == nil
            }
        }
    }

    /// Keys that must have exactly these values.
    public var matchLabels: [String: String]
    /// Further requirements.
    public var matchExpressions: [Requirement]

    /// Makes a selector; without arguments one that matches everything.
    public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
        self.matchLabels = matchLabels
        self.matchExpressions = matchExpressions
    }

    /// True when labels satisfy all requirements.
    public func matches(_ labels: [String: String]) -> Bool {
        matchLabels.allSatisfy { labels[$0.key] == $0.value }
            && matchExpressions.allSatisfy { $0.matches(labels) }
    }

    /// True when it matches everything.
    public var isEmpty: Bool { matchLabels.isEmpty && matchExpressions.isEmpty }
}

extension LabelSelector {
    /// Reads a `metav1.LabelSelector`.
    ///
    /// Throws everything that makes it unusable: bad operator, keys or values, values missing or too many.
    /// Paths are below `path`.
    public init(node: Node, path: FieldPath = FieldPath()) throws(DocumentError) {
        var selector = LabelSelector()
        var findings: [Finding] = []
        func report(_ node: Node, _ path: FieldPath, _ message: String) {
            findings.append(Finding(position: node.position, path: path, message: message))
        }
        if !node.isNull && node.object == nil { report(node, path, "expected an object") }
        let labels = node["matchLabels"]
        for member in labels?.object?.members ?? [] {
            let path = path.appending("matchLabels").appending(member.key)
            if let problem = NameRules.qualifiedName(member.key) { report(member.value, path, problem) }
            guard let value = member.value.string else {
                report(member.value, path, "expected a string")
                continue
            }
            if let problem = NameRules.labelValue(value) { report(member.value, path, problem) }
            selector.matchLabels[member.key] = value
        }
        for (index, node) in (node["matchExpressions"]?.array ?? []).enumerated() {
            let path = path.appending("matchExpressions").appending(index)
            let key = node["key"]?.string ?? ""
            if let problem = NameRules.qualifiedName(key) { report(node, path.appending("key"), problem) }
            let values = node["values"]?.strings ?? []
            for (index, value) in values.enumerated() {
                if let problem = NameRules.labelValue(value) {
                    report(node, path.appending("values").appending(index), problem)
                }
            }
            let text = node["operator"]?.string ?? ""
            guard let op = Operator(rawValue: text) else {
                report(
                    node, path.appending("operator"),
                    "\"\(text)\" is not a selector operator; allowed: In, NotIn, Exists, DoesNotExist")
                continue
            }
            switch op {
            case .in, .notIn:
                if values.isEmpty {
                    report(
                        node, path.appending("values"), "must be specified when `operator` is 'In' or 'NotIn'"
                    )
                }
            case .exists, .doesNotExist:
                if !values.isEmpty {
                    report(
                        node, path.appending("values"),
                        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
                }
            }
            selector.matchExpressions.append(Requirement(key: key, op: op, values: values))
        }
        if !findings.isEmpty { throw DocumentError(findings: findings) }
        self = selector
    }

    /// Parses the query form: `a=b`, `a==b`, `a!=b`, `a`, `!a`, `a in (x,y)`, `a notin (x)`, joined by
    /// commas.
    ///
    /// Empty text matches everything; nil for anything else.
    public init?(query: String) {
        var parser = SelectorParser(query)
        guard let requirements = parser.parse() else { return nil }
        self.init(matchExpressions: requirements)
    }

    /// The query form.
    public var query: String {
        var terms = matchLabels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        for requirement in matchExpressions {
            let values = requirement.values.joined(separator: ",")
            switch requirement.op {
            case .in where requirement.values.count == 1: terms.append("\(requirement.key)=\(values)")
            case .in: terms.append("\(requirement.key) in (\(values))")
            case .notIn where requirement.values.count == 1: terms.append("\(requirement.key)!=\(values)")
            case .notIn: terms.append("\(requirement.key) notin (\(values))")
            case .exists: terms.append(requirement.key)
            case .doesNotExist: terms.append("!\(requirement.key)")
            }
        }
        return terms.joined(separator: ",")
    }
}

/// Reads the query form of selectors.
private struct SelectorParser {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    mutating func parse() -> [LabelSelector.Requirement]? {
        var requirements: [LabelSelector.Requirement] = []
        skipSpace()
        if index == bytes.count { return [] }
        while true {
            guard let requirement = term() else { return nil }
            requirements.append(requirement)
            skipSpace()
            if index == bytes.count { return requirements }
            guard take(",") else { return nil }
        }
    }

    private mutating func term() -> LabelSelector.Requirement? {
        skipSpace()
        if take("!") {
            guard let key = key() else { return nil }
            return LabelSelector.Requirement(key: key, op: .doesNotExist)
        }
        guard let key = key() else { return nil }
        skipSpace()
        if take("!") {
            guard take("=") else { return nil }
            return value().map { LabelSelector.Requirement(key: key, op: .notIn, values: [$0]) }
        }
        if take("=") {
            _ = take("=")
            return value().map { LabelSelector.Requirement(key: key, op: .in, values: [$0]) }
        }
        if index == bytes.count || bytes[index] == UInt8(ascii: ",") {
            return LabelSelector.Requirement(key: key, op: .exists)
        }
        switch word() {
        case "in": return values().map { LabelSelector.Requirement(key: key, op: .in, values: $0) }
        case "notin": return values().map { LabelSelector.Requirement(key: key, op: .notIn, values: $0) }
        default: return nil
        }
    }

    private mutating func key() -> String? {
        skipSpace()
        let text = word()
        return NameRules.qualifiedName(text) == nil ? text : nil
    }

    private mutating func value() -> String? {
        skipSpace()
        let text = word()
        return NameRules.labelValue(text) == nil ? text : nil
    }

    private mutating func values() -> [String]? {
        skipSpace()
        guard take("(") else { return nil }
        var values: [String] = []
        while true {
            guard let value = value() else { return nil }
            values.append(value)
            skipSpace()
            if take(")") { return values }
            guard take(",") else { return nil }
        }
    }

    private mutating func word() -> String {
        let start = index
        while index < bytes.count, !" \t,=!()".utf8.contains(bytes[index]) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private mutating func skipSpace() {
        while index < bytes.count, bytes[index] == UInt8(ascii: " ") || bytes[index] == UInt8(ascii: "\t") {
            index += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(truncatingIfNeeded: character.value) else {
            return false
        }
        index += 1
        return true
    }
}
