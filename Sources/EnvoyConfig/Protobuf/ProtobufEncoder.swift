public import Document

/// Writes the tree of a message as protobuf: the reverse of `ProtobufDecoder`, for what a gateway sends.
public enum ProtobufEncoder {
    /// The bytes of a message with this full name.
    ///
    /// Members that the message does not have, or whose value does not fit, are left out.
    public static func encode(_ node: Node, as message: String) -> [UInt8] {
        var out: [UInt8] = []
        write(node, message, &out)
        return out
    }

    private static func write(_ node: Node, _ name: String, _ out: inout [UInt8]) {
        guard let message = ProtobufSchema.api.messages[name] else { return }
        switch name {
        case "google.protobuf.Struct": return writeMap(node, number: 1, "google.protobuf.Value", &out)
        case "google.protobuf.ListValue":
            for item in node.array ?? [] { writeMessage(item, 1, "google.protobuf.Value", &out) }
            return
        case "google.protobuf.Value": return writeValue(node, &out)
        default: break
        }
        for member in node.object?.members ?? [] {
            guard let field = message.byName[member.key], !member.value.isNull else { continue }
            switch field.shape {
            case .single: write(member.value, field, &out)
            case .list: for item in member.value.array ?? [] { write(item, field, &out, isItem: true) }
            case .map: writeMap(member.value, number: field.number, field.message, &out)
            }
        }
    }

    private static func write(
        _ node: Node, _ field: ProtobufSchema.Field, _ out: inout [UInt8], isItem: Bool = false
    ) {
        switch field.kind {
        case .message: writeMessage(node, field.number, field.message ?? "", &out)
        case .string:
            guard let text = node.string, isItem || !text.isEmpty || field.oneOf != nil else { return }
            writeChunk(Array(text.utf8), field.number, &out)
        case .bool:
            guard let bool = node.bool, bool || isItem else { return }
            writeTag(field.number, 0, &out)
            writeVarint(bool ? 1 : 0, &out)
        case .signed, .enumeration:
            guard let int = node.int, int != 0 || isItem else { return }
            writeTag(field.number, 0, &out)
            writeVarint(UInt64(bitPattern: int), &out)
        case .unsigned:
            guard let uint = node.uint, uint != 0 || isItem else { return }
            writeTag(field.number, 0, &out)
            writeVarint(uint, &out)
        case .bytes, .double, .float: return
        }
    }

    private static func writeMap(_ node: Node, number: Int, _ message: String?, _ out: inout [UInt8]) {
        for member in node.object?.members ?? [] {
            var entry: [UInt8] = []
            writeChunk(Array(member.key.utf8), 1, &entry)
            if let message {
                writeMessage(member.value, 2, message, &entry)
            } else if let text = member.value.string {
                writeChunk(Array(text.utf8), 2, &entry)
            }
            writeChunk(entry, number, &out)
        }
    }

    /// google.protobuf.Value: 1 null, 2 number (double), 3 string, 4 bool, 5 struct, 6 list.
    private static func writeValue(_ node: Node, _ out: inout [UInt8]) {
        switch node.value {
        case .null:
            writeTag(1, 0, &out)
            writeVarint(0, &out)
        case .bool(let bool):
            writeTag(4, 0, &out)
            writeVarint(bool ? 1 : 0, &out)
        case .int, .uint, .double:
            writeTag(2, 1, &out)
            let bits = (node.double ?? 0).bitPattern
            for index in 0..<8 { out.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * index))) }
        case .string(let text): writeChunk(Array(text.utf8), 3, &out)
        case .array: writeMessage(node, 6, "google.protobuf.ListValue", &out)
        case .object: writeMessage(node, 5, "google.protobuf.Struct", &out)
        }
    }

    private static func writeMessage(_ node: Node, _ number: Int, _ name: String, _ out: inout [UInt8]) {
        var content: [UInt8] = []
        write(node, name, &content)
        writeChunk(content, number, &out)
    }

    private static func writeChunk(_ bytes: [UInt8], _ number: Int, _ out: inout [UInt8]) {
        writeTag(number, 2, &out)
        writeVarint(UInt64(bytes.count), &out)
        out += bytes
    }

    private static func writeTag(_ number: Int, _ type: UInt64, _ out: inout [UInt8]) {
        writeVarint(UInt64(number) << 3 | type, &out)
    }

    private static func writeVarint(_ value: UInt64, _ out: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            out.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        out.append(UInt8(value))
    }
}
