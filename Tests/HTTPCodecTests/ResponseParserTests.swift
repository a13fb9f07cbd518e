import Bytes
import HTTPCodec
import Testing

struct ResponseParserTests {
    private func events(
        _ text: String, step: Int = .max / 2, answersHEAD: Bool = false, ends: Bool = true
    ) -> (events: [String], error: HTTPError.Kind?) {
        var parser = ResponseParser(answersHEAD: answersHEAD)
        var input = ByteQueue()
        var list: [String] = []
        var body = ""
        func note(_ event: ResponseParser.Event) {
            switch event {
            case .head(let head): list.append("\(head.status) \(head.reason)")
            case .body(let piece): body += String(decoding: piece, as: UTF8.self)
            case .end:
                list.append("end \(body)")
                body = ""
            }
        }
        let bytes = Array(text.utf8)
        do throws(HTTPError) {
            var at = 0
            while at < bytes.count {
                let end = min(at + step, bytes.count)
                input.append(Array(bytes[at..<end]))
                at = end
                while let event = try parser.next(&input) { note(event) }
            }
            if ends, let event = try parser.finish() { note(event) }
        } catch {
            return (list, error.kind)
        }
        return (list, nil)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var events: [String] = []
        var error: HTTPError.Kind?
        var answersHEAD = false
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "counted", text: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            events: ["200 OK", "end hi"]),
        Case(
            name: "until close", text: "HTTP/1.1 200 OK\r\n\r\nall of it",
            events: ["200 OK", "end all of it"]),
        Case(
            name: "old version until close", text: "HTTP/1.0 200 OK\r\n\r\nold",
            events: ["200 OK", "end old"]),
        Case(
            name: "chunked",
            text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            events: ["200 OK", "end hi"]),
        Case(name: "no reason", text: "HTTP/1.1 204\r\n\r\n", events: ["204 ", "end "]),
        Case(name: "empty reason", text: "HTTP/1.1 204 \r\n\r\n", events: ["204 ", "end "]),
        Case(
            name: "not modified with length", text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
            events: ["304 Not Modified", "end "]),
        Case(
            name: "answer to HEAD", text: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
            events: ["200 OK", "end "], answersHEAD: true),
        Case(
            name: "interim first",
            text:
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            events: ["100 Continue", "103 Early Hints", "200 OK", "end "]),
        Case(
            name: "upgrade leaves the rest",
            text: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nraw",
            events: ["101 Switching Protocols"]),
        Case(
            name: "cut body", text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi", events: ["200 OK"],
            error: .truncated),
        Case(
            name: "cut chunk", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi",
            events: ["200 OK"], error: .truncated),
        Case(name: "status 600", text: "HTTP/1.1 600 No\r\n\r\n", error: .badStatusLine),
        Case(name: "status 099", text: "HTTP/1.1 099 No\r\n\r\n", error: .badStatusLine),
        Case(name: "four digits", text: "HTTP/1.1 2000 No\r\n\r\n", error: .badStatusLine),
        Case(name: "no HTTP", text: "ICY 200 OK right here\r\n\r\n", error: .badStatusLine),
        Case(name: "bad version", text: "HTTP/x.1 200 OK\r\n\r\n", error: .badVersion),
        Case(
            name: "length beside chunked",
            text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
            error: .conflictingFraming),
        Case(
            name: "two lengths", text: "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            error: .badContentLength),
        Case(
            name: "coding on 204", text: "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
            error: .conflictingFraming),
        Case(
            name: "other coding", text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            error: .unsupportedTransferCoding),
        Case(name: "bare line feed", text: "HTTP/1.1 200 OK\n\n", error: .bareLineFeed),
    ]

    @Test(arguments: cases)
    func framesEveryKindOfAnswer(_ example: Case) {
        for step in [.max / 2, 1, 5] {
            let read = events(example.text, step: step, answersHEAD: example.answersHEAD)
            #expect(read.events == example.events)
            #expect(read.error == example.error)
        }
    }

    @Test func serializesWhatItReads() throws {
        var output = ByteQueue()
        var headers = HTTPHeaders()
        headers.add("Transfer-Encoding", "chunked")
        headers.add("X-Forged", "a\r\nInjected: b")
        HTTP1Serializer.write(HTTPResponseHead(status: 200, headers: headers), to: &output)
        HTTP1Serializer.writeChunk(Array("hello, ".utf8), to: &output)
        HTTP1Serializer.writeChunk([], to: &output)
        HTTP1Serializer.writeChunk(Array(repeating: 0x78, count: 300), to: &output)
        HTTP1Serializer.writeLastChunk(trailers: ["T": "1"], to: &output)
        var parser = ResponseParser()
        guard case .head(let head)? = try parser.next(&output) else {
            Issue.record("no head")
            return
        }
        #expect(head.headers.count == 2)
        var body: [UInt8] = []
        while let event = try parser.next(&output) {
            if case .body(let piece) = event { body += piece }
            if case .end(let trailers) = event {
                #expect(trailers?[first: "t"] == "1")
                break
            }
        }
        #expect(String(decoding: body, as: UTF8.self) == "hello, " + String(repeating: "x", count: 300))
    }
}
