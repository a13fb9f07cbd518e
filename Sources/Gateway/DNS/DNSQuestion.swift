/// The records that are asked for.
enum DNSRecordType: UInt16 {
    /// IPv4 addresses.
    case a = 1
    /// IPv6 addresses.
    case aaaa = 28
}

/// One question to one server, under an id that only the two know.
struct DNSQuestion: Equatable {
    let id: UInt16
    let name: DNSName
    let type: DNSRecordType

    static let headerBytes = 12
    /// The class of the Internet.
    static let classIN: UInt16 = 1

    /// The message (RFC 1035 4.1): recursion desired, one question, nothing else.
    var message: [UInt8] {
        let parts = [id, 0x0100, 1, 0, 0, 0]
        return parts.flatMap(Self.bytes) + name.wire + Self.bytes(type.rawValue) + Self.bytes(Self.classIN)
    }

    /// The message as TCP carries it: after its length (RFC 1035 4.2.2).
    var framedMessage: [UInt8] {
        let message = message
        return Self.bytes(UInt16(message.count)) + message
    }

    private static func bytes(_ value: UInt16) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }
}
