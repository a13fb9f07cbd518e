internal import Bytes

/// A domain name as messages carry it (RFC 1035 3.1), in lower case: names are compared without it.
struct DNSName: Hashable {
    /// Labels, each after its length, and the empty label of the root.
    let wire: [UInt8]

    static let maxBytes = 255
    static let maxLabelBytes = 63

    private init(wire: [UInt8]) { self.wire = wire }

    /// A name in text, with or without the dot of the root; nil when it is none.
    init?(_ text: String) {
        let labels = (text.hasSuffix(".") ? text.dropLast() : text[...]).utf8
            .split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        var wire: [UInt8] = []
        for label in labels {
            guard (1...Self.maxLabelBytes).contains(label.count),
                label.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return nil }
            wire.append(UInt8(label.count))
            wire += label.map(Self.lowercase)
        }
        wire.append(0)
        guard wire.count <= Self.maxBytes else { return nil }
        self.wire = wire
    }

    /// Reads the name at `position` of a message and moves past it; nil when it is malformed.
    ///
    /// A pointer (RFC 1035 4.1.4) must lead before where its part of the name began: no chain of pointers has a loop.
    init?(in message: Span<UInt8>, at position: inout Int) {
        var wire: [UInt8] = []
        var next = position
        var partStart = position
        var end: Int?
        while next < message.count {
            let length = Int(message[next])
            switch length & 0xC0 {
            case 0:
                guard next + length < message.count, wire.count + length + 1 <= Self.maxBytes else {
                    return nil
                }
                wire.append(UInt8(length))
                for index in 0..<length { wire.append(Self.lowercase(message[next + 1 + index])) }
                next += length + 1
                if length == 0 {
                    position = end ?? next
                    self.wire = wire
                    return
                }
            case 0xC0:
                guard next + 1 < message.count else { return nil }
                end = end ?? next + 2
                let target = (length & 0x3F) << 8 | Int(message[next + 1])
                guard target < partStart else { return nil }
                next = target
                partStart = target
            default:
                return nil
            }
        }
        return nil
    }

    /// This name under another; nil when that is too long.
    func under(_ domain: DNSName) -> DNSName? {
        let wire = self.wire.dropLast() + domain.wire
        return wire.count <= Self.maxBytes ? DNSName(wire: Array(wire)) : nil
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
