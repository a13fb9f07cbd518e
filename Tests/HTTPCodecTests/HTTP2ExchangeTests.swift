import Bytes
import Testing

@testable import HTTPCodec

/// A client and a server talk to each other.
struct HTTP2ExchangeTests {
    private func pass(_ from: H2Side, _ to: H2Side, step: Int? = nil) { to.receive(from.sent(), step: step) }

    private func pair(step: Int? = nil) -> (client: H2Side, server: H2Side) {
        let client = H2Side(.client)
        let server = H2Side(.server)
        pass(client, server, step: step)
        pass(server, client, step: step)
        pass(client, server, step: step)
        #expect(client.takeLog() == ["settings"] && server.takeLog() == ["settings"])
        #expect(client.isAcknowledged && server.isAcknowledged)
        return (client, server)
    }

    @Test(arguments: [nil, 1, 7])
    func carriesARequestAndItsResponse(step: Int?) {
        let (client, server) = pair(step: step)
        let stream = client.request(
            HeadView("POST", "/a?b=c", [("host", "x.y:80"), ("content-type", "text/plain")]), end: false)
        #expect(client.send(stream.rawValue, "hello", end: true) == 5)
        pass(client, server)
        #expect(
            server.takeLog() == [
                "1 head POST /a?b=c host=x.y:80 content-type=text/plain", "1 data hello end",
            ])
        #expect(server.lastFraming == .chunked)
        server.respond(1, 201, end: false)
        #expect(server.send(1, "done") == 4)
        let trailers = HeadView("", "", [("grpc-status", "0"), ("content-length", "4")])
        server.connection.sendTrailers(trailers, stream: stream, into: &server.output)
        pass(server, client, step: step)
        let log = client.takeLog()
        #expect(log.first == "1 head 201")
        #expect(log.last == "1 trailers grpc-status=0 end")
        #expect(client.lastFraming == .none)
        #expect(client.streams == 0 && server.streams == 0)
    }

    @Test func repeatsWhatItKnowsInOneByteEach() {
        let (client, server) = pair()
        var sizes: [Int] = []
        for _ in 0..<4 {
            let fields = (0..<10).map { ("x-field-\($0)", "some value of number \($0)") }
            _ = client.request(HeadView("GET", "/service/method", [("host", "a.b")] + fields))
            let bytes = client.sent()
            sizes.append(bytes.count - 9)
            server.receive(bytes)
        }
        #expect(sizes[0] > 200)
        #expect(sizes[2] == 14 && sizes[3] == 14)
        let log = server.takeLog()
        #expect(log.count == 4 && log[3].hasSuffix("x-field-9=some value of number 9 end"))
        #expect(server.error == nil)
    }
}
