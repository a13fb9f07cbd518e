internal import Synchronization

/// The connections that all workers together may have to one cluster, and which of them wait for one.
///
/// A worker that finds none left gets in line; whoever gives one back hands it to the first in line.
final class ConnectionBudget: Sendable {
    /// One worker's pool, as the others know it.
    struct Member: Sendable {
        let id: ObjectIdentifier
        /// A connection is the member's, without another `take`; it gives back what it does not need.
        let granted: @Sendable () -> Void
        /// Somebody got in line: idle connections are wanted elsewhere.
        let asked: @Sendable () -> Void
    }

    private let held = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)
    private let members = Mutex<(all: [Member], line: [ObjectIdentifier])>(([], []))

    /// Connections that there are.
    var count: Int { held.load(ordering: .relaxed) }

    /// How many workers are in line.
    var inLine: Int { waiting.load(ordering: .sequentiallyConsistent) }

    func join(_ member: Member) { members.withLock { $0.all.append(member) } }

    func leave(_ id: ObjectIdentifier) {
        members.withLock { members in
            members.all.removeAll { $0.id == id }
            members.line.removeAll { $0 == id }
            waiting.store(members.line.count, ordering: .sequentiallyConsistent)
        }
    }

    /// Takes one of `limit`; false when all are taken.
    func take(limit: Int) -> Bool { held.takeOne(of: limit) }

    /// Gets in line, unless one became free: true then.
    func takeOrWait(_ id: ObjectIdentifier, limit: Int) -> Bool {
        let others = members.withLock { members -> [Member] in
            guard !members.line.contains(id) else { return [] }
            members.line.append(id)
            waiting.store(members.line.count, ordering: .sequentiallyConsistent)
            return members.all.filter { $0.id != id }
        }
        // Who gave one back before it could see the line has nobody to hand it to.
        if take(limit: limit) {
            members.withLock { members in
                members.line.removeAll { $0 == id }
                waiting.store(members.line.count, ordering: .sequentiallyConsistent)
            }
            return true
        }
        for member in others { member.asked() }
        return false
    }

    /// Gives one back: to the first in line, when there are not more than `limit`.
    func giveBack(limit: Int) {
        while true {
            if inLine > 0, count <= limit, let next = next() { return next.granted() }
            held.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            // Somebody may have got in line between the look and the return.
            guard inLine > 0, take(limit: limit) else { return }
        }
    }

    private func next() -> Member? {
        members.withLock { members in
            guard !members.line.isEmpty else { return nil }
            let id = members.line.removeFirst()
            waiting.store(members.line.count, ordering: .sequentiallyConsistent)
            return members.all.first { $0.id == id }
        }
    }
}

extension Atomic where Value == Int {
    /// Adds one unless there are `limit` already: never more, not even for a moment.
    func takeOne(of limit: Int) -> Bool {
        var current = load(ordering: .relaxed)
        while current < limit {
            let attempt = weakCompareExchange(
                expected: current, desired: current + 1, ordering: .sequentiallyConsistent)
            if attempt.exchanged { return true }
            current = attempt.original
        }
        return false
    }
}
