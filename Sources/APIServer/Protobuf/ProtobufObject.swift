import Bytes
import Document

/// Decodes a Kubernetes protobuf body into the tree its JSON form would give.
///
/// The body is `k8s\0`, then the message Unknown: 1 TypeMeta {1 apiVersion, 2 kind}, 2 the object's bytes,
/// 3 contentEncoding, 4 contentType.
enum ProtobufObject {
    typealias Failure = ProtobufReader.Failure

    private static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0x00]

    /// Decodes `body`.
    ///
    /// Fails when the envelope is missing, the kind is not one that is sent as protobuf, or the bytes are cut
    /// off or not UTF-8. Fields that the API does not list are skipped.
    static func decode(_ body: [UInt8]) throws(Failure) -> Node {
        guard body.starts(with: magic) else {
            throw Failure(message: "the body does not start with the Kubernetes protobuf prefix", offset: 0)
        }
        var apiVersion = ""
        var kind = ""
        var payload: ArraySlice<UInt8> = []
        var envelope = ProtobufReader(body[magic.count...])
        while let field = try envelope.next() {
            switch (field.number, field.value) {
            case (1, .bytes(let bytes)):
                var meta = ProtobufReader(bytes)
                while let field = try meta.next() {
                    guard case .bytes(let bytes) = field.value else { continue }
                    if field.number == 1 { apiVersion = try string(bytes) }
                    if field.number == 2 { kind = try string(bytes) }
                }
            case (2, .bytes(let bytes)): payload = bytes
            case (3, .bytes(let bytes)) where !bytes.isEmpty:
                throw Failure(message: "encoded protobuf content is not supported", offset: bytes.startIndex)
            default: continue
            }
        }
        guard !apiVersion.isEmpty, !kind.isEmpty else {
            throw Failure(message: "the body names no apiVersion and kind", offset: magic.count)
        }
        guard let message = ProtobufMessage.forKind(kind, apiVersion: apiVersion) else {
            throw Failure(
                message: "\(kind) in version \"\(apiVersion)\" cannot be read as protobuf; send JSON",
                offset: magic.count)
        }
        var object = Object()
        object["apiVersion"] = Node(.string(apiVersion))
        object["kind"] = Node(.string(kind))
        for member in try decode(payload, message, depth: 0).members { object[member.key] = member.value }
        return Node(.object(object))
    }

    private static func decode(
        _ bytes: ArraySlice<UInt8>, _ message: ProtobufMessage, depth: Int
    ) throws(Failure) -> Object {
        var reader = ProtobufReader(bytes)
        var object = Object()
        var lists: [String: [Node]] = [:]
        var maps: [String: [String: Node]] = [:]
        while let (number, wire) = try reader.next() {
            guard let field = message.fields[number] else { continue }
            switch field.kind {
            case .list(let element):
                let item = try value(wire, element, reader, keepsEmpty: true, depth: depth) ?? Node(.null)
                lists[field.name, default: []].append(item)
            case .map(let element):
                guard case .bytes(let entry) = wire else {
                    throw reader.failure("\(field.name) is not a map")
                }
                let (key, item) = try mapEntry(entry, element, depth: depth)
                maps[field.name, default: [:]][key] = item
            default:
                let node = try value(wire, field.kind, reader, keepsEmpty: false, depth: depth)
                if let node { object[field.name] = node }
            }
        }
        for (name, items) in lists { object[name] = Node(.array(items)) }
        for (name, entries) in maps {
            var map = Object()
            for (key, item) in entries.sorted(by: { $0.key < $1.key }) { map[key] = item }
            object[name] = Node(.object(map))
        }
        return object
    }

    private static func mapEntry(
        _ bytes: ArraySlice<UInt8>, _ kind: ProtobufMessage.Kind, depth: Int
    ) throws(Failure) -> (String, Node) {
        var reader = ProtobufReader(bytes)
        var key = ""
        var item: Node?
        while let (number, wire) = try reader.next() {
            if number == 1, case .bytes(let bytes) = wire { key = try string(bytes) }
            if number == 2 { item = try value(wire, kind, reader, keepsEmpty: true, depth: depth) }
        }
        return (key, item ?? Node(.string("")))
    }

    private static func value(
        _ wire: ProtobufReader.Value, _ kind: ProtobufMessage.Kind, _ reader: ProtobufReader,
        keepsEmpty: Bool, depth: Int
    ) throws(Failure) -> Node? {
        switch (kind, wire) {
        case (.optional(let inner), _):
            return try value(wire, inner, reader, keepsEmpty: true, depth: depth)
        case (.string, .bytes(let bytes)):
            return bytes.isEmpty && !keepsEmpty ? Node?.none : Node(.string(try string(bytes)))
        case (.bytes, .bytes(let bytes)):
            return bytes.isEmpty && !keepsEmpty ? Node?.none : Node(.string(Base64.encode(Array(bytes))))
        case (.int, .varint(let number)):
            return number == 0 && !keepsEmpty ? Node?.none : Node(.int(Int64(bitPattern: number)))
        case (.bool, .varint(let number)):
            return number == 0 && !keepsEmpty ? Node?.none : Node(.bool(number != 0))
        case (.time, .bytes(let bytes)): return try time(bytes)
        case (.intOrString, .bytes(let bytes)): return try intOrString(bytes)
        case (.message(let message), .bytes(let bytes)):
            let object = try decode(bytes, message, depth: depth + 1)
            return object.isEmpty && !keepsEmpty ? Node?.none : Node(.object(object))
        default: throw reader.failure("a field has the wrong wire type")
        }
    }

    private static func time(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Node? {
        var reader = ProtobufReader(bytes)
        var seconds: Int64 = 0
        while let (number, wire) = try reader.next() {
            if number == 1, case .varint(let value) = wire { seconds = Int64(bitPattern: value) }
        }
        return seconds == 0 ? Node?.none : Node(.string(WallTime(seconds: seconds, nanoseconds: 0).rfc3339))
    }

    private static func intOrString(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Node? {
        var reader = ProtobufReader(bytes)
        var isString = false
        var number: Int64 = 0
        var text = ""
        while let (field, wire) = try reader.next() {
            switch (field, wire) {
            case (1, .varint(let value)): isString = value == 1
            case (2, .varint(let value)): number = Int64(bitPattern: value)
            case (3, .bytes(let bytes)): text = try string(bytes)
            default: continue
            }
        }
        if isString { return text.isEmpty ? Node?.none : Node(.string(text)) }
        return number == 0 ? Node?.none : Node(.int(number))
    }

    private static func string(_ bytes: ArraySlice<UInt8>) throws(Failure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(message: "a string is not UTF-8", offset: bytes.startIndex)
        }
        return text
    }
}
