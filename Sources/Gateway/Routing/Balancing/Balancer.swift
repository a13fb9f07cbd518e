internal import Bytes

/// Picks one endpoint of a cluster.
///
/// A value of one worker: it keeps the turn of its round robin, and hands it on to the balancer that follows it.
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
        /// What it is known by again after a change; without one its place is.
        var address: SocketAddress?
    }

    /// A member as the next balancer finds it: an address may be there more than once.
    private struct Name: Hashable {
        var address: SocketAddress?
        var occurrence: Int
    }

    /// Members that one turn goes round.
    private struct Group: Sendable {
        var members: [Int] = []
        /// Where its level keeps the turn.
        var slot = Level.wholeSlot
    }

    private struct Level: Sendable {
        static let wholeSlot = 0
        static let healthySlot = 1
        /// The slot of the first locality; each has its own, whether it may be chosen or not.
        static let localitySlot = 2

        var healthy = Group()
        var all = Group()
        var turns: [Int] = []
        /// The healthy members of each locality, where localities are chosen by weight.
        var localities: [Group] = []
        /// A locality's weight, less where too few of its members are healthy.
        var localityWeights: [Int] = []
        /// By the localities' numbers.
        var localityCredits: [Int] = []
        var healthyRing = HashRing()
        var wholeRing = HashRing()

        func group(_ slot: Int) -> Group? {
            switch slot {
            case Self.wholeSlot: all
            case Self.healthySlot: healthy
            default: localities.first { $0.slot == slot }
            }
        }
    }

    private let policy: Policy
    private var levels: [Level] = []
    private let load: PriorityLoad
    private let weights: [Int]
    private let hasEqualWeights: Bool
    private let names: [Name]
    /// Smooth weighted round robin: each pick adds every weight and takes the sum from the one picked.
    private var credits: [Int]
    /// What a weight counts for in credits: least request takes parts of it.
    private var creditScale: Int { policy == .leastRequest ? 1000 : 1 }

    /// `priorities` holds the members of each priority; members are numbered through in that order.
    ///
    /// `localityWeights`, when given, holds the weights of each priority's localities: one is chosen by them first.
    /// The turns go on where `old` was; those that it does not have begin at `firstTurn`.
    init(
        policy: Policy, priorities: [[Member]], localityWeights: [[Int]]? = nil, panicThreshold: Double,
        after old: Balancer? = nil, firstTurn: Int = 0
    ) {
        self.policy = policy
        var weights: [Int] = []
        var names: [Name] = []
        for (priority, members) in priorities.enumerated() {
            let first = weights.count
            weights += members.map { max(1, $0.weight) }
            names += Self.names(members)
            let numbers = Array(first..<weights.count)
            let healthy = numbers.filter { members[$0 - first].isHealthy }
            var level = Level()
            level.all = Group(members: numbers, slot: Level.wholeSlot)
            level.healthy = Group(members: healthy, slot: Level.healthySlot)
            let ofLocalities = localityWeights.map { $0.indices.contains(priority) ? $0[priority] : [] } ?? []
            level.turns = [Int](repeating: firstTurn, count: Level.localitySlot + ofLocalities.count)
            if case .ringHash(let size) = policy {
                let shared = Self.sharing(members, by: ofLocalities)
                func points(_ numbers: [Int]) -> [(Int, Member)] { numbers.map { ($0, shared[$0 - first]) } }
                let sum = shared.reduce(0) { $0 + max(1, $1.weight) }
                level.healthyRing = HashRing(points(healthy), minimumSize: size, totalWeight: sum)
                level.wholeRing = HashRing(points(numbers), minimumSize: size, totalWeight: sum)
            } else {
                Self.fill(&level, members, first, ofLocalities)
            }
            levels.append(level)
        }
        self.weights = weights
        self.names = names
        hasEqualWeights = weights.allSatisfy { $0 == weights.first }
        load = PriorityLoad(
            levels.map { ($0.healthy.members.count, $0.all.members.count) }, panicThreshold: panicThreshold)
        credits = [Int](repeating: 0, count: weights.count)
        for priority in levels.indices { goOn(from: old, priority, firstTurn: firstTurn) }
    }

    /// Sorts the healthy members of a priority by locality.
    ///
    /// Envoy's effective weight: `weight * min(1, 1.4 * healthy / all)`, here in 1/10,000.
    private static func fill(
        _ level: inout Level, _ members: [Member], _ first: Int, _ localityWeights: [Int]
    ) {
        for (locality, weight) in localityWeights.enumerated() {
            let own = members.indices.filter { members[$0].locality == locality }
            let healthy = own.filter { members[$0].isHealthy }
            guard weight > 0, !healthy.isEmpty else { continue }
            level.localities.append(
                Group(members: healthy.map { $0 + first }, slot: Level.localitySlot + locality))
            level.localityWeights.append(weight * min(10_000, 14_000 * healthy.count / own.count))
        }
        level.localityCredits = [Int](repeating: 0, count: localityWeights.count)
    }

    // MARK: From one balancer to the next

    private static func names(_ members: [Member]) -> [Name] {
        var seen: [SocketAddress?: Int] = [:]
        return members.map { member in
            let occurrence = seen[member.address, default: 0]
            seen[member.address] = occurrence + 1
            return Name(address: member.address, occurrence: occurrence)
        }
    }

    /// A priority's turns: those of `old`, where it had the priority under the same policy.
    private mutating func goOn(from old: Balancer?, _ priority: Int, firstTurn: Int) {
        let before = old.flatMap { old in
            old.policy == policy && old.levels.indices.contains(priority) ? old.levels[priority] : nil
        }
        guard let old, let before else {
            beginCredits(priority, firstTurn)
            beginLocalities(priority, firstTurn)
            return
        }
        takeTurns(priority, from: old, before)
        if !takeCredits(priority, from: old, before) { beginCredits(priority, firstTurn) }
        if before.localityCredits.isEmpty { beginLocalities(priority, firstTurn) }
        // What was owed under larger weights would outweigh smaller ones.
        let bound = levels[priority].localityWeights.reduce(0, +)
        for (number, credit) in before.localityCredits.enumerated()
        where levels[priority].localityCredits.indices.contains(number) {
            levels[priority].localityCredits[number] = min(bound, max(-bound, credit))
        }
    }

    /// Each group goes on with the member whose turn it was, or with the next after it that is still there.
    private mutating func takeTurns(_ priority: Int, from old: Balancer, _ before: Level) {
        for (slot, turn) in before.turns.enumerated() where levels[priority].turns.indices.contains(slot) {
            levels[priority].turns[slot] = turn
            // Who is alone takes no turn.
            guard let former = before.group(slot)?.members, former.count > 1,
                let members = levels[priority].group(slot)?.members, members.count > 1
            else { continue }
            let places = Dictionary(uniqueKeysWithValues: members.indices.map { (names[members[$0]], $0) })
            let next = Int(UInt(bitPattern: turn) % UInt(former.count))
            for member in former[next...] + former[..<next] {
                guard let place = places[old.names[member]] else { continue }
                levels[priority].turns[slot] = place
                break
            }
        }
    }

    /// False when the members have no credits from before.
    private mutating func takeCredits(_ priority: Int, from old: Balancer, _ before: Level) -> Bool {
        let members = levels[priority].all.members
        let numbers = Dictionary(uniqueKeysWithValues: members.map { (names[$0], $0) })
        let bound = members.reduce(0) { $0 + weights[$1] } * creditScale
        var isKnown = false
        for member in before.all.members {
            guard let number = numbers[old.names[member]] else { continue }
            credits[number] = min(bound, max(-bound, old.credits[member]))
            isKnown = isKnown || !old.hasEqualWeights || credits[number] != 0
        }
        return isKnown
    }

    /// Begins as after so many picks, so that workers do not all begin with the heaviest.
    private mutating func beginCredits(_ priority: Int, _ turn: Int) {
        guard policy == .roundRobin, !hasEqualWeights else { return }
        let level = levels[priority]
        let whole = level.healthy.members.isEmpty ? level.all : level.healthy
        for group in level.localities.isEmpty ? [whole] : level.localities where group.members.count > 1 {
            for _ in 0..<turn % min(group.members.count, 100) {
                _ = nextByCredit(group.members) { _ in 0 }
            }
        }
    }

    private mutating func beginLocalities(_ priority: Int, _ turn: Int) {
        guard !levels[priority].localities.isEmpty else { return }
        for _ in 0..<turn % levels[priority].localities.count { _ = nextLocality(priority) }
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
        if panics { return pick(levels[priority].all, of: priority, random, active) }
        if let locality = nextLocality(priority) {
            return pick(levels[priority].localities[locality], of: priority, random, active)
        }
        return pick(levels[priority].healthy, of: priority, random, active)
    }

    /// The place in `localities` of the one whose turn it is.
    private mutating func nextLocality(_ priority: Int) -> Int? {
        let weights = levels[priority].localityWeights
        guard !weights.isEmpty else { return nil }
        var best = (place: 0, number: 0, credit: Int.min)
        for (place, weight) in weights.enumerated() {
            let number = levels[priority].localities[place].slot - Level.localitySlot
            levels[priority].localityCredits[number] += weight
            let credit = levels[priority].localityCredits[number]
            if credit > best.credit { best = (place, number, credit) }
        }
        levels[priority].localityCredits[best.number] -= weights.reduce(0, +)
        return best.place
    }

    private mutating func pick(
        _ group: Group, of priority: Int, _ random: UInt64, _ active: (Int) -> Int
    ) -> Int? {
        let candidates = group.members
        guard candidates.count > 1 else { return candidates.first }
        switch policy {
        case .ringHash, .roundRobin:
            if !hasEqualWeights { return nextByCredit(candidates) { _ in 0 } }
            let turn = levels[priority].turns[group.slot]
            levels[priority].turns[group.slot] = turn &+ 1
            return candidates[Int(UInt(bitPattern: turn) % UInt(candidates.count))]
        case .random:
            return weighted(candidates, random & 0xFFFF_FFFF)
        case .leastRequest:
            // With unequal weights a busy member's weight shrinks: weight / (active + 1).
            if !hasEqualWeights { return nextByCredit(candidates, active) }
            let count = UInt64(candidates.count)
            let first = candidates[Int((random & 0xFFFF) % count)]
            let second = candidates[Int((random >> 16 & 0xFFFF) % count)]
            return active(first) <= active(second) ? first : second
        }
    }

    private mutating func nextByCredit(_ candidates: [Int], _ active: (Int) -> Int) -> Int {
        var best = candidates[0]
        var sum = 0
        for member in candidates {
            let own = max(1, weights[member] * creditScale / (active(member) + 1))
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
