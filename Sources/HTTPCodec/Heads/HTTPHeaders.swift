internal import Bytes

/// Header fields in order, for the control plane.
///
/// Names compare without case and keep the spelling they came with.
public struct HTTPHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral, CustomStringConvertible {
    /// One field.
    public struct Entry: Hashable, Sendable {
        /// The field's name as spelled.
        public var name: String
        /// The field's value without surrounding white space.
        public var value: String

        /// A field of this name and value.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The fields in the order they stand.
    public private(set) var entries: [Entry] = []

    /// No fields.
    public init() {}

    /// The fields of a literal, in its order.
    public init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// Number of fields.
    public var count: Int { entries.count }

    /// Whether there are none.
    public var isEmpty: Bool { entries.isEmpty }

    /// Appends a field.
    ///
    /// CR, LF and NUL in `value` become spaces, so that a value can never forge a field.
    public mutating func add(_ name: String, _ value: String) {
        entries.append(Entry(name: Self.harmless(name), value: Self.harmless(value)))
    }

    /// Replaces every field of this name by one.
    public mutating func set(_ name: String, _ value: String) {
        remove(name)
        add(name, value)
    }

    /// Removes every field of this name.
    public mutating func remove(_ name: String) {
        entries.removeAll { ASCII.equalsIgnoringCase($0.name, name) }
    }

    /// The first value of this name.
    public subscript(first name: String) -> String? {
        entries.first { ASCII.equalsIgnoringCase($0.name, name) }?.value
    }

    /// The first value of this name; setting replaces all of them, nil removes them.
    public subscript(_ name: String) -> String? {
        get { self[first: name] }
        set {
            if let newValue { set(name, newValue) } else { remove(name) }
        }
    }

    /// Every value of this name, in order.
    public func all(_ name: String) -> [String] {
        entries.filter { ASCII.equalsIgnoringCase($0.name, name) }.map(\.value)
    }

    /// Whether there is a field of this name.
    public func contains(_ name: String) -> Bool { self[first: name] != nil }

    /// Whether a comma-separated list header holds `token`, compared without case.
    public func hasToken(_ token: String, in name: String) -> Bool {
        all(name).contains { value in
            value.split(separator: ",").contains { ASCII.equalsIgnoringCase(ASCII.trimmed($0), token) }
        }
    }

    /// The fields as lines.
    public var description: String { entries.map { "\($0.name): \($0.value)" }.joined(separator: "\n") }

    private static func harmless(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else { return text }
        return String(decoding: text.utf8.map { $0 == 13 || $0 == 10 || $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
}
