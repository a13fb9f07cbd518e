import Bytes
import Testing

@testable import Gateway

/// RFC 1035 4.1, RFC 2181 8: what a message says to the question `peer.example A`.
struct DNSReplyTests {
    struct Case: CustomTestStringConvertible {
        var name: String
        var message: DNSMessage
        var reply: DNSReply?
        var testDescription: String { name }

        init(_ name: String, _ reply: DNSReply?, _ change: (inout DNSMessage) -> Void) {
            self.name = name
            self.reply = reply
            message = DNSMessage()
            change(&message)
        }
    }

    private static func found(_ addresses: String..., ttl: UInt32 = 60) -> DNSReply {
        .addresses(addresses.compactMap { IPAddress($0) }, ttl: ttl)
    }

    private static let none = DNSReply.addresses([], ttl: 0)
    private static let same = DNSMessage.sameName
    private static let other = DNSMessage.name("other.example")

    static let answers: [Case] = [
        Case("addresses in their order", found("127.0.0.2", "127.0.0.1")) {
            $0.records = [DNSMessage.address("127.0.0.2"), DNSMessage.address("127.0.0.1")]
        },
        Case("one address twice is one", found("127.0.0.2")) {
            $0.records = [DNSMessage.address("127.0.0.2"), DNSMessage.address("127.0.0.2")]
        },
        Case("the lowest time to live holds", found("127.0.0.1", "127.0.0.2", ttl: 5)) {
            $0.records = [DNSMessage.address("127.0.0.1", ttl: 9), DNSMessage.address("127.0.0.2", ttl: 5)]
        },
        Case("a time to live with the highest bit is none", found("127.0.0.1", ttl: 0)) {
            $0.records = [DNSMessage.address("127.0.0.1", ttl: 0x8000_0001)]
        },
        Case("no record is an empty answer", none) { _ in },
        Case("no such name is an empty answer", none) { $0.flags = 0x8183 },
        Case("the question in other letters is the question", found("127.0.0.1")) {
            $0.question = DNSMessage.name("PEER.eXample") + [0, 1, 0, 1]
            $0.records = [DNSMessage.address("127.0.0.1")]
        },
        Case("an alias is followed and its time counts", found("127.0.0.1", ttl: 3)) {
            $0.records = [
                DNSMessage.alias(same, other, ttl: 3), DNSMessage.address("127.0.0.1", of: other),
            ]
        },
        Case("aliases in any order are followed", found("127.0.0.1")) {
            let third = DNSMessage.name("third.example")
            $0.records = [
                DNSMessage.address("127.0.0.1", of: third), DNSMessage.alias(other, third),
                DNSMessage.alias(same, other),
            ]
        },
        Case("an alias that leads nowhere is an empty answer", none) {
            $0.records = [DNSMessage.alias(same, other)]
        },
        Case("aliases in a circle are malformed", .malformed) {
            $0.records = [DNSMessage.alias(same, other), DNSMessage.alias(other, same)]
        },
        Case("another name's address is no answer", none) {
            $0.records = [DNSMessage.address("127.0.0.1", of: other)]
        },
        Case("another family's address is no answer", none) { $0.records = [DNSMessage.address("::1")] },
        Case("another class is no answer", none) {
            $0.records = [DNSMessage.record(same, 1, class: 3, [127, 0, 0, 1])]
        },
        Case("unknown records are skipped", found("127.0.0.1")) {
            $0.records = [DNSMessage.record(same, 999, [1, 2, 3]), DNSMessage.address("127.0.0.1")]
        },
        Case("TC", .truncated) { $0.flags = 0x8380 },
        Case("SERVFAIL", .refused(2)) { $0.flags = 0x8182 },
        Case("NOTIMP", .refused(4)) { $0.flags = 0x8184 },
        Case("REFUSED", .refused(5)) { $0.flags = 0x8185 },
        Case("an address of three bytes", .malformed) {
            $0.records = [DNSMessage.record(same, 1, [1, 2, 3])]
        },
        Case("fewer records than said", .malformed) {
            $0.records = [DNSMessage.address("127.0.0.1")]
            $0.recordCount = 2
        },
        Case("data beyond the end", .malformed) {
            $0.records = [same + [0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 127]]
        },
        Case("a pointer to itself", .malformed) {
            $0.records = [DNSMessage.address("127.0.0.1", of: [0xC0, 30])]
        },
        Case("a pointer forward", .malformed) {
            $0.records = [DNSMessage.address("127.0.0.1", of: [0xC0, 200])]
        },
        Case("an alias with bytes behind its name", .malformed) {
            $0.records = [DNSMessage.alias(same, other + [0])]
        },
        Case("an unknown kind of label", .malformed) {
            $0.records = [DNSMessage.address("127.0.0.1", of: [0x80, 0])]
        },
    ]

    static let strangers: [Case] = [
        Case("another id", nil) { $0.id = 8 },
        Case("a query", nil) { $0.flags = 0x0100 },
        Case("another operation", nil) { $0.flags = 0xA980 },
        Case("no question", nil) {
            $0.questions = 0
            $0.question = []
        },
        Case("two questions", nil) { $0.questions = 2 },
        Case("a question for another name", nil) { $0.question = other + [0, 1, 0, 1] },
        Case("a question for another type", nil) {
            $0.question = DNSMessage.name("peer.example") + [0, 28, 0, 1]
        },
        Case("a question for another class", nil) {
            $0.question = DNSMessage.name("peer.example") + [0, 1, 0, 3]
        },
        Case("a question that is cut", nil) { $0.question = DNSMessage.name("peer.example") + [0, 1, 0] },
        Case("a question that points at itself", nil) { $0.question = [0xC0, 12, 0, 1, 0, 1] },
    ]

    private func question(_ type: DNSRecordType = .a) throws -> DNSQuestion {
        DNSQuestion(id: 7, name: try #require(DNSName("peer.example")), type: type)
    }

    private func read(_ bytes: [UInt8], _ type: DNSRecordType = .a) throws -> DNSReply? {
        let question = try question(type)
        return DNSReply(bytes.span, to: question)
    }

    @Test(arguments: answers) func readsAnswers(_ row: Case) throws {
        #expect(try read(row.message.bytes) == row.reply)
    }

    @Test(arguments: strangers) func ignoresWhatAnswersNoQuestionOfOurs(_ row: Case) throws {
        var message = row.message
        message.records = [DNSMessage.address("127.0.0.1", of: DNSMessage.name("peer.example"))]
        #expect(try read(message.bytes) == nil)
    }

    @Test func readsIPv6Addresses() throws {
        var message = DNSMessage()
        message.question = DNSMessage.name("peer.example") + [0, 28, 0, 1]
        message.records = [DNSMessage.address("fd00::1"), DNSMessage.address("127.0.0.1")]
        let reply = try read(message.bytes, .aaaa)
        #expect(reply == Self.found("fd00::1"))
    }

    @Test func boundsTheAddressesOfOneAnswer() throws {
        var message = DNSMessage()
        message.records = (0..<2000).map { DNSMessage.address("127.0.\($0 / 250).\($0 % 250)") }
        guard case .addresses(let found, _) = try read(message.bytes) else {
            Issue.record("no addresses")
            return
        }
        #expect(found.count == DNSReply.maxAddresses)
    }

    @Test func asksForOneNameWithRecursion() throws {
        let message = try question().message
        #expect(
            message == [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + DNSMessage.name("peer.example") + [0, 1, 0, 1])
        #expect(try question().framedMessage == [0, UInt8(message.count)] + message)
    }

    /// Every prefix and every single changed byte of a message is read or not, and nothing else happens.
    @Test func survivesDamage() throws {
        var message = DNSMessage()
        message.records = [
            DNSMessage.alias(Self.same, Self.other), DNSMessage.address("127.0.0.1", of: Self.other),
        ]
        let whole = message.bytes
        for count in 0..<whole.count {
            #expect(try read(Array(whole[..<count])).map { $0 == .malformed } ?? true)
        }
        for position in whole.indices {
            for value: UInt8 in [0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xC1, 0xFF] {
                var damaged = whole
                damaged[position] = value
                _ = try read(damaged)
            }
        }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = Array(whole[..<30])
            bytes += (0..<Int.random(in: 0...80)).map { _ in
                UInt8.random(in: 0...255, using: &generator) & .random(in: 0...255, using: &generator)
            }
            bytes[7] = UInt8.random(in: 0...9)
            _ = try read(bytes)
        }
    }

    @Test(
        arguments: [
            ("a", [1, 0x61, 0]), ("A.b.", [1, 0x61, 1, 0x62, 0]),
            ("_x-1.y", [4, 0x5F, 0x78, 0x2D, 0x31, 1, 0x79, 0]),
        ] as [(String, [UInt8])])
    func namesAreLabels(_ text: String, _ wire: [UInt8]) {
        #expect(DNSName(text)?.wire == wire)
    }

    @Test(arguments: [
        "", ".", "a..b", ".a", "a b", "m\u{FC}nchen", String(repeating: "x", count: 64),
        String(repeating: "x.", count: 128),
    ])
    func refusesWhatIsNoName(_ text: String) {
        #expect(DNSName(text) == nil)
    }

    @Test func namesHaveTheirLimits() {
        let longest = String(repeating: "x.", count: 127)
        #expect(DNSName(longest)?.wire.count == 255)
        #expect(DNSName(String(repeating: "x", count: 63)) != nil)
        #expect(DNSName("a").flatMap { name in DNSName(longest).flatMap { name.under($0) } } == nil)
    }
}
