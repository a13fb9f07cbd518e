import Bytes
import Testing

@testable import TLS

@Suite struct ClientHelloTests {
    /// A hello our own client sends.
    private func captured(sni: String?, alpn: [String] = []) throws -> [UInt8] {
        let session = try TLSSession(client: client(nil, .none, alpn: alpn), sni: sni)
        _ = try session.handshake()
        return session.output.readAll()
    }

    /// The same message cut into records of at most `size` bytes.
    private func fragmented(_ hello: [UInt8], _ size: Int) -> [UInt8] {
        var out: [UInt8] = []
        var rest = hello.dropFirst(5)
        while !rest.isEmpty {
            let part = rest.prefix(size)
            out += [22, 3, 1, UInt8(part.count >> 8), UInt8(part.count & 0xFF)] + part
            rest = rest.dropFirst(size)
        }
        return out
    }

    @Test(arguments: [
        ("reviews.west", ["h2", "http/1.1"]), (nil, []), ("a", ["x"]), (nil, ["h2"]), ("UPPER.Case", []),
    ])
    func readsWhatOurClientSends(sni: String?, alpn: [String]) throws {
        let hello = try captured(sni: sni, alpn: alpn)
        #expect(ClientHello.peek(hello.span) == .hello(sni: sni?.lowercased(), alpn: alpn))
        // What follows the hello does not matter.
        #expect(ClientHello.peek((hello + [1, 2, 3]).span) == .hello(sni: sni?.lowercased(), alpn: alpn))
    }

    @Test func everyPrefixNeedsMore() throws {
        let hello = try captured(sni: "reviews.west", alpn: ["h2"])
        for count in 0..<hello.count {
            #expect(ClientHello.peek(hello.span.extracting(first: count)) == .needsMore, "\(count)")
        }
    }

    @Test(arguments: [1, 2, 3, 5, 50, 200])
    func readsFragmentsAcrossRecords(size: Int) throws {
        let hello = try fragmented(captured(sni: "reviews.west", alpn: ["h2"]), size)
        #expect(ClientHello.peek(hello.span) == .hello(sni: "reviews.west", alpn: ["h2"]))
        for count in 0..<hello.count {
            #expect(ClientHello.peek(hello.span.extracting(first: count)) == .needsMore, "\(count)")
        }
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0", "SSH-2.0-x", "\u{16}\u{2}"])
    func otherProtocolsAreNotTLS(text: String) {
        #expect(ClientHello.peek(Array(text.utf8).span) == .notTLS)
    }

    @Test func boundsAreKept() {
        // A record above the limit, another handshake type, other versions and types of records.
        for bytes: [UInt8] in [
            [22, 3, 1, 0x7F, 0xFF], [22, 3, 1, 0, 4, 2, 0, 0, 0], [22, 3, 1, 0x40, 0, 2, 0xFF, 0, 0],
            [22, 3, 1, 0, 1, 2], [22, 3, 5], [22, 2], [23],
        ] {
            #expect(ClientHello.peek(bytes.span) == .notTLS, "\(bytes)")
        }
    }

    @Test func aHelloAboveTheLimitIsToldFromOtherProtocols() {
        let limit = ClientHello.maxBytes - 4
        for (count, isTooLarge) in [(limit, false), (limit + 1, true), (0xFFFFFF, true)] {
            let result = isTooLarge ? ClientHello.Result.tooLarge : .needsMore
            let start = [1, UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
            #expect(ClientHello.peek(([22, 3, 1, 0x40, 0] + start).span) == result, "\(count)")
            let pieces = fragmented([0, 0, 0, 0, 0] + start, 1)
            #expect(ClientHello.peek(pieces.span) == result, "\(count) in pieces")
        }
    }

    @Test func emptyRecordsArePassedOverUpToANumber() throws {
        let hello = try captured(sni: "reviews.west")
        let empty: [UInt8] = [22, 3, 1, 0, 0]
        let cut = fragmented(hello, 100)
        for at in [0, 105] {
            for count in [1, ClientHello.maxEmptyRecords, ClientHello.maxEmptyRecords + 1] {
                let result =
                    count > ClientHello.maxEmptyRecords
                    ? ClientHello.Result.notTLS : .hello(sni: "reviews.west", alpn: [])
                let bytes = cut[..<at] + Array(repeating: empty, count: count).joined() + cut[at...]
                #expect(ClientHello.peek(Array(bytes).span) == result, "\(count) at \(at)")
            }
        }
    }

    @Test func noDamageTrapsOrRunsPastTheEnd() throws {
        let hello = try captured(sni: "reviews.west", alpn: ["h2", "http/1.1"])
        for index in hello.indices {
            for value: UInt8 in [0, 1, 0x7F, 0xFF, hello[index] &+ 1, hello[index] &- 1] {
                var damaged = hello
                damaged[index] = value
                _ = ClientHello.peek(damaged.span)
                for cut in stride(from: 0, to: damaged.count, by: 37) {
                    _ = ClientHello.peek(damaged.span.extracting(first: cut))
                }
            }
        }
    }

    @Test func hostNamesWithControlCharactersAreRefused() throws {
        var hello = try captured(sni: "reviews.west")
        let at = try #require(hello.indices.first { Array(hello[$0...].prefix(7)) == Array("reviews".utf8) })
        hello[at + 7] = 0
        #expect(ClientHello.peek(hello.span) == .notTLS)
    }
}
