import Document

/// Reads the fields of one message from an object, or collects them into one.
///
/// A message names its fields once in `map`; the mapper knows in which direction it runs. Reading, a key may be
/// written in snake_case or lowerCamelCase, `null` means absent, and keys nobody asked for are faults.
struct FieldMapper {
    /// How deep messages may nest.
    static let maxDepth = 100

    /// The members of the message being read.
    private let input: Object
    private let position: Position
    /// Nil when writing.
    let context: ConfigReader.Context?
    private var isConsumed: [Bool]
    /// What was written so far.
    private(set) var output = Object()
    /// The fields of the oneof being read that were present.
    private var oneOfFound: [String] = []
    private var oneOfKnown: [String] = []

    var isReading: Bool { context != nil }

    init() {
        input = Object()
        position = Position(line: 0, column: 0)
        context = nil
        isConsumed = []
    }

    init(reading object: Object, at position: Position, context: ConfigReader.Context) {
        input = object
        self.position = position
        self.context = context
        isConsumed = Array(repeating: false, count: object.count)
    }

    /// Reports the keys nobody asked for.
    func finishReading() {
        guard let context, context.isStrict else { return }
        for (index, member) in input.members.enumerated() where !isConsumed[index] {
            context.add("unknown field", under: .key(member.key), at: member.keyPosition)
        }
    }

    /// The member called `name`, marked as asked for; nil when absent or null.
    private mutating func take(_ name: String) -> Object.Member? {
        var found: Int?
        var alternative: String?
        for (index, member) in input.members.enumerated() where !isConsumed[index] {
            if member.key != name {
                if alternative == nil { alternative = camelCase(name) }
                guard member.key == alternative else { continue }
            }
            isConsumed[index] = true
            if found != nil {
                context?.add("is given twice", under: .key(member.key), at: member.keyPosition)
            } else {
                found = index
            }
        }
        guard let found, !input.members[found].value.isNull else { return nil }
        return input.members[found]
    }

    /// Reads every member, whatever its key: the message is a map.
    mutating func members(_ body: (String, Node, ConfigReader.Context) -> Void) {
        guard let context else { return }
        for (index, member) in input.members.enumerated() {
            isConsumed[index] = true
            context.within(.key(member.key)) { body(member.key, member.value, context) }
        }
    }

    /// Reads the field with `body` when it is there; reports its absence when it is required.
    mutating func read(
        _ name: String, required: Bool, _ body: (Node, ConfigReader.Context) -> Void
    ) {
        guard let context else { return }
        guard let member = take(name) else {
            if required { context.add("is required", under: .key(name), at: position) }
            return
        }
        context.within(.key(member.key)) { body(member.value, context) }
    }

    /// A field that may be there and means nothing here.
    mutating func ignore(_ name: String) {
        read(name, required: false) { _, _ in }
    }

    mutating func write(_ name: String, _ value: Node) {
        output[name] = value
    }

    // MARK: checks

    /// Reports a fault of a field of this message, only while reading.
    func fault(_ reason: String, _ path: ConfigReader.Context.Step...) {
        guard let context else { return }
        context.steps += path
        context.add(reason, at: position)
        context.steps.removeLast(path.count)
    }

    // MARK: oneof

    /// One alternative of the oneof being mapped.
    ///
    /// `value` is what to write, nil when another alternative holds.
    mutating func alternative<T>(
        _ name: String, _ value: T?, write: (T) -> Node?, read: (Node, ConfigReader.Context) -> Void
    ) {
        guard let context else {
            if let value, let node = write(value) { output[name] = node }
            return
        }
        oneOfKnown.append(name)
        guard let member = take(name) else { return }
        oneOfFound.append(member.key)
        guard oneOfFound.count == 1 else { return }
        context.within(.key(member.key)) { read(member.value, context) }
    }

    /// Maps the alternatives named in `body`, of which at most one may be present, or exactly one if `required`.
    mutating func oneOf(required: Bool, _ body: (inout FieldMapper) -> Void) {
        let saved = (oneOfFound, oneOfKnown)
        (oneOfFound, oneOfKnown) = ([], [])
        body(&self)
        if let context {
            if oneOfFound.count > 1 {
                context.add("only one of \(oneOfFound.joined(separator: ", ")) may be set", at: position)
            } else if required && oneOfFound.isEmpty {
                context.add("one of \(oneOfKnown.joined(separator: ", ")) is required", at: position)
            }
        }
        (oneOfFound, oneOfKnown) = saved
    }
}
