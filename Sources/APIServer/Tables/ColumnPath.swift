import Document

/// The part of JSONPath that printer columns use: `.a.b`, `['a']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.
struct ColumnPath: Sendable, Equatable {
    private enum Step: Equatable {
        case member(String)
        case index(Int)
        case every
        case filter(member: String, equals: String)
    }

    private let steps: [Step]

    /// Parses `text`; `nil` when it uses anything else.
    init?(_ text: String) {
        var steps: [Step] = []
        var rest = text[...]
        while let first = rest.first {
            if first == "." {
                rest = rest.dropFirst()
                let name = rest.prefix { $0 != "." && $0 != "[" }
                rest = rest[name.endIndex...]
                if name.isEmpty {
                    guard rest.first == "[" else { return nil }
                } else {
                    steps.append(name == "*" ? .every : .member(String(name)))
                }
            } else if first == "[", let close = Self.close(of: rest) {
                guard let step = Self.bracket(rest[rest.index(after: rest.startIndex)..<close]) else {
                    return nil
                }
                steps.append(step)
                rest = rest[rest.index(after: close)...]
            } else {
                return nil
            }
        }
        guard !steps.isEmpty else { return nil }
        self.steps = steps
    }

    private static func close(of text: Substring) -> String.Index? {
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == "]" {
                return index
            }
        }
        return nil
    }

    private static func bracket(_ text: Substring) -> Step? {
        if text == "*" { return .every }
        if let index = Int(text) { return .index(index) }
        if let name = unquoted(text) { return .member(name) }
        guard text.hasPrefix("?(@."), text.hasSuffix(")") else { return nil }
        let parts = text.dropFirst(4).dropLast().split(separator: "==", maxSplits: 1)
        guard parts.count == 2, let value = unquoted(trimmed(parts[1])) else { return nil }
        return .filter(member: String(trimmed(parts[0])), equals: value)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text = text.dropLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> String? {
        guard text.count >= 2, let first = text.first, first == "'" || first == "\"", text.last == first
        else { return nil }
        return String(text.dropFirst().dropLast())
    }

    /// The first value this path leads to; `nil` when there is none.
    func first(in node: Node) -> Node? { Self.first(steps[...], node) }

    private static func first(_ steps: ArraySlice<Step>, _ node: Node) -> Node? {
        guard let step = steps.first else { return node }
        let rest = steps.dropFirst()
        switch step {
        case .member(let name): return node[name].flatMap { first(rest, $0) }
        case .index(let index):
            guard let items = node.array else { return nil }
            let position = index < 0 ? items.count + index : index
            return items.indices.contains(position) ? first(rest, items[position]) : nil
        case .every:
            let items = node.array ?? node.object?.members.map(\.value) ?? []
            return items.lazy.compactMap { first(rest, $0) }.first
        case .filter(let member, let value):
            let path = member.split(separator: ".").map(String.init)
            return (node.array ?? []).lazy
                .filter { $0.at(path)?.string == value }.compactMap { first(rest, $0) }.first
        }
    }
}
