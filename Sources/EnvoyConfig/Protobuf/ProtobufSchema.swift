/// The fields of the messages that are read and written as protobuf.
struct ProtobufSchema: Sendable {
    /// What a field holds; enums are numbers, as a gateway takes them.
    enum Kind: Character, Sendable {
        case string = "s"
        case bytes = "y"
        case bool = "b"
        case double = "d"
        case float = "f"
        case signed = "i"
        case unsigned = "u"
        case enumeration = "e"
        case message = "m"
    }

    enum Shape: Sendable {
        case single
        case list
        /// Entries of a string key (field 1) and a value (field 2).
        case map
    }

    struct Field: Sendable {
        var name: String
        var number: Int
        var kind: Kind
        var shape: Shape
        /// The message's type; nil for one that is not read here.
        var message: String?
        /// Of the alternatives of a oneof the last one counts.
        var oneOf: String?
    }

    struct Message: Sendable {
        var byNumber: [Int: Field] = [:]
        var byName: [String: Field] = [:]
    }

    /// By full name.
    let messages: [String: Message]

    /// The messages of the API that Hanse reads.
    static let api = ProtobufSchema(fields)

    /// Reads the text that `fields` describes; a line that is none is passed over.
    init(_ text: String) {
        var messages: [String: Message] = [:]
        var name = ""
        var message = Message()
        for line in text.split(separator: "\n") {
            if line.first == "=" {
                messages[name] = message
                name = String(line.dropFirst())
                message = Message()
            } else if let field = Self.field(line) {
                message.byNumber[field.number] = field
                message.byName[field.name] = field
            }
        }
        messages[name] = message
        messages[""] = nil
        self.messages = messages
    }

    private static func field(_ line: Substring) -> Field? {
        let parts = line.split(separator: " ")
        guard parts.count >= 3, let number = Int(parts[1]), let letter = parts[2].first,
            let kind = Kind(rawValue: letter)
        else { return nil }
        let shape: Shape =
            switch parts[2].dropFirst() {
            case "*": .list
            case "%": .map
            default: .single
            }
        var field = Field(name: String(parts[0]), number: number, kind: kind, shape: shape)
        for part in parts.dropFirst(3) {
            if part.first == "@" {
                field.oneOf = String(part.dropFirst())
            } else if part != "?" {
                field.message = String(part)
            }
        }
        return field
    }
}
