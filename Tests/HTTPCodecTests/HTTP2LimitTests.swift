import Testing

@testable import HTTPCodec

/// What costs a peer nothing is bounded.
struct HTTP2LimitTests {
    private func flood(
        _ limits: H2Limits = H2Limits(), start: [UInt8] = [], rounds: Int = 100_000,
        _ bytes: (UInt32) -> [UInt8]
    ) -> (fault: H2Fault?, rounds: Int) {
        let server = H2Side.server(limits: limits)
        server.receive(start)
        for round in 0..<rounds {
            server.receive(bytes(UInt32(round)))
            _ = server.takeLog()
            if let error = server.error {
                #expect(error.code == .enhanceYourCalm)
                return (error.fault, round)
            }
        }
        return (nil, rounds)
    }

    @Test func endsConnectionsThatFlood() {
        let get = RawFrame.get
        let post = RawFrame.head(1, RawFrame.post, end: false)
        #expect(flood { RawFrame.head(2 * $0 + 1, get) + RawFrame.reset(2 * $0 + 1) } == (.rapidReset, 300))
        #expect(flood { RawFrame.head(2 * $0 + 1, get + [("X", "")]) } == (.rapidReset, 300))
        #expect(flood { _ in RawFrame.ping() } == (.replyFlood, 999))
        #expect(flood { _ in RawFrame.settings } == (.replyFlood, 999))
        #expect(flood(start: post) { _ in RawFrame.data(1, "") } == (.emptyFrameFlood, 100))
        #expect(
            flood { _ in RawFrame(type: 2, stream: 3, body: [0, 0, 0, 1, 0]).bytes } == (.priorityFlood, 100))
        #expect(flood(start: post) { _ in RawFrame.window(1, 1) } == (.windowUpdateFlood, 110))
        #expect(
            flood(start: post + RawFrame.reset(1)) { _ in RawFrame.data(1, "") }.fault == .emptyFrameFlood)
        #expect(
            flood(start: post + RawFrame.reset(1)) { _ in RawFrame.data(1, "x") }.fault == .replyFlood)
    }

    @Test func forgivesResetsOfStreamsThatWereAnswered() {
        let server = H2Side.server()
        for round in 0..<2000 as Range<UInt32> {
            let id = 2 * round + 1
            server.receive(RawFrame.head(id, RawFrame.get))
            server.respond(id, end: false)
            server.receive(RawFrame.reset(id))
        }
        #expect(server.error == nil)
    }

    @Test func forgivesPingsWhoseAnswersAreRead() {
        let server = H2Side.server()
        for _ in 0..<5000 {
            server.receive(RawFrame.ping())
            server.connection.outputFlushed()
        }
        #expect(server.error == nil)
    }

    @Test func boundsContinuations() {
        let start = RawFrame(type: 1, flags: 1, stream: 1, body: RawFrame.block(RawFrame.get)).bytes
        let empty = RawFrame(type: 9, stream: 1).bytes
        #expect(flood(start: start) { _ in empty } == (.continuationFlood, 4))
        let small = RawFrame(type: 9, stream: 1, body: RawFrame.block([("a", "b")])).bytes
        #expect(flood(start: start) { _ in small } == (.continuationFlood, 64))
        let large = RawFrame(
            type: 9, stream: 1, body: RawFrame.block([("a", String(repeating: "b", count: 16_000))])
        ).bytes
        #expect(flood(start: start) { _ in large } == (.continuationFlood, 16))
    }

    /// A request whose head is `blocks` long, in as few frames as can be.
    private func long(_ block: [UInt8], stream: UInt32 = 1) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = block[...]
        var type: UInt8 = 1
        while !rest.isEmpty {
            let piece = Array(rest.prefix(16_384))
            rest = rest.dropFirst(piece.count)
            let flags: UInt8 = (rest.isEmpty ? 4 : 0) | (type == 1 ? 1 : 0)
            bytes += RawFrame(type: type, flags: flags, stream: stream, body: piece).bytes
            type = 9
        }
        return bytes
    }

    @Test func resetsOversizedHeadsAndStaysInStep() {
        // The last field of each goes into the table, and is referred to afterwards.
        let kept: [UInt8] = [0x40, 1, 0x6B, 1, 0x76]
        let heads: [(String, [UInt8])] = [
            ("one large value", RawFrame.block([("x", String(repeating: "y", count: 61_500))])),
            ("many fields", RawFrame.block((0..<101).map { ("x-\($0)", "1") })),
            (
                "references to one large entry",
                [0x40, 1, 0x78] + [0x7F, 0xD1, 0x0E] + [UInt8](repeating: 0x79, count: 2000)
                    + [UInt8](repeating: 0xBE, count: 40)
            ),
        ]
        for (name, head) in heads {
            let server = H2Side.server()
            server.receive(long(RawFrame.block(RawFrame.get) + head + kept))
            #expect(server.takeLog() == ["1 refused INTERNAL_ERROR"], "\(name)")
            let next = RawFrame.block(RawFrame.get) + [0xBE]
            server.receive(RawFrame(type: 1, flags: 5, stream: 3, body: next).bytes)
            #expect(server.takeLog() == ["3 head GET /x host=a.b k=v end"], "\(name)")
            #expect(server.error == nil)
        }
        let server = H2Side.server()
        let fields = (0..<100).map { ("x-\($0)", String(repeating: "y", count: 500)) }
        server.receive(long(RawFrame.block(RawFrame.get + fields)))
        #expect(server.takeLog().first?.hasPrefix("1 head GET /x host=a.b x-0=yy") == true)
    }
}
