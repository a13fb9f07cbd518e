import Bytes
import HTTPCodec
import Testing

struct HeadViewTests {
    private func view(_ text: String) throws -> HeadView {
        var view = HeadView()
        try view.parseRequest(Array(text.utf8).span, limits: HTTP1Limits())
        return view
    }

    private func written(_ view: HeadView) -> String {
        var output = ByteQueue()
        HTTP1Serializer.writeRequest(view, to: &output)
        return String(decoding: output.readAll(), as: UTF8.self)
    }

    @Test func lowersNamesAndKnowsProxyFields() throws {
        let view = try view(
            "GET / HTTP/1.1\r\nHOST: a\r\nX-Envoy-Retry-On: 5xx\r\nX-Request-ID: 1\r\nFoo: Bar\r\n\r\n")
        #expect(view.fields.map(\.known) == [.host, .xEnvoy, .xRequestID, .other])
        #expect(
            view.fields.map { view.text($0.name) } == ["host", "x-envoy-retry-on", "x-request-id", "foo"])
        #expect(view.value(named: Array("foo".utf8)).map(view.text) == "Bar")
    }

    @Test func removesEverythingOfOneHop() throws {
        var view = try view(
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret, host\r\nX-Secret: 1\r\nKeep-Alive: 5\r\n"
                + "TE: gzip\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nContent-Length: 0\r\nY: 2\r\n\r\n")
        #expect(view.saysClose && !view.keepsAlive)
        view.removeHopByHop()
        #expect(view.fields.map { view.text($0.name) } == ["host", "content-length", "y"])
        var trailers = try self.view("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n")
        trailers.removeHopByHop()
        #expect(trailers.fields.count == 2)
    }

    @Test func writesItsEdits() throws {
        var view = try view("GET /a?b HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\n\r\n")
        view.setTarget(Array("/z?b".utf8))
        view.set(Array("x".utf8), Array("3".utf8))
        view.add(Array("y".utf8), Array("4".utf8))
        #expect(written(view) == "GET /z?b HTTP/1.1\r\nhost: a\r\nx: 3\r\ny: 4\r\n")
    }

    @Test func findsTheAuthorityOfAnAbsoluteTarget() throws {
        let view = try view("GET http://a.b:81?x HTTP/1.1\r\nHost: c\r\n\r\n")
        let form = try #require(view.absoluteForm)
        #expect(view.text(form.authority) == "a.b:81")
        #expect(view.text(form.rest..<view.target.upperBound) == "?x")
        #expect(try self.view("GET /x HTTP/1.1\r\nHost: c\r\n\r\n").absoluteForm == nil)
    }

    @Test func seesUpgradesOnlyWhenConnectionNamesThem() throws {
        #expect(
            try view("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
                .asksUpgrade)
        #expect(try !view("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n").asksUpgrade)
    }
}

struct TrailerTests {
    @Test func passesTrailersOfAChunkedBodyOn() throws {
        var decoder = try BodyDecoder(.chunked, limits: HTTP1Limits())
        let body = Array("2\r\nhi\r\n0\r\nX-Sum: 1\r\ngrpc-status:  0 \r\n\r\n".utf8)
        #expect(try decoder.next(body.span) == .data(3..<5))
        let rest = Array(body[5...])
        #expect(try decoder.next(rest.span) == .end(consumed: rest.count))
        var trailers = HeadView()
        #expect(decoder.readTrailers(into: &trailers))
        var output = ByteQueue()
        HTTP1Serializer.writeLastChunk(trailers: trailers, to: &output)
        #expect(
            String(decoding: output.readAll(), as: UTF8.self) == "0\r\nx-sum: 1\r\ngrpc-status: 0\r\n\r\n")
    }

    @Test func knowsABodyWithoutTrailers() throws {
        var decoder = try BodyDecoder(.chunked, limits: HTTP1Limits())
        let body = Array("0\r\n\r\n".utf8)
        #expect(try decoder.next(body.span) == .end(consumed: 5))
        var trailers = HeadView()
        #expect(!decoder.readTrailers(into: &trailers))
    }
}
