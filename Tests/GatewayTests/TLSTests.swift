import Bytes
import EnvoyConfig
import Foundation
import HTTPCodec
import Testing

@testable import Gateway

/// Two meshes on one host: an ingress that demands certificates, and an egress that shows one.
struct TLSTests {
    let directory: String
    let alpha: TestPKI
    let beta: TestPKI

    init() throws {
        directory = try temporaryDirectory()
        alpha = try TestPKI("alpha.local", in: directory)
        beta = try TestPKI("beta.local", in: directory)
        try alpha.issue("egress")
        try beta.issue("ingress")
    }

    private func stem(_ name: String) -> String { "\(directory)/\(name)" }

    private func ingressChain(_ name: String, sni: String, _ filters: [NetworkFilter]) -> FilterChain {
        FilterChain(
            name: name, serverNames: [sni], filters: filters,
            transportSocket: DownstreamTLSContext(
                Configs.common(stem("ingress"), trust: [alpha]), requireClientCertificate: true))
    }

    private func allow(_ uri: String) -> RBACRules {
        RBACRules(
            .allow,
            policies: [
                "peers": RBACRules.Policy(
                    permissions: [.any(true)], principals: [.authenticated(StringMatcher(.exact(uri)))])
            ])
    }

    private func ingress(_ backend: EchoBackend) async throws -> TestGateway {
        let manager = Configs.manager([Configs.route(to: "local")]) { manager in
            manager.forwardClientCertDetails = .sanitizeSet
            manager.setsCurrentClientCertURI = true
            manager.httpFilters = [.rbac(HTTPRBAC(self.allow(self.alpha.uri("egress")))), .router]
        }
        var proxy = TCPProxy(statPrefix: "pipe", cluster: "local")
        proxy.upstreamConnectMode = .onDownstreamTLSHandshake
        proxy.maxEarlyDataBytes = 0
        return try await TestGateway(
            [
                Configs.listener(
                    "l",
                    [
                        ingressChain("http", sni: "outbound_.80_._.web", [.httpConnectionManager(manager)]),
                        ingressChain(
                            "pipe", sni: "*.pipe",
                            [
                                .rbac(NetworkRBAC(statPrefix: "pipe", allow(alpha.uri("egress")))),
                                .tcpProxy(proxy),
                            ]),
                    ])
            ], [Configs.cluster("local", backend.address)])
    }

    private func curl(_ gateway: TestGateway, _ sni: String, _ identity: String?, _ extra: String...) async
        -> Shell.Result
    {
        var arguments = [
            "-s", "-m", "10", "-k", "--connect-to", "\(sni):443:127.0.0.1:\(gateway.port())",
            "https://\(sni)/x",
        ]
        if let identity {
            arguments += ["--cert", stem(identity) + ".pem", "--key", stem(identity) + ".key"]
        }
        return await Shell.run("curl", arguments + extra)
    }

    @Test func admitsThePeerAndForwardsItsIdentity() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await ingress(backend)
        let answer = await curl(
            gateway, "outbound_.80_._.web", "egress", "-H", "x-forwarded-client-cert: URI=forged")
        #expect(answer.output.contains("b GET /x"))
        #expect(answer.output.contains("x-forwarded-proto: https"))
        let header = try #require(backend.lastHead?.headers["x-forwarded-client-cert"])
        #expect(header.hasPrefix("By=\(beta.uri("ingress"));Hash="))
        #expect(header.hasSuffix(";URI=\(alpha.uri("egress"))"))
        #expect(!header.contains("forged"))
        await gateway.process.stop()
    }

    @Test func refusesEveryoneElse() async throws {
        try alpha.issue("other")
        try beta.issue("forged", uris: [alpha.uri("egress")])
        try alpha.issue("two", uris: [alpha.uri("egress"), alpha.uri("other")])
        try alpha.issue("expired", uris: [alpha.uri("egress")], lifetime: -100)
        let backend = try await EchoBackend("b")
        let gateway = try await ingress(backend)
        let denied = await curl(gateway, "outbound_.80_._.web", "other", "-w", "%{http_code}")
        #expect(denied.output == "RBAC: access denied403")
        for stranger in [nil, "forged", "two", "expired"] as [String?] {
            #expect(
                await curl(gateway, "outbound_.80_._.web", stranger).status != 0, "\(stranger ?? "nobody")")
        }
        #expect(await curl(gateway, "unknown.name", "egress").status != 0)
        #expect(await curl(gateway, "x.pipe", "other").status != 0)
        #expect(backend.requests == 0)
        #expect(await gateway.stat("cluster.local.upstream_cx_total") == 0)
        #expect(await gateway.waits(for: "listener.127.0.0.1:0.no_filter_chain_match", 1))
        #expect(await gateway.waits(for: "tcp.pipe.rbac.denied", 1))
        await gateway.process.stop()
    }

    @Test func carriesBytesForAdmittedPeers() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await ingress(backend)
        #expect(await curl(gateway, "some.pipe", "egress").output.contains("b GET /x"))
        await gateway.process.stop()
    }

    private func egressCluster(_ ingress: TestGateway, sni: String, expecting uri: String) throws -> Cluster {
        var cluster = Configs.cluster("peer", try #require(ingress.addresses["l"]))
        cluster.transportSocket = UpstreamTLSContext(
            Configs.common(stem("egress"), trust: [beta], uris: [uri]), sni: sni)
        return cluster
    }

    @Test func keepsTheTLSOfChecksAcrossUpdates() throws {
        var cluster = Configs.cluster("peer", SocketAddress(ip: .v4(0x7F00_0001), port: 9))
        cluster.transportSocket = UpstreamTLSContext(
            Configs.common(stem("egress"), trust: [beta], uris: [beta.uri("ingress")]), sni: "a.name")
        cluster.httpProtocol = .http2(HTTP2ProtocolOptions())
        var check = HealthCheck()
        check.checker = .grpc(GRPCHealthCheck())
        cluster.healthChecks = [check]
        var snapshot = Snapshot()
        snapshot.clusters = [cluster]
        let first = try #require(SnapshotCompiler.compile(snapshot).get().clusters["peer"])
        #expect(first.checkTLS !== first.tls, "a check offers its own protocol")
        func updated(_ change: (inout Cluster) -> Void) throws -> CompiledCluster {
            var fresh = snapshot
            change(&fresh.clusters[0])
            let previous = try SnapshotCompiler.compile(snapshot).get()
            let old = try #require(previous.clusters["peer"])
            let new = try #require(
                SnapshotCompiler.compile(fresh, previous: previous).get().clusters["peer"])
            #expect(new !== old && new.tls === old.tls)
            #expect((new.checkTLS === old.checkTLS) == (fresh.clusters[0].healthChecks == [check]))
            return new
        }
        _ = try updated { $0.connectTimeout = .seconds(3) }
        let plain = try updated { $0.healthChecks = [HealthCheck()] }
        #expect(plain.checkTLS != nil, "another protocol, another context")
    }

    @Test func crossesTwoGatewaysByHTTPAndByTCP() async throws {
        let backend = try await EchoBackend("b")
        let ingress = try await ingress(backend)
        let egress = try await TestGateway(
            [
                Configs.listener("l", [Configs.http([Configs.route(to: "peer")])]),
                Configs.listener("tcp", [Configs.tcp("peer")]),
            ],
            [try egressCluster(ingress, sni: "outbound_.80_._.web", expecting: beta.uri("ingress"))],
            concurrency: 2)
        for _ in 0..<3 { #expect(await Shell.curl(egress.url()).output.contains("b GET /")) }
        let big = await Shell.curl(
            "-o", "/dev/null", "-w", "%{size_download}", egress.url("tcp", "/big/4000000"))
        #expect(big.output == "4000000")
        await egress.process.stop()
        await ingress.process.stop()
    }

    @Test func saysWhyAPeerIsNotTrusted() async throws {
        let backend = try await EchoBackend("b")
        let ingress = try await ingress(backend)
        let egress = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "peer")])])],
            [try egressCluster(ingress, sni: "outbound_.80_._.web", expecting: beta.uri("somebody-else"))])
        let answer = await Shell.curl("-w", "\n%{http_code}", egress.url())
        #expect(answer.output.hasSuffix("\n503"))
        #expect(answer.output.contains("remote connection failure, transport failure reason: TLS_error"))
        #expect(backend.requests == 0)
        await egress.process.stop()
        await ingress.process.stop()
    }

    @Test func swapsCertificatesWhenTheirFilesAreReplaced() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await ingress(backend)
        func servedSerial() async -> String {
            await Shell.run(
                "sh",
                [
                    "-c",
                    """
                    openssl s_client -connect 127.0.0.1:\(gateway.port()) -servername outbound_.80_._.web \
                    -cert \(stem("egress")).pem -key \(stem("egress")).key </dev/null 2>/dev/null \
                    | openssl x509 -noout -serial
                    """,
                ]
            ).output
        }
        let before = await servedSerial()
        #expect(before.hasPrefix("serial="))
        try beta.issue("ingress")
        var after = before
        for _ in 0..<100 where after == before { after = await servedSerial() }
        #expect(after.hasPrefix("serial=") && after != before)
        #expect(await curl(gateway, "outbound_.80_._.web", "egress").output.contains("b GET /x"))
        await gateway.process.stop()
    }
}
