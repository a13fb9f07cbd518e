import Testing

@testable import HTTPCodec

/// Flow control (RFC 9113 5.2, 6.9).
struct HTTP2FlowTests {
    private let post = RawFrame.head(1, RawFrame.post, end: false)

    @Test func sendsWithinBothWindowsAndGoesOnWhenTheyOpen() {
        let server = H2Side.server()
        server.receive(RawFrame.head(1, RawFrame.get) + RawFrame.head(3, RawFrame.get))
        _ = server.takeLog()
        server.respond(1, end: false)
        server.respond(3, end: false)
        let text = String(repeating: "x", count: 70_000)
        #expect(server.window(1) == 65_535)
        #expect(server.send(1, text, end: true) == 65_535)
        #expect(server.window(1) == 0 && server.window(3) == 0)
        #expect(server.send(3, "abc", end: true) == 0)
        let frames = RawFrame.names(server.sent())
        #expect(frames[2...] == ["DATA 1 16384", "DATA 1 16384", "DATA 1 16384", "DATA 1 16383"])
        server.receive(RawFrame.window(0, 10))
        #expect(server.takeLog() == ["0 window"])
        #expect(server.send(1, "y", end: true) == 0)
        #expect(server.send(3, "abc", end: true) == 3)
        server.receive(RawFrame.window(1, 5))
        #expect(server.takeLog() == ["1 window"])
        #expect(server.send(1, "y", end: true) == 1)
        #expect(server.streams == 0)
        // Nobody waits any more.
        server.receive(RawFrame.window(0, 10))
        #expect(server.takeLog().isEmpty)
    }

    @Test func followsTheInitialWindowOfThePeerBothWays() {
        let server = H2Side.server()
        server.receive(RawFrame.head(1, RawFrame.get))
        server.respond(1, end: false)
        #expect(server.send(1, String(repeating: "x", count: 100)) == 100)
        server.receive(RawFrame.setting(4, 50))
        #expect(server.window(1) == 0)
        server.receive(RawFrame.window(1, 49))
        #expect(server.window(1) == 0)
        _ = server.takeLog()
        server.receive(RawFrame.window(1, 3))
        #expect(server.window(1) == 2)
        #expect(server.takeLog() == ["1 window"])
        server.receive(RawFrame.setting(4, 100))
        #expect(server.window(1) == 52)
        #expect(server.takeLog() == ["settings"])
    }

    @Test func sendsFramesAsLongAsThePeerTakes() {
        let server = H2Side.server()
        server.receive(RawFrame.setting(5, 30_000) + RawFrame.head(1, RawFrame.get))
        server.respond(1, end: false)
        _ = server.sent()
        #expect(server.send(1, String(repeating: "x", count: 40_000), end: true) == 40_000)
        #expect(RawFrame.names(server.sent()) == ["DATA 1 30000", "DATA 1 f1 10000"])
    }

    @Test func announcesLargerWindows() {
        var settings = H2Settings()
        settings.initialStreamWindow = 1 << 20
        settings.initialConnectionWindow = 1 << 21
        let client = H2Side(.client, settings: settings)
        let sent = client.sent()
        #expect(
            RawFrame.names(Array(sent[24...])) == ["SETTINGS 0", "WINDOW_UPDATE 0 +\((1 << 21) - 65_535)"])
    }

    @Test func givesWindowsBackOnceHalfIsConsumed() {
        let server = H2Side.server()
        server.receive(post)
        let half = String(repeating: "x", count: 16_384)
        server.receive(RawFrame.data(1, half))
        #expect(server.sent().isEmpty)
        server.receive(RawFrame.data(1, half))
        #expect(RawFrame.names(server.sent()) == ["WINDOW_UPDATE 1 +32768", "WINDOW_UPDATE 0 +32768"])
    }

    @Test func keepsWindowsShutWhileNothingIsConsumed() {
        let server = H2Side.server()
        server.consumes = false
        server.receive(post)
        let most = String(repeating: "x", count: 16_383)
        for _ in 0..<4 { server.receive(RawFrame.data(1, most)) }
        #expect(server.sent().isEmpty && server.error == nil)
        server.receive(RawFrame.data(1, "1234"))
        #expect(server.error == H2Error(.flowControlError, .flowControl))
    }

    @Test func refusesMoreThanAStreamsWindow() {
        var settings = H2Settings()
        settings.initialConnectionWindow = 1 << 20
        settings.initialStreamWindow = 1000
        let server = H2Side.server(settings: settings)
        server.consumes = false
        server.receive(post)
        server.receive(RawFrame.data(1, String(repeating: "x", count: 1000)) + RawFrame.data(1, "y"))
        #expect(server.takeLog().last == "1 reset FLOW_CONTROL_ERROR")
        #expect(server.error == nil)
    }

    @Test func toleratesTheDefaultWindowUntilSettingsAreAcknowledged() {
        var settings = H2Settings()
        settings.initialStreamWindow = 1000
        let server = H2Side(.server, settings: settings)
        server.receive(H2Connection.preface + RawFrame.settings + post)
        server.receive(RawFrame.data(1, String(repeating: "x", count: 5000)))
        #expect(server.takeLog().count == 3)
        server.receive(RawFrame.settingsAck + RawFrame.head(3, RawFrame.post, end: false))
        server.consumes = false
        server.receive(RawFrame.data(3, String(repeating: "x", count: 1001)))
        #expect(server.takeLog().last == "3 reset FLOW_CONTROL_ERROR")
    }

    @Test func givesTheConnectionBackWhatAResetStreamHeld() {
        let server = H2Side.server()
        server.consumes = false
        let bytes = String(repeating: "x", count: 16_000)
        for round in 0..<20 {
            let id = UInt32(2 * round + 1)
            server.receive(RawFrame.head(id, RawFrame.post, end: false))
            server.receive(RawFrame.data(id, bytes))
            server.connection.reset(StreamID(id), .cancel, into: &server.output)
            server.receive(RawFrame.data(id, bytes))
        }
        #expect(server.error == nil)
    }

    @Test func givesPaddingBackByItself() {
        let server = H2Side.server()
        server.consumes = false
        server.receive(post)
        let body: [UInt8] = [254, 0x61] + [UInt8](repeating: 0, count: 254)
        for _ in 0..<2000 { server.receive(RawFrame(type: 0, flags: 8, stream: 1, body: body).bytes) }
        #expect(server.error == nil && server.isOpen(1))
    }
}
