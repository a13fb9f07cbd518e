/// Picks one endpoint of a cluster.
///
/// A value of one worker: it keeps the turn of its round robin.
struct Balancer: Sendable {
    enum Policy: Sendable, Equatable {
        case roundRobin
        case random
        case leastRequest
        /// Consistent hashing over a ring of at least so many points.
        case ringHash(minimumSize: Int)
    }

    /// What a balancer knows of an endpoint.
    struct Member: Sendable, Equatable {
        var weight: Int
        var isHealthy: Bool
        /// What places it on a ring: its address.
        var key: [UInt8] = []
    }

    private struct Level: Sendable {
        var healthy: [Int] = []
        var all: [Int] = []
        var healthyRing = HashRing()
        var wholeRing = HashRing()
    }

    private let policy: Policy
    private var levels: [Level] = []
    private let load: PriorityLoad
    private let weights: [Int]
    private let hasEqualWeights: Bool
    private var turns: [Int]
    /// Smooth weighted round robin: each pick adds every weight and takes the sum from the one picked.
    private var credits: [Int]

    /// `priorities` holds the members of each priority; members are numbered through in that order.
    init(policy: Policy, priorities: [[Member]], panicThreshold: Double, firstTurn: Int = 0) {
        self.policy = policy
        var weights: [Int] = []
        for members in priorities {
            var level = Level()
            for member in members {
                level.all.append(weights.count)
                if member.isHealthy { level.healthy.append(weights.count) }
                weights.append(max(1, member.weight))
            }
            if case .ringHash(let size) = policy {
                let first = weights.count - members.count
                func points(_ numbers: [Int]) -> [(Int, Member)] { numbers.map { ($0, members[$0 - first]) } }
                let sum = members.reduce(0) { $0 + max(1, $1.weight) }
                level.healthyRing = HashRing(points(level.healthy), minimumSize: size, totalWeight: sum)
                level.wholeRing = HashRing(points(level.all), minimumSize: size, totalWeight: sum)
            }
            levels.append(level)
        }
        self.weights = weights
        hasEqualWeights = weights.allSatisfy { $0 == weights.first }
        load = PriorityLoad(
            levels.map { ($0.healthy.count, $0.all.count) }, panicThreshold: panicThreshold)
        turns = [Int](repeating: firstTurn, count: levels.count)
        credits = [Int](repeating: 0, count: weights.count)
    }

    /// Members that count as healthy.
    var healthyCount: Int { levels.reduce(0) { $0 + $1.healthy.count } }

    /// The number of the member that takes the next request, or nil when none may.
    ///
    /// `active` tells how many requests a member has, for least request; `hash` is the request's place on a ring.
    mutating func pick(random: UInt64, hash: UInt64? = nil, active: (Int) -> Int) -> Int? {
        guard let priority = load.pick(random: random >> 32) else { return nil }
        let candidates = load.panics[priority] ? levels[priority].all : levels[priority].healthy
        guard !candidates.isEmpty else { return nil }
        if candidates.count == 1 { return candidates[0] }
        switch policy {
        case .roundRobin:
            return hasEqualWeights ? nextTurn(priority, candidates) : nextByCredit(candidates)
        case .ringHash:
            let ring = load.panics[priority] ? levels[priority].wholeRing : levels[priority].healthyRing
            return ring.member(at: hash ?? random)
        case .random:
            return weighted(candidates, random & 0xFFFF_FFFF)
        case .leastRequest:
            let first = weighted(candidates, random & 0xFFFF)
            let second = weighted(candidates, random >> 16 & 0xFFFF)
            let a = (active(first) + 1) * weights[second]
            let b = (active(second) + 1) * weights[first]
            return a <= b ? first : second
        }
    }

    private mutating func nextTurn(_ priority: Int, _ candidates: [Int]) -> Int {
        let turn = turns[priority]
        turns[priority] = turn &+ 1
        return candidates[Int(UInt(bitPattern: turn) % UInt(candidates.count))]
    }

    private mutating func nextByCredit(_ candidates: [Int]) -> Int {
        var best = candidates[0]
        var sum = 0
        for member in candidates {
            credits[member] += weights[member]
            sum += weights[member]
            if credits[member] > credits[best] { best = member }
        }
        credits[best] -= sum
        return best
    }

    private func weighted(_ candidates: [Int], _ random: UInt64) -> Int {
        if hasEqualWeights { return candidates[Int(random % UInt64(candidates.count))] }
        var left = Int(random % UInt64(candidates.reduce(0) { $0 + weights[$1] }))
        for member in candidates {
            if left < weights[member] { return member }
            left -= weights[member]
        }
        return candidates[0]
    }
}
