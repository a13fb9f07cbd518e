import Bytes
import EnvoyConfig
import Foundation
import HTTPCodec
import Testing

@testable import Gateway

struct RouteFeatureTests {
    @Test func mirrorsWithoutTheCallerNoticing() async throws {
        let main = try await EchoBackend("main")
        let shadow = try await EchoBackend("shadow")
        let mirrored: (inout RouteAction) -> Void = { action in
            action.requestMirrorPolicies = [
                RequestMirrorPolicy(cluster: "shadow"), RequestMirrorPolicy(cluster: "dead"),
                RequestMirrorPolicy(cluster: "missing"),
                RequestMirrorPolicy(cluster: "shadow", fraction: FractionalPercent(0)),
            ]
        }
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "main", mirrored)])])],
            [
                Configs.cluster("main", main.address), Configs.cluster("shadow", shadow.address),
                Configs.cluster("dead", try #require(SocketAddress("127.0.0.1:1"))),
            ])
        let answer = await Shell.curl("-d", "copy me", "-H", "Host: shop:80", gateway.url("l", "/m?x"))
        #expect(answer.output.hasPrefix("main POST /m?x\n"))
        #expect(await gateway.waits(for: "cluster.shadow.upstream_rq_2xx", 1))
        #expect(shadow.lastHead?.headers["host"] == "shop-shadow:80")
        #expect(shadow.lastHead?.headers["content-length"] == "7")
        #expect(shadow.requests == 1)
        await gateway.process.stop()
    }

    @Test func splitsByWeightAndRewrites() async throws {
        let one = try await EchoBackend("one")
        let two = try await EchoBackend("two")
        var first = WeightedCluster("one", weight: 50)
        first.headers.requestAdd = [HeaderValueOption("x-subset", "v1 %ROUTE_NAME%")]
        first.hostRewriteLiteral = "one.internal"
        let weights = first
        let gateway = try await TestGateway(
            [
                Configs.listener(
                    "l",
                    [
                        Configs.http([
                            Configs.route("/w/", to: "one") { action in
                                action.destination = .weightedClusters([
                                    weights, WeightedCluster("two", weight: 50),
                                ])
                                action.pathRewrite = .prefix("/")
                            }
                        ])
                    ])
            ], [Configs.cluster("one", one.address), Configs.cluster("two", two.address)])
        let urls = Array(repeating: gateway.url("l", "/w/x"), count: 40)
        _ = await Shell.run("curl", ["-s", "-m", "10"] + urls)
        #expect(one.requests + two.requests == 40)
        #expect(one.requests > 5 && two.requests > 5)
        let head = try #require(one.lastHead)
        #expect(head.target == "/x")
        #expect(head.headers["host"] == "one.internal")
        #expect(head.headers["x-subset"] == "v1 to-one")
        #expect(head.headers["x-envoy-original-path"] == "/w/x")
        await gateway.process.stop()
    }

    @Test func triesAgainElsewhere() async throws {
        let good = try await EchoBackend("good")
        var policy = RetryPolicy()
        policy.retryOn = [.connectFailure, .retriableStatusCodes]
        policy.retriableStatusCodes = [503]
        policy.numRetries = 3
        policy.avoidsPreviousHosts = true
        policy.hostSelectionRetryMaxAttempts = 5
        let retries = policy
        let gateway = try await TestGateway(
            [
                Configs.listener(
                    "l", [Configs.http([Configs.route(to: "c") { $0.retryPolicy = retries }])])
            ], [Configs.cluster("c", good.address, try #require(SocketAddress("127.0.0.1:1")))])
        for _ in 0..<6 {
            let answer = await Shell.curl("-d", "body", gateway.url())
            #expect(answer.output.contains("good POST /"))
            #expect(answer.output.contains("body 4"))
        }
        #expect(await gateway.stat("cluster.c.upstream_rq_retry") >= 1)
        let before = good.requests
        let failed = await Shell.curl(
            "-o", "/dev/null", "-w", "%{http_code}", gateway.url("l", "/status/503"))
        #expect(failed.output == "503")
        #expect(good.requests > before + 1)
        await gateway.process.stop()
    }

    @Test func redirectsAnswersAndInjectsFaults() async throws {
        let backend = try await EchoBackend("b")
        var redirect = RedirectAction()
        redirect.path = .prefixRewrite("/new")
        var faulty = Configs.route("/fault", to: "b")
        var fault = HTTPFault()
        fault.abort = HTTPFault.Abort(httpStatus: 418, percentage: FractionalPercent(100))
        faulty.fault = fault
        var shared = Configs.route("/cors", to: "b")
        var cors = CORSPolicy()
        cors.allowOriginStringMatch = [StringMatcher(.exact("http://ok"))]
        cors.allowMethods = "GET"
        shared.cors = cors
        let routes = [
            Route(name: "old", match: RouteMatch(.prefix("/old")), action: .redirect(redirect)),
            Route(
                name: "direct", match: RouteMatch(.exact("/direct")),
                action: .directResponse(DirectResponse(status: 203, body: "mine"))), faulty, shared,
        ]
        let gateway = try await TestGateway(
            [
                Configs.listener(
                    "l", [Configs.http(routes) { $0.httpFilters = [.cors, .fault(HTTPFault()), .router] }])
            ], [Configs.cluster("b", backend.address)])
        #expect(
            await Shell.curl("-i", gateway.url("l", "/old/x?q=1")).output
                .contains("location: http://127.0.0.1:\(gateway.port())/new/x?q=1\r\n"))
        #expect(await Shell.curl("-w", "%{http_code}", gateway.url("l", "/direct")).output == "mine203")
        #expect(
            await Shell.curl("-w", "%{http_code}", gateway.url("l", "/fault")).output
                == "fault filter abort418")
        let none = await Shell.curl("-w", "%{http_code}", gateway.url("l", "/none"))
        #expect(none.output == "404")
        let preflight = await Shell.curl(
            "-i", "-X", "OPTIONS", "-H", "Origin: http://ok", "-H", "Access-Control-Request-Method: GET",
            gateway.url("l", "/cors"))
        #expect(preflight.output.contains("access-control-allow-methods: GET\r\n"))
        #expect(backend.requests == 0)
        let foreign = await Shell.curl("-i", "-H", "Origin: http://bad", gateway.url("l", "/cors"))
        #expect(!foreign.output.contains("access-control"))
        #expect(
            await Shell.curl("-i", "-H", "Origin: http://ok", gateway.url("l", "/cors")).output.contains(
                "access-control-allow-origin: http://ok\r\n"))
        await gateway.process.stop()
    }

    @Test func refusesBeyondTheBreakers() async throws {
        let backend = try await EchoBackend("b")
        var cluster = Configs.cluster("c", backend.address)
        cluster.circuitBreakers.maxConnections = 1
        cluster.circuitBreakers.maxPendingRequests = 1
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "c")])])], [cluster])
        let url = gateway.url("l", "/slow/1500")
        let answers = await Shell.run(
            "curl",
            ["-s", "-m", "10", "-Z", "--parallel-immediate", "-w", "%{http_code} "]
                + [url, url, url, url].flatMap { ["-o", "/dev/null", $0] })
        let codes = answers.output.split(separator: " ").map(String.init).sorted()
        #expect(codes.contains("200") && codes.contains("503"))
        #expect(await gateway.stat("cluster.c.upstream_rq_pending_overflow") >= 1)
        #expect(await gateway.stat("cluster.c.upstream_cx_total") == 1)
        await gateway.process.stop()
    }

    @Test func showsItselfToOperators() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b")])])],
            [Configs.cluster("b", backend.address)], concurrency: 2)
        _ = await Shell.curl(gateway.url())
        let base = "http://\(try #require(gateway.admin))"
        #expect(await Shell.curl(base + "/ready").output == "LIVE\n")
        #expect(
            await Shell.curl(base + "/stats?filter=b.upstream_rq_2xx$").output
                == "cluster.b.upstream_rq_2xx: 1\n")
        #expect(
            await Shell.curl(base + "/stats/prometheus").output.contains(
                "envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix=\"test\",envoy_response_code_class=\"2\"} 1"
            ))
        let clusters = await Shell.curl(base + "/clusters?format=json").output
        let parsed = try #require(
            try JSONSerialization.jsonObject(with: Data(clusters.utf8)) as? [String: Any])
        #expect((parsed["cluster_statuses"] as? [Any])?.count == 1)
        let dump = await Shell.curl(base + "/config_dump").output
        #expect(try JSONSerialization.jsonObject(with: Data(dump.utf8)) is [String: Any])
        #expect(await Shell.curl(base + "/server_info").output.contains("\"state\":\"LIVE\""))
        #expect(await Shell.curl("-w", "%{http_code}", base + "/nothing").output.hasSuffix("404"))
        #expect(await Shell.curl("-X", "POST", base + "/drain_listeners").output == "OK\n")
        #expect(await Shell.curl(base + "/ready").output == "DRAINING\n")
        #expect(await Shell.curl(gateway.url()).status == 7)
        await gateway.process.stop()
    }

    @Test func enforcesItsTimes() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await TestGateway(
            [
                Configs.listener(
                    "l",
                    [
                        Configs.http([
                            Configs.route("/hang", to: "b") { $0.idleTimeout = .milliseconds(150) },
                            Configs.route(to: "b"),
                        ]) { manager in
                            manager.requestHeadersTimeout = .milliseconds(150)
                            manager.requestTimeout = .milliseconds(250)
                            manager.commonHTTPProtocolOptions.idleTimeout = .seconds(2)
                        }
                    ])
            ], [Configs.cluster("b", backend.address)])
        let slowHead = try await RawClient.exchange(port: gateway.port(), "GET / HTTP/1.1\r\nHo")
        #expect(slowHead.hasPrefix("HTTP/1.1 408 "))
        let slowBody = try await RawClient.exchange(
            port: gateway.port(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
        #expect(slowBody.hasPrefix("HTTP/1.1 408 "))
        #expect(try await RawClient.exchange(port: gateway.port(), "") == "", "idle connections are closed")
        let hanging = await Shell.curl("-w", "%{http_code}", gateway.url("l", "/hang"))
        #expect(hanging.output.hasPrefix("first") && hanging.status == 18)
        await gateway.process.stop()
    }
}
