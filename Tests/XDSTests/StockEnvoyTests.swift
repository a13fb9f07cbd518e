import Bytes
import Document
import EnvoyConfig
import Foundation
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import Testing

@testable import XDS

/// Delivery to stock Envoy over REST; runs where HANSE_ENVOY names its binary.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["HANSE_ENVOY"] != nil))
struct StockEnvoyTests {
    private static let loopback = SocketAddress(ip: .v4(0x7F00_0001), port: 0)
    /// Of this run's own, so that nobody takes a port that was found free.
    private static let own = SocketAddress(ip: .v4(0x7F65_0000 + .random(in: 1...0xFFFE)), port: 0)

    private func source() -> Node {
        [
            "resource_api_version": "V3", "initial_fetch_timeout": "5s",
            "api_config_source": [
                "api_type": "REST", "transport_api_version": "V3", "cluster_names": ["xds"],
                "refresh_delay": "0.1s", "request_timeout": "5s",
            ],
        ]
    }

    private func cluster(_ name: String, port: UInt16) -> Node {
        [
            "name": Node(name), "type": "STATIC", "connect_timeout": "1s",
            "load_assignment": assignment(name, port: port),
        ]
    }

    private func assignment(_ name: String, port: UInt16) -> Node {
        [
            "cluster_name": Node(name),
            "endpoints": [
                [
                    "lb_endpoints": [
                        [
                            "endpoint": [
                                "address": [
                                    "socket_address": [
                                        "address": "127.0.0.1", "port_value": Node(Int64(port)),
                                    ]
                                ]
                            ]
                        ]
                    ]
                ]
            ],
        ]
    }

    /// A listener on `port` whose route by RDS goes to `target`, an EDS cluster; `bad` adds a cluster Envoy refuses.
    private func snapshot(port: UInt16, target: String, backend: UInt16, bad: Bool = false) throws -> Snapshot
    {
        let manager: Node = [
            "@type":
                "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "dyn", "rds": ["route_config_name": "dyn", "config_source": source()],
            "http_filters": [
                [
                    "name": "envoy.filters.http.router",
                    "typed_config": [
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                    ],
                ]
            ],
        ]
        let listener: Node = [
            "name": "dyn",
            "address": [
                "socket_address": ["address": Node("\(Self.own.ip)"), "port_value": Node(Int64(port))]
            ],
            "filter_chains": [
                [
                    "filters": [
                        ["name": "envoy.filters.network.http_connection_manager", "typed_config": manager]
                    ]
                ]
            ],
        ]
        var clusters: [Node] = [
            [
                "name": Node(target), "type": "EDS", "connect_timeout": "1s",
                "eds_cluster_config": ["service_name": Node(target), "eds_config": source()],
            ]
        ]
        if bad {
            var broken = cluster("broken", port: 1)
            broken["transport_socket"] = [
                "name": "envoy.transport_sockets.tls",
                "typed_config": [
                    "@type":
                        "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                    "sni": "x",
                    "common_tls_context": [
                        "tls_certificates": [
                            [
                                "certificate_chain": ["inline_string": "no certificate"],
                                "private_key": ["inline_string": "no key"],
                            ]
                        ]
                    ],
                ],
            ]
            clusters.append(broken)
        }
        let route: Node = [
            "name": "dyn",
            "virtual_hosts": [
                [
                    "name": "all", "domains": ["*"],
                    "routes": [["match": ["prefix": "/"], "route": ["cluster": Node(target)]]],
                ]
            ],
        ]
        return try Snapshot.read([
            "version": "1", "clusters": Node(.array(clusters)), "listeners": [listener], "routes": [route],
            "endpoints": [assignment(target, port: backend)],
        ])
    }

    private func eventually(_ claim: String, _ check: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try await check() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("never: \(claim)")
    }

    /// A port that is free now.
    private func freePort() async throws -> UInt16 {
        let server = HTTPServer(address: Self.own) { _ in .text("") }
        try server.start()
        let port = server.boundAddress.port
        await server.stop()
        return port
    }

    @Test func changesRefusalsAndRemovalsReachEnvoyInOrder() async throws {
        let hub = DeliveryHub(holdTime: .milliseconds(500))
        let handler = XDSHandler(hub: hub) { _ in AuthorizedNode(node: "envoy", gateways: []) }
        let counts = Mutex<[String: Int]>([:])
        let control = HTTPServer(address: Self.loopback) { request in
            // Stock Envoy has no token over REST; the test lends it one.
            var request = request
            request.headers.set("Authorization", "Bearer x")
            let response = await handler.handle(request)
            if response.status == 200 { counts.withLock { $0[request.path, default: 0] += 1 } }
            return response
        }
        try control.start()
        let one = HTTPServer(address: Self.loopback) { _ in .text("one") }
        let two = HTTPServer(address: Self.loopback) { _ in .text("two") }
        try one.start()
        try two.start()
        let port = try await freePort()

        let directory = NSTemporaryDirectory() + "/hanse-envoy-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let bootstrap: Node = [
            "node": ["id": "envoy", "cluster": "mesh"],
            "dynamic_resources": ["lds_config": source(), "cds_config": source()],
            "static_resources": ["clusters": [cluster("xds", port: control.boundAddress.port)]],
        ]
        try Data(JSON.bytes(bootstrap)).write(to: URL(fileURLWithPath: directory + "/bootstrap.json"))
        let envoy = Process()
        envoy.executableURL = URL(fileURLWithPath: ProcessInfo.processInfo.environment["HANSE_ENVOY"] ?? "")
        envoy.arguments = [
            "-c", directory + "/bootstrap.json", "--log-level", "error", "--use-dynamic-base-id",
            "--concurrency", "1",
        ]
        envoy.standardOutput = FileHandle.nullDevice
        envoy.standardError = FileHandle.nullDevice
        try envoy.run()
        defer {
            // SIGTERM may be blocked: a child inherits the mask of the thread that starts it.
            kill(envoy.processIdentifier, SIGKILL)
            envoy.waitUntilExit()
        }

        let client = HTTPClient()
        defer { client.shutdown() }
        func body() async -> String {
            let request = HTTPClientRequest(host: "\(Self.own.ip)", port: port)
            guard let response = try? await client.request(request), response.status == 200 else { return "" }
            return String(decoding: response.body, as: UTF8.self)
        }

        await hub.setSnapshot(
            try snapshot(port: port, target: "a", backend: one.boundAddress.port), node: "envoy")
        try await eventually("the first configuration serves") { await body() == "one" }
        try await eventually("all of it is acknowledged") { await hub.statuses().first?.isSettled == true }

        // Another cluster under the same route: no request may fail on the way.
        await hub.setSnapshot(
            try snapshot(port: port, target: "b", backend: two.boundAddress.port), node: "envoy")
        var failures = 0
        try await eventually("the route moves over") {
            let text = await body()
            if text.isEmpty { failures += 1 }
            return text == "two"
        }
        #expect(failures == 0)
        try await eventually("the old cluster is gone") { await hub.statuses().first?.isSettled == true }

        await hub.setSnapshot(
            try snapshot(port: port, target: "b", backend: two.boundAddress.port, bad: true), node: "envoy")
        try await eventually("the refusal is noticed") {
            await hub.statuses().first?.refusals.first?.kind == .clusters
        }
        let before = counts.withLock { $0["/v3/discovery:clusters"] ?? 0 }
        try await Task.sleep(for: .seconds(2))
        let after = counts.withLock { $0["/v3/discovery:clusters"] ?? 0 }
        #expect(after - before <= 2, "a refused configuration is not sent at every poll")
        #expect(await body() == "two", "the old configuration serves")

        await hub.setSnapshot(
            try snapshot(port: port, target: "c", backend: one.boundAddress.port), node: "envoy")
        try await eventually("the mended configuration serves") { await body() == "one" }
        try await eventually("and is settled") {
            let status = await hub.statuses().first
            return status?.isSettled == true && status?.refusals.isEmpty == true
        }
        await control.stop()
        await one.stop()
        await two.stop()
    }
}
