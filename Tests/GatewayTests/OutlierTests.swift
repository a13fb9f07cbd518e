import Bytes
import EnvoyConfig
import Testing

@testable import Gateway

struct OutlierTests {
    private let a = SocketAddress("127.0.0.1:1") ?? SocketAddress(ip: .v4(0), port: 0)
    private let b = SocketAddress("127.0.0.1:2") ?? SocketAddress(ip: .v4(0), port: 0)

    private var rule: OutlierDetection {
        var rule = OutlierDetection()
        rule.consecutive5xx = 3
        rule.baseEjectionTime = .seconds(10)
        rule.maxEjectionTime = .seconds(25)
        rule.maxEjectionPercent = 50
        return rule
    }

    private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test func ejectsAfterFailuresInARow() {
        var table = OutlierTable()
        func note(_ address: SocketAddress, _ failed: Bool, _ seconds: Int64) -> Bool {
            table.note(
                address, .answered(failed ? 500 : 200), rule: rule, members: 2, random: 0, now: at(seconds))
        }
        #expect(!note(a, true, 0))
        #expect(!note(a, true, 0))
        #expect(!note(a, false, 0))
        #expect(!note(a, true, 0))
        #expect(!note(a, true, 0))
        #expect(note(a, true, 0))
        #expect(table.isEjected(a))
        #expect(table.nextReturn == at(10))
        for _ in 0..<5 { #expect(!note(b, true, 1), "no more than the allowed share is out") }
        let early = table.expire(at(9))
        let due = table.expire(at(10))
        #expect(!early && due)
        #expect(!table.isEjected(a))
    }

    @Test func staysOutLongerEachTime() {
        var table = OutlierTable()
        var now: Int64 = 0
        var times: [Int64] = []
        for _ in 0..<3 {
            for _ in 0..<3 {
                _ = table.note(a, .answered(500), rule: rule, members: 2, random: 0, now: at(now))
            }
            let end = (table.nextReturn?.nanoseconds ?? 0) / 1_000_000_000
            times.append(end - now)
            now = end
            let returned = table.expire(at(now))
            #expect(returned)
        }
        #expect(times == [10, 20, 25])
        #expect(table.total == 3)
    }

    @Test func countsButDoesNotEnforce() {
        var rule = rule
        rule.enforcingConsecutive5xx = 0
        var table = OutlierTable()
        for _ in 0..<9 {
            let ejected = table.note(a, .answered(500), rule: rule, members: 2, random: 5, now: at(0))
            #expect(!ejected)
        }
    }

    @Test func gatewayFailuresAreCountedByThemselves() {
        var rule = rule
        rule.consecutive5xx = 10
        rule.consecutiveGatewayFailure = 2
        func ejected(_ outcomes: [OutlierOutcome]) -> OutlierTable {
            var table = OutlierTable()
            for outcome in outcomes {
                _ = table.note(a, outcome, rule: rule, members: 2, random: 0, now: at(0))
            }
            return table
        }
        let merely = ejected([.answered(503), .answered(504)])
        #expect(!merely.isEjected(a), "not enforced by default")
        #expect(merely.detected == [.consecutiveGatewayFailure: 1] && merely.enforced.isEmpty)
        rule.enforcingConsecutiveGatewayFailure = 100
        #expect(ejected([.answered(502), .failed]).enforced == [.consecutiveGatewayFailure: 1])
        #expect(!ejected([.answered(502), .answered(500), .answered(502)]).isEjected(a))
        #expect(!ejected([.answered(502), .connected, .answered(200), .timedOut]).isEjected(a))
    }

    @Test func localFailuresAreCountedApartWhereAsked() {
        var rule = rule
        rule.splitsLocalOriginErrors = true
        rule.consecutive5xx = 2
        rule.consecutiveLocalOriginFailure = 3
        rule.enforcingSuccessRate = 0
        rule.enforcingLocalOriginSuccessRate = 0
        func ejected(_ outcomes: OutlierOutcome...) -> [OutlierRule: Int64] {
            var table = OutlierTable()
            for outcome in outcomes {
                _ = table.note(a, outcome, rule: rule, members: 2, random: 0, now: at(0))
            }
            return table.enforced
        }
        #expect(ejected(.failed, .timedOut, .failed) == [.consecutiveLocalOriginFailure: 1])
        #expect(ejected(.failed, .failed, .connected, .failed) == [:], "a connection begins anew")
        #expect(ejected(.answered(500), .connected, .answered(503)) == [.consecutive5xx: 1])
        #expect(ejected(.answered(500), .failed, .answered(200), .failed) == [:])
        rule.splitsLocalOriginErrors = false
        #expect(ejected(.answered(500), .failed) == [.consecutive5xx: 1])
    }

    @Test func movesTrafficToTheNextPriorityAndBack() async throws {
        let first = try await EchoBackend("first")
        let second = try await EchoBackend("second")
        var cluster = Configs.cluster("c", first.address)
        cluster.loadAssignment?.endpoints += Configs.endpoints("c", [second.address], priority: 1).endpoints
        var detection = OutlierDetection()
        detection.consecutive5xx = 2
        detection.baseEjectionTime = .seconds(5)
        detection.maxEjectionPercent = 100
        detection.enforcingSuccessRate = 0
        cluster.outlierDetection = detection
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "c")])])], [cluster])
        for _ in 0..<2 {
            #expect(await Shell.curl(gateway.url("l", "/status/500")).output.hasPrefix("first"))
        }
        #expect(await Shell.curl(gateway.url()).output.hasPrefix("second"))
        #expect(await gateway.stat("cluster.c.outlier_detection.ejections_active") == 1)
        let shown = await Shell.curl("http://\(try #require(gateway.admin))/clusters").output
        #expect(shown.contains("c::\(first.address)::health_flags::/failed_outlier_check\n"))
        #expect(shown.contains("c::\(second.address)::health_flags::healthy\n"))
        var back = ""
        let deadline = ContinuousClock.now + .seconds(60)
        while !back.hasPrefix("first"), ContinuousClock.now < deadline {
            back = await Shell.curl(gateway.url()).output
        }
        #expect(back.hasPrefix("first"))
        await gateway.process.stop()
    }

    private func hosts(_ count: Int) -> [SocketAddress] {
        (1...count).map { SocketAddress(ip: .v4(0x7F00_0001), port: UInt16($0)) }
    }

    /// 100 requests to each endpoint within one interval, then one more in the next; who is out then.
    private func ejected(_ rule: OutlierDetection, failures: [Int]) -> [Int] {
        var table = OutlierTable()
        let hosts = hosts(failures.count)
        for (host, failed) in zip(hosts, failures) {
            for number in 0..<100 {
                // Spread, so that no rule about failures in a row acts.
                let fails = number * failed / 100 != (number + 1) * failed / 100
                _ = table.note(
                    host, .answered(fails ? 500 : 200), rule: rule, members: hosts.count, random: 0,
                    now: at(1))
            }
        }
        _ = table.note(hosts[0], .answered(200), rule: rule, members: hosts.count, random: 0, now: at(20))
        return hosts.indices.filter { table.isEjected(hosts[$0]) }
    }

    @Test func ejectsWhoSucceedsLessThanTheOthers() {
        var rule = OutlierDetection()
        rule.consecutive5xx = 0
        rule.maxEjectionPercent = 50
        // Mean 90, deviation 20: the limit is 52.
        #expect(ejected(rule, failures: [0, 0, 0, 0, 0, 0, 60]) == [6])
        #expect(ejected(rule, failures: [0, 0, 0, 60]) == [], "four are too few to compare")
        #expect(ejected(rule, failures: [30, 30, 30, 30, 30]) == [], "all alike")
        rule.enforcingSuccessRate = 0
        #expect(ejected(rule, failures: [0, 0, 0, 0, 0, 0, 60]) == [])
    }

    @Test func ejectsWhoFailsTooOften() {
        var rule = OutlierDetection()
        rule.consecutive5xx = 0
        rule.maxEjectionPercent = 100
        rule.enforcingSuccessRate = 0
        rule.enforcingFailurePercentage = 100
        rule.failurePercentageThreshold = 40
        #expect(ejected(rule, failures: [0, 39, 40, 90, 10]) == [2, 3])
        rule.failurePercentageMinimumHosts = 6
        #expect(ejected(rule, failures: [0, 39, 40, 90, 10]) == [])
    }
}
