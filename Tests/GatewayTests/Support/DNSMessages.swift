import Bytes

@testable import Gateway

/// A server's message, put together part by part; names are bytes as they stand in the message.
struct DNSMessage {
    var id: UInt16 = 7
    var flags: UInt16 = 0x8180
    var questions: UInt16 = 1
    /// The question section; begins at offset 12.
    var question = DNSMessage.name("peer.example") + [0, 1, 0, 1]
    var records: [[UInt8]] = []
    /// When it is other than the number of records.
    var recordCount: UInt16?

    /// The name of the question, as a pointer to it.
    static let sameName: [UInt8] = [0xC0, 12]

    static func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    static func record(_ owner: [UInt8], _ type: UInt16, ttl: UInt32 = 60, class: UInt16 = 1, _ data: [UInt8])
        -> [UInt8]
    {
        owner + two(type) + two(`class`) + two(UInt16(ttl >> 16)) + two(UInt16(truncatingIfNeeded: ttl))
            + two(UInt16(data.count)) + data
    }

    /// An address record of the name asked for.
    static func address(_ text: String, of owner: [UInt8] = sameName, ttl: UInt32 = 60) -> [UInt8] {
        let bytes = IPAddress(text)?.bytes ?? []
        return record(owner, bytes.count == 4 ? 1 : 28, ttl: ttl, bytes)
    }

    static func alias(_ owner: [UInt8], _ target: [UInt8], ttl: UInt32 = 60) -> [UInt8] {
        record(owner, 5, ttl: ttl, target)
    }

    private static func two(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    var bytes: [UInt8] {
        let count = recordCount ?? UInt16(records.count)
        return [id, flags, questions, count, 0, 0].flatMap(Self.two) + question + records.flatMap { $0 }
    }
}
