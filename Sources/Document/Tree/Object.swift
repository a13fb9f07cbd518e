/// The members of a JSON object or YAML mapping, in the order they were written, with unique keys.
public struct Object: Sendable {
    /// One key with its value.
    public struct Member: Sendable {
        /// The key.
        public var key: String
        /// Where the key stands.
        public var keyPosition: Position
        /// The value.
        public var value: Node

        /// Makes a member.
        public init(key: String, keyPosition: Position = .unknown, value: Node) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    /// The members in order.
    public private(set) var members: [Member]

    /// An object without members.
    public init() {
        members = []
    }

    /// Makes an object; of members with the same key the last value stays, at the place of the first.
    public init(members: [Member]) {
        self.members = []
        self.members.reserveCapacity(members.count)
        var seen: [String: Int] = [:]
        for member in members {
            if let index = seen[member.key] {
                self.members[index].value = member.value
            } else {
                seen[member.key] = self.members.count
                self.members.append(member)
            }
        }
    }

    /// Makes an object of members whose keys the caller has proven unique.
    init(uniqueMembers members: [Member]) {
        self.members = members
    }

    /// The number of members.
    public var count: Int { members.count }

    /// True when there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The keys in order.
    public var keys: [String] { members.map(\.key) }

    /// The member with this key.
    public func member(_ key: String) -> Member? {
        index(of: key).map { members[$0] }
    }

    /// The value of a key.
    ///
    /// Setting keeps the place of an existing key, appends a new one; nil removes.
    public subscript(_ key: String) -> Node? {
        get { index(of: key).map { members[$0].value } }
        set {
            guard let newValue else { return remove(key) }
            if let index = index(of: key) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
        _modify {
            var value: Node?
            let position = index(of: key)
            if let position {
                // The value is moved out while it changes, so nested arrays and objects are not copied.
                value = members[position].value
                members[position].value = Node(.null)
            }
            defer {
                switch (position, value) {
                case (let position?, let value?): members[position].value = value
                case (let position?, nil): members.remove(at: position)
                case (nil, let value?): members.append(Member(key: key, value: value))
                case (nil, nil): break
                }
            }
            yield &value
        }
    }

    /// Removes a key; nothing happens when it is absent.
    public mutating func remove(_ key: String) {
        if let index = index(of: key) { members.remove(at: index) }
    }

    /// The members ordered by the bytes of their keys, as Go's encoders write them.
    public var sortedMembers: [Member] {
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }

    private func index(of key: String) -> Int? {
        members.firstIndex { $0.key == key }
    }
}

extension Object: Equatable {
    /// True when both have the same keys with equal values, in any order.
    public static func == (lhs: Object, rhs: Object) -> Bool {
        guard lhs.count == rhs.count else { return false }
        if zip(lhs.members, rhs.members).allSatisfy({ $0.key == $1.key }) {
            return zip(lhs.members, rhs.members).allSatisfy { $0.value == $1.value }
        }
        let values = Dictionary(rhs.members.map { ($0.key, $0.value) }) { first, _ in first }
        return lhs.members.allSatisfy { values[$0.key] == $0.value }
    }
}
