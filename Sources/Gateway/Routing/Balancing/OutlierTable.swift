internal import Bytes
internal import EnvoyConfig

/// Which endpoints of a cluster are ejected for their failures, by Envoy's rules: failures in a row at once, success
/// rates and failure percentages at the end of each interval.
struct OutlierTable: Sendable {
    /// Successes among what was counted in the interval under way.
    private struct Rate: Sendable {
        var count = 0
        var successes = 0

        mutating func note(_ isSuccess: Bool) {
            count += 1
            if isSuccess { successes += 1 }
        }

        /// In percent; nil when there were too few to tell.
        func percent(_ volume: UInt32) -> Double? {
            count >= max(1, Int(volume)) ? 100 * Double(successes) / Double(count) : nil
        }
    }

    private struct Entry: Sendable {
        // In a row.
        var serverErrors: UInt32 = 0
        var gatewayErrors: UInt32 = 0
        var localFailures: UInt32 = 0
        var ejections: Int = 0
        var ejectedUntil: Instant?
        var returned: Instant?
        var answers = Rate()
        /// Of connections, while local failures are counted apart.
        var connects = Rate()
    }

    private var entries: [SocketAddress: Entry] = [:]
    private var intervalStart: Instant?
    /// Ejections so far.
    private(set) var total: Int64 = 0
    /// Ejections that would have been too many at once.
    private(set) var overflow: Int64 = 0
    /// How often each rule was met.
    private(set) var detected: [OutlierRule: Int64] = [:]
    /// How often each rule ejected.
    private(set) var enforced: [OutlierRule: Int64] = [:]

    /// Endpoints that are out now.
    var ejectedCount: Int { entries.values.reduce(0) { $0 + ($1.ejectedUntil == nil ? 0 : 1) } }

    /// When the next endpoint comes back; nil when none is out.
    var nextReturn: Instant? { entries.values.compactMap(\.ejectedUntil).min() }

    func isEjected(_ address: SocketAddress) -> Bool { entries[address]?.ejectedUntil != nil }

    /// Notes how a request to an endpoint went; true when somebody was ejected.
    ///
    /// `members` is the number of endpoints, `random` decides where a rule is enforced in part.
    mutating func note(
        _ address: SocketAddress, _ outcome: OutlierOutcome, rule: OutlierDetection, members: Int,
        random: UInt64, now: Instant
    ) -> Bool {
        let compares =
            rule.enforcingSuccessRate > 0 || rule.enforcingFailurePercentage > 0
            || (rule.splitsLocalOriginErrors && rule.enforcingLocalOriginSuccessRate > 0)
        var isAnyOut = compares && sweep(rule, members, random, now)
        let isWell = outcome.status.map { $0 < 500 } ?? true
        guard !isWell || compares || entries[address] != nil else { return isAnyOut }
        for (kind, chance) in count(address, outcome, rule) {
            detected[kind, default: 0] += 1
            guard random % 100 < UInt64(chance), eject(address, rule, members, now) else { continue }
            enforced[kind, default: 0] += 1
            isAnyOut = true
        }
        return isAnyOut
    }

    /// Counts an outcome; the rules that it met, with the percent of cases in which they eject.
    private mutating func count(
        _ address: SocketAddress, _ outcome: OutlierOutcome, _ rule: OutlierDetection
    ) -> [(OutlierRule, UInt32)] {
        var entry = entries[address] ?? Entry()
        defer { entries[address] = entry }
        // Who is out was seen to fail enough.
        let isIn = entry.ejectedUntil == nil
        func isMet(_ count: inout UInt32, _ limit: UInt32, failed: Bool) -> Bool {
            count = failed && isIn ? count + 1 : 0
            guard limit > 0, count >= limit else { return false }
            count = 0
            return true
        }
        if rule.splitsLocalOriginErrors, !outcome.isAnswer {
            let failed = outcome == .failed || outcome == .timedOut
            entry.connects.note(!failed)
            let over = isMet(&entry.localFailures, rule.consecutiveLocalOriginFailure, failed: failed)
            return over ? [(.consecutiveLocalOriginFailure, rule.enforcingConsecutiveLocalOriginFailure)] : []
        }
        guard let status = outcome.status else { return [] }
        entry.answers.note(status < 500)
        var met: [(OutlierRule, UInt32)] = []
        if isMet(
            &entry.gatewayErrors, rule.consecutiveGatewayFailure, failed: (502...504).contains(status))
        {
            met.append((.consecutiveGatewayFailure, rule.enforcingConsecutiveGatewayFailure))
        }
        if isMet(&entry.serverErrors, rule.consecutive5xx, failed: status >= 500) {
            met.append((.consecutive5xx, rule.enforcingConsecutive5xx))
        }
        return met
    }

    private mutating func eject(
        _ address: SocketAddress, _ rule: OutlierDetection, _ members: Int, _ now: Instant
    ) -> Bool {
        guard var entry = entries[address], entry.ejectedUntil == nil, members > 0 else { return false }
        guard ejectedCount * 100 / members < Int(rule.maxEjectionPercent) else {
            overflow += 1
            return false
        }
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
        if let start = intervalStart, now - start < rule.interval { return false }
        let isFirst = intervalStart == nil
        intervalStart = now
        defer {
            for address in entries.keys {
                entries[address]?.answers = Rate()
                entries[address]?.connects = Rate()
            }
        }
        return isFirst ? false : judge(rule, members, random, now)
    }

    private mutating func judge(
        _ rule: OutlierDetection, _ members: Int, _ random: UInt64, _ now: Instant
    ) -> Bool {
        /// Success rates in percent of those in service with enough requests.
        func rates(_ rate: KeyPath<Entry, Rate>, _ volume: UInt32) -> [(SocketAddress, percent: Double)] {
            entries.compactMap { address, entry in
                guard entry.ejectedUntil == nil else { return nil }
                return entry[keyPath: rate].percent(volume).map { (address, $0) }
            }
        }
        /// Those whose rate is far below the others'.
        func laggards(_ rate: KeyPath<Entry, Rate>) -> [SocketAddress] {
            let compared = rates(rate, rule.successRateRequestVolume)
            guard compared.count >= max(1, Int(rule.successRateMinimumHosts)) else { return [] }
            let mean = compared.reduce(0) { $0 + $1.percent } / Double(compared.count)
            let variance =
                compared.reduce(0) { $0 + ($1.percent - mean) * ($1.percent - mean) } / Double(compared.count)
            let limit = mean - variance.squareRoot() * Double(rule.successRateStdevFactor) / 1000
            return compared.filter { $0.percent < limit }.map(\.0)
        }
        var verdicts = [(OutlierRule.successRate, rule.enforcingSuccessRate, laggards(\.answers))]
        if rule.splitsLocalOriginErrors {
            verdicts.append(
                (.localOriginSuccessRate, rule.enforcingLocalOriginSuccessRate, laggards(\.connects)))
        }
        let judged = rates(\.answers, rule.failurePercentageRequestVolume)
        if judged.count >= max(1, Int(rule.failurePercentageMinimumHosts)) {
            let losers = judged.filter { 100 - $0.percent >= Double(rule.failurePercentageThreshold) }
            verdicts.append((.failurePercentage, rule.enforcingFailurePercentage, losers.map(\.0)))
        }
        var isAnyOut = false
        for (number, (kind, chance, losers)) in verdicts.enumerated() {
            detected[kind, default: 0] += Int64(losers.count)
            guard (random >> (16 * UInt64(number))) % 100 < UInt64(chance) else { continue }
            for address in losers where eject(address, rule, members, now) {
                enforced[kind, default: 0] += 1
                isAnyOut = true
            }
        }
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
