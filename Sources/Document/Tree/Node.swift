/// One value of a JSON or YAML document, with the place it was read from.
///
/// Two nodes are equal when their values are; positions and the order of object members do not count, and
/// numbers compare by value: `1`, `1.0` and the unsigned `1` are equal.
public struct Node: Sendable {
    /// What a node holds.
    public enum Content: Sendable {
        /// `null`.
        case null
        /// `true` or `false`.
        case bool(Bool)
        /// An integer.
        case int(Int64)
        /// An integer above `Int64.max`.
        case uint(UInt64)
        /// A number with fraction or exponent, or beyond 64 bits; never infinite or not-a-number when parsed.
        case double(Double)
        /// A string.
        case string(String)
        /// A list.
        case array([Node])
        /// An object.
        case object(Object)
    }

    /// What the node holds.
    public var value: Content
    /// Where the value begins.
    public var position: Position

    /// Makes a node.
    public init(_ value: Content, position: Position = .unknown) {
        self.value = value
        self.position = position
    }

    /// Makes a string node.
    public init(_ string: String) { self.init(.string(string)) }

    /// Makes a boolean node.
    public init(_ bool: Bool) { self.init(.bool(bool)) }

    /// Makes an integer node.
    public init(_ int: some BinaryInteger) {
        if let value = Int64(exactly: int) {
            self.init(.int(value))
        } else if let value = UInt64(exactly: int) {
            self.init(.uint(value))
        } else {
            self.init(.double(Double(int)))
        }
    }

    /// Makes a number node.
    public init(_ double: Double) { self.init(.double(double)) }

    /// Makes a list node.
    public init(_ array: [Node]) { self.init(.array(array)) }

    /// Makes a list of strings.
    public init(_ strings: [String]) { self.init(.array(strings.map { Node($0) })) }

    /// Makes an object node.
    public init(_ object: Object) { self.init(.object(object)) }

    /// Makes an object node whose members are sorted by key.
    public init(_ strings: [String: String]) {
        self.init(
            .object(
                Object(
                    uniqueMembers: strings.sorted { $0.key < $1.key }.map {
                        Object.Member(key: $0.key, value: Node($0.value))
                    })))
    }

    /// The null node.
    public static let null = Node(.null)
}

extension Node {
    /// True for `null`.
    public var isNull: Bool {
        if case .null = value { return true }
        return false
    }

    /// The string, nil for other values.
    public var string: String? {
        if case .string(let string) = value { return string }
        return nil
    }

    /// The integer; a number without fraction that fits counts too.
    public var int: Int64? {
        switch value {
        case .int(let int): int
        case .double(let double): Int64(exactly: double)
        default: nil
        }
    }

    /// The integer as unsigned; nil for negative numbers and other values.
    public var uint: UInt64? {
        switch value {
        case .int(let int): UInt64(exactly: int)
        case .uint(let uint): uint
        case .double(let double): UInt64(exactly: double)
        default: nil
        }
    }

    /// The number, integers included (rounded above 2^53).
    public var double: Double? {
        switch value {
        case .int(let int): Double(int)
        case .uint(let uint): Double(uint)
        case .double(let double): double
        default: nil
        }
    }

    /// The boolean, nil for other values.
    public var bool: Bool? {
        if case .bool(let bool) = value { return bool }
        return nil
    }

    /// The list, nil for other values.
    public var array: [Node]? {
        if case .array(let array) = value { return array }
        return nil
    }

    /// The object, nil for other values.
    public var object: Object? {
        if case .object(let object) = value { return object }
        return nil
    }

    /// The members of an object whose values are all strings; other members are left out, other values give nil.
    public var stringMap: [String: String]? {
        guard let object else { return nil }
        var map: [String: String] = [:]
        for member in object.members {
            if let string = member.value.string { map[member.key] = string }
        }
        return map
    }

    /// The strings of a list; other elements are left out, other values give nil.
    public var strings: [String]? {
        array?.compactMap(\.string)
    }

    /// A member of an object.
    ///
    /// Setting one on anything else makes an object first; nil removes the member.
    public subscript(_ key: String) -> Node? {
        get {
            if case .object(let object) = value { return object[key] }
            return nil
        }
        set {
            if case .object(var object) = value {
                // Dropping our reference first lets the object change in place.
                value = .null
                object[key] = newValue
                value = .object(object)
            } else if let newValue {
                value = .object(Object(uniqueMembers: [Object.Member(key: key, value: newValue)]))
            }
        }
    }

    /// An element of a list; nil when there is none.
    public subscript(_ index: Int) -> Node? {
        if case .array(let array) = value, array.indices.contains(index) { return array[index] }
        return nil
    }

    /// The value reached through these members; nil when one is missing.
    public func at(_ path: String...) -> Node? {
        at(path)
    }

    /// The value reached through these members; nil when one is missing.
    public func at(_ path: [String]) -> Node? {
        var node = self
        for key in path {
            guard let next = node[key] else { return nil }
            node = next
        }
        return node
    }

    /// Sets the value reached through these members, making objects on the way; nil removes it.
    ///
    /// An empty path replaces the node itself.
    public mutating func set(_ path: [String], to newValue: Node?) {
        guard let key = path.first else {
            self = newValue ?? .null
            return
        }
        if path.count == 1 {
            self[key] = newValue
            return
        }
        let existing = self[key]
        if newValue == nil, existing == nil { return }
        var child = existing ?? Node(.object(Object()))
        child.set(Array(path.dropFirst()), to: newValue)
        self[key] = child
    }
}

extension Node: Equatable {
    /// True when both hold the same value.
    public static func == (lhs: Node, rhs: Node) -> Bool {
        switch (lhs.value, rhs.value) {
        case (.null, .null): true
        case (.bool(let lhs), .bool(let rhs)): lhs == rhs
        case (.int(let lhs), .int(let rhs)): lhs == rhs
        case (.string(let lhs), .string(let rhs)): lhs == rhs
        case (.array(let lhs), .array(let rhs)): lhs == rhs
        case (.object(let lhs), .object(let rhs)): lhs == rhs
        case (.double(let lhs), .double(let rhs)): lhs == rhs
        case (.uint(let lhs), .uint(let rhs)): lhs == rhs
        // The text of a large floating-point number reads as the nearest integer with its digits, so these are
        // compared as floating-point numbers.
        case (.double(let lhs), .int(let rhs)): lhs == Double(rhs)
        case (.double(let lhs), .uint(let rhs)): lhs == Double(rhs)
        case (.int(let lhs), .double(let rhs)): Double(lhs) == rhs
        case (.uint(let lhs), .double(let rhs)): Double(lhs) == rhs
        case (.int(let lhs), .uint(let rhs)): UInt64(exactly: lhs) == rhs
        case (.uint(let lhs), .int(let rhs)): lhs == UInt64(exactly: rhs)
        default: false
        }
    }
}

extension Node: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Makes a boolean.
    public init(booleanLiteral value: Bool) { self.init(.bool(value)) }

    /// Makes an integer.
    public init(integerLiteral value: Int64) { self.init(.int(value)) }

    /// Makes a number.
    public init(floatLiteral value: Double) { self.init(.double(value)) }

    /// Makes a string.
    public init(stringLiteral value: String) { self.init(.string(value)) }

    /// Makes a list.
    public init(arrayLiteral elements: Node...) { self.init(.array(elements)) }

    /// Makes an object; members keep their order.
    public init(dictionaryLiteral elements: (String, Node)...) {
        self.init(.object(Object(members: elements.map { Object.Member(key: $0, value: $1) })))
    }
}

extension Node: CustomStringConvertible {
    /// The node as compact JSON.
    public var description: String { JSON.serialize(self) }
}
