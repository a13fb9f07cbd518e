import Bytes
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ServerTests {
    @Test func answersCurl() async throws {
        try await withServer(echo) { server in
            let url = "http://\(server.boundAddress)/a%20b/c%2Fd?x=1%2B1&y=a+b&z"
            let result = try await curl(["-i", url])
            #expect(result.code == .exited(0))
            let answer = text(result.output)
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix("\r\n\r\nGET /a b/c%2Fd [x=1+1&y=a b&z=] "))
            #expect(answer.lowercased().contains("\r\ndate: "))
        }
    }

    @Test func keepsConnectionsAndAnswersInOrder() async throws {
        try await withServer(echo) { server in
            let base = "http://\(server.boundAddress)"
            let result = try await curl(["-v", base + "/1", base + "/2", base + "/3"])
            #expect(text(result.output) == "GET /1 [] GET /2 [] GET /3 [] ")
            #expect(result.errors.components("Re-using existing") + result.errors.components("Re-using") >= 2)
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await withServer { request in
            // The first takes longest: order must come from the connection, not from luck.
            if request.path == "/0" { for _ in 0..<200 { await Task.yield() } }
            return .text(request.path + ";")
        } _: { server in
            let client = try RawClient(server.boundAddress)
            var wire = ""
            for i in 0..<50 { wire += "GET /\(i) HTTP/1.1\r\nHost: x\r\n\r\n" }
            wire += "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            await client.send(wire)
            let (answer, isEnded) = await client.read()
            #expect(isEnded)
            let order = answer.split(separator: "\r\n\r\n").dropFirst().compactMap {
                $0.split(separator: ";").first
            }
            #expect(order.map(String.init) == (0..<50).map { "/\($0)" } + ["/last"])
        }
    }

    @Test func understandsRequestsHoweverTheirBytesAreCut() async throws {
        try await withServer(echo) { server in
            var wire = ""
            var expected: [String] = []
            for i in 0..<60 {
                let body = String(repeating: "b", count: i * 7)
                switch i % 3 {
                case 0: wire += "GET /\(i) HTTP/1.1\r\nHost: x\r\n\r\n"
                case 1:
                    wire +=
                        "POST /\(i) HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
                default:
                    wire += "PUT /\(i) HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    for half in [body.prefix(body.count / 2), body.suffix(body.count - body.count / 2)]
                    where !half.isEmpty {
                        wire += String(half.utf8.count, radix: 16) + "\r\n" + half + "\r\n"
                    }
                    wire += "0\r\n\r\n"
                }
                expected.append("\(["GET", "POST", "PUT"][i % 3]) /\(i) [] \(i % 3 == 0 ? "" : body)")
            }
            wire += "GET /end HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            expected.append("GET /end [] ")
            for _ in 0..<5 {
                let client = try RawClient(server.boundAddress)
                let reading = Task { await client.read() }
                var rest = Array(wire.utf8)[...]
                while !rest.isEmpty {
                    let piece = rest.prefix(Int.random(in: 1...97))
                    rest = rest.dropFirst(piece.count)
                    await client.send(Array(piece))
                }
                let answer = await reading.value.text
                var bodies = answer.split(separator: "\r\n\r\n", omittingEmptySubsequences: false).dropFirst()
                    .map { part in
                        String(part.firstRange(of: "HTTP/1.1 200").map { part[..<$0.lowerBound] } ?? part)
                    }
                #expect(bodies.count == expected.count)
                bodies = Array(bodies.prefix(expected.count))
                #expect(bodies == expected)
            }
        }
    }

    @Test func foreignTextCannotSplitAResponse() async throws {
        try await withServer { request in
            var response = HTTPResponse.text("ok")
            response.headers.set("X-Echo", request.queryValue("x") ?? "")
            return response
        } _: { server in
            let result = try await curl(["-i", "http://\(server.boundAddress)/?x=a%0d%0aSet-Cookie:%20b"])
            #expect(text(result.output).contains("a  Set-Cookie: b\r\n"))
            #expect(!text(result.output).contains("\nSet-Cookie"))
        }
    }

    @Test func takesBigBodiesUpToTheLimit() async throws {
        try await withServer {
            .text("\($0.body.count)")
        } _: { server in
            let directory = try FileSystem.makeTemporaryDirectory(prefix: "hanse-body")
            defer { try? FileSystem.removeTree(directory) }
            let limit = 3 * 1024 * 1024
            try FileSystem.writeAtomically(directory + "/fits", [UInt8](repeating: 65, count: limit))
            try FileSystem.writeAtomically(directory + "/over", [UInt8](repeating: 65, count: limit + 1))
            let url = "http://\(server.boundAddress)/"
            // curl asks with Expect: 100-continue for bodies of this size.
            let fits = try await curl(["-v", "--data-binary", "@\(directory)/fits", url])
            #expect(text(fits.output) == "\(limit)")
            #expect(fits.errors.contains("100 Continue"))
            let over = try await curl(["-i", "--data-binary", "@\(directory)/over", url])
            #expect(text(over.output).contains("HTTP/1.1 413"))
            let chunked = try await curl(
                [
                    "-i", "-H", "Transfer-Encoding: chunked", "-H", "Expect:", "--data-binary",
                    "@\(directory)/over", url,
                ])
            #expect(text(chunked.output).contains("HTTP/1.1 413"))
            let small = try await curl(["-H", "Transfer-Encoding: chunked", "--data-binary", "abc", url])
            #expect(text(small.output) == "3")
        }
    }

    @Test func answersHeadWithoutBody() async throws {
        try await withServer(echo) { server in
            let client = try RawClient(server.boundAddress)
            await client.send(
                "HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let (answer, _) = await client.read()
            #expect(answer.components("HTTP/1.1 200") == 2)
            #expect(answer.lowercased().contains("content-length: 11"))
            #expect(!answer.contains("HEAD /x ["))
            #expect(answer.hasSuffix("GET /y [] "))
        }
    }

    @Test func streamsEachPieceAtOnce() async throws {
        let gate = Flag()
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                try? await writer.write("one;")
                while !gate.isRaised, !Task.isCancelled { await Task.yield() }
                try? await writer.write("two;")
            }
        } _: { server in
            let client = try RawClient(server.boundAddress)
            await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let (first, _) = await client.read { $0.contains("one;") }
            #expect(first.lowercased().contains("transfer-encoding: chunked"))
            #expect(first.hasSuffix("4\r\none;\r\n"))
            gate.raise()
            let (rest, _) = await client.read { $0.hasSuffix("0\r\n\r\n") }
            #expect(rest == "4\r\ntwo;\r\n0\r\n\r\n")
        }
    }

    @Test func streamsToOldClientsUntilTheEnd() async throws {
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in try? await writer.write("all") }
        } _: { server in
            let client = try RawClient(server.boundAddress)
            await client.send("GET / HTTP/1.0\r\n\r\n")
            let (answer, isEnded) = await client.read()
            #expect(isEnded)
            #expect(answer.hasSuffix("\r\n\r\nall"))
            #expect(!answer.lowercased().contains("transfer-encoding"))
        }
    }

    @Test func suspendsTheWriterWhileTheClientDoesNotRead() async throws {
        let written = Mutex(0)
        let isCancelled = Flag()
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                let piece = [UInt8](repeating: 65, count: 100_000)
                do {
                    while true {
                        try await writer.write(piece)
                        written.withLock { $0 += 1 }
                    }
                } catch { isCancelled.raise() }
            }
        } _: { server in
            let client = try RawClient(server.boundAddress)
            await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            // It stops when the kernel's buffers and the watermark are full.
            var last = -1
            var quiet = 0
            #expect(
                await eventually {
                    let now = written.withLock { $0 }
                    quiet = now == last && now > 0 ? quiet + 1 : 0
                    last = now
                    return quiet > 100
                })
            #expect(last < 200)
            // Reading lets it go on; leaving ends it.
            let before = last
            _ = await client.read { $0.utf8.count > 8_000_000 }
            #expect(await eventually { written.withLock { $0 } > before })
            client.close()
            #expect(await eventually { isCancelled.isRaised })
        }
    }

    @Test func cancelsAStreamThatWaitsWhenItsClientLeaves() async throws {
        let isRunning = Flag()
        let isCancelled = Flag()
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                try? await writer.write("hello")
                isRunning.raise()
                try? await Task.sleep(for: .seconds(600))
                if Task.isCancelled { isCancelled.raise() }
            }
        } _: { server in
            let client = try RawClient(server.boundAddress)
            await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(await eventually { isRunning.isRaised })
            client.close()
            #expect(await eventually { isCancelled.isRaised })
            #expect(await eventually { await server.connectionCount() == 0 })
        }
    }

    @Test func answersAClientThatHalfClosed() async throws {
        try await withServer { request in
            for _ in 0..<200 { await Task.yield() }
            return .text("late " + request.path)
        } _: { server in
            let client = try RawClient(server.boundAddress)
            await client.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
            client.endOutput()
            let (answer, isEnded) = await client.read()
            #expect(isEnded)
            #expect(answer.hasSuffix("late /x"))
        }
    }

    @Test func cutsOffSlowHeadsAndIdleConnections() async throws {
        let limits = HTTPLimits(
            headerTimeout: .seconds(2), bodyTimeout: .milliseconds(100), idleTimeout: .milliseconds(100))
        try await withServer(limits: limits, echo) { server in
            let silent = try RawClient(server.boundAddress)
            let (nothing, isEnded) = await silent.read()
            #expect(nothing.isEmpty && isEnded)

            // One byte after another never gets more time than one head has.
            let slow = try RawClient(server.boundAddress)
            let dripping = Task {
                for byte in "GET / HTTP/1.1\r\nHost: " + String(repeating: "x", count: 5000) {
                    if Task.isCancelled { return }
                    await slow.send(String(byte))
                    try? await Task.sleep(for: .milliseconds(2))
                }
            }
            let (refusal, isCut) = await slow.read()
            dripping.cancel()
            #expect(refusal.hasPrefix("HTTP/1.1 408 ") && isCut)

            let body = try RawClient(server.boundAddress)
            await body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
            let (late, isBodyCut) = await body.read()
            #expect(late.hasPrefix("HTTP/1.1 408 ") && isBodyCut)

            let idle = try RawClient(server.boundAddress)
            await idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let (answer, isClosed) = await idle.read()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && isClosed)
        }
    }

    @Test func refusesWhatIsNotHTTP() async throws {
        try await withServer(echo) { server in
            for (wire, status) in [
                ("nonsense\r\n\r\n", "400"), ("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400"),
                ("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 70_000))\r\n\r\n", "431"),
            ] {
                let client = try RawClient(server.boundAddress)
                await client.send(wire)
                let (answer, isEnded) = await client.read()
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(wire.prefix(20)) \(answer.prefix(40))")
                #expect(isEnded)
            }
        }
    }

    @Test func holdsNoMoreThanTheAllowedConnections() async throws {
        try await withServer(limits: HTTPLimits(maxConnections: 3), echo) { server in
            var clients: [RawClient] = []
            for _ in 0..<6 {
                let client = try RawClient(server.boundAddress)
                await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                clients.append(client)
            }
            for client in clients[..<3] {
                #expect(await client.read { $0.hasSuffix("GET / [] ") }.text.hasPrefix("HTTP/1.1 200 "))
            }
            #expect(await server.connectionCount() == 3)
            // Each one that leaves lets one in.
            for client in clients[..<3] { client.close() }
            for client in clients[3...] {
                #expect(await client.read { $0.hasSuffix("GET / [] ") }.text.hasPrefix("HTTP/1.1 200 "))
            }
        }
    }

    @Test func finishesRequestsUnderWayWhenItStops() async throws {
        let isStarted = Flag()
        let gate = Flag()
        let isStreamEnded = Flag()
        let server = HTTPServer(address: anyPort) { request in
            if request.path == "/stream" {
                return .stream(contentType: "text/plain") { writer in
                    try? await writer.write("x")
                    try? await Task.sleep(for: .seconds(600))
                    isStreamEnded.raise()
                }
            }
            isStarted.raise()
            while !gate.isRaised { await Task.yield() }
            return .text("done")
        }
        try server.start()
        let streaming = try RawClient(server.boundAddress)
        await streaming.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = await streaming.read { $0.hasSuffix("x\r\n") }
        let idle = try RawClient(server.boundAddress)
        let client = try RawClient(server.boundAddress)
        await client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(await eventually { isStarted.isRaised })
        let stopping = Task { await server.stop() }
        #expect(await eventually { isStreamEnded.isRaised })
        #expect(await streaming.read().isEnded)
        #expect(await idle.read().isEnded)
        gate.raise()
        let (answer, isEnded) = await client.read()
        #expect(answer.hasSuffix("done") && isEnded)
        #expect(answer.lowercased().contains("connection: close"))
        for one in [streaming, idle, client] { one.close() }
        await stopping.value
        await server.stop()
        let late = try? RawClient(server.boundAddress)
        if let late { #expect(await late.read().isEnded) }
    }

    @Test func saysWhereItCannotListen() async throws {
        try await withServer(echo) { server in
            let second = HTTPServer(address: server.boundAddress, handler: echo)
            let error = #expect(throws: HTTPServerError.self) { try second.start() }
            #expect(error?.description == "cannot listen on \(server.boundAddress): Address already in use")
        }
    }
}

extension String {
    /// How often `part` occurs.
    func components(_ part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
