import EnvoyConfig
import Testing

@testable import Gateway

struct BalancingTests {
    private func load(_ counts: [(Int, Int)], panic: Double = 50) -> PriorityLoad {
        PriorityLoad(counts.map { (healthy: $0.0, total: $0.1) }, panicThreshold: panic)
    }

    @Test func keepsTrafficOnTheFirstPriorityWhileItIsHealthyEnough() {
        #expect(load([(10, 10), (10, 10)]).shares == [100, 0])
        #expect(load([(72, 100), (10, 10)]).shares == [100, 0])
        #expect(load([(1, 2), (2, 2)]).shares == [70, 30])
        #expect(load([(0, 2), (2, 2)]).shares == [0, 100])
        #expect(load([(0, 0), (1, 1)]).shares == [0, 100])
        #expect(load([]).shares == [])
    }

    @Test func panicsOnlyWhenNothingElseHelps() {
        #expect(load([(0, 2), (0, 2)]).shares == [50, 50])
        #expect(load([(0, 2), (0, 2)]).panics == [true, true])
        #expect(load([(0, 2)], panic: 0).panics == [false])
        #expect(load([(1, 10), (10, 10)]).panics == [false, false])
        #expect(load([(2, 10)]).panics == [true])
    }

    private func balancer(
        _ policy: Balancer.Policy, _ priorities: [[(weight: Int, healthy: Bool)]], panic: Double = 50
    ) -> Balancer {
        Balancer(
            policy: policy,
            priorities: priorities.map {
                $0.map { Balancer.Member(weight: $0.weight, isHealthy: $0.healthy) }
            },
            panicThreshold: panic)
    }

    @Test func takesTurns() {
        var balancer = balancer(.roundRobin, [[(1, true), (1, true), (1, true)]])
        let picks = (0..<6).compactMap { _ in balancer.pick(random: 0, active: { _ in 0 }) }
        #expect(picks == [0, 1, 2, 0, 1, 2])
    }

    @Test func takesTurnsByWeight() {
        var balancer = balancer(.roundRobin, [[(3, true), (1, true)]])
        let picks = (0..<8).compactMap { _ in balancer.pick(random: 0, active: { _ in 0 }) }
        #expect(picks.filter { $0 == 0 }.count == 6)
        #expect(picks.prefix(4).contains(1))
    }

    @Test func staysInAPriorityThatIsChosenAlready() {
        var balancer = balancer(.roundRobin, [[(1, true)], [(1, true), (1, false)]])
        #expect(balancer.levelCounts.map(\.healthy) == [1, 1])
        #expect(balancer.levelCounts.map(\.total) == [1, 2])
        let picks = (0..<3).map { _ in balancer.pick(random: 0, priority: 1, active: { _ in 0 }) }
        #expect(picks == [1, 1, 1])
        #expect(balancer.pick(random: 0, priority: 2, active: { _ in 0 }) == nil)
    }

    @Test func leavesOutTheUnhealthy() {
        var balancer = balancer(.roundRobin, [[(1, true), (1, false), (1, true)]])
        let picks = (0..<4).compactMap { _ in balancer.pick(random: 0, active: { _ in 0 }) }
        #expect(!picks.contains(1))
        var none = self.balancer(.roundRobin, [[(1, false)]], panic: 0)
        #expect(none.pick(random: 0, active: { _ in 0 }) == nil)
        var panicking = self.balancer(.roundRobin, [[(1, false)]])
        #expect(panicking.pick(random: 0, active: { _ in 0 }) == 0)
    }

    @Test func prefersTheLessBusyOfTwo() {
        var balancer = balancer(.leastRequest, [[(1, true), (1, true)]])
        var seen: Set<Int> = []
        for random in UInt64(0)..<4 {
            let bits = (random & 1) | (random >> 1) << 16
            if let pick = balancer.pick(random: bits, active: { $0 == 0 ? 5 : 0 }) { seen.insert(pick) }
        }
        #expect(seen.contains(1))
        #expect(balancer.pick(random: 1 << 16, active: { $0 == 0 ? 5 : 0 }) == 1)
    }

    @Test func keepsMostRequestsInPlaceWhenAMemberLeaves() {
        func ring(_ healthy: [Bool]) -> Balancer {
            Balancer(
                policy: .ringHash(minimumSize: 1024),
                priorities: [
                    healthy.enumerated().map {
                        Balancer.Member(
                            weight: 1, isHealthy: $0.element, key: Array("10.0.0.\($0.offset):80".utf8))
                    }
                ], panicThreshold: 0)
        }
        var whole = ring([true, true, true, true])
        var reduced = ring([true, true, false, true])
        var counts = [0, 0, 0, 0]
        var moved = 0
        for number in 0..<2000 {
            let hash = HashRing.mixed("user-\(number)".utf8)
            let before = whole.pick(random: 0, hash: hash, active: { _ in 0 }) ?? -1
            let after = reduced.pick(random: 0, hash: hash, active: { _ in 0 }) ?? -1
            counts[before] += 1
            if before != 2, before != after { moved += 1 }
            #expect(after != 2)
        }
        #expect(moved == 0)
        #expect(counts.allSatisfy { $0 > 300 })
    }

    @Test func pausesGrowAndStayWithinTheirBounds() {
        var policy = RetryPolicy()
        policy.retryOn = [.fiveXX]
        let rule = RetryRule(policy)
        for number in 1...8 {
            let pause = rule.pause(number, random: .max)
            #expect(pause >= .zero && pause < .milliseconds(250))
        }
        #expect(rule.allows(.response(503)) && rule.allows(.connectFailure) && !rule.allows(.response(404)))
    }
}
