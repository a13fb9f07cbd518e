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
        /// The number of its locality within the priority.
        var locality = 0
    }

    /// Members that one turn goes round.
    private struct Group: Sendable {
        var members: [Int] = []
        /// Where the turn is kept.
        var slot = 0
    }

    private struct Level: Sendable {
        var healthy = Group()
        var all = Group()
        /// The healthy members of each locality, where localities are chosen by weight.
        var localities: [Group] = []
        /// A locality's weight, less where too few of its members are healthy.
        var localityWeights: [Int] = []
        var localityCredits: [Int] = []
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
    ///
    /// `localityWeights`, when given, holds the weights of each priority's localities: one is chosen by them first.
    init(
        policy: Policy, priorities: [[Member]], localityWeights: [[Int]]? = nil, panicThreshold: Double,
        firstTurn: Int = 0
    ) {
        self.policy = policy
        var weights: [Int] = []
        var slots = 0
        for (priority, members) in priorities.enumerated() {
            let first = weights.count
            weights += members.map { max(1, $0.weight) }
            let numbers = Array(first..<weights.count)
            let healthy = numbers.filter { members[$0 - first].isHealthy }
            var level = Level()
            level.all = Group(members: numbers, slot: slots)
            level.healthy = Group(members: healthy, slot: slots + 1)
            slots += 2
            let ofLocalities = localityWeights.map { $0.indices.contains(priority) ? $0[priority] : [] } ?? []
            if case .ringHash(let size) = policy {
                let shared = Self.sharing(members, by: ofLocalities)
                func points(_ numbers: [Int]) -> [(Int, Member)] { numbers.map { ($0, shared[$0 - first]) } }
                let sum = shared.reduce(0) { $0 + max(1, $1.weight) }
                level.healthyRing = HashRing(points(healthy), minimumSize: size, totalWeight: sum)
                level.wholeRing = HashRing(points(numbers), minimumSize: size, totalWeight: sum)
            } else {
                Self.fill(&level, members, first, ofLocalities, &slots)
            }
            levels.append(level)
        }
        self.weights = weights
        hasEqualWeights = weights.allSatisfy { $0 == weights.first }
        load = PriorityLoad(
            levels.map { ($0.healthy.members.count, $0.all.members.count) }, panicThreshold: panicThreshold)
        credits = [Int](repeating: 0, count: weights.count)
        turns = [Int](repeating: firstTurn, count: slots)
    }

    /// Sorts the healthy members of a priority by locality.
    ///
    /// Envoy's effective weight: `weight * min(1, 1.4 * healthy / all)`, here in 1/10,000.
    private static func fill(
        _ level: inout Level, _ members: [Member], _ first: Int, _ localityWeights: [Int],
        _ slots: inout Int
    ) {
        for (locality, weight) in localityWeights.enumerated() {
            let own = members.indices.filter { members[$0].locality == locality }
            let healthy = own.filter { members[$0].isHealthy }
            guard weight > 0, !healthy.isEmpty else { continue }
            level.localities.append(Group(members: healthy.map { $0 + first }, slot: slots))
            slots += 1
            level.localityWeights.append(weight * min(10_000, 14_000 * healthy.count / own.count))
        }
        level.localityCredits = [Int](repeating: 0, count: level.localities.count)
    }

    /// On a ring a member's weight is its part of its locality's.
    private static func sharing(_ members: [Member], by localityWeights: [Int]) -> [Member] {
        guard !localityWeights.isEmpty else { return members }
        var sums = [Int](repeating: 0, count: localityWeights.count)
        for member in members where sums.indices.contains(member.locality) {
            sums[member.locality] += max(1, member.weight)
        }
        return members.map { member in
            guard sums.indices.contains(member.locality) else { return member }
            var shared = member
            shared.weight =
                max(
                    1, localityWeights[member.locality] * max(1, member.weight) * 1000 / sums[member.locality]
                )
            return shared
        }
    }

    /// Members that count as healthy.
    var healthyCount: Int { levels.reduce(0) { $0 + $1.healthy.members.count } }

    /// Healthy and all members of each priority.
    var levelCounts: [(healthy: Int, total: Int)] {
        levels.map { ($0.healthy.members.count, $0.all.members.count) }
    }

    /// The number of the member that takes the next request, or nil when none may.
    ///
    /// `active` tells how many requests a member has, for least request; `hash` is the request's place on a ring.
    /// `priority`, when given, is chosen already.
    mutating func pick(
        random: UInt64, hash: UInt64? = nil, priority chosen: Int? = nil, active: (Int) -> Int
    ) -> Int? {
        guard let priority = chosen ?? load.pick(random: random >> 32), levels.indices.contains(priority)
        else { return nil }
        let panics = load.panics[priority]
        if case .ringHash = policy {
            let ring = panics ? levels[priority].wholeRing : levels[priority].healthyRing
            return ring.member(at: hash ?? random)
        }
        if panics { return pick(levels[priority].all, random, active) }
        if let locality = nextLocality(priority) {
            return pick(levels[priority].localities[locality], random, active)
        }
        return pick(levels[priority].healthy, random, active)
    }

    private mutating func nextLocality(_ priority: Int) -> Int? {
        let weights = levels[priority].localityWeights
        guard !weights.isEmpty else { return nil }
        var best = 0
        for index in weights.indices {
            levels[priority].localityCredits[index] += weights[index]
            if levels[priority].localityCredits[index] > levels[priority].localityCredits[best] {
                best = index
            }
        }
        levels[priority].localityCredits[best] -= weights.reduce(0, +)
        return best
    }

    private mutating func pick(_ group: Group, _ random: UInt64, _ active: (Int) -> Int) -> Int? {
        let candidates = group.members
        guard candidates.count > 1 else { return candidates.first }
        switch policy {
        case .ringHash, .roundRobin:
            if !hasEqualWeights { return nextByCredit(candidates, scale: 1) { _ in 0 } }
            let turn = turns[group.slot]
            turns[group.slot] = turn &+ 1
            return candidates[Int(UInt(bitPattern: turn) % UInt(candidates.count))]
        case .random:
            return weighted(candidates, random & 0xFFFF_FFFF)
        case .leastRequest:
            // With unequal weights a busy member's weight shrinks: weight / (active + 1).
            if !hasEqualWeights { return nextByCredit(candidates, scale: 1000, active) }
            let count = UInt64(candidates.count)
            let first = candidates[Int((random & 0xFFFF) % count)]
            let second = candidates[Int((random >> 16 & 0xFFFF) % count)]
            return active(first) <= active(second) ? first : second
        }
    }

    private mutating func nextByCredit(_ candidates: [Int], scale: Int, _ active: (Int) -> Int) -> Int {
        var best = candidates[0]
        var sum = 0
        for member in candidates {
            let own = max(1, weights[member] * scale / (active(member) + 1))
            credits[member] += own
            sum += own
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
