import Bytes
import Testing

@testable import Gateway

/// What a balancer takes over from the one before it.
struct BalancerTurnTests {
    private struct Endpoint {
        var port: UInt16
        var weight = 1
        var isHealthy = true
        var locality = 0
    }

    /// One worker's balancer through changes of its endpoints; it answers with ports.
    private struct Course {
        var policy = Balancer.Policy.roundRobin
        var firstTurn = 0
        var localityWeights: [[Int]]?
        private var balancer = Balancer(policy: .roundRobin, priorities: [], panicThreshold: 0)
        private var ports: [UInt16] = []

        init(firstTurn: Int = 0, localityWeights: [[Int]]? = nil) {
            self.firstTurn = firstTurn
            self.localityWeights = localityWeights
        }

        mutating func change(_ endpoints: [Endpoint]) {
            ports = endpoints.map(\.port)
            balancer = Balancer(
                policy: policy,
                priorities: [
                    endpoints.map {
                        Balancer.Member(
                            weight: $0.weight, isHealthy: $0.isHealthy, locality: $0.locality,
                            address: SocketAddress(ip: .v4(0x7F00_0001), port: $0.port))
                    }
                ], localityWeights: localityWeights, panicThreshold: 0, after: balancer, firstTurn: firstTurn)
        }

        mutating func change(_ ports: [UInt16]) { change(ports.map { Endpoint(port: $0) }) }

        mutating func picks(_ count: Int) -> [UInt16] {
            (0..<count).compactMap { _ in balancer.pick(random: 0) { _ in 0 }.map { ports[$0] } }
        }
    }

    private static let lists: [[Endpoint]] = [
        [1, 2, 3, 4].map { Endpoint(port: $0) },
        [Endpoint(port: 1, weight: 5), Endpoint(port: 2, weight: 2), Endpoint(port: 3, weight: 1)],
        [Endpoint(port: 1), Endpoint(port: 1), Endpoint(port: 2)],
        [
            Endpoint(port: 1), Endpoint(port: 2), Endpoint(port: 3, locality: 1),
            Endpoint(port: 4, locality: 1),
        ],
        [
            Endpoint(port: 1, weight: 4), Endpoint(port: 2), Endpoint(port: 3, locality: 1),
            Endpoint(port: 4, locality: 1),
        ],
    ]

    @Test(arguments: lists.indices, [0, 1, 7]) func goesOnExactlyWhenNothingChanged(list: Int, first: Int) {
        let endpoints = Self.lists[list]
        let weights = endpoints.contains { $0.locality > 0 } ? [[3, 1]] : nil
        var still = Course(firstTurn: first, localityWeights: weights)
        var changing = still
        still.change(endpoints)
        changing.change(endpoints)
        let expected = still.picks(60)
        changing.firstTurn = 3
        var found: [UInt16] = []
        for count in [1, 0, 2, 1, 7, 1, 1, 8, 3, 36] {
            found += changing.picks(count)
            changing.change(endpoints)
        }
        #expect(found == expected)
    }

    @Test func goesOnWithTheNextThatIsStillThere() {
        var course = Course()
        course.change([1, 2, 3, 4])
        #expect(course.picks(1) == [1])
        course.change([4, 3, 2, 1])
        #expect(course.picks(1) == [2])
        // 1 had the next turn: after it comes 4.
        course.change([2, 3, 4])
        #expect(course.picks(4) == [4, 2, 3, 4])
        course.change([5, 6, 2, 3, 4])
        #expect(course.picks(3) == [2, 3, 4])
    }

    @Test func keepsTheTurnWhileHealthComesAndGoes() {
        var course = Course()
        var counts: [UInt16: Int] = [:]
        for number in 0..<60 {
            course.change((1...5).map { Endpoint(port: $0, isHealthy: $0 < 5 || number % 2 == 0) })
            for port in course.picks(1) { counts[port, default: 0] += 1 }
        }
        #expect((1...4).allSatisfy { counts[$0, default: 0] >= 12 && counts[$0, default: 0] <= 15 })
    }

    @Test func givesEachOfTwoItsTurnWhenOneComesAndGoes() {
        var course = Course()
        var found: [UInt16] = []
        for number in 0..<6 {
            course.change(number % 2 == 0 ? [1, 2] : [1])
            found += course.picks(1)
        }
        #expect(found == [1, 1, 2, 1, 1, 1])
    }

    @Test func keepsWhatIsOwedByAddress() {
        var course = Course()
        course.change([Endpoint(port: 1, weight: 3), Endpoint(port: 2)])
        var counts: [UInt16: Int] = [:]
        for number in 0..<40 {
            for port in course.picks(1) { counts[port, default: 0] += 1 }
            let pair = [Endpoint(port: 1, weight: 3), Endpoint(port: 2)]
            course.change(number % 2 == 0 ? pair.reversed() : pair)
        }
        #expect(counts == [1: 30, 2: 10])
    }

    @Test func forgetsMostOfWhatIsOwedWhenWeightsShrink() {
        var course = Course()
        course.change([Endpoint(port: 1, weight: 1000), Endpoint(port: 2)])
        #expect(course.picks(400) == [UInt16](repeating: 1, count: 400))
        course.change([Endpoint(port: 1, weight: 3), Endpoint(port: 2)])
        #expect(course.picks(40).count { $0 == 1 } >= 26)
    }

    @Test func beginsWhereItIsToldWhenThereIsNothingToTakeOver() {
        let weighted = [Endpoint(port: 1, weight: 2), Endpoint(port: 2), Endpoint(port: 3)]
        var starts: Set<UInt16> = []
        for first in 0..<3 {
            var plain = Course(firstTurn: first)
            plain.change([Endpoint]())
            plain.change([1, 2, 3])
            #expect(plain.picks(1) == [UInt16(first + 1)])
            var course = Course(firstTurn: first)
            course.change([7, 8, 9])
            course.change(weighted)
            starts.formUnion(course.picks(1))
        }
        #expect(starts.count > 1)
    }

    @Test func countsNoTurnsUnderAnotherPolicy() {
        var course = Course()
        course.change([1, 2, 3])
        #expect(course.picks(1) == [1])
        course.policy = .random
        course.change([1, 2, 3])
        course.policy = .roundRobin
        course.firstTurn = 2
        course.change([1, 2, 3])
        #expect(course.picks(1) == [3])
    }
}
