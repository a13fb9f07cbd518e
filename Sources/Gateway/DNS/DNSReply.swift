internal import Bytes

/// What a server's message says to a question.
enum DNSReply: Equatable {
    /// The addresses in the order given, and for how many seconds they hold; none when the name has none.
    case addresses([IPAddress], ttl: UInt32)
    /// More than a datagram holds: to be asked over TCP.
    case truncated
    /// The server answered that it cannot: the response code.
    case refused(UInt8)
    /// An answer to the question that cannot be read.
    case malformed

    /// The most addresses taken of one answer.
    static let maxAddresses = 512
    /// The longest chain of aliases followed.
    static let maxAliases = 16
    private static let aliasType: UInt16 = 5
    private static let noSuchName: UInt8 = 3

    /// Reads a message; nil when it is no answer to this very question, and so must be ignored.
    init?(_ message: Span<UInt8>, to question: DNSQuestion) {
        guard message.count >= DNSQuestion.headerBytes, Self.number(message, 0) == question.id else {
            return nil
        }
        let flags = Self.number(message, 2)
        // A response, of a standard query, with the question in it.
        guard flags & 0x8000 != 0, flags & 0x7800 == 0, Self.number(message, 4) == 1 else { return nil }
        var position = DNSQuestion.headerBytes
        guard DNSName(in: message, at: &position) == question.name, position + 4 <= message.count,
            Self.number(message, position) == question.type.rawValue,
            Self.number(message, position + 2) == DNSQuestion.classIN
        else { return nil }
        position += 4
        let code = UInt8(truncatingIfNeeded: flags & 0xF)
        switch code {
        case 0:
            if flags & 0x0200 != 0 {
                self = .truncated
            } else {
                let count = Int(Self.number(message, 6))
                self = Self.answer(message, at: position, records: count, to: question) ?? .malformed
            }
        case Self.noSuchName: self = .addresses([], ttl: 0)
        default: self = .refused(code)
        }
    }

    /// A record of the answer that matters here.
    private enum Record {
        case alias(DNSName, target: DNSName, ttl: UInt32)
        case address(DNSName, IPAddress, ttl: UInt32)
    }

    private static func answer(
        _ message: Span<UInt8>, at start: Int, records count: Int, to question: DNSQuestion
    ) -> DNSReply? {
        var position = start
        var records: [Record] = []
        for _ in 0..<count {
            guard let owner = DNSName(in: message, at: &position), position + 10 <= message.count else {
                return nil
            }
            let type = number(message, position)
            let isInternet = number(message, position + 2) == DNSQuestion.classIN
            let seconds = UInt32(number(message, position + 4)) << 16 | UInt32(number(message, position + 6))
            // RFC 2181 8: with the highest bit set it is none.
            let ttl = seconds > UInt32(Int32.max) ? 0 : seconds
            let data = position + 10
            position = data + Int(number(message, position + 8))
            guard position <= message.count else { return nil }
            guard isInternet, records.count < maxAddresses + maxAliases else { continue }
            if type == question.type.rawValue {
                guard position - data == (question.type == .a ? 4 : 16) else { return nil }
                guard let address = IPAddress(bytes: (data..<position).map { message[$0] }) else {
                    return nil
                }
                records.append(.address(owner, address, ttl: ttl))
            } else if type == aliasType {
                var at = data
                guard let target = DNSName(in: message, at: &at), at == position else { return nil }
                records.append(.alias(owner, target: target, ttl: ttl))
            }
        }
        return addresses(of: question.name, in: records)
    }

    /// Follows the aliases from `name` to its addresses.
    private static func addresses(of name: DNSName, in records: [Record]) -> DNSReply? {
        var name = name
        var lowest = UInt32.max
        for _ in 0...maxAliases {
            var found: [IPAddress] = []
            var seen: Set<IPAddress> = []
            var alias: DNSName?
            for record in records {
                switch record {
                case .address(name, let address, let ttl):
                    lowest = min(lowest, ttl)
                    if seen.insert(address).inserted, found.count < maxAddresses { found.append(address) }
                case .alias(name, let target, let ttl) where alias == nil:
                    lowest = min(lowest, ttl)
                    alias = target
                default: continue
                }
            }
            if !found.isEmpty { return .addresses(found, ttl: lowest) }
            guard let alias else { return .addresses([], ttl: 0) }
            name = alias
        }
        return nil
    }

    /// Two bytes in network order; the caller checked that they are there.
    private static func number(_ message: Span<UInt8>, _ position: Int) -> UInt16 {
        UInt16(message[position]) << 8 | UInt16(message[position + 1])
    }
}
