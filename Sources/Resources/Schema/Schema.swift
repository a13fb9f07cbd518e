public import Document

/// A structural schema: what a document of one kind may hold.
///
/// The subset of OpenAPI v3 that Kubernetes enforces for custom resources, without patterns and combinations. What the
/// subset does not know is refused when a schema is read, so nothing a schema says goes unenforced.
public final class Schema: Sendable {
    /// The JSON types.
    public enum Kind: String, Sendable, Hashable {
        /// An object.
        case object
        /// A list.
        case array
        /// A text.
        case string
        /// A number without fraction.
        case integer
        /// A number.
        case number
        /// True or false.
        case boolean
    }

    /// How elements of a list are told apart.
    public enum ListKind: Sendable, Hashable {
        /// By place.
        case atomic
        /// By value.
        case set
        /// By the values of these members.
        case map(keys: [String])
    }

    /// A named member of an object.
    public struct Property: Sendable {
        /// The member's key.
        public let name: String
        /// What it may hold.
        public let schema: Schema
    }

    /// The type; nil allows any.
    public let kind: Kind?
    /// One sentence for people.
    public let description: String
    /// True when null is a value of its own.
    public let isNullable: Bool
    /// True when numbers and texts are both right.
    public let isIntOrString: Bool
    /// True when members the schema does not name are kept.
    public let preservesUnknown: Bool
    /// The named members, in the schema's order.
    public let properties: [Property]
    /// What members without a name of their own may hold; nil allows none.
    public let additional: Schema?
    /// The elements of a list.
    public let items: Schema?
    /// Members that must be there.
    public let required: [String]
    /// The values allowed, empty for any.
    public let enumeration: [Node]
    /// A further rule for texts and numbers: `date-time`, `duration`, `byte`, `int32`..., empty for none.
    public let format: String
    /// The least number.
    public let minimum: Double?
    /// The greatest number.
    public let maximum: Double?
    /// The shortest text, in characters.
    public let minLength: Int?
    /// The longest text, in characters.
    public let maxLength: Int?
    /// The shortest list.
    public let minItems: Int?
    /// The longest list.
    public let maxItems: Int?
    /// What an absent member becomes.
    public let defaultValue: Node?
    /// How elements of a list are told apart.
    public let listKind: ListKind
    /// What to say when the field is used though it should not be; nil for fields in good standing.
    public let deprecation: String?

    private let index: [String: Schema]

    init(
        _ kind: Kind?, description: String = "", isNullable: Bool = false, isIntOrString: Bool = false,
        preservesUnknown: Bool = false, properties: [Property] = [], additional: Schema? = nil,
        items: Schema? = nil, required: [String] = [], enumeration: [Node] = [], format: String = "",
        minimum: Double? = nil, maximum: Double? = nil, minLength: Int? = nil, maxLength: Int? = nil,
        minItems: Int? = nil, maxItems: Int? = nil, defaultValue: Node? = nil, listKind: ListKind = .atomic
    ) {
        self.kind = kind
        self.description = description
        self.isNullable = isNullable
        self.isIntOrString = isIntOrString
        self.preservesUnknown = preservesUnknown
        self.properties = properties
        self.additional = additional
        self.items = items
        self.required = required
        self.enumeration = enumeration
        self.format = format
        self.minimum = minimum
        self.maximum = maximum
        self.minLength = minLength
        self.maxLength = maxLength
        self.minItems = minItems
        self.maxItems = maxItems
        self.defaultValue = defaultValue
        self.listKind = listKind
        let mark = "Deprecated: "
        deprecation = description.hasPrefix(mark) ? String(description.dropFirst(mark.count)) : nil
        index = Dictionary(properties.map { ($0.name, $0.schema) }) { first, _ in first }
    }

    /// What the member of this name may hold; nil when the schema does not know it.
    public func member(_ name: String) -> Schema? { index[name] ?? additional }
}

/// Short forms for schemas written by hand.
extension Schema {
    static let text = Schema(.string)
    static let flag = Schema(.boolean)
    static let number = Schema(.integer)
    static let port = Schema(.integer, minimum: 0, maximum: 65535)
    static let time = Schema(.string, isNullable: true, format: "date-time")
    static let texts = Schema(.array, items: text)
    static let textMap = Schema(.object, additional: text)
    static let intOrString = Schema(nil, isIntOrString: true)
    /// Anything, kept as it is.
    static let any = Schema(nil, preservesUnknown: true)

    static func object(
        _ properties: KeyValuePairs<String, Schema>, required: [String] = [], open: Bool = false
    ) -> Schema {
        Schema(
            .object, preservesUnknown: open,
            properties: properties.map { Property(name: $0.key, schema: $0.value) }, required: required)
    }

    static func list(_ items: Schema, of listKind: ListKind = .atomic) -> Schema {
        Schema(.array, items: items, listKind: listKind)
    }

    static func oneOf(_ values: String...) -> Schema {
        Schema(.string, enumeration: values.map { Node($0) })
    }
}
