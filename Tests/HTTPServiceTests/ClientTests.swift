import Bytes
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ClientTests {
    @Test func sendsAThousandRequestsOverOneConnection() async throws {
        let peers = Mutex<Set<SocketAddress>>([])
        try await withServer { request in
            peers.withLock { _ = $0.insert(request.peer.address) }
            return .text(request.path)
        } _: { server in
            try await withClient { client in
                for i in 0..<1000 {
                    let response = try await client.request(
                        .init(address: server.boundAddress, target: "/\(i)"))
                    #expect(response.status == 200)
                    #expect(text(response.body) == "/\(i)")
                }
            }
            #expect(peers.withLock { $0.count } == 1)
        }
    }

    @Test func carriesBodiesBothWays() async throws {
        try await withServer { request in
            .json(request.body, status: 201)
        } _: { server in
            try await withClient { client in
                let body = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
                for method in ["POST", "PUT"] {
                    let response = try await client.request(
                        .init(method: method, address: server.boundAddress, body: body))
                    #expect(response.status == 201)
                    #expect(response.body == body)
                    #expect(response.headers["content-type"] == "application/json")
                }
                let head = try await client.request(.init(method: "HEAD", address: server.boundAddress))
                #expect(head.status == 201 && head.body.isEmpty)
            }
        }
    }

    @Test func followsTwoHundredStreamsAtOnce() async throws {
        try await withServer { request in
            .stream(contentType: "text/plain") { writer in
                for i in 0..<20 { try? await writer.write("\(request.path) \(i)\n") }
            }
        } _: { server in
            try await withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for i in 0..<200 {
                        group.addTask {
                            let stream = try await client.stream(
                                .init(address: server.boundAddress, target: "/\(i)"))
                            var all: [UInt8] = []
                            while let piece = try await stream.next() { all += piece }
                            #expect(text(all) == (0..<20).map { "/\(i) \($0)\n" }.joined())
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func readsPiecesAsTheyCome() async throws {
        let gate = Flag()
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                try? await writer.write("one")
                while !gate.isRaised, !Task.isCancelled { await Task.yield() }
                try? await writer.write("two")
            }
        } _: { server in
            try await withClient { client in
                let stream = try await client.stream(.init(address: server.boundAddress))
                #expect(text(try await stream.next() ?? []) == "one")
                gate.raise()
                #expect(text(try await stream.next() ?? []) == "two")
                #expect(try await stream.next() == nil)
                #expect(try await stream.next() == nil)
            }
        }
    }

    @Test func cancelsTheRequestWithItsTask() async throws {
        let isCancelled = Flag()
        let isRunning = Flag()
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                try? await writer.write("x")
                isRunning.raise()
                try? await Task.sleep(for: .seconds(600))
                isCancelled.raise()
            }
        } _: { server in
            try await withClient { client in
                let reading = Task {
                    let stream = try await client.stream(.init(address: server.boundAddress))
                    while try await stream.next() != nil {}
                }
                #expect(await eventually { isRunning.isRaised })
                reading.cancel()
                let error = await #expect(throws: HTTPClientError.self) { try await reading.value }
                #expect(error?.kind == .cancelled)
                #expect(await eventually { isCancelled.isRaised })
            }
        }
    }

    @Test func droppingAStreamEndsIt() async throws {
        let isCancelled = Flag()
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                try? await writer.write("x")
                try? await Task.sleep(for: .seconds(600))
                isCancelled.raise()
            }
        } _: { server in
            try await withClient { client in
                do {
                    let stream = try await client.stream(.init(address: server.boundAddress))
                    _ = try await stream.next()
                }
                #expect(await eventually { isCancelled.isRaised })
            }
        }
    }

    @Test func boundsWhatItBuffers() async throws {
        let written = Mutex(0)
        try await withServer { _ in
            .stream(contentType: "text/plain") { writer in
                let piece = [UInt8](repeating: 65, count: 100_000)
                while (try? await writer.write(piece)) != nil { written.withLock { $0 += piece.count } }
            }
        } _: { server in
            try await withClient { client in
                let stream = try await client.stream(.init(address: server.boundAddress))
                _ = try await stream.next()
                var last = -1
                var quiet = 0
                #expect(
                    await eventually {
                        let now = written.withLock { $0 }
                        quiet = now == last ? quiet + 1 : 0
                        last = now
                        return quiet > 100
                    })
                // Watermarks on both sides and the kernel's buffers of a loopback connection.
                #expect(last < 20_000_000)
                var total = 0
                while total < last + 1_000_000 { total += try await stream.next()?.count ?? 0 }
                stream.cancel()
            }
        }
    }

    @Test func saysWhatFailed() async throws {
        try await withClient { client in
            let free = try Socket.listening(on: anyPort).localAddress
            let refused = try #require(free)
            var error = await #expect(throws: HTTPClientError.self) {
                try await client.request(.init(address: refused))
            }
            #expect(error?.kind == .connect(.connectionRefused))
            #expect(error?.description == "\(refused): cannot connect to \(refused): Connection refused")
            error = await #expect(throws: HTTPClientError.self) {
                try await client.request(.init(host: "no such host", port: 80))
            }
            #expect(error?.kind == .resolve)
        }
        try await withServer { request in
            if request.path == "/slow" { try? await Task.sleep(for: .seconds(600)) }
            return .text(String(repeating: "x", count: 1000))
        } _: { server in
            try await withClient { client in
                var error = await #expect(throws: HTTPClientError.self) {
                    try await client.request(
                        .init(address: server.boundAddress, target: "/slow", timeout: .milliseconds(50)))
                }
                #expect(error?.kind == .timeout)
                let address = server.boundAddress
                error = await #expect(throws: HTTPClientError.self) {
                    try await client.request(
                        .init(host: "127.0.0.1", port: address.port, maxBody: 999))
                }
                #expect(error?.kind == .bodyTooLarge)
            }
        }
    }

    @Test func triesEachAddressOfAHost() async throws {
        try await withServer(echo) { server in
            try await withClient { client in
                let dead = try #require(try Socket.listening(on: anyPort).localAddress)
                let request = HTTPClientRequest(
                    host: "mesh.example", port: server.boundAddress.port,
                    addresses: [dead, server.boundAddress])
                #expect(try await client.request(request).status == 200)
            }
        }
        try await withServer(echo) { server in
            try await withClient { client in
                // Resolves to an address of each family, of which one is served.
                let request = HTTPClientRequest(
                    host: "localhost", port: server.boundAddress.port, target: "/x")
                let response = try await client.request(request)
                #expect(text(response.body) == "GET /x [] ")
            }
        }
    }

    /// An address whose listener takes nobody any more: connects stay unanswered.
    private func blackHole() throws -> (address: SocketAddress, held: [RawClient], listener: Listener) {
        let socket = try Socket.listening(on: anyPort, backlog: 0)
        let bound = socket.localAddress
        let address = try #require(bound)
        let listener = Listener(socket)
        return (address, try (0..<3).map { _ in try RawClient(address) }, listener)
    }

    @Test func passesAnAddressThatDoesNotAnswer() async throws {
        let hole = try blackHole()
        try await withServer(echo) { server in
            try await withClient { client in
                let started = Clock.monotonic()
                let both = HTTPClientRequest(
                    host: "mesh.example", port: 80, addresses: [hole.address, server.boundAddress],
                    connectTimeout: .seconds(60))
                let response = try await client.request(both)
                #expect(response.status == 200)
                #expect(Clock.monotonic() - started < .seconds(20))
                let address = hole.address
                let error = await #expect(throws: HTTPClientError.self) {
                    try await client.request(
                        .init(
                            host: "mesh.example", port: 80, addresses: [address],
                            connectTimeout: .milliseconds(100)))
                }
                #expect(error?.kind == .timeout)
            }
        }
        withExtendedLifetime(hole.listener) {}
        for one in hole.held { one.close() }
    }

    @Test func failsWhatIsUnderWayWhenItsLoopEnds() async throws {
        let isRunning = Flag()
        try await withServer { _ in
            isRunning.raise()
            try? await Task.sleep(for: .seconds(600))
            return .text("late")
        } _: { server in
            let client = HTTPClient()
            let address = server.boundAddress
            let pending = Task { try await client.request(.init(address: address)) }
            #expect(await eventually { isRunning.isRaised })
            client.shutdown()
            let error = await #expect(throws: HTTPClientError.self) { try await pending.value }
            #expect(error?.kind == .closed)
        }
    }

    @Test func aDroppedClientLeavesNothingThatCallsItBack() async throws {
        let loop = EventLoop.started(name: "dropping")
        defer { loop.stop() }
        for _ in 0..<20 {
            let server = HTTPServer(address: anyPort) { _ in .text("ok") }
            try server.start()
            var client: HTTPClient? = HTTPClient(loop: loop)
            _ = try await client?.request(.init(address: server.boundAddress))
            client = nil
            // The server closes the connection that was kept.
            await server.stop()
        }
    }

    @Test func replacesAKeptConnectionThatTheServerClosed() async throws {
        try await withClient { client in
            let loop = EventLoop.started(name: "closing")
            let accepted = Mutex(0)
            // Answers one request per connection, then closes without saying so, when the next one comes.
            let address: SocketAddress? = await withCheckedContinuation { continuation in
                loop.submit {
                    let listener = try? TCPListener(loop: loop, address: anyPort) { socket, peer in
                        guard
                            let connection = try? TCPConnection(loop: loop, socket: socket, peerAddress: peer)
                        else { return }
                        accepted.withLock { $0 += 1 }
                        let isFirst = Mutex(true)
                        connection.onReadable = { connection in
                            connection.input.clear()
                            let answers = isFirst.withLock { first in
                                defer { first = false }
                                return first
                            }
                            if !answers { return connection.close() }
                            connection.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
                        }
                    }
                    continuation.resume(returning: listener?.localAddress)
                }
            }
            let target = try #require(address)
            for _ in 0..<5 {
                #expect(text(try await client.request(.init(address: target)).body) == "ok")
            }
            #expect(accepted.withLock { $0 } == 5)
            // Not for what may have been done already.
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.request(.init(method: "POST", address: target))
            }
            #expect(error?.kind == .closed)
            loop.stop()
        }
    }

    @Test func readsBodiesThatEndWithTheConnectionAndRefusesCutOnes() async throws {
        let loop = EventLoop.started(name: "raw")
        defer { loop.stop() }
        func serve(_ wire: String) async -> SocketAddress? {
            await withCheckedContinuation { continuation in
                loop.submit {
                    let listener = try? TCPListener(loop: loop, address: anyPort) { socket, peer in
                        let connection = try? TCPConnection(loop: loop, socket: socket, peerAddress: peer)
                        connection?.onReadable = { connection in
                            connection.input.clear()
                            connection.write(Array(wire.utf8))
                            connection.closeAfterFlush()
                        }
                    }
                    continuation.resume(returning: listener?.localAddress)
                }
            }
        }
        try await withClient { client in
            let whole = try #require(
                await serve("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nto the end"))
            #expect(text(try await client.request(.init(address: whole)).body) == "to the end")
            for wire in [
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                "HTTP/1.1 200", "",
            ] {
                let cut = try #require(await serve(wire))
                let error = await #expect(throws: HTTPClientError.self) {
                    try await client.request(.init(address: cut))
                }
                #expect(error?.kind == .closed, "\(wire)")
            }
            let garbage = try #require(await serve("SSH-2.0-x\r\n\r\n"))
            let error = await #expect(throws: HTTPClientError.self) {
                try await client.request(.init(address: garbage))
            }
            #expect(error?.kind == .protocolError)
        }
    }

    @Test func readsURLs() throws {
        let plain = try #require(HTTPClientRequest(url: "http://Host.example:8080/a?b=c#d"))
        #expect(plain.host == "Host.example" && plain.port == 8080 && plain.target == "/a?b=c")
        #expect(HTTPClientRequest(url: "http://[::1]/")?.host == "[::1]")
        #expect(HTTPClientRequest(url: "http://h?q")?.target == "/?q")
        #expect(HTTPClientRequest(url: "https://h/") == nil)
        #expect(HTTPClientRequest(url: "ftp://h/") == nil)
        #expect(HTTPClientRequest(url: "http://h:0/") == nil)
        #expect(HTTPClientRequest(url: "http://u@h/") == nil)
        #expect(HTTPClientRequest(url: "http://h/a b") == nil)
    }
}

private final class Listener {
    private let socket: Socket
    init(_ socket: consuming Socket) { self.socket = socket }
}
