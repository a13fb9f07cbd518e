public import Bytes

/// One peer's services as its importer follows them.
///
/// Owns no socket, clock or log.
///
/// A watch is opened, the whole list is read once, then changes are applied one by one, each verified by its
/// checksum; a mismatch means reading the whole list. Whatever happens to the connection, the services last
/// known stay: only the exporter's word removes one.
///
/// Attempts and lists are numbered, so an answer that comes after its question was given up is told apart. After
/// every call the driver asks `nextDeadline` when to call `timerFired`.
public struct PeerWatch: ~Copyable {
    private var state: State
    private var memory: Memory

    /// A watch that was not started yet.
    ///
    /// `lastKnown` are the services known from an earlier life of this process: they are imports until the peer
    /// says otherwise.
    public init(
        _ configuration: Configuration = Configuration(), seed: UInt64, lastKnown: [ServiceMessage] = []
    ) {
        state = .stopped
        memory = Memory(
            configuration: configuration, backoff: Backoff(configuration.backoff, seed: seed),
            table: ServiceTable(lastKnown))
    }

    private init(_ state: consuming State, _ memory: consuming Memory) {
        self.state = state
        self.memory = memory
    }

    // MARK: What is known

    /// The services last known, sorted by hostname.
    public var services: [ServiceMessage] { memory.table.services }

    /// The checksum of `services`.
    public var checksum: UInt64 { memory.table.checksum }

    /// The connection as statuses show it.
    public var status: PeerConnectionStatus { memory.status }

    /// Since when the services may be out of date; nil while they are followed.
    public var staleSince: Moment? { memory.staleSince }

    /// The policy in force because the peer has been away for too long; nil while it has not.
    public var expired: StaleImports? { memory.hasExpired ? memory.configuration.staleImports : nil }

    /// True once a list was read in this life of the process.
    public var hasSynced: Bool { memory.hasEverSynced }

    /// How often a checksum did not agree.
    public var mismatches: Int { memory.mismatches }

    /// True when the peer states checksums that are not those of its lists, so that every event has to be
    /// answered by reading the whole list.
    public var isDisputed: Bool { memory.disputedChecksum != nil }

    /// When `timerFired` is to be called; nil for never.
    public var nextDeadline: Instant? {
        var deadline = memory.expiry
        func consider(_ instant: Instant?) {
            guard let instant else { return }
            deadline = deadline.map { min($0, instant) } ?? instant
        }
        switch state {
        case .stopped: return nil
        case .waiting(let until): consider(until)
        case .opening(_, let opening): consider(opening)
        case .listing(let open, let listing):
            consider(listing.deadline)
            consider(memory.deathOf(open))
        case .watching(let open, let nextList):
            consider(nextList)
            consider(memory.deathOf(open))
        }
        return deadline
    }

    // MARK: Events

    /// The peer is to be followed.
    ///
    /// `staleSince` is when the connection was lost that told of the services last known, nil for now.
    public mutating func start(now: Moment, staleSince: Moment? = nil) -> OnStart {
        var memory = consume memory
        switch consume state {
        case .stopped:
            if memory.staleSince == nil, !memory.table.services.isEmpty {
                memory.staleSince = staleSince ?? now
            }
            let attempt = memory.nextAttempt()
            self = .init(memory.opening(attempt, now), memory)
            return .open(attempt: attempt)
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return .ignore
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return .ignore
        case .listing(let open, let listing):
            self = .init(.listing(open, listing), memory)
            return .ignore
        case .watching(let open, let nextList):
            self = .init(.watching(open, nextList: nextList), memory)
            return .ignore
        }
    }

    /// The watch was answered by 200.
    public mutating func opened(attempt: Int, hasHeartbeats: Bool, now: Moment) -> OnOpened {
        var memory = consume memory
        switch consume state {
        case .opening(attempt, _):
            memory.status.opened(at: now.wall)
            let open = Open(
                attempt: attempt, since: now.instant, hasHeartbeats: hasHeartbeats, lastHeard: now.instant)
            let listing = memory.nextListing(now)
            self = .init(.listing(open, listing), memory)
            return .list(id: listing.id)
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return .ignore
        case .stopped:
            self = .init(.stopped, memory)
            return .ignore
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return .ignore
        case .listing(let open, let listing):
            self = .init(.listing(open, listing), memory)
            return .ignore
        case .watching(let open, let nextList):
            self = .init(.watching(open, nextList: nextList), memory)
            return .ignore
        }
    }

    /// The watch sent a message.
    public mutating func messageReceived(_ message: WatchMessage, attempt: Int, now: Moment) -> OnMessage {
        var memory = consume memory
        switch consume state {
        case .stopped:
            self = .init(.stopped, memory)
            return .ignore
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return .ignore
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return .ignore
        case .listing(let open, let listing) where open.attempt != attempt:
            self = .init(.listing(open, listing), memory)
            return .ignore
        case .watching(let open, let nextList) where open.attempt != attempt:
            self = .init(.watching(open, nextList: nextList), memory)
            return .ignore
        case .listing(var open, var listing):
            open.lastHeard = now.instant
            var action = OnMessage.none
            switch message {
            case .heartbeat: break
            case .resync: listing.hasLostEvents = true
            case .change(let event):
                memory.status.eventCarried(at: now.wall)
                if listing.events.count < memory.configuration.maxHeldEvents {
                    listing.events.append(event)
                } else {
                    listing.hasLostEvents = true
                }
                // A slow list must not delay changes of a list we already have.
                if open.isSynced, memory.disputedChecksum == nil, memory.table.apply(event) == .applied {
                    action = .apply
                }
            }
            self = .init(.listing(open, listing), memory)
            return action
        case .watching(var open, let nextList):
            open.lastHeard = now.instant
            guard open.isSynced else {
                // The list that is about to be asked for has what this says.
                if case .change = message { memory.status.eventCarried(at: now.wall) }
                self = .init(.watching(open, nextList: nextList), memory)
                return .none
            }
            switch memory.judge(message, now) {
            case .applied:
                self = .init(.watching(open, nextList: nextList), memory)
                return .apply
            case .alreadyIncluded:
                self = .init(.watching(open, nextList: nextList), memory)
                return .none
            case .mismatch:
                let earliest = memory.earliestList(now)
                if now.instant >= earliest {
                    let listing = memory.nextListing(now)
                    self = .init(.listing(open, listing), memory)
                    return .list(id: listing.id)
                }
                self = .init(.watching(open, nextList: min(nextList ?? earliest, earliest)), memory)
                return .none
            }
        }
    }

    /// The whole list was read.
    public mutating func listReceived(_ list: ServiceList, id: Int, now: Moment) -> OnListed {
        var memory = consume memory
        switch consume state {
        case .listing(var open, let listing) where listing.id == id:
            open.isSynced = true
            open.listFailures = 0
            let isComplete = memory.adopt(list, events: listing.events) && !listing.hasLostEvents
            memory.status.fullSyncCarried(at: now.wall)
            memory.hasEverSynced = true
            memory.staleSince = nil
            memory.hasExpired = false
            let next = isComplete ? memory.nextResync(open, now) : memory.earliestList(now)
            self = .init(.watching(open, nextList: next), memory)
            return .apply
        case .listing(let open, let listing):
            self = .init(.listing(open, listing), memory)
            return .ignore
        case .stopped:
            self = .init(.stopped, memory)
            return .ignore
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return .ignore
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return .ignore
        case .watching(let open, let nextList):
            self = .init(.watching(open, nextList: nextList), memory)
            return .ignore
        }
    }

    /// The list could not be read.
    ///
    /// Services stay as they are.
    public mutating func listFailed(id: Int, status: String, now: Moment) -> OnListFailed {
        var memory = consume memory
        switch consume state {
        case .listing(let open, let listing) where listing.id == id:
            let attempt = open.attempt
            let isAbandoned = memory.isLastFailure(open)
            self = .init(memory.afterFailedList(open, status, now), memory)
            return isAbandoned ? .abandon(attempt: attempt) : .retry
        case .listing(let open, let listing):
            self = .init(.listing(open, listing), memory)
            return .ignore
        case .stopped:
            self = .init(.stopped, memory)
            return .ignore
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return .ignore
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return .ignore
        case .watching(let open, let nextList):
            self = .init(.watching(open, nextList: nextList), memory)
            return .ignore
        }
    }

    /// The watch could not be opened, was answered by another status than 200, ended, or carried what is no message.
    ///
    /// `status` goes into the connection's status: the HTTP status line if there was one, else the error.
    public mutating func ended(attempt: Int, status: String, now: Moment) -> OnEnded {
        var memory = consume memory
        switch consume state {
        case .opening(attempt, _):
            self = .init(memory.waiting(after: nil, status, now), memory)
            return .wait
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return .ignore
        case .listing(let open, _) where open.attempt == attempt:
            self = .init(memory.waiting(after: open, status, now), memory)
            return .wait
        case .listing(let open, let listing):
            self = .init(.listing(open, listing), memory)
            return .ignore
        case .watching(let open, _) where open.attempt == attempt:
            self = .init(memory.waiting(after: open, status, now), memory)
            return .wait
        case .watching(let open, let nextList):
            self = .init(.watching(open, nextList: nextList), memory)
            return .ignore
        case .stopped:
            self = .init(.stopped, memory)
            return .ignore
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return .ignore
        }
    }

    /// Time passed.
    ///
    /// The driver calls it again until `nextDeadline` lies ahead.
    public mutating func timerFired(now: Moment) -> OnTimer {
        var memory = consume memory
        var expiry: OnTimer?
        if let deadline = memory.expiry, now.instant >= deadline {
            memory.hasExpired = true
            expiry = .expire(memory.configuration.staleImports)
        }
        switch consume state {
        case .stopped:
            self = .init(.stopped, memory)
            return expiry ?? .none
        case .waiting(let until) where expiry == nil && now.instant >= until:
            let attempt = memory.nextAttempt()
            self = .init(memory.opening(attempt, now), memory)
            return .open(attempt: attempt)
        case .waiting(let until):
            self = .init(.waiting(until: until), memory)
            return expiry ?? .none
        case .opening(let attempt, let deadline) where expiry == nil && now.instant >= deadline:
            self = .init(memory.waiting(after: nil, "the watch was not answered in time", now), memory)
            return .abandon(attempt: attempt)
        case .opening(let attempt, let deadline):
            self = .init(.opening(attempt: attempt, deadline: deadline), memory)
            return expiry ?? .none
        case .listing(let open, let listing):
            if expiry == nil, memory.isDead(open, now) {
                self = .init(memory.waiting(after: open, "heartbeats are missing", now), memory)
                return .abandon(attempt: open.attempt)
            }
            if expiry == nil, now.instant >= listing.deadline {
                let (attempt, id) = (open.attempt, listing.id)
                let isAbandoned = memory.isLastFailure(open)
                self = .init(
                    memory.afterFailedList(
                        open, "the list was not answered in time", now), memory)
                return isAbandoned ? .abandon(attempt: attempt) : .abandonList(id: id)
            }
            self = .init(.listing(open, listing), memory)
            return expiry ?? .none
        case .watching(let open, let nextList):
            if expiry == nil, memory.isDead(open, now) {
                self = .init(memory.waiting(after: open, "heartbeats are missing", now), memory)
                return .abandon(attempt: open.attempt)
            }
            if expiry == nil, let nextList, now.instant >= nextList {
                let listing = memory.nextListing(now)
                self = .init(.listing(open, listing), memory)
                return .list(id: listing.id)
            }
            self = .init(.watching(open, nextList: nextList), memory)
            return expiry ?? .none
        }
    }

    /// The peer's addresses or our gateway changed: what is under way is dropped and the watch opened at once.
    ///
    /// True when an open or opening watch has to be closed.
    public mutating func restart(now: Moment) -> Bool {
        var memory = consume memory
        switch consume state {
        case .stopped:
            self = .init(.stopped, memory)
            return false
        case .waiting:
            memory.backoff.reset()
            self = .init(.waiting(until: now.instant), memory)
            return false
        case .opening:
            memory.backoff.reset()
            self = .init(.waiting(until: now.instant), memory)
            return true
        case .listing:
            memory.backoff.reset()
            memory.lose("the peer was changed", now)
            self = .init(.waiting(until: now.instant), memory)
            return true
        case .watching:
            memory.backoff.reset()
            memory.lose("the peer was changed", now)
            self = .init(.waiting(until: now.instant), memory)
            return true
        }
    }

    /// Other times or another stale policy apply from now on.
    public mutating func reconfigure(_ configuration: Configuration) {
        if memory.configuration.staleImports != configuration.staleImports
            || memory.configuration.staleAfter != configuration.staleAfter
        {
            memory.hasExpired = false
        }
        memory.configuration = configuration
    }

    /// The peer is no longer followed.
    ///
    /// Its services stay readable.
    public mutating func stop(now: Moment) {
        var memory = consume memory
        if memory.status.connected { memory.lose("stopped", now) }
        self = .init(.stopped, memory)
    }
}
