internal import Bytes
internal import EnvoyConfig

/// Which endpoints of a cluster are ejected for their failures, by Envoy's rules: failures in a row at once, success
/// rates and failure percentages at the end of each interval.
struct OutlierTable: Sendable {
    private struct Entry: Sendable {
        var failures: UInt32 = 0
        var ejections: Int = 0
        var ejectedUntil: Instant?
        var returned: Instant?
        /// Of the interval under way.
        var requests = 0
        var successes = 0
    }

    private var entries: [SocketAddress: Entry] = [:]
    private var intervalStart: Instant?
    /// Ejections so far.
    private(set) var total: Int64 = 0

    /// Endpoints that are out now.
    var ejectedCount: Int { entries.values.reduce(0) { $0 + ($1.ejectedUntil == nil ? 0 : 1) } }

    /// When the next endpoint comes back; nil when none is out.
    var nextReturn: Instant? { entries.values.compactMap(\.ejectedUntil).min() }

    func isEjected(_ address: SocketAddress) -> Bool { entries[address]?.ejectedUntil != nil }

    /// Notes how a request to an endpoint went; true when somebody was ejected.
    ///
    /// `members` is the number of endpoints, `random` decides where a rule is enforced in part.
    mutating func note(
        _ address: SocketAddress, failed: Bool, rule: OutlierDetection, members: Int, random: UInt64,
        now: Instant
    ) -> Bool {
        let compares = rule.enforcingSuccessRate > 0 || rule.enforcingFailurePercentage > 0
        var isAnyOut = false
        if compares { isAnyOut = sweep(rule, members, random, now) }
        guard failed || compares || entries[address] != nil else { return isAnyOut }
        var entry = entries[address] ?? Entry()
        entry.requests += 1
        if !failed { entry.successes += 1 }
        entry.failures = failed && entry.ejectedUntil == nil ? entry.failures + 1 : 0
        let isOver = rule.consecutive5xx > 0 && entry.failures >= rule.consecutive5xx
        if isOver { entry.failures = 0 }
        entries[address] = entry
        guard isOver, random % 100 < UInt64(rule.enforcingConsecutive5xx) else { return isAnyOut }
        return eject(address, rule, members, now) || isAnyOut
    }

    private mutating func eject(
        _ address: SocketAddress, _ rule: OutlierDetection, _ members: Int, _ now: Instant
    ) -> Bool {
        guard var entry = entries[address], entry.ejectedUntil == nil, members > 0,
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
        entries[address] = entry
        return true
    }

    /// Compares the endpoints at the end of an interval and begins the next; true when somebody was ejected.
    private mutating func sweep(
        _ rule: OutlierDetection, _ members: Int, _ random: UInt64, _ now: Instant
    ) -> Bool {
        guard let start = intervalStart, now - start < rule.interval else {
            defer {
                intervalStart = now
                for address in entries.keys {
                    entries[address]?.requests = 0
                    entries[address]?.successes = 0
                }
            }
            return intervalStart == nil ? false : judge(rule, members, random, now)
        }
        return false
    }

    private mutating func judge(
        _ rule: OutlierDetection, _ members: Int, _ random: UInt64, _ now: Instant
    ) -> Bool {
        /// Success rates in percent of those in service with enough requests.
        func rates(_ volume: UInt32) -> [(address: SocketAddress, rate: Double)] {
            entries.filter { $0.value.ejectedUntil == nil && $0.value.requests >= max(1, Int(volume)) }
                .map { ($0.key, 100 * Double($0.value.successes) / Double($0.value.requests)) }
        }
        var losers: [SocketAddress] = []
        let compared = rates(rule.successRateRequestVolume)
        if compared.count >= max(1, Int(rule.successRateMinimumHosts)),
            random % 100 < UInt64(rule.enforcingSuccessRate)
        {
            let mean = compared.reduce(0) { $0 + $1.rate } / Double(compared.count)
            let variance =
                compared.reduce(0) { $0 + ($1.rate - mean) * ($1.rate - mean) } / Double(compared.count)
            let limit = mean - variance.squareRoot() * Double(rule.successRateStdevFactor) / 1000
            losers += compared.filter { $0.rate < limit }.map(\.address)
        }
        let judged = rates(rule.failurePercentageRequestVolume)
        if judged.count >= max(1, Int(rule.failurePercentageMinimumHosts)),
            random / 100 % 100 < UInt64(rule.enforcingFailurePercentage)
        {
            losers += judged.filter { 100 - $0.rate >= Double(rule.failurePercentageThreshold) }.map(
                \.address)
        }
        var isAnyOut = false
        for address in losers where eject(address, rule, members, now) { isAnyOut = true }
        return isAnyOut
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
