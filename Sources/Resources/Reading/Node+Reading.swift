import Bytes
import Document

/// Tolerant reads: what is absent or of the wrong type gives the default. Validation happened before.
extension Node {
    func text(_ key: String, _ fallback: String = "") -> String {
        self[key]?.string ?? fallback
    }

    /// The text when there is some, nil for absent and empty.
    func nonEmpty(_ key: String) -> String? {
        guard let text = self[key]?.string, !text.isEmpty else { return nil }
        return text
    }

    func flag(_ key: String) -> Bool? { self[key]?.bool }

    func integer(_ key: String) -> Int? { self[key]?.int.map { Int(clamping: $0) } }

    func list(_ key: String) -> [Node] { self[key]?.array ?? [] }

    func texts(_ key: String) -> [String] { self[key]?.strings ?? [] }

    func map(_ key: String) -> [String: String] { self[key]?.stringMap ?? [:] }

    func members(_ key: String) -> [Object.Member] { self[key]?.object?.members ?? [] }

    /// A duration such as `5s` or `1m30s`.
    func duration(_ key: String) -> Duration? { self[key]?.string.flatMap { Duration(go: $0) } }

    /// An integer or a decimal string, as int-or-string fields have them.
    func integerOrText(_ key: String) -> IntOrString? {
        if let int = self[key]?.int { return .int(Int(clamping: int)) }
        return self[key]?.string.map { .string($0) }
    }
}

/// A value that is a number or a name, as `targetPort` is.
public enum IntOrString: Hashable, Sendable {
    /// A number.
    case int(Int)
    /// A name.
    case string(String)
}
