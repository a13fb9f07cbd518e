import Bytes
import EnvoyConfig
import Foundation
import HTTPCodec
import Testing

@testable import Gateway

struct PlainHTTPTests {
    @Test func routesRequestsAndRewritesHeaders() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b")])])],
            [Configs.cluster("b", backend.address)])
        let answer = await Shell.curl(
            "-i", "-H", "X-Forwarded-For: 9.9.9.9", "-H", "Connection: x-secret", "-H", "X-Secret: 1", "-H",
            "x-envoy-retry-on: 5xx", "-H", "x-forwarded-client-cert: forged", "-d", "hello",
            gateway.url("l", "/a/../b?x=1"))
        #expect(answer.output.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.output.contains("server: hanse\r\n"))
        #expect(answer.output.contains("b POST /b?x=1\n"))
        #expect(answer.output.contains("x-forwarded-for: 9.9.9.9,127.0.0.1\n"))
        #expect(answer.output.contains("x-forwarded-proto: http\n"))
        #expect(answer.output.contains("body 5\n"))
        for gone in ["x-secret", "x-envoy-retry-on", "x-forwarded-client-cert", "connection:"] {
            #expect(backend.lastHead?.headers[gone] == nil, "\(gone)")
        }
        #expect(await gateway.waits(for: "http.test.downstream_rq_2xx", 1))
        #expect(await gateway.stat("cluster.b.upstream_cx_total") == 1)
        await gateway.process.stop()
    }

    @Test func reusesUpstreamConnectionsAndStreamsBothWays() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b")])])],
            [Configs.cluster("b", backend.address)])
        for _ in 0..<3 {
            #expect(await Shell.curl("-o", "/dev/null", "-w", "%{http_code}", gateway.url()).output == "200")
        }
        let big = await Shell.curl(
            "-o", "/dev/null", "-w", "%{size_download}", gateway.url("l", "/big/5000000"))
        #expect(big.output == "5000000")
        let up = await Shell.run(
            "sh",
            [
                "-c",
                "head -c 3000000 /dev/zero | curl -s -m 10 -T - -H 'Expect: 100-continue' '\(gateway.url())'",
            ])
        #expect(up.output.contains("body 3000000\n"))
        let chunked = await Shell.curl("-i", gateway.url("l", "/chunked"))
        #expect(chunked.output.contains("transfer-encoding: chunked"))
        #expect(chunked.output.contains("b GET /chunked"))
        #expect(await gateway.stat("cluster.b.upstream_cx_total") == 1)
        await gateway.process.stop()
    }

    @Test func answersFailuresInEnvoysWords() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [
                Configs.listener(
                    "l",
                    [
                        Configs.http([
                            Configs.route("/nocluster", to: "missing"), Configs.route("/dead", to: "dead"),
                            Configs.route("/empty", to: "empty"),
                            Configs.route("/slow", to: "b") { $0.timeout = .milliseconds(150) },
                            Configs.route("/", to: "b"),
                        ])
                    ])
            ],
            [
                Configs.cluster("b", backend.address),
                Configs.cluster("dead", try #require(SocketAddress("127.0.0.1:1"))),
                Configs.cluster("empty"),
            ])
        func answer(_ path: String) async -> String {
            await Shell.curl("-w", "\n%{http_code}", gateway.url("l", path)).output
        }
        #expect(await answer("/nocluster") == "\n503")
        #expect(await answer("/empty") == "no healthy upstream\n503")
        #expect(
            await answer("/dead").hasPrefix(
                "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure"
            ))
        #expect(await answer("/slow/2000") == "upstream request timeout\n504")
        #expect(await answer("/close").hasSuffix("reset reason: connection termination\n503"))
        #expect(await answer("/garbage").hasSuffix("reset reason: protocol error\n502"))
        let cut = await Shell.curl(gateway.url("l", "/cut"))
        #expect(cut.status == 18, "a cut answer must not look whole")
        await gateway.process.stop()
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("GET / HTTP/1.1\nHost: a\n\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.0\r\n\r\n", "426"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "426"), ("GET / http/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501"),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", "400"), ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 70_000) + "\r\n\r\n", "431"),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 101) + "\r\n", "431"),
    ])
    func refusesAndCloses(_ request: String, _ status: String) async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b")])])],
            [Configs.cluster("b", backend.address)])
        let answer = try await RawClient.exchange(port: gateway.port(), request)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("connection: close\r\n"))
        #expect(backend.requests == 0)
        await gateway.process.stop()
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b")])])],
            [Configs.cluster("b", backend.address)])
        let one = "GET /slow/50 HTTP/1.1\r\nHost: a\r\n\r\n"
        let two =
            "POST /two HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n"
        let three = "GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let answer = try await RawClient.exchange(port: gateway.port(), one + two + three)
        let order = ["b GET /slow/50", "b POST /two", "body 3", "b GET /three"].compactMap {
            answer.range(of: $0)?.lowerBound
        }
        #expect(order.count == 4)
        #expect(order == order.sorted())
        await gateway.process.stop()
    }

    @Test func takesAbsoluteTargetsAndWebSockets() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [
                Configs.listener(
                    "l",
                    [
                        Configs.http([
                            Configs.route("/upgrade", to: "b") { $0.upgrades = [.websocket] },
                            Configs.route(to: "b"),
                        ])
                    ])
            ], [Configs.cluster("b", backend.address)])
        let absolute = try await RawClient.exchange(
            port: gateway.port(),
            "GET http://shop.local/x HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n")
        #expect(absolute.contains("b GET /x\nhost: shop.local\n"))
        let upgrade = "HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        let refused = try await RawClient.exchange(
            port: gateway.port(), "GET /no \(upgrade)", untilClose: false)
        #expect(refused.hasPrefix("HTTP/1.1 403 "))
        let accepted = try await RawClient.exchange(
            port: gateway.port(), "GET /upgrade \(upgrade)", then: "ping through the tunnel",
            untilClose: false)
        #expect(accepted.hasPrefix("HTTP/1.1 101 "))
        #expect(accepted.hasSuffix("ping through the tunnel"))
        await gateway.process.stop()
    }
}
