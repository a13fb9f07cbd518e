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
        let available = min(100, health.reduce(0, +))
        let mayPanic = panicThreshold > 0
        // Below 100 in all, a priority under the threshold spreads over all its endpoints; an empty one is under it.
        let panics = counts.map { count in
            guard mayPanic, available < 100 else { return false }
            let percent = count.total == 0 ? 0 : Double(count.healthy) * 100 / Double(count.total)
            return available == 0 || percent < panicThreshold
        }
        self.panics = panics
        if mayPanic, !panics.contains(false) {
            // Every priority panics: health says nothing any more, the number of endpoints does.
            shares = Self.spread(counts.map(\.total), over: counts.reduce(0) { $0 + $1.total })
        } else {
            shares = Self.spread(health, over: available)
        }
    }

    /// Percent by size, in order; what rounding leaves goes to the first that has any.
    private static func spread(_ sizes: [Int], over total: Int) -> [Int] {
        guard total > 0 else { return sizes.map { _ in 0 } }
        var shares: [Int] = []
        var left = 100
        for size in sizes {
            let share = min(left, size * 100 / total)
            shares.append(share)
            left -= share
        }
        if left > 0, let first = sizes.firstIndex(where: { $0 > 0 }) { shares[first] += left }
        return shares
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
