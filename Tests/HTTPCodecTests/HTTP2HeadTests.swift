import Testing

@testable import HTTPCodec

/// Which heads are taken and as what (RFC 9113 8).
struct HTTP2HeadTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var fields: [(String, String)]
        /// What is reported; nil when the stream is refused.
        var log: String?
        var testDescription: String { name }

        init(_ name: String, _ fields: [(String, String)], _ log: String? = nil) {
            self.name = name
            self.fields = fields
            self.log = log
        }
    }

    private static func with(_ more: (String, String)...) -> [(String, String)] { RawFrame.get + more }
    private static func without(_ name: String) -> [(String, String)] {
        RawFrame.get.filter { $0.0 != name }
    }
    private static func replacing(_ name: String, _ value: String) -> [(String, String)] {
        RawFrame.get.map { $0.0 == name ? (name, value) : $0 }
    }

    static let requests: [Case] = [
        Case("plain", RawFrame.get, "GET /x host=a.b"),
        Case("a field", with(("x-a", "1")), "GET /x host=a.b x-a=1"),
        Case("te trailers", with(("te", "trailers")), "GET /x host=a.b te=trailers"),
        Case("inner spaces", with(("x-a", "1 \t2")), "GET /x host=a.b x-a=1 \t2"),
        Case("an empty value", with(("x-a", "")), "GET /x host=a.b x-a="),
        Case("bytes over 127", with(("x-a", "é")), "GET /x host=a.b x-a=é"),
        Case("a host of the same name", with(("host", "a.b")), "GET /x host=a.b"),
        Case("another host: the authority wins", with(("host", "c.d")), "GET /x host=a.b"),
        Case("host alone", without(":authority") + [("host", "c.d")], "GET /x host=c.d"),
        Case(
            "cookie crumbs", with(("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")),
            "GET /x host=a.b cookie=a=1; b=2; c=3 x=y"),
        Case(
            "a star", replacing(":path", "*").map { $0.0 == ":method" ? ($0.0, "OPTIONS") : $0 },
            "OPTIONS * host=a.b"),
        Case("connect", [(":method", "CONNECT"), (":authority", "a.b:443")], "CONNECT a.b:443 host=a.b:443"),
        Case("length 0", with(("content-length", "0")), "GET /x host=a.b content-length=0"),
        Case("other scheme", replacing(":scheme", "http"), "GET /x host=a.b"),

        Case("an upper-case name", with(("X-a", "1"))),
        Case("an empty name", with(("", "1"))),
        Case("a space in a name", with(("x a", "1"))),
        Case("a colon in a name", with(("x:a", "1"))),
        Case("a byte over 127 in a name", with(("xé", "1"))),
        Case("a line feed in a value", with(("x-a", "1\nb: c"))),
        Case("a carriage return in a value", with(("x-a", "1\r"))),
        Case("a NUL in a value", with(("x-a", "1\0"))),
        Case("another control character in a value", with(("x-a", "1\u{1}"))),
        Case("a space before a value", with(("x-a", " 1"))),
        Case("a space after a value", with(("x-a", "1 "))),
        Case("a tab after a value", with(("x-a", "1\t"))),
        Case("connection", with(("connection", "close"))),
        Case("keep-alive", with(("keep-alive", "timeout=5"))),
        Case("proxy-connection", with(("proxy-connection", "keep-alive"))),
        Case("transfer-encoding", with(("transfer-encoding", "chunked"))),
        Case("upgrade", with(("upgrade", "h2c"))),
        Case("te gzip", with(("te", "gzip"))),
        Case("te trailers and gzip", with(("te", "trailers, gzip"))),
        Case("no method", without(":method")),
        Case("no scheme", without(":scheme")),
        Case("no path", without(":path")),
        Case("no authority and no host", without(":authority")),
        Case("two methods", RawFrame.get + [(":method", "GET")]),
        Case("two schemes", RawFrame.get + [(":scheme", "https")]),
        Case("two paths", RawFrame.get + [(":path", "/y")]),
        Case("two authorities", RawFrame.get + [(":authority", "a.b")]),
        Case("two hosts", with(("host", "a.b"), ("host", "a.b"))),
        Case("a late pseudo-field", without(":path") + [("x-a", "1"), (":path", "/")]),
        Case("an unknown pseudo-field", RawFrame.get + [(":foo", "1")]),
        Case("an upper-case pseudo-field", without(":path") + [(":Path", "/")]),
        Case("a status", RawFrame.get + [(":status", "200")]),
        Case("an unasked protocol", RawFrame.get + [(":protocol", "websocket")]),
        Case("an empty path", replacing(":path", "")),
        Case("a relative path", replacing(":path", "x")),
        Case("an absolute path", replacing(":path", "http://a.b/x")),
        Case("a space in a path", replacing(":path", "/a b")),
        Case("a fragment in a path", replacing(":path", "/a#b")),
        Case("a byte over 127 in a path", replacing(":path", "/é")),
        Case("%00 in a path", replacing(":path", "/a%00b")),
        Case("a star without OPTIONS", replacing(":path", "*")),
        Case("an empty method", replacing(":method", "")),
        Case("a method that is no token", replacing(":method", "GE T")),
        Case("an empty scheme", replacing(":scheme", "")),
        Case("a scheme that is none", replacing(":scheme", "1http")),
        Case("an empty authority", replacing(":authority", "")),
        Case("user info", replacing(":authority", "u@a.b")),
        Case("a bad port", replacing(":authority", "a.b:99999")),
        Case("a bad host beside the authority", with(("host", "a b"))),
        Case("connect with a path", [(":method", "CONNECT"), (":authority", "a.b:443"), (":path", "/")]),
        Case(
            "connect with a scheme", [(":method", "CONNECT"), (":authority", "a.b:443"), (":scheme", "http")]),
        Case("connect without authority", [(":method", "CONNECT"), ("host", "a.b:443")]),
        Case("two lengths", with(("content-length", "0"), ("content-length", "0"))),
        Case("a length that is none", with(("content-length", "+0"))),
        Case("a length without a body", with(("content-length", "1"))),
    ]

    @Test(arguments: requests)
    func takesOrRefusesRequests(_ it: Case) {
        let server = H2Side.server()
        server.receive(RawFrame.head(1, it.fields) + RawFrame.head(3, RawFrame.get))
        let expected = it.log.map { "1 head \($0) end" } ?? "1 refused PROTOCOL_ERROR"
        #expect(server.takeLog() == [expected, "3 head GET /x host=a.b end"])
        #expect(RawFrame.names(server.sent()) == (it.log == nil ? ["RST_STREAM 1 PROTOCOL_ERROR"] : []))
    }

    /// The same through the tables, since validity is kept there with the entry.
    @Test(arguments: requests)
    func judgesIndexedFieldsAlike(_ it: Case) {
        let server = H2Side.server()
        // Literals with indexing, then the same request by index; the first two refer to the static table.
        var block = RawFrame.block(it.fields)
        var at = 0
        for field in it.fields {
            block[at] = 0x40
            at += 3 + field.0.utf8.count + field.1.utf8.count
        }
        server.receive(RawFrame(type: 1, flags: 5, stream: 1, body: block).bytes)
        let indexes = (0..<it.fields.count).reversed().map { UInt8(0x80 | 62 + $0) }
        server.receive(RawFrame(type: 1, flags: 5, stream: 3, body: indexes).bytes)
        let log = server.takeLog()
        let expected = it.log.map { "head \($0) end" } ?? "refused PROTOCOL_ERROR"
        #expect(log == ["1 \(expected)", "3 \(expected)"])
    }

    @Test func readsExtendedConnectWhenEnabled() {
        var settings = H2Settings()
        settings.enableConnectProtocol = true
        let server = H2Side.server(settings: settings)
        let connect = RawFrame.get.map { $0.0 == ":method" ? ($0.0, "CONNECT") : $0 }
        server.receive(RawFrame.head(1, connect + [(":protocol", "websocket")], end: false))
        #expect(server.takeLog() == ["1 head CONNECT /x host=a.b"])
        server.receive(RawFrame.head(3, RawFrame.get + [(":protocol", "websocket")]))
        #expect(server.takeLog() == ["3 refused PROTOCOL_ERROR"])
    }

    static let responses: [(fields: [(String, String)], end: Bool, log: String)] = [
        ([(":status", "200"), ("x", "y")], false, "1 head 200 x=y"),
        ([(":status", "204")], true, "1 head 204 end"),
        ([(":status", "100")], false, "1 interim 100"),
        ([(":status", "103"), ("link", "<a>")], false, "1 interim 103 link=<a>"),
        ([(":status", "100")], true, "1 reset PROTOCOL_ERROR"),
        ([(":status", "101")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "099")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "600")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "20")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "2000")], false, "1 reset PROTOCOL_ERROR"),
        ([("x", "y")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "200"), (":status", "200")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "200"), (":path", "/")], false, "1 reset PROTOCOL_ERROR"),
        ([("x", "y"), (":status", "200")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "200"), ("connection", "close")], false, "1 reset PROTOCOL_ERROR"),
        ([(":status", "200"), ("content-length", "5")], true, "1 reset PROTOCOL_ERROR"),
    ]

    @Test(arguments: responses.indices)
    func takesOrRefusesResponses(_ index: Int) {
        let it = Self.responses[index]
        let client = H2Side.client()
        _ = client.request()
        client.receive(RawFrame.head(1, it.fields, end: it.end))
        #expect(client.takeLog() == [it.log])
        #expect(client.error == nil)
    }

    @Test func tellsHowHTTP1WouldFrame() {
        let server = H2Side.server()
        server.receive(RawFrame.head(1, RawFrame.get))
        #expect(server.lastFraming == .none)
        server.receive(RawFrame.head(3, RawFrame.post, end: false))
        #expect(server.lastFraming == .chunked)
        server.receive(RawFrame.head(5, RawFrame.post + [("content-length", "7")], end: false))
        #expect(server.lastFraming == .length(7))
        let client = H2Side.client()
        for (method, fields, end, framing) in [
            ("GET", [(":status", "200")], false, BodyFraming.untilClose),
            ("GET", [(":status", "200")], true, .length(0)),
            ("GET", [(":status", "200"), ("content-length", "3")], false, .length(3)),
            ("GET", [(":status", "304"), ("content-length", "3")], true, .none),
            ("HEAD", [(":status", "200"), ("content-length", "3")], true, .none),
        ] {
            let stream = client.request(HeadView(method, "/", [("host", "a")]))
            client.receive(RawFrame.head(stream.rawValue, fields, end: end))
            #expect(client.lastFraming == framing)
        }
        #expect(client.takeLog().allSatisfy { !$0.contains("reset") })
    }

    @Test func countsContentAgainstItsLength() {
        let length = RawFrame.post + [("content-length", "3")]
        for (content, log) in [
            (RawFrame.data(1, "abc", end: true), "1 data abc end"),
            (RawFrame.data(1, "ab", end: true), "1 reset PROTOCOL_ERROR"),
            (RawFrame.data(1, "abcd"), "1 reset PROTOCOL_ERROR"),
            (RawFrame.head(1, [("x", "y")]), "1 reset PROTOCOL_ERROR"),
        ] {
            let server = H2Side.server()
            server.receive(RawFrame.head(1, length, end: false) + content)
            #expect(server.takeLog().last == log)
        }
    }
}
