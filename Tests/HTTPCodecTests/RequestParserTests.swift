import Bytes
import HTTPCodec
import Testing

/// What a request parser made of some bytes, with body pieces joined.
struct Reading: Hashable, CustomTestStringConvertible {
    var heads: [String] = []
    var bodies: [String] = []
    var trailers: [String] = []
    var error: HTTPError.Kind?

    var testDescription: String { "\(heads) \(bodies) \(trailers) \(error.map { "\($0)" } ?? "-")" }

    /// Feeds `text` in pieces of `step` bytes.
    static func of(_ text: String, step: Int, limits: HTTP1Limits = HTTP1Limits()) -> Reading {
        var parser = RequestParser(limits: limits)
        var input = ByteQueue()
        var reading = Reading()
        let bytes = Array(text.utf8)
        do throws(HTTPError) {
            var at = 0
            while at < bytes.count {
                let end = min(at + step, bytes.count)
                input.append(Array(bytes[at..<end]))
                at = end
                while let event = try parser.next(&input) {
                    switch event {
                    case .head(let head):
                        reading.heads.append("\(head.method) \(head.target)")
                        reading.bodies.append("")
                    case .body(let piece):
                        reading.bodies[reading.bodies.count - 1] += String(decoding: piece, as: UTF8.self)
                    case .end(let trailers):
                        reading.trailers.append(trailers?.description ?? "")
                    }
                }
            }
            try parser.finish()
        } catch {
            reading.error = error.kind
        }
        return reading
    }
}

struct RequestCase: CustomTestStringConvertible, Sendable {
    var name: String
    var text: String
    var error: HTTPError.Kind?
    var heads: [String] = []
    var bodies: [String] = []
    var testDescription: String { name }

    init(_ name: String, _ text: String, _ error: HTTPError.Kind) {
        self.name = name
        self.text = text
        self.error = error
    }

    init(_ name: String, _ text: String, heads: [String], bodies: [String]) {
        self.name = name
        self.text = text
        self.heads = heads
        self.bodies = bodies
    }
}

private let post = "POST / HTTP/1.1\r\nHost: a\r\n"
private let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

struct RequestParserTests {
    static let refused: [RequestCase] = [
        RequestCase(
            "length beside chunked",
            post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", .conflictingFraming),
        RequestCase(
            "chunked beside length", post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
            .conflictingFraming),
        RequestCase(
            "two lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", .badContentLength),
        RequestCase(
            "two equal lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", .badContentLength),
        RequestCase("list of lengths", post + "Content-Length: 3, 3\r\n\r\n", .badContentLength),
        RequestCase("signed length", post + "Content-Length: +3\r\n\r\n", .badContentLength),
        RequestCase("negative length", post + "Content-Length: -3\r\n\r\n", .badContentLength),
        RequestCase("hexadecimal length", post + "Content-Length: 0x3\r\n\r\n", .badContentLength),
        RequestCase("empty length", post + "Content-Length: \r\n\r\n", .badContentLength),
        RequestCase(
            "overflowing length", post + "Content-Length: 9999999999999999999\r\n\r\n", .badContentLength),
        RequestCase("length with inner space", post + "Content-Length: 1 2\r\n\r\n", .badContentLength),
        RequestCase(
            "gzip then chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferCoding
        ),
        RequestCase(
            "chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .unsupportedTransferCoding),
        RequestCase("identity", post + "Transfer-Encoding: identity\r\n\r\n", .unsupportedTransferCoding),
        RequestCase(
            "misspelled coding", post + "Transfer-Encoding: xchunked\r\n\r\n", .unsupportedTransferCoding),
        RequestCase(
            "coding with vertical tab", post + "Transfer-Encoding: \u{0B}chunked\r\n\r\n", .badHeaderValue),
        RequestCase("space before colon", post + "Transfer-Encoding : chunked\r\n\r\n", .badHeaderName),
        RequestCase("tab before colon", post + "X\t: y\r\n\r\n", .badHeaderName),
        RequestCase("empty name", post + ": y\r\n\r\n", .badHeaderName),
        RequestCase("line without colon", post + "abc\r\n\r\n", .badHeaderName),
        RequestCase("name in brackets", post + "[x]: y\r\n\r\n", .badHeaderName),
        RequestCase("folded line", post + "X: a\r\n b\r\n\r\n", .obsoleteFold),
        RequestCase("fold at first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .obsoleteFold),
        RequestCase("bare line feed", "GET / HTTP/1.1\nHost: a\n\n", .bareLineFeed),
        RequestCase("bare line feed in fields", post + "X: a\nY: b\r\n\r\n", .bareLineFeed),
        RequestCase("bare carriage return", post + "X: a\rY: b\r\n\r\n", .badHeaderValue),
        RequestCase("NUL in value", post + "X: a\0b\r\n\r\n", .badHeaderValue),
        RequestCase("DEL in value", post + "X: a\u{7F}\r\n\r\n", .badHeaderValue),
        RequestCase("no host", "GET / HTTP/1.1\r\n\r\n", .missingHost),
        RequestCase("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
        RequestCase("user info in host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .badHost),
        RequestCase("path in host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .badHost),
        RequestCase("port that is none", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", .badHost),
        RequestCase("port out of range", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", .badHost),
        RequestCase("open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .badHost),
        RequestCase("user info in target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badHost),
        RequestCase("tab in request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        RequestCase("tab after target", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
        RequestCase("no version", "GET /\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("space at end of line", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", .badVersion),
        RequestCase("lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", .badVersion),
        RequestCase("old version", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", .upgradeRequired),
        RequestCase("other major version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", .unsupportedVersion),
        RequestCase("bad method", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", .badMethod),
        RequestCase("TLS on a plain port", "\u{16}\u{03}\u{01}", .badRequestLine),
        RequestCase("fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("encoded NUL", "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("non-ASCII target", "GET /\u{E9} HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("relative target", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("foreign scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("star without OPTIONS", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", .badTarget),
        RequestCase("signed chunk", chunked + "+5\r\nhello\r\n0\r\n\r\n", .badChunk),
        RequestCase("0x chunk", chunked + "0x5\r\nhello\r\n0\r\n\r\n", .badChunk),
        RequestCase("overflowing chunk", chunked + "FFFFFFFFFFFFFFFFF\r\n", .badChunk),
        RequestCase("chunk with bare line feed", chunked + "5\nhello\r\n0\r\n\r\n", .badChunk),
        RequestCase("chunk without CRLF", chunked + "5\r\nhelloX0\r\n\r\n", .badChunk),
        RequestCase("empty chunk size", chunked + "\r\n\r\n", .badChunk),
        RequestCase("space after chunk size", chunked + "5 \r\nhello\r\n0\r\n\r\n", .badChunk),
        RequestCase("CR in extension", chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n", .badChunk),
        RequestCase("LF in extension", chunked + "5;a\nb\r\nhello\r\n0\r\n\r\n", .badChunk),
        RequestCase("bad trailer", chunked + "0\r\nx y: z\r\n\r\n", .badTrailer),
        RequestCase("trailer with bare line feed", chunked + "0\r\nx: z\n\r\n", .badTrailer),
        RequestCase("cut body", post + "Content-Length: 5\r\n\r\nab", .truncated),
        RequestCase("cut chunk", chunked + "5\r\nhel", .truncated),
        RequestCase("cut head", "GET / HT", .truncated),
        RequestCase("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", .badRequestLine),
    ]

    @Test(arguments: refused)
    func refusesSmuggling(_ example: RequestCase) {
        let whole = Reading.of(example.text, step: .max / 2)
        #expect(whole.error == example.error)
        #expect(Reading.of(example.text, step: 1).error == example.error)
        #expect(Reading.of(example.text, step: 7).error == example.error)
    }

    static let accepted: [RequestCase] = [
        RequestCase("no body", "GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n", heads: ["GET /a?b=c"], bodies: [""]),
        RequestCase(
            "empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", heads: ["GET /"], bodies: [""]),
        RequestCase(
            "counted body", post + "Content-Length: 5\r\n\r\nhello", heads: ["POST /"], bodies: ["hello"]),
        RequestCase("zero length", post + "Content-Length: 0\r\n\r\n", heads: ["POST /"], bodies: [""]),
        RequestCase(
            "mixed-case coding", post + "transfer-ENCODING: ChunkeD\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            heads: ["POST /"], bodies: ["hello"]),
        RequestCase(
            "extensions and trailers", chunked + "5;x=\"y\"\r\nhello\r\n1 ;z\r\n!\r\n0;last\r\nT: 1\r\n\r\n",
            heads: ["POST /"], bodies: ["hello!"]),
        RequestCase(
            "pipelined", chunked + "2\r\nab\r\n0\r\n\r\nGET /2 HTTP/1.1\r\nHost: b:80\r\n\r\n",
            heads: ["POST /", "GET /2"], bodies: ["ab", ""]),
        RequestCase(
            "absolute form", "GET HTTP://a.b:80/x HTTP/1.1\r\nHost: c\r\n\r\n",
            heads: ["GET HTTP://a.b:80/x"], bodies: [""]),
        RequestCase(
            "options star", "OPTIONS * HTTP/1.1\r\nHost: c\r\n\r\n", heads: ["OPTIONS *"], bodies: [""]),
        RequestCase(
            "address literal", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", heads: ["GET /"], bodies: [""]),
        RequestCase(
            "obs-text and tab in value", post + "X: \u{E9}\ty\r\n\r\n", heads: ["POST /"], bodies: [""]),
        RequestCase("empty value", post + "X:\r\n\r\n", heads: ["POST /"], bodies: [""]),
    ]

    @Test(arguments: accepted)
    func readsTheSameHoweverBytesArrive(_ example: RequestCase) {
        let whole = Reading.of(example.text, step: .max / 2)
        #expect(whole.error == nil)
        #expect(whole.heads == example.heads)
        #expect(whole.bodies == example.bodies)
        for step in [1, 2, 3, 16] { #expect(Reading.of(example.text, step: step) == whole) }
    }

    @Test func trimsValuesAndKeepsOrder() throws {
        var parser = RequestParser()
        var input = ByteQueue()
        input.append(utf8: "GET / HTTP/1.1\r\nHost:a\r\nX-B: \t one \r\nx-a: 2\r\nX-B: three\r\n\r\n")
        guard case .head(let head)? = try parser.next(&input) else {
            Issue.record("no head")
            return
        }
        #expect(head.headers.entries.map(\.name) == ["host", "x-b", "x-a", "x-b"])
        #expect(head.headers.all("X-B") == ["one", "three"])
        #expect(head.keepsAlive)
    }

    @Test func enforcesLimitsWithTheirStatuses() {
        var limits = HTTP1Limits()
        limits.maxHeadBytes = 200
        limits.maxHeaders = 3
        limits.maxTargetBytes = 50
        limits.maxBodyBytes = 4
        func status(_ text: String, step: Int) -> Int? {
            Reading.of(text, step: step, limits: limits).error.map { HTTPError($0).status }
        }
        for step in [1, 1000] {
            let long = String(repeating: "x", count: 201)
            #expect(status("GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n", step: step) == 431)
            #expect(status("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", step: step) == 431)
            #expect(status("GET /\(long.prefix(50)) HTTP/1.1\r\nHost: a\r\n\r\n", step: step) == 414)
            #expect(status(post + "Content-Length: 5\r\n\r\n", step: step) == 413)
            #expect(status(chunked + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", step: step) == 413)
            #expect(status(chunked + "0\r\nX: \(long)\r\n\r\n", step: step) == 431)
        }
    }

    @Test func readsHTTP10WhereAllowed() throws {
        var limits = HTTP1Limits()
        limits.allowsHTTP10 = true
        var parser = RequestParser(limits: limits)
        var input = ByteQueue()
        input.append(utf8: "GET / HTTP/1.0\r\n\r\n")
        guard case .head(let head)? = try parser.next(&input) else {
            Issue.record("no head")
            return
        }
        #expect(head.minorVersion == 0)
        #expect(!head.keepsAlive)
        #expect(
            Reading.of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", step: 1, limits: limits).error
                == .conflictingFraming)
    }

    @Test func tellsWhetherTheConnectionIsBetweenMessages() throws {
        var parser = RequestParser()
        var input = ByteQueue()
        #expect(parser.isBetweenMessages)
        input.append(utf8: post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        #expect(try parser.next(&input) != nil)
        #expect(parser.expectsContinue)
        #expect(!parser.isBetweenMessages)
        input.append(utf8: "x")
        #expect(try parser.next(&input) == .body(Array("x".utf8)))
        #expect(try parser.next(&input) == .end(trailers: nil))
        #expect(parser.isBetweenMessages)
    }
}
