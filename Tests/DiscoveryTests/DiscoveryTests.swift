import Bytes
import Discovery
import Federation
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import Testing

/// Our exporter and our importer, over real sockets.
@Suite(.timeLimit(.minutes(1)))
struct DiscoveryTests {
    @Test func followsExportsAsTheyChange() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        try await withServer(exporter.handler) { server in
            try await withClient { client, recorder in
                client.start(config("east", server.boundAddress))
                await recorder.waitForImports("east", [service("ratings")])
                #expect(recorder.events.imports("east")?.checksum == Checksum.of([service("ratings")]))

                exporter.server.setExports("west", [service("details"), service("ratings", port: 1)])
                await recorder.waitForImports("east", [service("details"), service("ratings", port: 1)])
                exporter.server.setExports("west", [])
                await recorder.waitForImports("east", [])

                await recorder.wait { $0.status("east")?.lastEvent != nil }
                let status = recorder.events.status("east")
                #expect(status?.connected == true)
                #expect(status?.lastFullSync != nil)
                #expect(exporter.server.remotes("west").map(\.source) == ["127.0.0.1"])
                #expect(exporter.server.remotes("west").first?.connection.connected == true)
            }
        }
    }

    @Test func readsTheListOnceAndThenOnlyChanges() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        let lists = Mutex(0)
        let handler = exporter.handler
        try await withServer({ request in
            if request.path.hasPrefix("/v1/services") { lists.withLock { $0 += 1 } }
            return await handler(request)
        }) { server in
            try await withClient { client, recorder in
                client.start(config("east", server.boundAddress))
                await recorder.waitForImports("east", [])
                var services: [ServiceMessage] = []
                for index in 0..<50 {
                    services.append(service("s\(100 + index)"))
                    exporter.server.setExports("west", services)
                }
                await recorder.waitForImports("east", services)
                #expect(lists.withLock { $0 } == 1)
            }
        }
    }

    @Test func keepsImportsWhilePeerIsDownAndRecovers() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        try await withClient { client, recorder in
            // A host of its own, so that nobody takes the port while it is closed.
            var address = try #require(SocketAddress(ip: "127.0.0.78", port: 0))
            try await withServer(exporter.handler, at: address) { server in
                address = server.boundAddress
                client.start(config("east", address))
                await recorder.waitForImports("east", [service("ratings")])
            }
            await recorder.wait { $0.status("east")?.connected == false && $0.stale("east")?.since != nil }
            #expect(recorder.events.imports("east")?.services == [service("ratings")])
            exporter.server.setExports("west", [service("details")])
            try await withServer(exporter.handler, at: address) { _ in
                await recorder.waitForImports("east", [service("details")])
                await recorder.wait { $0.stale("east")?.since == nil && $0.status("east")?.connected == true }
            }
        }
    }

    @Test func endsTheWatchWhenThePeerIsRemoved() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        try await withServer(exporter.handler) { server in
            try await withClient { client, recorder in
                client.start(config("east", server.boundAddress))
                await recorder.waitForImports("east", [service("ratings")])
                exporter.server.removePeer("west")
                await recorder.wait { $0.status("east")?.lastDisconnectStatus == "400 Bad Request" }
                #expect(recorder.events.imports("east")?.services == [service("ratings")])
            }
        }
    }

    @Test func noticesMissingHeartbeats() async throws {
        let exporter = Exporter(.init(heartbeatInterval: .seconds(3600)))
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        try await withServer(exporter.handler) { server in
            try await withClient { client, recorder in
                var times = quickTimes()
                times.heartbeatInterval = .milliseconds(100)
                client.start(config("east", server.boundAddress, times))
                await recorder.wait { $0.status("east")?.lastDisconnectStatus == "heartbeats are missing" }
                await recorder.wait { events in
                    events.count { if case .status(_, let s) = $0 { s.connected } else { false } } >= 2
                }
                await recorder.waitForImports("east", [service("ratings")])
                #expect(recorder.events.status("east")?.lastDisconnectStatus == "heartbeats are missing")
            }
        }
    }
}
