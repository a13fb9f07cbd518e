import Testing

@testable import HTTPCodec

/// The client's side.
struct HTTP2ClientTests {
    private let ok = [(":status", "200")]

    @Test func opensStreamsUpToThePeersLimit() {
        let client = H2Side(.client)
        for _ in 0..<100 { _ = client.request() }
        #expect(!client.canOpen)
        client.receive(RawFrame.setting(3, 101) + RawFrame.settingsAck)
        #expect(client.canOpen && client.isAcknowledged)
        #expect(client.request() == StreamID(201))
        #expect(client.connection.openStream() == nil)
        client.receive(RawFrame.head(1, ok))
        #expect(client.connection.openStream() == StreamID(203))
    }

    @Test func reportsWhatAGoAwayLeavesUnprocessed() {
        let client = H2Side.client()
        for _ in 0..<4 { _ = client.request() }
        client.receive(RawFrame.goAway(0x7FFF_FFFF) + RawFrame.head(1, ok) + RawFrame.goAway(3))
        #expect(
            client.takeLog().sorted() == [
                "1 head 200 end", "5 reset REFUSED_STREAM by peer", "7 reset REFUSED_STREAM by peer",
                "goaway 2147483647 NO_ERROR", "goaway 3 NO_ERROR",
            ])
        #expect(client.isClosing && !client.canOpen && client.isOpen(3))
        client.receive(RawFrame.head(3, ok))
        #expect(client.takeLog() == ["3 head 200 end"])
    }

    @Test func refusesWhatAServerMustNotSend() {
        let wrong: [(bytes: [UInt8], error: H2Error)] = [
            (RawFrame.setting(2, 1), H2Error(.protocolError, .badSetting)),
            (
                RawFrame(type: 5, flags: 4, stream: 1, body: [0, 0, 0, 2]).bytes,
                H2Error(.protocolError, .unexpectedFrame)
            ),
            (RawFrame.head(2, ok), H2Error(.protocolError, .badStreamID)),
            (RawFrame.head(3, ok), H2Error(.protocolError, .badStreamID)),
            (RawFrame.data(3, "x"), H2Error(.protocolError, .idleStream)),
            (RawFrame.head(1, ok) + RawFrame.data(1, "x"), H2Error(.streamClosed, .closedStream)),
        ]
        for (bytes, error) in wrong {
            let client = H2Side.client()
            _ = client.request()
            client.receive(bytes)
            #expect(client.error == error)
        }
        let client = H2Side(.client)
        client.receive(RawFrame.ping())
        #expect(client.error == H2Error(.protocolError, .badPreface))
    }

    @Test func resetsAnAnswerThatBeginsWithContent() {
        let client = H2Side.client()
        _ = client.request()
        client.receive(RawFrame.data(1, "x"))
        #expect(client.takeLog() == ["1 reset PROTOCOL_ERROR"])
    }

    @Test func keepsQuietAboutAStreamThePeerNeverSaw() {
        let client = H2Side.client()
        let stream = client.connection.openStream() ?? .connection
        client.connection.reset(stream, .cancel, into: &client.output)
        #expect(client.sent().isEmpty && client.streams == 0)
        client.connection.ping(7, into: &client.output)
        #expect(RawFrame.names(client.sent()) == ["PING 0"])
    }

    @Test func sendsPseudoFieldsAndLeavesOutWhatIsOfOneConnection() {
        let client = H2Side.client()
        let server = H2Side.server()
        let fields = [
            ("host", "a.b"), ("connection", "close"), ("keep-alive", "1"), ("te", "gzip"), ("x", "y"),
            ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("proxy-connection", "x"),
            ("te", "trailers"), ("authorization", "secret"),
        ]
        for (method, target) in [
            ("PUT", "/p?q"), ("GET", "http://c.d/p"), ("GET", "http://c.d"), ("GET", "http://c.d?q"),
            ("OPTIONS", "*"), ("CONNECT", "a.b"),
        ] {
            _ = client.request(HeadView(method, target, fields))
        }
        server.receive(client.sent())
        let rest = "x=y te=trailers authorization=secret end"
        #expect(
            server.takeLog() == [
                "1 head PUT /p?q host=a.b \(rest)", "3 head GET /p host=a.b \(rest)",
                "5 head GET / host=a.b \(rest)", "7 head GET /?q host=a.b \(rest)",
                "9 head OPTIONS * host=a.b \(rest)", "11 head CONNECT a.b host=a.b \(rest)",
            ])
    }

    @Test func spreadsALongHeadOverFrames() {
        let client = H2Side.client()
        let server = H2Side.server()
        let noise = (0..<40_000).map { String(UnicodeScalar(UInt8(33 + ($0 * 7919) % 94))) }.joined()
        _ = client.request(HeadView("GET", "/", [("host", "a"), ("x", noise)]))
        let sent = client.sent()
        #expect(
            RawFrame.names(sent).map { $0.split(separator: " ")[0] } == [
                "HEADERS", "CONTINUATION", "CONTINUATION",
            ])
        server.receive(sent)
        #expect(server.takeLog() == ["1 head GET / host=a x=\(noise) end"])
    }

    @Test func followsAPeerThatMakesItsTableSmall() {
        let client = H2Side.client()
        let server = H2Side.server()
        let head = HeadView("GET", "/", [("host", "a"), ("x-one", "some value"), ("x-two", "another")])
        for size in [nil, nil, 0, 100, nil, 4096, nil, nil, 50, 4096] as [UInt32?] {
            if let size { client.receive(RawFrame.setting(1, size)) }
            // Its acknowledgement; this server sent no such settings.
            _ = client.sent()
            let stream = client.request(head)
            server.receive(client.sent())
            #expect(
                server.takeLog().last
                    == "\(stream) head GET / host=a x-one=some value x-two=another end")
            server.respond(stream.rawValue)
        }
        #expect(server.error == nil)
    }
}
