import Bytes
import EnvoyConfig
import HTTPCodec
import Testing

@testable import Gateway

struct HealthTests {
    private var rule: HealthCheck {
        var rule = HealthCheck()
        rule.unhealthyThreshold = 3
        rule.healthyThreshold = 2
        rule.interval = .milliseconds(50)
        rule.noTrafficInterval = .milliseconds(50)
        rule.timeout = .seconds(5)
        return rule
    }

    @Test func firstCheckAloneDecides() {
        var health = EndpointHealth()
        #expect(!health.isHealthy)
        let changed = health.note(.success, rule)
        #expect(changed && health.isHealthy)
        var other = EndpointHealth()
        _ = other.note(.unreachable, rule)
        let second = other.note(.success, rule)
        let third = other.note(.success, rule)
        #expect(!second && third)
    }

    @Test func failuresInARowMakeUnhealthyAndABadAnswerDoesAtOnce() {
        var health = EndpointHealth()
        _ = health.note(.success, rule)
        let changes = [
            EndpointHealth.Outcome.unreachable, .unreachable, .success, .unreachable, .unreachable,
        ]
        .map { health.note($0, rule) }
        #expect(!changes.contains(true))
        let third = health.note(.unreachable, rule)
        #expect(third && !health.isHealthy)
        var refused = EndpointHealth()
        _ = refused.note(.success, rule)
        let changed = refused.note(.unhealthy, rule)
        #expect(changed && !refused.isHealthy)
    }

    @Test func agreesWithAShadowModelOnRandomWalks() {
        var random = FastRandom()
        for _ in 0..<200 {
            var health = EndpointHealth()
            var history: [Bool] = []
            var expected = false
            for step in 0..<40 {
                let isGood = random.next() % 2 == 0
                history.append(isGood)
                _ = health.note(isGood ? .success : .unreachable, rule)
                if step == 0 { expected = isGood }
                if !expected, history.suffix(2) == [true, true], history.count >= 2 { expected = true }
                if expected, history.suffix(3) == [false, false, false] { expected = false }
                #expect(health.isHealthy == expected)
            }
        }
    }

    @Test func looksLessOftenWithoutTraffic() {
        var rule = rule
        rule.noTrafficInterval = .seconds(60)
        rule.intervalJitter = .milliseconds(10)
        #expect(EndpointHealth.pause(rule, hasTraffic: false, random: 0) == .seconds(60))
        let pause = EndpointHealth.pause(rule, hasTraffic: true, random: .max)
        #expect(pause >= .milliseconds(50) && pause < .milliseconds(60))
    }

    @Test func writesAndReadsTheMessagesOfGRPC() {
        #expect(GRPCHealthCall.message("") == [0, 0, 0, 0, 0])
        #expect(GRPCHealthCall.message("ab") == [0, 0, 0, 0, 4, 0x0A, 2, 0x61, 0x62])
        #expect(GRPCHealthCall.isServing([0, 0, 0, 0, 2, 8, 1]))
        #expect(!GRPCHealthCall.isServing([0, 0, 0, 0, 2, 8, 2]))
    }

    private func cluster(_ path: String, _ backends: EchoBackend...) -> Cluster {
        var cluster = Configs.cluster("c", backends[0].address)
        for (priority, backend) in backends.enumerated().dropFirst() {
            cluster.loadAssignment?.endpoints +=
                Configs.endpoints("c", [backend.address], priority: UInt32(priority)).endpoints
        }
        var rule = rule
        rule.unhealthyThreshold = 1
        rule.healthyThreshold = 1
        if path.isEmpty {
            rule.checker = .tcp
        } else {
            var check = HTTPHealthCheck()
            check.path = path
            check.host = "health.test"
            check.expectedStatuses = [200..<300]
            rule.checker = .http(check)
        }
        cluster.healthChecks = [rule]
        return cluster
    }

    @Test func failsOverOnChecksAndBack() async throws {
        // An address of its own, so that nobody takes the port while it is closed.
        let first = try await EchoBackend("first", host: "127.0.0.77")
        let second = try await EchoBackend("second")
        let port = first.address.port
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "c")])])],
            [cluster("/health", first, second)], concurrency: 2)
        #expect(await gateway.waits(for: "cluster.c.health_check.healthy", 2))
        #expect(await Shell.curl(gateway.url()).output.hasPrefix("first"))
        let probe = try #require(first.allHeads.first { $0.target == "/health" })
        #expect(probe.headers["user-agent"] == "Envoy/HC")
        #expect(probe.headers["host"] == "health.test")
        await first.stop()
        #expect(await gateway.waits(for: "cluster.c.membership_healthy", 1))
        #expect(await Shell.curl(gateway.url()).output.hasPrefix("second"))
        let again = try await EchoBackend("again", host: "127.0.0.77", port: port)
        #expect(await gateway.waits(for: "cluster.c.membership_healthy", 2))
        #expect(await Shell.curl(gateway.url()).output.hasPrefix("again"))
        #expect(await gateway.stat("cluster.c.health_check.failure") > 0)
        await gateway.process.stop()
        await again.stop()
    }

    @Test func answersOtherThanExpectedAreUnhealthy() async throws {
        let bad = try await EchoBackend("bad")
        let good = try await EchoBackend("good")
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "c")])])],
            [
                cluster("/status/500", bad),
                {
                    var tcp = cluster("", good)
                    tcp.name = "t"
                    return tcp
                }(),
            ])
        #expect(await gateway.waits(for: "cluster.t.health_check.healthy", 1))
        for _ in 0..<2_000 where await gateway.stat("cluster.c.health_check.failure") == 0 {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(await gateway.stat("cluster.c.health_check.success") == 0)
        #expect(await gateway.stat("cluster.c.health_check.network_failure") == 0)
        #expect(await gateway.stat("cluster.c.membership_healthy") == 0)
        await gateway.process.stop()
    }
}
