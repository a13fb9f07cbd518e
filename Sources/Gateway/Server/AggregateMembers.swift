internal import Reactor

/// The members of an aggregate cluster on one worker: their priorities follow each other as if they were one
/// cluster's (Envoy's linearized priorities; a priority without endpoints is left out).
///
/// A member is picked for each try; what belongs to a connection is the member's own.
final class AggregateMembers {
    private var members: [ClusterRuntime] = []
    /// The priorities of all members, in order.
    private var levels: [(member: ClusterRuntime, priority: Int)] = []
    /// What the members had come to when the load was last shared out; nil when they are others now.
    private var revisions: [Int]?
    private var load = PriorityLoad([], panicThreshold: 0)
    private var panicThreshold: Double = 0

    /// Takes the members that there are now.
    func bind(_ members: [ClusterRuntime], panicThreshold: Double) {
        self.members = members
        self.panicThreshold = panicThreshold
        revisions = nil
    }

    /// The member, and the priority in it, for the next try; nil when nobody has an endpoint to offer.
    func pick(_ random: inout FastRandom) -> (member: ClusterRuntime, priority: Int)? {
        refresh(&random)
        return load.pick(random: random.next() >> 32).map { levels[$0] }
    }

    private func refresh(_ random: inout FastRandom) {
        var isSame = revisions != nil
        for (index, member) in members.enumerated() where member.refresh(&random) != revisions?[index] {
            isSame = false
        }
        guard !isSame else { return }
        revisions = members.map(\.revision)
        levels = []
        var counts: [(healthy: Int, total: Int)] = []
        for member in members {
            for (priority, count) in member.levelCounts.enumerated() where count.total > 0 {
                levels.append((member, priority))
                counts.append(count)
            }
        }
        load = PriorityLoad(counts, panicThreshold: panicThreshold)
    }
}
