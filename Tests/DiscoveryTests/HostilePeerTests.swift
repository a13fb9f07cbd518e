import Bytes
import Discovery
import Federation
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import Testing

/// Importer against exporters that are older, broken, slow or hostile.
///
/// Their answers are written out here.
@Suite(.timeLimit(.minutes(1)))
struct HostilePeerTests {
    private static func ok(_ text: String) -> HTTPResponse { .text(text) }

    /// A stream that says its lines and then stays open until the client leaves.
    private static func stream(_ lines: [String]) -> HTTPResponse {
        .stream(contentType: "application/json") { writer in
            for line in lines { try? await writer.write(line) }
            await forever()
        }
    }

    private static func forever() async {
        while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
    }

    private static let emptyList = #"{"checksum":3035108133973235477}"#

    /// Follows a peer until its status says why it failed; it must have imported nothing.
    private func expectStatus(
        _ text: String, limits: DiscoveryLimits = .default,
        _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse
    ) async throws {
        try await withServer(handler) { server in
            try await withClient { client, recorder in
                var config = config("east", server.boundAddress)
                config.limits = limits
                config.watch.maxListFailures = 2
                client.start(config)
                await recorder.wait { $0.status("east")?.lastDisconnectStatus?.contains(text) == true }
                #expect(recorder.events.importCount("east") == 0)
            }
        }
    }

    @Test func followsAnOSSMExporterWithGoQuirks() async throws {
        let a = ServiceMessage(
            name: "a", namespace: "n", hostname: "a.n.svc.x-exports.local",
            servicePorts: [ServicePort(name: "http<1>&", port: 80, protocol: "HTTP")])
        let b = ServiceMessage(name: "b", namespace: "n", hostname: "b.n.svc.x-exports.local")
        let asked = Mutex<[String]>([])
        let headers = Mutex(HTTPHeaders())
        try await withServer({ request in
            asked.withLock { $0.append(request.path) }
            headers.withLock { $0 = request.headers }
            if request.path == "/v1/services/" {
                return Self.ok(
                    #"{"checksum":\#(Checksum.of([a])),"services":[{"name":"a","namespace":"n","#
                        + #""hostname":"a.n.svc.x-exports.local","servicePorts":[{"name":"http\u003c1\u003e\u0026","#
                        + #""port":80,"protocol":"HTTP"}]}]}"#)
            }
            let service = #"{"name":"b","namespace":"n","hostname":"b.n.svc.x-exports.local"}"#
            return Self.stream([
                #"{"action":"add","service":\#(service),"checksum":\#(Checksum.of([a, b]))}"# + "\r\n",
                #"{"action":"upd"#, #"ate","service":\#(service),"checksum":\#(Checksum.of([a, b]))}"#, "\r",
                "\n",
            ])
        }) { server in
            try await withClient { client, recorder in
                client.start(config("east", server.boundAddress))
                await recorder.waitForImports("east", [a, b])
                await recorder.wait { $0.status("east")?.lastEvent != nil }
                #expect(recorder.events.imports("east")?.checksum == Checksum.of([a, b]))
                #expect(asked.withLock { $0 } == ["/v1/watch", "/v1/services/"])
                let headers = headers.withLock { $0 }
                #expect(headers["discovery-service"] == "discovery.mesh.svc.east.local")
                #expect(headers["remote"] == "18446744073709551615")
            }
        }
    }

    @Test func refusedWatchShowsTheStatusLine() async throws {
        try await expectStatus("403 Forbidden") { _ in HTTPResponse(status: 403) }
    }

    @Test func refusedListGivesTheWatchUp() async throws {
        try await expectStatus("500 Internal Server Error") { request in
            request.path == "/v1/watch" ? Self.stream([]) : HTTPResponse(status: 500)
        }
    }

    @Test func watchThatIsNotAnsweredTimesOut() async throws {
        try await withServer({ _ in
            await Self.forever()
            return HTTPResponse(status: 200)
        }) { server in
            try await withClient { client, recorder in
                var times = quickTimes()
                times.openTimeout = .milliseconds(50)
                client.start(config("east", server.boundAddress, times))
                await recorder.wait { $0.status("east")?.lastDisconnectStatus != nil }
                #expect(recorder.events.status("east")?.connected == false)
            }
        }
    }

    @Test func listThatIsNotAnsweredIsAskedForAgain() async throws {
        let lists = Mutex(0)
        try await withServer({ request in
            if request.path == "/v1/watch" { return Self.stream([]) }
            if lists.withLock({ count in
                count += 1
                return count
            }) == 1 {
                await Self.forever()
            }
            return Self.ok(Self.emptyList)
        }) { server in
            try await withClient { client, recorder in
                var times = quickTimes()
                times.listTimeout = .milliseconds(300)
                times.maxListFailures = 1_000
                client.start(config("east", server.boundAddress, times))
                await recorder.waitForImports("east", [])
                #expect(lists.withLock { $0 } >= 2)
                #expect(recorder.events.status("east")?.lastDisconnect == nil)
            }
        }
    }

    @Test(arguments: ["<html>", "{\"services\":[1]}", "", "{\"checksum\":1e400}"])
    func unreadableListIsNoList(_ body: String) async throws {
        try await expectStatus("unreadable list") { request in
            request.path == "/v1/watch" ? Self.stream([]) : Self.ok(body)
        }
    }

    @Test func unreadableEventEndsTheWatchAndKeepsImports() async throws {
        let watches = Mutex(0)
        try await withServer({ request in
            if request.path != "/v1/watch" { return Self.ok(ServiceList(services: [service("a")]).text) }
            watches.withLock { $0 += 1 }
            return .stream(contentType: "application/json") { writer in
                try? await Task.sleep(for: .milliseconds(30))
                try? await writer.write("what?\r\n")
                await Self.forever()
            }
        }) { server in
            try await withClient { client, recorder in
                client.start(config("east", server.boundAddress))
                await recorder.wait {
                    $0.status("east")?.lastDisconnectStatus?.hasPrefix("unreadable event") == true
                        && $0.importCount("east") > 2
                }
                #expect(recorder.events.imports("east")?.services == [service("a")])
                #expect(watches.withLock { $0 } > 1)
            }
        }
    }

    @Test func endlessEventIsCutOff() async throws {
        try await withServer({ request in
            if request.path != "/v1/watch" { return Self.ok(Self.emptyList) }
            return .stream(contentType: "application/json") { writer in
                while (try? await writer.write([UInt8](repeating: 65, count: 10_000))) != nil {}
            }
        }) { server in
            try await withClient { client, recorder in
                var config = config("east", server.boundAddress)
                config.limits.maxEventBytes = 100_000
                client.start(config)
                await recorder.wait {
                    $0.status("east")?.lastDisconnectStatus == "an event is longer than 100000 bytes"
                }
                #expect(recorder.events.imports("east")?.services.isEmpty != false)
            }
        }
    }

    @Test func hugeListIsRefused() async throws {
        try await expectStatus("unreadable list", limits: DiscoveryLimits(maxServices: 10)) { request in
            request.path == "/v1/watch"
                ? Self.stream([]) : Self.ok(ServiceList(services: (0..<11).map { service("s\($0)") }).text)
        }
        try await expectStatus("larger than 1000", limits: DiscoveryLimits(maxListBytes: 1000)) { request in
            request.path == "/v1/watch"
                ? Self.stream([]) : Self.ok(String(repeating: " ", count: 1001) + Self.emptyList)
        }
    }

    @Test func peerThatClosesAtOnceIsNotAskedInATightLoop() async throws {
        let watches = Mutex(0)
        try await withServer({ request in
            if request.path != "/v1/watch" { return Self.ok(Self.emptyList) }
            watches.withLock { $0 += 1 }
            return .stream(contentType: "application/json") { _ in }
        }) { server in
            try await withClient { client, recorder in
                var times = quickTimes()
                times.backoff = Backoff.Configuration(initial: .milliseconds(200), spread: 0)
                let start = ContinuousClock.now
                client.start(config("east", server.boundAddress, times))
                // Waits of 200, 300 and 450 ms lie between the first and the fourth watch.
                while watches.withLock({ $0 }) < 4 { try await Task.sleep(for: .milliseconds(5)) }
                #expect(ContinuousClock.now - start >= .milliseconds(900))
                await recorder.wait { $0.status("east")?.lastDisconnectStatus == "200 OK" }
            }
        }
    }

    @Test func whoSpeaksNoHTTPIsNotBelieved() async throws {
        let loop = EventLoop.started(name: "garbage")
        defer { loop.stop() }
        let listener = try Socket.listening(on: anyPort)
        let address = listener.localAddress
        // Connections wait in the backlog of a listener that never accepts: a peer that hangs below HTTP.
        try await withClient { client, recorder in
            var times = quickTimes()
            times.openTimeout = .milliseconds(100)
            client.start(config("east", address, times))
            await recorder.wait { $0.status("east")?.lastDisconnectStatus != nil }
            #expect(recorder.events.status("east")?.connected == false)
        }
        _ = listener.localAddress
    }

    @Test func deadPeersDelayNobody() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        try await withServer({ _ in
            await Self.forever()
            return HTTPResponse(status: 200)
        }) { dead in
            try await withServer(exporter.handler) { server in
                try await withClient { client, recorder in
                    for index in 0..<50 { client.start(config("dead\(index)", dead.boundAddress)) }
                    client.start(config("none", nil))
                    client.start(config("east", server.boundAddress))
                    await recorder.waitForImports("east", [service("ratings")])
                    await recorder.wait { $0.status("none")?.lastDisconnectStatus == "no egress gateway" }
                    #expect(client.peers.count == 52)
                }
            }
        }
    }

    @Test func anotherWayToThePeerIsTakenAtOnce() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        exporter.server.setExports("west", [service("ratings")])
        try await withServer(exporter.handler) { server in
            try await withClient { client, recorder in
                var times = quickTimes()
                times.backoff = Backoff.Configuration(initial: .seconds(3600))
                var known = config("east", nil, times)
                known.lastKnown = [service("details")]
                known.staleSince = WallTime(seconds: 1_000)
                client.start(known)
                await recorder.wait { $0.status("east")?.lastDisconnectStatus == "no egress gateway" }
                #expect(recorder.events.stale("east")?.since == WallTime(seconds: 1_000))
                client.update(config("east", server.boundAddress, times))
                await recorder.waitForImports("east", [service("ratings")])
                await recorder.wait { $0.stale("east")?.since == nil }
            }
        }
    }

    @Test func staleImportsExpireByPolicy() async throws {
        try await withClient { client, recorder in
            var times = quickTimes()
            times.staleImports = .drop
            times.staleAfter = .milliseconds(50)
            var config = config("east", nil, times)
            config.lastKnown = [service("a")]
            client.start(config)
            await recorder.wait { $0.stale("east")?.policy == .drop }
            #expect(recorder.events.stale("east")?.since != nil)
        }
    }

    @Test func nothingIsReportedOnceStopped() async throws {
        let exporter = Exporter()
        defer { exporter.stop() }
        try await withServer(exporter.handler) { server in
            try await withClient { client, recorder in
                client.start(config("east", server.boundAddress))
                await recorder.waitForImports("east", [])
                await client.shutdown()
                let count = recorder.events.count
                exporter.server.setExports("west", [service("a")])
                try await Task.sleep(for: .milliseconds(100))
                #expect(recorder.events.count == count && client.peers.isEmpty)
            }
        }
    }
}

extension ServiceList {
    fileprivate var text: String { String(decoding: json, as: UTF8.self) }
}
