import Bytes
import EnvoyConfig
import Foundation
import HTTPCodec
import Testing

@testable import Gateway

/// Changes of configuration while traffic flows, and the end of a process.
struct ChangeTests {
    private func snapshot(_ port: UInt16, _ backend: EchoBackend, _ body: String) -> Snapshot {
        var manager = Configs.manager([])
        manager.routes = .rds(HTTPConnectionManager.RDS("routes", from: ConfigSource(.ads)))
        var eds = Cluster(name: "c", loadAssignment: ClusterLoadAssignment(name: "c", endpoints: []))
        eds.type = .eds
        eds.loadAssignment = nil
        eds.edsClusterConfig = Cluster.EDSConfig(serviceName: "", from: ConfigSource(.ads))
        eds.connectTimeout = .seconds(1)
        var snapshot = Snapshot()
        snapshot.version = body
        snapshot.listeners = [
            Configs.listener(
                "l", [FilterChain(name: "http", filters: [.httpConnectionManager(manager)])], port: port)
        ]
        snapshot.clusters = [eds]
        snapshot.endpoints = [Configs.endpoints("c", [backend.address])]
        let direct = Route(
            name: "version", match: RouteMatch(.exact("/version")),
            action: .directResponse(DirectResponse(status: 200, body: body)))
        snapshot.routes = [
            RouteConfiguration(
                name: "routes",
                virtualHosts: [
                    VirtualHost(name: "v", domains: ["*"], routes: [direct, Configs.route(to: "c")])
                ])
        ]
        return snapshot
    }

    @Test func compilesAnewOnlyTheClustersThatChanged() throws {
        func cluster(_ name: String) -> Cluster {
            var cluster = Configs.cluster(name, SocketAddress(ip: .v4(0x7F00_0001), port: 9))
            cluster.type = .eds
            cluster.loadAssignment = nil
            cluster.edsClusterConfig = Cluster.EDSConfig(serviceName: "", from: ConfigSource(.ads))
            return cluster
        }
        func endpoints(_ name: String, _ port: UInt16) -> ClusterLoadAssignment {
            Configs.endpoints(name, [SocketAddress(ip: .v4(0x7F00_0001), port: port)])
        }
        var snapshot = Snapshot()
        snapshot.clusters = ["same", "other-endpoints", "other-settings"].map(cluster)
        snapshot.endpoints = snapshot.clusters.map { endpoints($0.name, 1) }
        let first = try SnapshotCompiler.compile(snapshot).get()
        snapshot.endpoints[1] = endpoints("other-endpoints", 2)
        snapshot.clusters[2].connectTimeout = .seconds(9)
        let second = try SnapshotCompiler.compile(snapshot, previous: first).get()
        #expect(second.clusters["same"] === first.clusters["same"])
        for name in ["other-endpoints", "other-settings"] {
            #expect(second.clusters[name] !== first.clusters[name])
            #expect(second.clusters[name]?.state === first.clusters[name]?.state)
        }
        #expect(second.clusters["other-endpoints"]?.addresses.first?.port == 2)
        snapshot.endpoints.removeFirst()
        let third = try SnapshotCompiler.compile(snapshot, previous: second).get()
        #expect(third.clusters["same"]?.addresses == [])
    }

    @Test func appliesNewRoutesAndEndpointsToLiveConnections() async throws {
        let one = try await EchoBackend("one")
        let two = try await EchoBackend("two")
        let gateway = try await TestGateway([], [], concurrency: 2)
        guard case .success = await gateway.process.apply(snapshot(0, one, "v1")) else {
            Issue.record("refused")
            return
        }
        let port = try #require(await gateway.process.listenerAddresses()["l"]).port
        let url = "http://127.0.0.1:\(port)"
        #expect(await Shell.curl(url + "/version").output == "v1")
        // One client connection that outlives the change.
        async let slow = Shell.curl(url + "/slow/400", url + "/version", "-w", "%{num_connects}")
        #expect(await until { one.requests == 1 })
        _ = await gateway.process.apply(snapshot(0, two, "v2"))
        let answer = await slow.output
        #expect(answer.contains("one GET /slow/400"))
        #expect(answer.hasSuffix("v20"), "the second request sees the new routes on the same connection")
        #expect(await Shell.curl(url + "/x").output.hasPrefix("two"))
        await gateway.process.stop()
    }

    @Test(arguments: ["1.1", "2"])
    func endsIdleConnectionsWhenTheDrainIsOver(version: String) async throws {
        let backend = try await EchoBackend("b")
        var manager = Configs.manager([Configs.route(to: "b")])
        manager.commonHTTPProtocolOptions.idleTimeout = .seconds(3)
        let chain = FilterChain(name: "http", filters: [.httpConnectionManager(manager)])
        var snapshot = Snapshot()
        snapshot.version = "v1"
        snapshot.listeners = [Configs.listener("l", [chain]), Configs.listener("other", [chain])]
        snapshot.clusters = [Configs.cluster("b", backend.address)]
        let gateway = try await TestGateway([], []) { $0.drainTime = .milliseconds(300) }
        _ = await gateway.process.apply(snapshot)
        let port = try #require(await gateway.process.listenerAddresses()["l"]).port
        let hello =
            version == "2"
            ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0" : "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        async let client = RawClient.exchange(port: port, hello)
        #expect(await gateway.waits(for: "http.test.downstream_cx_active", 1))
        snapshot.version = "v2"
        snapshot.listeners.removeFirst()
        _ = await gateway.process.apply(snapshot)
        #expect(try await !client.isEmpty, "the client is told that it is over")
        #expect(await gateway.waits(for: "http.test.downstream_cx_active", 0))
        // The connection's own idle timeout would be now: nothing is left of it to be told.
        try await Task.sleep(for: .milliseconds(3_100))
        let other = try #require(await gateway.process.listenerAddresses()["other"]).port
        #expect(await Shell.curl("http://127.0.0.1:\(other)/").output.hasPrefix("b GET"))
        await gateway.process.stop()
    }

    @Test func newRulesHoldForTheNextRequestOfALiveConnection() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway([], []) { $0.drainTime = .seconds(20) }
        func configuration(_ filters: [HTTPFilter]) -> Snapshot {
            var snapshot = Snapshot()
            let manager = Configs.manager([Configs.route(to: "c")]) { $0.httpFilters = filters }
            snapshot.listeners = [
                Configs.listener("l", [FilterChain(name: "http", filters: [.httpConnectionManager(manager)])])
            ]
            snapshot.clusters = [Configs.cluster("c", backend.address)]
            return snapshot
        }
        _ = await gateway.process.apply(configuration([.router]))
        let port = try #require(await gateway.process.listenerAddresses()["l"]).port
        let url = "http://127.0.0.1:\(port)"
        async let answers = Shell.curl(
            url + "/slow/2000", url + "/", "-w", "|%{http_code} %{num_connects}|")
        #expect(await until { backend.requests == 1 })
        let nobody = RBACRules(.allow, policies: [:])
        guard case .success = await gateway.process.apply(configuration([.rbac(HTTPRBAC(nobody)), .router]))
        else {
            Issue.record("refused")
            return
        }
        let text = await answers.output
        #expect(text.contains("|200 1|"), "what was under way is answered")
        #expect(text.hasSuffix("|403 0|"), "the next request of the same connection is judged anew: \(text)")
        await gateway.process.stop()
    }

    @Test func refusesWholeAndKeepsServing() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway([], [])
        _ = await gateway.process.apply(snapshot(0, backend, "v1"))
        let port = try #require(await gateway.process.listenerAddresses()["l"]).port
        var bad = snapshot(0, backend, "v2")
        var ring = Configs.cluster("ring", backend.address)
        ring.lbPolicy = .ringHash
        ring.minimumRingSize = UInt64(HashRing.maxSize) + 1
        ring.healthChecks = [HealthCheck(), HealthCheck()]
        bad.clusters.append(ring)
        guard case .failure(let error) = await gateway.process.apply(bad) else {
            Issue.record("not refused")
            return
        }
        #expect(
            error.findings.map(\.description) == [
                "Cluster 'ring': ring_hash_lb_config.minimum_ring_size: at most 65536 for this gateway",
                "Cluster 'ring': health_checks: at most 1 item",
            ])
        #expect(await Shell.curl("http://127.0.0.1:\(port)/version").output == "v1")
        var taken = snapshot(0, backend, "v3")
        taken.listeners.append(Configs.listener("m", [Configs.tcp("c")], port: backend.address.port))
        guard case .failure(let bind) = await gateway.process.apply(taken) else {
            Issue.record("not refused")
            return
        }
        #expect(bind.description.hasPrefix("Listener 'm': address: cannot bind 127.0.0.1:"))
        #expect(await Shell.curl("http://127.0.0.1:\(port)/version").output == "v1")
        #expect(await gateway.stat("listener_manager.lds.update_rejected") == 2)
        await gateway.process.stop()
    }

    @Test func removesListenersAtOnce() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway([], [])
        _ = await gateway.process.apply(snapshot(0, backend, "v1"))
        let port = try #require(await gateway.process.listenerAddresses()["l"]).port
        async let slow = Shell.curl("http://127.0.0.1:\(port)/slow/300")
        #expect(await until { backend.requests == 1 })
        _ = await gateway.process.apply(Snapshot())
        #expect(await Shell.curl("http://127.0.0.1:\(port)/").status == 7, "the port is closed")
        #expect(await slow.output.contains("b GET /slow/300"), "what was in flight ends")
        await gateway.process.stop()
    }

    @Test func finishesRequestsBeforeItStops() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b")])])],
            [Configs.cluster("b", backend.address)]
        ) {
            $0.stopTime = .seconds(20)
            $0.drainTime = .seconds(20)
        }
        async let slow = Shell.curl("-i", gateway.url("l", "/slow/2000"))
        #expect(await until { backend.requests == 1 })
        await gateway.process.stop()
        let answer = await slow.output
        #expect(answer.contains("b GET /slow/2000"))
        #expect(answer.contains("connection: close"))
        #expect(await Shell.curl(gateway.url()).status == 7)
    }

    private func until(_ condition: @Sendable () -> Bool) async -> Bool {
        for _ in 0..<4_000 {
            if condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}
