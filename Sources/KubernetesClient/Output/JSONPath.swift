public import Document

/// A template as `kubectl -o jsonpath=` takes it: text with expressions in braces.
///
/// `{.items[*].metadata.name}`, `{.data.root-cert\.pem}`, `{.status.conditions[?(@.type=="Ready")].status}`,
/// `{range .items[*]}{.metadata.name}{"\n"}{end}`, `{..name}`, `[0]`, `[-1]`, `[0:2]`, `[0,2]`, `['a.b']`.
public struct JSONPath: Sendable, Hashable {
    /// One step of an expression.
    enum Step: Sendable, Hashable {
        case root
        case field(String)
        case wildcard
        case index(Int)
        case slice(from: Int?, to: Int?, step: Int)
        case union([[Step]])
        case recursive
        indirect case filter(Operand, Comparison, Operand?)
    }

    /// One side of a filter.
    enum Operand: Sendable, Hashable {
        case path([Step])
        case string(String)
        case number(Double)
        case bool(Bool)
        case null
    }

    /// The operator of a filter.
    enum Comparison: String, Sendable, CaseIterable {
        case exists = ""
        case equal = "=="
        case notEqual = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
    }

    /// One part of a template.
    enum Part: Sendable, Hashable {
        case text(String)
        case path([Step])
        indirect case range([Step], [Part])
    }

    /// A template that cannot be read or run.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        public var message: String

        init(_ message: String) { self.message = message }

        /// The message.
        public var description: String { message }
    }

    let parts: [Part]

    /// Reads a template.
    public init(_ template: String) throws(Failure) {
        var parser = JSONPathParser(template)
        parts = try parser.parseTemplate()
    }

    /// Reads one expression without the rules of templates: braces and the leading dot may be left out, as
    /// `kubectl wait --for=jsonpath=` and custom columns allow.
    public init(relaxed expression: String) throws(Failure) {
        var text = expression[...]
        if text.hasPrefix("{"), text.hasSuffix("}") { text = text.dropFirst().dropLast() }
        if text.hasPrefix(".") { text = text.dropFirst() }
        let prefix = text.hasPrefix("[") || text.hasPrefix("$") || text.hasPrefix("@") ? "" : "."
        try self.init("{\(prefix)\(text)}")
    }

    /// The template filled in.
    ///
    /// The values of one expression are separated by spaces; fields that are missing count as no value, a list
    /// index outside of its list is an error.
    public func render(_ root: Node) throws(Failure) -> String {
        try Self.render(parts, root: root, current: root)
    }

    /// The values of all expressions.
    public func values(in root: Node) throws(Failure) -> [Node] {
        var all: [Node] = []
        for case .path(let steps) in parts { all += try Self.evaluate(steps, root: root, current: root) }
        return all
    }

    private static func render(_ parts: [Part], root: Node, current: Node) throws(Failure) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .path(let steps):
                let values = try evaluate(steps, root: root, current: current)
                text += values.map(print).joined(separator: " ")
            case .range(let steps, let body):
                for element in try evaluate(steps, root: root, current: current) {
                    text += try render(body, root: root, current: element)
                }
            }
        }
        return text
    }

    /// A value as text: strings as they are, all else as JSON.
    public static func print(_ node: Node) -> String {
        node.string ?? JSON.serialize(node, sortedKeys: true)
    }

    static func evaluate(_ steps: [Step], root: Node, current: Node) throws(Failure) -> [Node] {
        var nodes = [current]
        for step in steps {
            var next: [Node] = []
            for node in nodes {
                switch step {
                case .root: next.append(root)
                case .field(let name): if let value = node[name] { next.append(value) }
                case .wildcard: next += children(node)
                case .recursive: next += descendants(node)
                case .index(let index):
                    guard let array = node.array else { continue }
                    let place = index < 0 ? index + array.count : index
                    guard array.indices.contains(place) else {
                        throw Failure("array index out of bounds: index \(index), length \(array.count)")
                    }
                    next.append(array[place])
                case .slice(let from, let to, let stride): next += slice(node.array ?? [], from, to, stride)
                case .union(let alternatives):
                    for alternative in alternatives {
                        next += try evaluate(alternative, root: root, current: node)
                    }
                case .filter(let left, let comparison, let right):
                    for element in children(node)
                    where try accepts(element, left, comparison, right, root: root) { next.append(element) }
                }
            }
            nodes = next
        }
        return nodes
    }

    private static func children(_ node: Node) -> [Node] {
        node.array ?? node.object.map { $0.sortedMembers.map(\.value) } ?? []
    }

    private static func descendants(_ node: Node) -> [Node] {
        [node] + children(node).flatMap(descendants)
    }

    private static func slice(_ array: [Node], _ from: Int?, _ to: Int?, _ step: Int) -> [Node] {
        func place(_ index: Int) -> Int { min(array.count, max(0, index < 0 ? index + array.count : index)) }
        let start = place(from ?? 0)
        let end = place(to ?? array.count)
        return stride(from: start, to: end, by: step).map { array[$0] }
    }

    private static func accepts(
        _ element: Node, _ left: Operand, _ comparison: Comparison, _ right: Operand?, root: Node
    ) throws(Failure) -> Bool {
        let lhs = try resolve(left, element: element, root: root)
        guard comparison != .exists else { return lhs != nil }
        guard let lhs, let right, let rhs = try resolve(right, element: element, root: root) else {
            return false
        }
        switch comparison {
        case .exists: return true
        case .equal: return lhs == rhs
        case .notEqual: return lhs != rhs
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            let order: Int
            if let a = lhs.double, let b = rhs.double {
                order = a < b ? -1 : a > b ? 1 : 0
            } else if let a = lhs.string, let b = rhs.string {
                order = a == b ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
            } else {
                return false
            }
            switch comparison {
            case .less: return order < 0
            case .lessOrEqual: return order <= 0
            case .greater: return order > 0
            default: return order >= 0
            }
        }
    }

    private static func resolve(_ operand: Operand, element: Node, root: Node) throws(Failure) -> Node? {
        switch operand {
        case .path(let steps): try evaluate(steps, root: root, current: element).first
        case .string(let text): Node(text)
        case .number(let number): Node(number)
        case .bool(let bool): Node(bool)
        case .null: Node.null
        }
    }
}
