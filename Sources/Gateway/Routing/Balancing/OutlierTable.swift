internal import Bytes
internal import EnvoyConfig

/// Which endpoints of a cluster are ejected for their failures (Envoy's `consecutive_5xx`).
struct OutlierTable: Sendable {
    private struct Entry: Sendable {
        var failures: UInt32 = 0
        var ejections: Int = 0
        var ejectedUntil: Instant?
        var returned: Instant?
    }

    private var entries: [SocketAddress: Entry] = [:]
    /// Ejections so far.
    private(set) var total: Int64 = 0

    /// Endpoints that are out now.
    var ejectedCount: Int { entries.values.reduce(0) { $0 + ($1.ejectedUntil == nil ? 0 : 1) } }

    /// When the next endpoint comes back; nil when none is out.
    var nextReturn: Instant? { entries.values.compactMap(\.ejectedUntil).min() }

    func isEjected(_ address: SocketAddress) -> Bool { entries[address]?.ejectedUntil != nil }

    /// Notes how a request to an endpoint went; true when that ejected it.
    ///
    /// `members` is the number of endpoints, `random` decides where a rule is enforced in part.
    mutating func note(
        _ address: SocketAddress, failed: Bool, rule: OutlierDetection, members: Int, random: UInt64,
        now: Instant
    ) -> Bool {
        guard failed else {
            if entries[address] != nil { entries[address]?.failures = 0 }
            return false
        }
        var entry = entries[address] ?? Entry()
        defer { entries[address] = entry }
        guard entry.ejectedUntil == nil else { return false }
        entry.failures += 1
        guard rule.consecutive5xx > 0, entry.failures >= rule.consecutive5xx else { return false }
        entry.failures = 0
        guard random % 100 < UInt64(rule.enforcingConsecutive5xx), members > 0,
            ejectedCount * 100 / members < Int(rule.maxEjectionPercent)
        else { return false }
        if let returned = entry.returned, rule.interval > .zero {
            // Good behaviour since then is forgiven, one ejection for each interval.
            entry.ejections = max(
                0, entry.ejections - Int((now - returned).inNanoseconds / max(1, rule.interval.inNanoseconds))
            )
        }
        entry.ejections += 1
        total += 1
        let time = min(
            rule.baseEjectionTime * entry.ejections, max(rule.maxEjectionTime, rule.baseEjectionTime))
        entry.ejectedUntil = now + time
        return true
    }

    /// Lets those back whose time is over; true when there was one.
    mutating func expire(_ now: Instant) -> Bool {
        var changed = false
        for (address, entry) in entries {
            guard let until = entry.ejectedUntil, until <= now else { continue }
            entries[address]?.ejectedUntil = nil
            entries[address]?.returned = now
            changed = true
        }
        return changed
    }

    /// Forgets endpoints that are gone.
    mutating func keep(_ members: Set<SocketAddress>) {
        entries = entries.filter { members.contains($0.key) }
    }
}
