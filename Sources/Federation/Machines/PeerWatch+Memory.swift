internal import Bytes

extension PeerWatch {
    /// An open watch.
    struct Open {
        var attempt: Int
        var since: Instant
        var hasHeartbeats: Bool
        var lastHeard: Instant
        var isSynced = false
        var listFailures = 0
    }

    /// A list on its way, and the events read meanwhile.
    struct Listing {
        var id: Int
        var deadline: Instant
        var events: [WatchEvent] = []
        var hasLostEvents = false
    }

    /// Where the watch is in its life.
    enum State: ~Copyable {
        case stopped
        case waiting(until: Instant)
        case opening(attempt: Int, deadline: Instant)
        case listing(Open, Listing)
        case watching(Open, nextList: Instant?)
    }

    /// What outlives connections.
    struct Memory: ~Copyable {
        var configuration: Configuration
        var backoff: Backoff
        var table: ServiceTable
        var status = PeerConnectionStatus()
        var staleSince: Moment?
        var hasExpired = false
        /// The checksum last stated for a list that we compute differently; nil when we agree.
        var disputedChecksum: UInt64?
        var attempts = 0
        var lists = 0
        var lastList: Instant?
        var mismatches = 0
        var hasEverSynced = false
    }
}

extension PeerWatch.Memory {
    /// When `staleImports` is to apply; nil when it never does, or does already.
    var expiry: Instant? {
        guard let staleSince, !hasExpired, configuration.staleImports != .keep else { return nil }
        return staleSince.instant + configuration.staleAfter
    }

    func deathOf(_ open: PeerWatch.Open) -> Instant? {
        guard open.hasHeartbeats else { return nil }
        return open.lastHeard + configuration.heartbeatInterval * configuration.missedHeartbeats
    }

    func isDead(_ open: PeerWatch.Open, _ now: Moment) -> Bool {
        deathOf(open).map { now.instant >= $0 } ?? false
    }

    mutating func nextAttempt() -> Int {
        attempts += 1
        return attempts
    }

    func opening(_ attempt: Int, _ now: Moment) -> PeerWatch.State {
        .opening(attempt: attempt, deadline: now.instant + configuration.openTimeout)
    }

    mutating func nextListing(_ now: Moment) -> PeerWatch.Listing {
        lists += 1
        lastList = now.instant
        return PeerWatch.Listing(id: lists, deadline: now.instant + configuration.listTimeout)
    }

    /// The first moment at which another list may be asked for.
    func earliestList(_ now: Moment) -> Instant {
        guard let lastList else { return now.instant }
        return max(now.instant, lastList + configuration.listSpacing)
    }

    /// Heartbeats carry the checksum, so nothing has to be read twice to be sure.
    func nextResync(_ open: PeerWatch.Open, _ now: Moment) -> Instant? {
        open.hasHeartbeats ? nil : now.instant + configuration.resyncPeriod
    }

    mutating func judge(_ message: WatchMessage, _ now: Moment) -> ServiceTable.Outcome {
        let outcome: ServiceTable.Outcome
        switch message {
        case .resync:
            return .mismatch
        case .heartbeat(let stated):
            outcome = stated == disputedChecksum ?? table.checksum ? .alreadyIncluded : .mismatch
        case .change(let event):
            status.eventCarried(at: now.wall)
            if disputedChecksum != nil { return .mismatch }
            outcome = table.apply(event)
        }
        if outcome == .mismatch { mismatches += 1 }
        return outcome
    }

    /// Takes a list over, and after it those of the held events that it does not have yet.
    ///
    /// False when some could not be placed, so that the list has to be read again.
    mutating func adopt(_ list: ServiceList, events: [WatchEvent]) -> Bool {
        table = ServiceTable(list.services)
        guard table.checksum == list.checksum else {
            disputedChecksum = list.checksum
            return events.isEmpty || events.last?.checksum == list.checksum
        }
        disputedChecksum = nil
        let included = events.lastIndex { $0.checksum == list.checksum }
        for event in events[(included.map { $0 + 1 } ?? 0)...] where table.apply(event) == .mismatch {
            mismatches += 1
            return false
        }
        return true
    }

    mutating func lose(_ reason: String, _ now: Moment) {
        status.ended(at: now.wall, status: reason)
        if staleSince == nil, hasEverSynced || !table.services.isEmpty { staleSince = now }
    }

    /// The state after an attempt or a watch ended.
    ///
    /// A watch that lasted is followed by a short wait; one that ends at once counts as a failure, so
    /// nobody is asked in a tight loop.
    mutating func waiting(after open: PeerWatch.Open?, _ reason: String, _ now: Moment) -> PeerWatch.State {
        lose(reason, now)
        if let open, open.isSynced, now.instant - open.since >= configuration.stableAfter { backoff.reset() }
        return .waiting(until: now.instant + backoff.next())
    }

    /// True when one more failed list is the last one this watch is given.
    func isLastFailure(_ open: PeerWatch.Open) -> Bool {
        open.listFailures + 1 >= configuration.maxListFailures
    }

    mutating func afterFailedList(
        _ open: PeerWatch.Open, _ reason: String, _ now: Moment
    ) -> PeerWatch.State {
        if isLastFailure(open) { return waiting(after: open, reason, now) }
        var open = open
        open.listFailures += 1
        return .watching(open, nextList: now.instant + configuration.listSpacing)
    }
}
