import Document

/// JSON patch, RFC 6902, with bounds on what a hostile patch can make of a small object.
struct JSONPatch {
    /// One step of the patch.
    enum Operation: Equatable {
        case add(JSONPointer, Node)
        case remove(JSONPointer)
        case replace(JSONPointer, Node)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, Node)
    }

    /// More operations than this are refused.
    static let maxOperations = 10_000
    /// The work one patch may cause, in tree nodes touched by added, copied and moved values.
    static let maxNodes = 1_000_000
    /// How deep the patched object may nest.
    static let maxDepth = 200

    /// The steps, in order.
    let operations: [Operation]

    /// Reads a patch document: an array of operation objects.
    init(_ document: Node) throws(PatchError) {
        guard let steps = document.array else {
            throw .malformed("a JSON patch must be an array of operations")
        }
        guard steps.count <= Self.maxOperations else {
            throw .malformed(
                "the allowed maximum operations in a JSON patch is \(Self.maxOperations), got \(steps.count)")
        }
        var operations: [Operation] = []
        operations.reserveCapacity(steps.count)
        for (index, step) in steps.enumerated() {
            operations.append(try Self.operation(step, index))
        }
        self.operations = operations
    }

    private static func operation(_ step: Node, _ index: Int) throws(PatchError) -> Operation {
        func pointer(_ name: String) throws(PatchError) -> JSONPointer {
            guard let text = step[name]?.string else {
                throw .malformed("JSON patch operation \(index): \"\(name)\" is missing or not a string")
            }
            return try JSONPointer(text)
        }
        func value() throws(PatchError) -> Node {
            guard let value = step["value"] else {
                throw .malformed("JSON patch operation \(index): \"value\" is missing")
            }
            return value
        }
        guard let name = step["op"]?.string else {
            throw .malformed("JSON patch operation \(index): \"op\" is missing or not a string")
        }
        switch name {
        case "add": return .add(try pointer("path"), try value())
        case "remove": return .remove(try pointer("path"))
        case "replace": return .replace(try pointer("path"), try value())
        case "move": return .move(from: try pointer("from"), to: try pointer("path"))
        case "copy": return .copy(from: try pointer("from"), to: try pointer("path"))
        case "test": return .test(try pointer("path"), try value())
        default:
            throw .malformed(
                "JSON patch operation \(index): \"\(name)\" is not an operation; "
                    + "allowed: add, remove, replace, move, copy, test")
        }
    }

    /// Applies every step to `target`; the first that fails fails the whole patch.
    func apply(to target: Node) throws(PatchError) -> Node {
        var editor = Editor(root: target)
        for operation in operations { try editor.run(operation) }
        return editor.root
    }

    /// The document under change and the work still allowed.
    private struct Editor {
        var root: Node
        var budget = JSONPatch.maxNodes

        mutating func run(_ operation: Operation) throws(PatchError) {
            switch operation {
            case .add(let path, let value):
                try insert(value, at: path)
            case .remove(let path):
                _ = try take(path)
            case .replace(let path, let value):
                try admit(value, below: path)
                try Self.replace(&root, path, path.tokens[...], value)
            case .move(let from, let to):
                if from == to {
                    _ = try read(from)
                    return
                }
                guard !to.isWithin(from) else {
                    throw .inapplicable("cannot move \"\(from.text)\" into itself")
                }
                let value = try take(from)
                try insert(value, at: to)
            case .copy(let from, let to):
                try insert(try read(from), at: to)
            case .test(let path, let value):
                guard try read(path) == value else {
                    throw .inapplicable("testing path \"\(path.text)\" failed: the value differs")
                }
            }
        }

        private mutating func admit(_ value: Node, below path: JSONPointer) throws(PatchError) {
            var depth = 0
            Self.measure(value, at: 1, &budget, &depth)
            guard budget >= 0 else { throw .malformed("the JSON patch adds more than \(maxNodes) values") }
            guard depth + path.tokens.count <= maxDepth else {
                throw .malformed("the JSON patch nests values deeper than \(maxDepth)")
            }
        }

        private static func measure(_ node: Node, at level: Int, _ budget: inout Int, _ depth: inout Int) {
            budget -= 1
            depth = max(depth, level)
            guard budget >= 0 else { return }
            switch node.value {
            case .array(let items):
                for item in items { measure(item, at: level + 1, &budget, &depth) }
            case .object(let object):
                for member in object.members { measure(member.value, at: level + 1, &budget, &depth) }
            default: return
            }
        }

        private func read(_ path: JSONPointer) throws(PatchError) -> Node {
            var node = root
            for token in path.tokens {
                if let object = node.object, let next = object[token] {
                    node = next
                } else if let items = node.array, let index = JSONPointer.index(token, limit: items.count - 1)
                {
                    node = items[index]
                } else {
                    throw Self.missing(path)
                }
            }
            return node
        }

        private static func missing(_ path: JSONPointer) -> PatchError {
            .inapplicable("the path \"\(path.text)\" does not exist")
        }

        private mutating func insert(_ value: Node, at path: JSONPointer) throws(PatchError) {
            try admit(value, below: path)
            try Self.insert(&root, path, path.tokens[...], value)
        }

        private static func insert(
            _ node: inout Node, _ path: JSONPointer, _ rest: ArraySlice<String>, _ value: Node
        ) throws(PatchError) {
            guard let token = rest.first else {
                node = value
                return
            }
            if rest.count > 1 {
                return try descend(&node, path, token) { (child) throws(PatchError) in
                    try insert(&child, path, rest.dropFirst(), value)
                }
            }
            if var object = node.object {
                object[token] = value
                node.value = .object(object)
            } else if var items = node.array {
                let last = items.count
                guard let index = token == "-" ? last : JSONPointer.index(token, limit: last) else {
                    throw missing(path)
                }
                items.insert(value, at: index)
                node.value = .array(items)
            } else {
                throw missing(path)
            }
        }

        private static func replace(
            _ node: inout Node, _ path: JSONPointer, _ rest: ArraySlice<String>, _ value: Node
        ) throws(PatchError) {
            guard let token = rest.first else {
                node = value
                return
            }
            try descend(&node, path, token) { (child) throws(PatchError) in
                try replace(&child, path, rest.dropFirst(), value)
            }
        }

        private mutating func take(_ path: JSONPointer) throws(PatchError) -> Node {
            guard !path.tokens.isEmpty else { throw .inapplicable("the whole object cannot be removed") }
            return try Self.take(&root, path, path.tokens[...])
        }

        private static func take(
            _ node: inout Node, _ path: JSONPointer, _ rest: ArraySlice<String>
        ) throws(PatchError) -> Node {
            guard let token = rest.first else { throw missing(path) }
            if rest.count > 1 {
                return try descend(&node, path, token) { (child) throws(PatchError) in
                    try take(&child, path, rest.dropFirst())
                }
            }
            if var object = node.object, let value = object[token] {
                object.remove(token)
                node.value = .object(object)
                return value
            }
            if var items = node.array, let index = JSONPointer.index(token, limit: items.count - 1) {
                let value = items.remove(at: index)
                node.value = .array(items)
                return value
            }
            throw missing(path)
        }

        private static func descend<R>(
            _ node: inout Node, _ path: JSONPointer, _ token: String,
            _ body: (inout Node) throws(PatchError) -> R
        ) throws(PatchError) -> R {
            if var object = node.object, var child = object[token] {
                let result = try body(&child)
                object[token] = child
                node.value = .object(object)
                return result
            }
            if var items = node.array, let index = JSONPointer.index(token, limit: items.count - 1) {
                let result = try body(&items[index])
                node.value = .array(items)
                return result
            }
            throw missing(path)
        }
    }
}
