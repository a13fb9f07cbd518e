import Bytes
import Testing

@testable import HTTPCodec

/// What a server answers to bytes of a client, by RFC 9113.
struct HTTP2ServerTests {
    /// One conversation: frames after the handshake, then what is reported and what is sent.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var input: [UInt8]
        var log: [String] = []
        var sent: [String] = []
        var error: H2Error?
        var testDescription: String { name }

        init(
            _ name: String, _ input: [UInt8]..., log: [String] = [], sent: [String] = [],
            error: (H2ErrorCode, H2Fault)? = nil
        ) {
            self.name = name
            self.input = input.flatMap { $0 }
            self.log = log
            self.sent = sent + (error.map { ["GOAWAY 0 \($0.0)"] } ?? [])
            self.error = error.map { H2Error($0.0, $0.1) }
        }
    }

    private static let get = RawFrame.head(1, RawFrame.get)
    private static let post = RawFrame.head(1, RawFrame.post, end: false)
    private static let gotGet = "1 head GET /x host=a.b end"
    private static let gotPost = "1 head POST /x host=a.b"

    private static func frame(
        _ type: UInt8, _ flags: UInt8 = 0, _ stream: UInt32 = 0, _ body: [UInt8] = []
    ) -> [UInt8] { RawFrame(type: type, flags: flags, stream: stream, body: body).bytes }

    static let cases: [Case] = [
        // Frames and their sizes (4, 6).
        Case("a request without body", get, log: [gotGet]),
        Case(
            "a request with a body", post, RawFrame.data(1, "ab"), RawFrame.data(1, "c", end: true),
            log: [gotPost, "1 data ab", "1 data c end"]),
        Case(
            "an end without bytes", post, RawFrame.data(1, "", end: true), log: [gotPost, "1 data  end"]),
        Case(
            "padded content", post, frame(0, 9, 1, [3, 0x61, 0x62, 0, 0, 0]),
            log: [gotPost, "1 data ab end"]),
        Case(
            "only padding", post, frame(0, 9, 1, [2, 0, 0]), log: [gotPost, "1 data  end"]),
        Case(
            "padding as long as the frame", post, frame(0, 8, 1, [3, 0, 0]), log: [gotPost],
            error: (.protocolError, .badPadding)),
        Case(
            "padded content without a length", post, frame(0, 8, 1), log: [gotPost],
            error: (.frameSizeError, .badFrameSize)),
        Case("content on stream 0", frame(0, 0, 0, [1]), error: (.protocolError, .unexpectedFrame)),
        Case(
            "a frame over our size", post, frame(0, 0, 1, Array(repeating: 0, count: 16_385)),
            log: [gotPost], error: (.frameSizeError, .badFrameSize)),
        Case("an unknown frame", frame(0x42, 0xFF, 5, [1, 2, 3]), get, log: [gotGet]),
        Case("a ping", RawFrame.ping(), sent: ["PING 0 f1"]),
        Case("an answered ping", RawFrame.ping(1, ack: true), log: ["pong 72340172838076673"]),
        Case(
            "a ping of 7 bytes", frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7]),
            error: (.frameSizeError, .badFrameSize)),
        Case(
            "a ping on a stream", frame(6, 0, 1, Array(repeating: 0, count: 8)),
            error: (.protocolError, .unexpectedFrame)),
        Case("a priority", RawFrame(type: 2, stream: 9, body: [0, 0, 0, 3, 9]).bytes, get, log: [gotGet]),
        Case(
            "a priority on stream 0", frame(2, 0, 0, [0, 0, 0, 3, 9]),
            error: (.protocolError, .unexpectedFrame)),
        Case("a priority of 4 bytes", frame(2, 0, 9, [0, 0, 0, 3]), error: (.frameSizeError, .badFrameSize)),
        Case(
            "a priority of 4 bytes on an open stream", post, frame(2, 0, 1, [0, 0, 0, 3]),
            log: [gotPost, "1 reset FRAME_SIZE_ERROR"], sent: ["RST_STREAM 1 FRAME_SIZE_ERROR"]),
        Case(
            "a priority on itself", post, frame(2, 0, 1, [0, 0, 0, 1, 3]),
            log: [gotPost, "1 reset PROTOCOL_ERROR"], sent: ["RST_STREAM 1 PROTOCOL_ERROR"]),
        Case("a reset of an idle stream", RawFrame.reset(1), error: (.protocolError, .idleStream)),
        Case("a reset of stream 0", RawFrame.reset(0), error: (.protocolError, .unexpectedFrame)),
        Case(
            "a reset of 3 bytes", post, frame(3, 0, 1, [0, 0, 0]), log: [gotPost],
            error: (.frameSizeError, .badFrameSize)),
        Case("a reset", post, RawFrame.reset(1), log: [gotPost, "1 reset CANCEL by peer"]),
        Case(
            "a second reset", post, RawFrame.reset(1), RawFrame.reset(1),
            log: [gotPost, "1 reset CANCEL by peer"]),
        Case("a promise", frame(5, 4, 1, [0, 0, 0, 2]), error: (.protocolError, .unexpectedFrame)),
        Case("a goaway", RawFrame.goAway(0), get, log: ["goaway 0 NO_ERROR", gotGet]),
        Case(
            "a goaway on a stream", frame(7, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0]),
            error: (.protocolError, .unexpectedFrame)),
        Case(
            "a goaway of 7 bytes", frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0]),
            error: (.frameSizeError, .badFrameSize)),
        // Settings (6.5).
        Case("settings", RawFrame.settings, log: ["settings"], sent: ["SETTINGS 0 f1"]),
        Case("an unknown setting", RawFrame.setting(0x77, 1), log: ["settings"], sent: ["SETTINGS 0 f1"]),
        Case("settings on a stream", frame(4, 0, 1), error: (.protocolError, .unexpectedFrame)),
        Case(
            "settings of 5 bytes", frame(4, 0, 0, [0, 1, 0, 0, 0]), error: (.frameSizeError, .badFrameSize)),
        Case(
            "an acknowledgement with bytes", frame(4, 1, 0, [0, 1, 0, 0, 0, 0]),
            error: (.frameSizeError, .badFrameSize)),
        Case(
            "an acknowledgement too many", RawFrame.settingsAck,
            error: (.protocolError, .unexpectedAcknowledgement)),
        Case("push 2", RawFrame.setting(2, 2), error: (.protocolError, .badSetting)),
        Case("a window of 2^31", RawFrame.setting(4, 1 << 31), error: (.flowControlError, .badSetting)),
        Case("frames of 16,383", RawFrame.setting(5, 16_383), error: (.protocolError, .badSetting)),
        Case("frames of 2^24", RawFrame.setting(5, 1 << 24), error: (.protocolError, .badSetting)),
        Case("connect protocol 2", RawFrame.setting(8, 2), error: (.protocolError, .badSetting)),
        Case(
            "connect protocol taken back", RawFrame.setting(8, 1), RawFrame.setting(8, 0), log: ["settings"],
            sent: ["SETTINGS 0 f1"], error: (.protocolError, .badSetting)),
        // Windows (6.9).
        Case(
            "a window update of nothing", RawFrame.window(0, 0), error: (.protocolError, .emptyWindowUpdate)),
        Case(
            "a stream's window update of nothing", post, RawFrame.window(1, 0),
            log: [gotPost, "1 reset PROTOCOL_ERROR"], sent: ["RST_STREAM 1 PROTOCOL_ERROR"]),
        Case("a window of 3 bytes", frame(8, 0, 0, [0, 0, 1]), error: (.frameSizeError, .badFrameSize)),
        Case("a window of an idle stream", RawFrame.window(3, 1), error: (.protocolError, .idleStream)),
        Case(
            "a window of the server's idle stream", RawFrame.window(2, 1),
            error: (.protocolError, .idleStream)),
        Case(
            "a window beyond 2^31-1", RawFrame.window(0, 0x7FFF_FFFF),
            error: (.flowControlError, .flowControl)),
        Case(
            "a stream's window beyond 2^31-1", post, RawFrame.window(1, 0x7FFF_FFFF),
            log: [gotPost, "1 reset FLOW_CONTROL_ERROR"], sent: ["RST_STREAM 1 FLOW_CONTROL_ERROR"]),
        Case(
            "a stream's window beyond 2^31-1 by settings", post, RawFrame.window(1, 0x7FFF_0000),
            RawFrame.setting(4, 0x7FFF_FFFF), log: [gotPost], error: (.flowControlError, .flowControl)),
        Case(
            "a window for a stream long closed", get, RawFrame.reset(1), RawFrame.window(1, 5),
            log: [gotGet, "1 reset CANCEL by peer"]),
        // States (5.1).
        Case("content on an idle stream", RawFrame.data(1, "a"), error: (.protocolError, .idleStream)),
        Case(
            "content after the end", get, RawFrame.data(1, "a"), log: [gotGet, "1 reset STREAM_CLOSED"],
            sent: ["RST_STREAM 1 STREAM_CLOSED"]),
        Case(
            "a head after the end", get, get, log: [gotGet, "1 reset STREAM_CLOSED"],
            sent: ["RST_STREAM 1 STREAM_CLOSED"]),
        Case(
            "content after a reset", post, RawFrame.reset(1), RawFrame.data(1, "a"),
            log: [gotPost, "1 reset CANCEL by peer"], sent: ["RST_STREAM 1 STREAM_CLOSED"]),
        Case(
            "a head after a reset", post, RawFrame.reset(1), get,
            log: [gotPost, "1 reset CANCEL by peer", "1 refused STREAM_CLOSED"],
            sent: ["RST_STREAM 1 STREAM_CLOSED"]),
        Case("an even stream", RawFrame.head(2, RawFrame.get), error: (.protocolError, .badStreamID)),
        Case("a head on stream 0", RawFrame.head(0, RawFrame.get), error: (.protocolError, .unexpectedFrame)),
        Case(
            "a stream that goes backwards", RawFrame.head(5, RawFrame.get), RawFrame.head(3, RawFrame.get),
            log: ["5 head GET /x host=a.b end"], error: (.protocolError, .badStreamID)),
        Case(
            "trailers", post, RawFrame.data(1, "a"), RawFrame.head(1, [("x-sum", "1")]),
            log: [gotPost, "1 data a", "1 trailers x-sum=1 end"]),
        Case(
            "trailers that end nothing", post, RawFrame.head(1, [("x-sum", "1")], end: false),
            log: [gotPost, "1 reset PROTOCOL_ERROR"], sent: ["RST_STREAM 1 PROTOCOL_ERROR"]),
        Case(
            "trailers with a pseudo-field", post, RawFrame.head(1, [(":path", "/")]),
            log: [gotPost, "1 reset PROTOCOL_ERROR"], sent: ["RST_STREAM 1 PROTOCOL_ERROR"]),
        // Header blocks (4.3, 6.2, 6.10).
        Case(
            "a block in pieces", frame(1, 1, 1, Array(RawFrame.block(RawFrame.get)[..<9])),
            frame(9, 0, 1, Array(RawFrame.block(RawFrame.get)[9..<30])),
            frame(9, 4, 1, Array(RawFrame.block(RawFrame.get)[30...])), log: [gotGet]),
        Case(
            "padding and priority",
            frame(1, 0x2D, 1, [2, 0, 0, 0, 3, 1] + RawFrame.block(RawFrame.get) + [0, 0]),
            log: [gotGet]),
        Case(
            "a head with too much padding", frame(1, 0xD, 1, [9, 0, 0]), error: (.protocolError, .badPadding)),
        Case(
            "a head that depends on itself",
            frame(1, 0x25, 1, [0, 0, 0, 1, 1] + RawFrame.block(RawFrame.get)),
            log: ["1 refused PROTOCOL_ERROR"], sent: ["RST_STREAM 1 PROTOCOL_ERROR"]),
        Case("a continuation of nothing", frame(9, 4, 1, []), error: (.protocolError, .unexpectedFrame)),
        Case(
            "a frame inside a block", frame(1, 1, 1, RawFrame.block(RawFrame.get)), RawFrame.ping(),
            error: (.protocolError, .unexpectedFrame)),
        Case(
            "a continuation of another stream", frame(1, 1, 1, RawFrame.block(RawFrame.get)),
            frame(9, 4, 3, []), error: (.protocolError, .unexpectedFrame)),
        Case(
            "an unfinished field", frame(1, 5, 1, [0x00, 0x05, 0x61]),
            error: (.compressionError, .badCompression)),
        Case("index 0", frame(1, 5, 1, [0x80]), error: (.compressionError, .badCompression)),
        Case("an index too high", frame(1, 5, 1, [0xBE]), error: (.compressionError, .badCompression)),
        Case(
            "a number too long", frame(1, 5, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]),
            error: (.compressionError, .badCompression)),
        Case(
            "a table too large", frame(1, 5, 1, [0x3F, 0xE2, 0x1F]),
            error: (.compressionError, .badCompression)),
        Case("a late table size", frame(1, 5, 1, [0x82, 0x20]), error: (.compressionError, .badCompression)),
        Case(
            "an encoded end of string", frame(1, 5, 1, [0, 1, 0x61, 0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
            error: (.compressionError, .badCompression)),
        Case(
            "padding of zeros", frame(1, 5, 1, [0, 1, 0x61, 0x81, 0x18]),
            error: (.compressionError, .badCompression)),
    ]

    @Test(arguments: cases)
    func answers(_ it: Case) {
        for step in [nil, 1] as [Int?] {
            let server = H2Side.server()
            server.receive(it.input, step: step)
            let log = server.takeLog()
            if step == nil || !it.log.contains(where: { $0.contains(" data ") }) { #expect(log == it.log) }
            #expect(RawFrame.names(server.sent()) == it.sent)
            #expect(server.error == it.error)
        }
    }

    @Test func refusesWhatIsNoPreface() {
        for bytes in ["GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n\r\nSX"] {
            let server = H2Side(.server)
            _ = server.sent()
            server.receive(Array(bytes.utf8))
            #expect(server.error == H2Error(.protocolError, .badPreface))
            #expect(RawFrame.names(server.sent()) == ["GOAWAY 0 PROTOCOL_ERROR"])
        }
        let server = H2Side(.server)
        server.receive(H2Connection.preface + RawFrame.ping())
        #expect(server.error == H2Error(.protocolError, .badPreface))
        server.receive(RawFrame.settings)
        #expect(server.takeLog().isEmpty)
    }

    @Test func treatsStreamsClosedByBothAsClosed() {
        for late in [RawFrame.data(1, "a"), RawFrame.head(1, RawFrame.get)] {
            let server = H2Side.server()
            server.receive(Self.get)
            server.respond(1)
            #expect(server.streams == 0)
            server.receive(RawFrame.window(1, 10) + RawFrame.reset(1))
            #expect(server.error == nil)
            server.receive(late)
            #expect(server.error == H2Error(.streamClosed, .closedStream))
        }
    }

    @Test func ignoresWhatWasOnItsWayToAStreamItReset() {
        let server = H2Side.server()
        server.receive(Self.post)
        server.connection.reset(StreamID(1), .cancel, into: &server.output)
        #expect(!server.isOpen(1))
        server.receive(
            RawFrame.data(1, "abc") + RawFrame.window(1, 9) + RawFrame.head(1, [("x", "y")])
                + RawFrame.head(3, RawFrame.get))
        #expect(server.takeLog() == [Self.gotPost, "3 head GET /x host=a.b end"])
        #expect(RawFrame.names(server.sent()) == ["RST_STREAM 1 CANCEL"])
    }

    @Test func neverNamesAHigherStreamInALaterGoAway() {
        let server = H2Side.server()
        server.receive(Self.get)
        server.connection.goAway(.noError, into: &server.output)
        server.receive(RawFrame.head(3, RawFrame.get))
        server.connection.goAway(.noError, into: &server.output)
        server.receive(RawFrame.data(0, "a"))
        #expect(server.error == H2Error(.protocolError, .unexpectedFrame))
        let sent = server.sent()
        // The last stream stands in the first four bytes of a payload.
        let named = sent.indices.dropLast(16).filter { sent[$0..<$0 + 5] == [0, 0, 8, 7, 0] }
        #expect(named.map { sent[$0 + 12] } == [1, 1, 1])
    }

    @Test func refusesStreamsOverItsLimitAndAfterGoAway() {
        var settings = H2Settings()
        settings.maxConcurrentStreams = 1
        let server = H2Side.server(settings: settings)
        server.receive(Self.get + RawFrame.head(3, RawFrame.get))
        #expect(server.takeLog() == [Self.gotGet, "3 refused REFUSED_STREAM"])
        #expect(server.connection.lastFault == .tooManyStreams)
        server.connection.announceGoAway(into: &server.output)
        #expect(!server.isClosing)
        server.respond(1)
        server.receive(RawFrame.head(5, RawFrame.get))
        #expect(server.takeLog() == ["5 head GET /x host=a.b end"])
        server.connection.goAway(.noError, into: &server.output)
        #expect(server.isClosing)
        server.respond(5)
        server.receive(RawFrame.head(7, RawFrame.get))
        #expect(server.takeLog() == ["7 refused REFUSED_STREAM"])
        #expect(
            RawFrame.names(server.sent()) == [
                "RST_STREAM 3 REFUSED_STREAM", "GOAWAY 0 NO_ERROR", "HEADERS 1 f5", "GOAWAY 0 NO_ERROR",
                "HEADERS 5 f5", "RST_STREAM 7 REFUSED_STREAM",
            ])
    }
}
