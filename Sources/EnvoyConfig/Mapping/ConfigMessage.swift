public import Document

/// A message of Envoy's v3 API, read strictly and written in snake_case.
///
/// `init()` is the message with Envoy's defaults; as it stands it may lack required fields.
public protocol ConfigMessage: Sendable, Equatable {
    /// The message with Envoy's defaults.
    init()
    /// Reads the message; faults go to `reader`, and what could not be read keeps its default.
    init(reading node: Node, reader: inout ConfigReader)
    /// The message as a document: snake_case keys, enum names, defaults left out.
    var node: Node { get }
}

/// A message with a type name, so that it can be a resource or the content of an Any.
public protocol ConfigResource: ConfigMessage {
    /// The protobuf name, as `envoy.config.listener.v3.Listener`.
    static var messageName: String { get }
    /// What the resource is called; unique among those of its type.
    var name: String { get set }
}

extension ConfigResource {
    /// `type.googleapis.com/` and the message name.
    public static var typeURL: String { typeURLPrefix + messageName }

    /// The message name without its package.
    static var shortName: String {
        messageName.split(separator: ".").last.map(String.init) ?? messageName
    }

    /// The resource as an Any of a DiscoveryResponse: its fields after `@type`.
    public var anyNode: Node { wrappedAsAny(node, type: Self.messageName) }

    /// Reads a resource under its own name in findings.
    static func readResource(_ node: Node, key: String = "name", reader: inout ConfigReader) -> Self {
        let context = reader.context
        let name = node[key]?.string ?? node[camelCase(key)]?.string ?? ""
        return context.scoped(type: shortName, name: name) {
            var reader = reader
            return Self(reading: node, reader: &reader)
        }
    }
}

/// What every `@type` of the API starts with.
let typeURLPrefix = "type.googleapis.com/"

/// The fields of `node` behind a `@type` of `type`.
func wrappedAsAny(_ node: Node, type: String) -> Node {
    var members = [
        Object.Member(
            key: "@type", keyPosition: Position(line: 0, column: 0),
            value: Node(.string(typeURLPrefix + type)))
    ]
    members += node.object?.members ?? []
    return Node(.object(Object(members: members)))
}

/// protobuf's JSON name of a snake_case field.
func camelCase(_ name: String) -> String {
    var result = ""
    var isUpperNext = false
    for character in name {
        if character == "_" {
            isUpperNext = true
        } else {
            result += isUpperNext ? character.uppercased() : String(character)
            isUpperNext = false
        }
    }
    return result
}

/// A message whose fields are listed once, for reading and writing alike.
protocol MappedMessage: ConfigMessage {
    /// Hands every field to `fields`, which fills or collects it.
    mutating func map(_ fields: inout FieldMapper)
}

extension MappedMessage {
    /// Reads the fields that `map` lists; any other is a fault.
    public init(reading node: Node, reader: inout ConfigReader) {
        self.init()
        let context = reader.context
        guard let object = node.object else {
            context.add("must be an object", at: node.position)
            return
        }
        guard context.depth < FieldMapper.maxDepth else {
            context.add("is nested deeper than \(FieldMapper.maxDepth) messages", at: node.position)
            return
        }
        context.depth += 1
        defer { context.depth -= 1 }
        var fields = FieldMapper(reading: object, at: node.position, context: context)
        map(&fields)
        fields.finishReading()
    }

    /// The fields that `map` lists, where they differ from their defaults.
    public var node: Node {
        var copy = self
        var fields = FieldMapper()
        copy.map(&fields)
        return Node(.object(fields.output))
    }
}
