/// How traffic is shared between priorities (Envoy's overprovisioning factor 140 and healthy panic).
struct PriorityLoad: Equatable {
    /// Percent of the traffic of each priority; sums to 100, or is all zero when there is no endpoint.
    let shares: [Int]
    /// Whether a priority uses all its endpoints, healthy or not.
    let panics: [Bool]

    /// `counts` are the healthy and all endpoints of each priority; `panicThreshold` is in percent, 0 never panics.
    init(_ counts: [(healthy: Int, total: Int)], panicThreshold: Double) {
        let health = counts.map { count in
            count.total == 0 ? 0 : min(100, count.healthy * 140 / count.total)
        }
        let available = health.reduce(0, +)
        if available == 0 {
            // Nothing is healthy: the first priority with endpoints gets everything.
            let first = counts.firstIndex { $0.total > 0 }
            shares = counts.indices.map { $0 == first ? 100 : 0 }
            panics = counts.map { _ in panicThreshold > 0 }
            return
        }
        var shares: [Int] = []
        var left = 100
        let total = min(100, available)
        for value in health {
            let share = min(left, value * 100 / total)
            shares.append(share)
            left -= share
        }
        // Rounding goes to the first priority that has traffic.
        if left > 0, let first = shares.firstIndex(where: { $0 > 0 }) { shares[first] += left }
        self.shares = shares
        // Below 100 in all, a priority under the threshold spreads over all its endpoints.
        panics = counts.map { count in
            available < 100 && count.total > 0
                && Double(count.healthy) * 100 / Double(count.total) < panicThreshold
        }
    }

    /// The priority that `random` falls on.
    func pick(random: UInt64) -> Int? {
        var left = Int(random % 100)
        for (index, share) in shares.enumerated() {
            if left < share { return index }
            left -= share
        }
        return nil
    }
}
