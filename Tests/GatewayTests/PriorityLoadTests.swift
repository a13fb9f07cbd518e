import Testing

@testable import Gateway

/// The tables of Envoy's documentation ("priority levels", "panic threshold"), with 100 endpoints a priority;
/// what rounding leaves goes to the first healthy one.
struct PriorityLoadTests {
    @Test(arguments: [
        ([100, 100], [100, 0]), ([72, 100], [100, 0]), ([71, 100], [99, 1]), ([50, 100], [70, 30]),
        ([25, 100], [35, 65]), ([0, 100], [0, 100]), ([50, 50], [70, 30]),
    ])
    func spillsToTheNextPriority(_ healthy: [Int], _ shares: [Int]) {
        let load = PriorityLoad(healthy.map { ($0, 100) }, panicThreshold: 50)
        #expect(load.shares == shares)
    }

    @Test(arguments: [
        ([72, 72], [100, 0], [false, false]), ([70, 1], [99, 1], [false, true]),
        ([5, 65], [8, 92], [true, false]), ([25, 25], [50, 50], [true, true]),
        ([0, 0], [50, 50], [true, true]),
    ])
    func panicsUnderTheThreshold(_ healthy: [Int], _ shares: [Int], _ panics: [Bool]) {
        let load = PriorityLoad(healthy.map { ($0, 100) }, panicThreshold: 50)
        #expect(load.panics == panics)
        #expect(load.shares == shares)
    }

    @Test func neverPanicsAtThresholdZero() {
        let load = PriorityLoad([(0, 4), (0, 4)], panicThreshold: 0)
        #expect(load.panics == [false, false])
        #expect(load.pick(random: 7) == nil)
    }

    @Test func sharesByNumberWhenAllPrioritiesPanic() {
        let load = PriorityLoad([(0, 3), (0, 0), (0, 1)], panicThreshold: 50)
        #expect(load.shares == [75, 0, 25])
    }

    @Test func choosesLocalitiesByWeightAndHealth() {
        func picks(_ healthy: [Bool]) -> [Int] {
            var balancer = Balancer(
                policy: .roundRobin,
                priorities: [
                    healthy.enumerated().map {
                        Balancer.Member(weight: 1, isHealthy: $0.element, locality: $0.offset / 2)
                    }
                ], localityWeights: [[3, 1]], panicThreshold: 20)
            var counts = [0, 0]
            for _ in 0..<400 {
                if let pick = balancer.pick(random: 0, active: { _ in 0 }) { counts[pick / 2] += 1 }
            }
            return counts
        }
        #expect(picks([true, true, true, true]) == [300, 100])
        // Half of the first is healthy: 3 * 0.7 against 1.
        let less = picks([true, false, true, true])
        #expect(less[0] > 265 && less[0] < 275)
        #expect(picks([false, false, true, true]) == [0, 400])
    }
}
