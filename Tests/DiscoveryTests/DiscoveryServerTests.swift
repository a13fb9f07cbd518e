import Bytes
import Discovery
import Federation
import HTTPCodec
import HTTPService
import Reactor
import Resources
import Synchronization
import Testing

/// What an importer sees of our exporter, byte by byte.
@Suite(.timeLimit(.minutes(1)))
struct DiscoveryServerTests {
    private func request(_ path: String, identity: String? = gateway.description) -> HTTPRequest? {
        var request = HTTPRequest(method: "GET", target: path, peer: PeerInfo(address: anyPort))
        request?.peer.uriSAN = identity
        return request
    }

    private func status(_ exporter: Exporter, _ path: String, identity: String? = gateway.description) async
        -> Int?
    {
        guard let request = request(path, identity: identity) else { return nil }
        return await exporter.server.handle(request).status
    }

    @Test func admitsOnlyThePeersOwnIngressGateway() async {
        let exporter = Exporter()
        defer { exporter.stop() }
        let other = "spiffe://east.local/ns/mesh/sa/south-ingress-service-account"
        for path in ["/v1/services/west", "/v1/watch/west"] {
            #expect(await status(exporter, path, identity: nil) == 403)
            #expect(await status(exporter, path, identity: "not a spiffe id") == 403)
            #expect(await status(exporter, path, identity: other) == 403)
        }
        #expect(await status(exporter, "/v1/services/west") == 200)
        if let moved = SPIFFEID(other) { exporter.server.setPeer("west", ingressIdentity: moved) }
        #expect(await status(exporter, "/v1/services/west") == 403)
        #expect(await status(exporter, "/v1/services/west", identity: other) == 200)
    }

    @Test(arguments: [
        ("/v1/services/", 404), ("/v1/services", 404), ("/v1/watch", 404), ("/v1/watch/", 404), ("/", 404),
        ("/v2/services/west", 404), ("/v1/other/west", 404), ("/v1/services/west/x", 404),
        ("/v1/services/nobody", 400), ("/v1/watch/nobody", 400),
    ])
    func refusesOtherPaths(_ path: String, _ expected: Int) async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        let request = try #require(self.request(path))
        let response = await exporter.server.handle(request)
        #expect(response.status == expected)
        guard case .bytes(let body) = response.body else {
            Issue.record("a stream")
            return
        }
        #expect(body.isEmpty)
    }

    @Test func answersTheListAsOSSMDoes() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        try await withServer(exporter.handler) { server in
            let http = HTTPClient()
            defer { http.shutdown() }
            let empty = try await http.request(.init(address: server.boundAddress, target: "/v1/services/"))
            #expect(empty.status == 200)
            #expect(empty.headers["content-type"] == "text/plain; charset=utf-8")
            #expect(String(decoding: empty.body, as: UTF8.self) == #"{"checksum":3035108133973235477}"#)
            let services = [service("ratings"), service("details")]
            exporter.server.setExports("west", services)
            let full = try await http.request(.init(address: server.boundAddress, target: "/v1/services/"))
            #expect(full.body == ServiceList(services: services).json)
        }
    }

    @Test func streamsEachEventAsALineToAnOSSMWatcher() async throws {
        let exporter = Exporter(.init(heartbeatInterval: .milliseconds(5)))
        defer { exporter.stop() }
        try await withServer(exporter.handler) { server in
            let http = HTTPClient()
            defer { http.shutdown() }
            var request = HTTPClientRequest(address: server.boundAddress, target: "/v1/watch")
            request.headers.set("X-Forwarded-For", " 10.1.2.3 , 10.9.9.9")
            // Returns with the head: it is sent before there is any event.
            let stream = try await http.stream(request)
            #expect(stream.status == 200)
            #expect(stream.headers["content-type"] == "application/json")
            #expect(stream.headers["x-hanse-features"] == nil)
            #expect(exporter.server.remotes("west").map(\.source) == ["10.1.2.3"])

            exporter.server.setExports("west", [service("a"), service("b")])
            exporter.server.setExports("west", [service("b")])
            exporter.server.removePeer("west")
            var bytes: [UInt8] = []
            while let piece = try await stream.next() { bytes += piece }
            let a = service("a")
            let b = service("b")
            let expected =
                WatchEvent(action: .add, service: a, checksum: Checksum.of([a])).line
                + WatchEvent(action: .add, service: b, checksum: Checksum.of([a, b])).line
                + WatchEvent(action: .delete, service: a, checksum: Checksum.of([b])).line
            // A removed peer's stream may end before its last events, but never within one.
            #expect(expected.starts(with: bytes))
            #expect(bytes.isEmpty || bytes.suffix(2) == [13, 10])
        }
    }

    @Test func sendsHeartbeatsToWhoAsksForThem() async throws {
        let exporter = Exporter(.init(heartbeatInterval: .milliseconds(10)))
        defer { exporter.stop() }
        try await withServer(exporter.handler) { server in
            let http = HTTPClient()
            defer { http.shutdown() }
            var request = HTTPClientRequest(address: server.boundAddress, target: "/v1/watch")
            request.headers.set("x-hanse-features", "heartbeat,resync,unknown")
            let stream = try await http.stream(request)
            #expect(stream.headers["x-hanse-features"] == "heartbeat, resync")
            let first = try await stream.next()
            #expect(first?.starts(with: WatchMessage.heartbeat(checksum: Checksum.of([])).line) == true)
            stream.cancel()
        }
    }

    /// A watcher that does not read costs a bounded queue; the others do not notice.
    @Test(arguments: [true, false]) func watcherThatDoesNotReadGetsOneMarkOrACleanEnd(_ isHanse: Bool)
        async throws
    {
        let exporter = Exporter(.init(heartbeatInterval: .milliseconds(50), queueLimit: 8))
        defer { exporter.stop() }
        let bulk = String(repeating: "x", count: 100_000)
        func big(_ round: Int) -> ServiceMessage {
            var big = service("big", port: 1 + round)
            big.serviceAccounts = [bulk]
            return big
        }
        try await withServer(exporter.handler) { server in
            try await withClient { client, recorder in
                let http = HTTPClient()
                defer { http.shutdown() }
                client.start(config("east", server.boundAddress))
                await recorder.waitForImports("east", [])
                var request = HTTPClientRequest(address: server.boundAddress, target: "/v1/watch")
                if isHanse { request.headers.set("x-hanse-features", "heartbeat,resync") }
                let lazy = try await http.stream(request)
                // 50 MB: more than the kernel keeps for one connection.
                let rounds = 500
                for round in 0..<rounds { exporter.server.setExports("west", [big(round)]) }
                await recorder.waitForImports("east", [big(rounds - 1)])

                var lines = 0
                var hasMark = false
                var last: [UInt8] = []
                while !hasMark, let piece = try await lazy.next() {
                    let text = String(decoding: piece, as: UTF8.self)
                    hasMark = text.contains("\"action\":\"resync\"")
                    lines += text.utf8.count { $0 == 10 }
                    last = (last + piece).suffix(2)
                }
                #expect(hasMark == isHanse)
                #expect(hasMark || lines == 0 || last == [13, 10], "never ends within an event")
                #expect(lines < rounds, "some events were dropped")
                lazy.cancel()
            }
        }
    }

    @Test func boundsTheWatchesOfAPeer() async throws {
        let exporter = Exporter(.init(maxWatches: 2))
        defer { exporter.stop() }
        try await withServer(exporter.handler) { server in
            let http = HTTPClient()
            defer { http.shutdown() }
            let request = HTTPClientRequest(address: server.boundAddress, target: "/v1/watch")
            let first = try await http.stream(request)
            let second = try await http.stream(request)
            let third = try await http.stream(request)
            #expect([first.status, second.status, third.status] == [200, 200, 503])
            for stream in [first, second, third] { stream.cancel() }
        }
    }

    @Test func reportsRemotesAsTheyComeAndGo() async throws {
        let (changes, continuation) = AsyncStream.makeStream(of: [RemoteStatus].self)
        let loop = EventLoop.started(name: "exporter-test")
        let discovery = DiscoveryServer(loop: loop) { peer, remotes in
            if peer == "west" { continuation.yield(remotes) }
        }
        defer {
            discovery.stop()
            loop.stop()
        }
        discovery.setPeer("west", ingressIdentity: gateway)
        try await withServer({ request in
            var request = request
            request.peer.uriSAN = gateway.description
            return await discovery.handle(request)
        }) { server in
            let http = HTTPClient()
            defer { http.shutdown() }
            var iterator = changes.makeAsyncIterator()
            let stream = try await http.stream(
                .init(address: server.boundAddress, target: "/v1/watch/west"))
            #expect(await iterator.next()?.map(\.connection.connected) == [true])
            _ = try await http.request(.init(address: server.boundAddress, target: "/v1/services/west"))
            #expect(await iterator.next()?.first?.connection.lastFullSync != nil)
            stream.cancel()
            #expect(await iterator.next()?.map(\.connection.connected) == [false])
        }
    }
}
