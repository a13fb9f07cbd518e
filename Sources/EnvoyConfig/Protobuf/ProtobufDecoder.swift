import Bytes
public import Document

/// Reads a protobuf message of the API into the tree that its JSON form would give, so that one reader serves both.
///
/// Enums become numbers. A field that the API does not have becomes the member `#NUMBER`, one whose message is not
/// read here an object with the member `#`: a strict reader refuses both by name and path. Durations, wrappers,
/// structs and Any have their JSON forms.
public struct ProtobufDecoder {
    /// The most values of one message tree.
    public static let defaultMaxNodes = 8_000_000
    /// How deep messages may nest, as protobuf's own readers have it.
    public static let maxDepth = 100

    private let bytes: [UInt8]
    private let schema: ProtobufSchema
    private var nodesLeft: Int
    private var steps: [Step] = []

    private enum Step {
        case field(String)
        case index(Int)
    }

    /// Reads `bytes` as the message with this full name.
    public static func decode(
        _ bytes: [UInt8], as message: String, maxNodes: Int = defaultMaxNodes
    ) throws(ProtobufError) -> Node {
        var decoder = ProtobufDecoder(bytes, maxNodes: maxNodes)
        do throws(WireReader.Fault) {
            return try decoder.message(message, [0..<bytes.count])
        } catch {
            throw ProtobufError(path: decoder.path, reason: error.reason, offset: error.offset)
        }
    }

    private init(_ bytes: [UInt8], maxNodes: Int) {
        self.bytes = bytes
        schema = .api
        nodesLeft = maxNodes
    }

    private var path: String {
        var path = FieldPath()
        for step in steps {
            switch step {
            case .field(let name): path = path.appending(name)
            case .index(let index): path = path.appending(index)
            }
        }
        return path.description
    }

    // MARK: Messages

    /// What came for one field, in order; several occurrences of a single message are one message in pieces.
    private struct Slot {
        var field: ProtobufSchema.Field
        var values: [Value] = []
    }

    private enum Value {
        case number(UInt64)
        case chunk(Range<Int>)
    }

    private mutating func message(_ name: String, _ pieces: [Range<Int>]) throws(WireReader.Fault) -> Node {
        let start = pieces.first?.lowerBound ?? 0
        guard steps.count < 2 * Self.maxDepth else {
            throw WireReader.Fault(reason: "is nested deeper than \(Self.maxDepth) messages", offset: start)
        }
        try count(start)
        guard let message = schema.messages[name] else {
            return Node(Object(members: [.init(key: "#", value: .null)]))
        }
        var slots: [Slot] = []
        var unknown: [Int] = []
        for piece in pieces { try collect(piece, message, &slots, &unknown) }
        if let special = try wellKnown(name, slots, start) { return special }
        var members: [Object.Member] = []
        members.reserveCapacity(slots.count + unknown.count)
        for slot in slots {
            steps.append(.field(slot.field.name))
            members.append(.init(key: slot.field.name, value: try value(slot)))
            steps.removeLast()
        }
        for number in unknown { members.append(.init(key: "#\(number)", value: .null)) }
        return Node(Object(members: members))
    }

    private mutating func collect(
        _ piece: Range<Int>, _ message: ProtobufSchema.Message, _ slots: inout [Slot], _ unknown: inout [Int]
    ) throws(WireReader.Fault) {
        var reader = WireReader(piece)
        while !reader.isAtEnd {
            let (number, type) = try reader.tag(bytes)
            guard let field = message.byNumber[number] else {
                try reader.skip(type, bytes)
                if !unknown.contains(number), unknown.count < 64 { unknown.append(number) }
                continue
            }
            var index = slots.firstIndex { $0.field.number == number }
            if let oneOf = field.oneOf, index == nil {
                slots.removeAll { $0.field.oneOf == oneOf }
            }
            if index == nil {
                index = slots.count
                slots.append(Slot(field: field))
            }
            guard let index else { continue }
            steps.append(.field(field.name))
            let values = try values(field, type, &reader)
            steps.removeLast()
            // The last of several scalars counts; pieces of a message add up.
            if field.shape == .single, field.kind != .message { slots[index].values = [] }
            slots[index].values += values
        }
    }

    private mutating func values(
        _ field: ProtobufSchema.Field, _ type: WireReader.WireType, _ reader: inout WireReader
    ) throws(WireReader.Fault) -> [Value] {
        let isChunk =
            switch field.kind {
            case .string, .bytes, .message: true
            case .bool, .double, .float, .signed, .unsigned, .enumeration: field.shape == .map
            }
        if isChunk {
            guard type == .bytes else { throw reader.fault("is not of its type") }
            return [.chunk(try reader.chunk(bytes))]
        }
        if type == .bytes, field.shape == .list {
            var packed = WireReader(try reader.chunk(bytes))
            var values: [Value] = []
            while !packed.isAtEnd {
                try count(packed.position)
                values.append(.number(try number(field.kind, &packed)))
            }
            return values
        }
        guard type == Self.wireType(field.kind) else { throw reader.fault("is not of its type") }
        return [.number(try number(field.kind, &reader))]
    }

    private static func wireType(_ kind: ProtobufSchema.Kind) -> WireReader.WireType {
        switch kind {
        case .double: .fixed64
        case .float: .fixed32
        case .string, .bytes, .message: .bytes
        case .bool, .signed, .unsigned, .enumeration: .varint
        }
    }

    private func number(
        _ kind: ProtobufSchema.Kind, _ reader: inout WireReader
    ) throws(WireReader.Fault) -> UInt64 {
        switch kind {
        case .double: try reader.fixed(8, bytes)
        case .float: try reader.fixed(4, bytes)
        case .string, .bytes, .message, .bool, .signed, .unsigned, .enumeration: try reader.varint(bytes)
        }
    }

    private mutating func count(_ offset: Int) throws(WireReader.Fault) {
        nodesLeft -= 1
        guard nodesLeft >= 0 else { throw WireReader.Fault(reason: "holds too many values", offset: offset) }
    }

    // MARK: Values

    private mutating func value(_ slot: Slot) throws(WireReader.Fault) -> Node {
        let field = slot.field
        switch field.shape {
        case .single: return try single(field, slot.values)
        case .list:
            var items: [Node] = []
            items.reserveCapacity(slot.values.count)
            for (index, value) in slot.values.enumerated() {
                steps.append(.index(index))
                items.append(try single(field, [value]))
                steps.removeLast()
            }
            return Node(items)
        case .map:
            var members: [Object.Member] = []
            for case .chunk(let range) in slot.values { members.append(try entry(field, range)) }
            return Node(Object(members: members))
        }
    }

    private mutating func single(
        _ field: ProtobufSchema.Field, _ values: [Value]
    ) throws(WireReader.Fault) -> Node {
        var chunks: [Range<Int>] = []
        var number: UInt64 = 0
        for value in values {
            switch value {
            case .number(let value): number = value
            case .chunk(let range): chunks.append(range)
            }
        }
        try count(chunks.first?.lowerBound ?? 0)
        switch field.kind {
        case .message: return try message(field.message ?? "", chunks)
        case .string: return Node(try text(chunks.last ?? 0..<0))
        case .bytes: return Node(Base64.encode(Array(bytes[chunks.last ?? 0..<0])))
        case .bool: return Node(number != 0)
        case .double: return Node(Double(bitPattern: number))
        case .float: return Node(Double(Float(bitPattern: UInt32(truncatingIfNeeded: number))))
        case .signed: return Node(Int64(bitPattern: number))
        case .enumeration: return Node(Int64(Int32(truncatingIfNeeded: number)))
        case .unsigned: return Node(number)
        }
    }

    private mutating func entry(
        _ field: ProtobufSchema.Field, _ range: Range<Int>
    ) throws(WireReader.Fault) -> Object.Member {
        var key = ""
        var values: [Value] = []
        var content = field
        content.shape = .single
        var reader = WireReader(range)
        while !reader.isAtEnd {
            let (number, type) = try reader.tag(bytes)
            switch (number, type) {
            case (1, .bytes): key = try text(try reader.chunk(bytes))
            case (2, _): values += try self.values(content, type, &reader)
            default: try reader.skip(type, bytes)
            }
        }
        steps.append(.field(key))
        let node = try single(content, values)
        steps.removeLast()
        return .init(key: key, value: node)
    }

    private func text(_ range: Range<Int>) throws(WireReader.Fault) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw WireReader.Fault(reason: "is not UTF-8", offset: range.lowerBound)
        }
        return text
    }

    // MARK: Messages with a JSON form of their own

    private mutating func wellKnown(
        _ name: String, _ slots: [Slot], _ start: Int
    ) throws(WireReader.Fault) -> Node? {
        guard name.hasPrefix("google.protobuf.") else { return nil }
        switch name.dropFirst("google.protobuf.".count) {
        case "Any": return try any(slots)
        case "Duration": return try duration(slots, start)
        case "BoolValue": return try content(slots, Node(false))
        case "StringValue", "BytesValue": return try content(slots, Node(""))
        case "UInt32Value", "UInt64Value", "Int32Value", "Int64Value", "DoubleValue", "FloatValue":
            return try content(slots, Node(0))
        case "Struct": return try content(slots, Node(Object()))
        case "ListValue": return try content(slots, Node([Node]()))
        case "Value":
            guard let slot = slots.last, slot.field.name != "null_value" else { return .null }
            return try value(slot)
        default: return nil
        }
    }

    /// The one field's value; `absent` when it was left out, being the default.
    private mutating func content(_ slots: [Slot], _ absent: Node) throws(WireReader.Fault) -> Node {
        guard let slot = slots.first else { return absent }
        return try value(slot)
    }

    private mutating func any(_ slots: [Slot]) throws(WireReader.Fault) -> Node {
        var url = ""
        var pieces = [0..<0]
        for slot in slots {
            guard case .chunk(let range)? = slot.values.last else { continue }
            if slot.field.name == "type_url" { url = try text(range) } else { pieces = [range] }
        }
        var members = [Object.Member(key: "@type", value: Node(url))]
        let name = url.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? url
        if schema.messages[name] != nil {
            let content = try message(name, pieces)
            if let object = content.object, !name.hasPrefix("google.protobuf.") {
                members += object.members
            } else {
                members.append(.init(key: "value", value: content))
            }
        }
        return Node(Object(members: members))
    }

    private func duration(_ slots: [Slot], _ start: Int) throws(WireReader.Fault) -> Node {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        for slot in slots {
            guard case .number(let number)? = slot.values.last else { continue }
            if slot.field.name == "seconds" {
                seconds = Int64(bitPattern: number)
            } else {
                nanoseconds = Int64(bitPattern: number)
            }
        }
        guard abs(seconds.magnitude.clamped) <= DurationText.maxSeconds,
            (-999_999_999...999_999_999).contains(nanoseconds),
            seconds == 0 || nanoseconds == 0 || (seconds < 0) == (nanoseconds < 0)
        else { throw WireReader.Fault(reason: "is no duration", offset: start) }
        return Node(DurationText.format(.seconds(seconds) + .nanoseconds(nanoseconds)))
    }
}

extension UInt64 {
    /// The same as signed, at most `Int64.max`.
    fileprivate var clamped: Int64 { Int64(Swift.min(self, UInt64(Int64.max))) }
}
