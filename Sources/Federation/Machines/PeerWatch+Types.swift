/// What happens to the imports of a peer that has been away for long.
public enum StaleImports: String, Hashable, Sendable, CaseIterable {
    /// They stay as they are.
    case keep
    /// They stay, behind every other endpoint.
    case demote
    /// They go.
    case drop
}

extension PeerWatch {
    /// The times and limits of a watch.
    public struct Configuration: Hashable, Sendable {
        /// How long opening the watch may take.
        public var openTimeout: Duration = .seconds(15)
        /// How long reading the whole list may take.
        public var listTimeout: Duration = .seconds(30)
        /// How long after a failed list the next is asked for, and the least time between two lists.
        public var listSpacing: Duration = .seconds(1)
        /// After how many failed lists in a row the watch is given up and opened anew.
        public var maxListFailures = 5
        /// How often the whole list is read from a peer without heartbeats.
        public var resyncPeriod: Duration = .seconds(60)
        /// How often a peer that has them sends heartbeats.
        public var heartbeatInterval: Duration = .seconds(5)
        /// After how many missed heartbeats a watch counts as dead.
        public var missedHeartbeats = 3
        /// How long a watch must have lasted for the next waiting time to be the first again.
        public var stableAfter: Duration = .seconds(10)
        /// How many events are kept while a list is on its way.
        public var maxHeldEvents = 1_000
        /// The waiting times between attempts.
        public var backoff = Backoff.Configuration()
        /// What happens to imports after `staleAfter`.
        public var staleImports: StaleImports = .keep
        /// How long a peer may be away before `staleImports` applies.
        public var staleAfter: Duration = .seconds(300)

        /// The usual times and limits.
        public init() {}
    }

    /// What the driver is to do first.
    public enum OnStart: Equatable, Sendable {
        /// Open the watch.
        case open(attempt: Int)
        /// Nothing: it runs already.
        case ignore
    }

    /// What an answer 200 to the watch asks for.
    public enum OnOpened: Equatable, Sendable {
        /// Ask for the whole list.
        case list(id: Int)
        /// Nothing: the answer is that of an attempt that was given up. Close it.
        case ignore
    }

    /// What a message of the watch asks for.
    public enum OnMessage: Equatable, Sendable {
        /// Pass on `services`: they changed.
        case apply
        /// Ask for the whole list.
        case list(id: Int)
        /// Nothing.
        case none
        /// Close the stream it came from: it was given up.
        case ignore
    }

    /// What an answer to a list asks for.
    public enum OnListed: Equatable, Sendable {
        /// Pass on `services`, and that the peer's imports are current.
        case apply
        /// Nothing: it is the answer to a question given up.
        case ignore
    }

    /// What a failed list asks for.
    public enum OnListFailed: Equatable, Sendable {
        /// Nothing: it will be asked for again.
        case retry
        /// Close the watch; it will be opened anew.
        case abandon(attempt: Int)
        /// Nothing: it is the answer to a question given up.
        case ignore
    }

    /// What the end of a watch asks for.
    public enum OnEnded: Equatable, Sendable {
        /// Nothing but to drop what is under way: it will be opened anew.
        case wait
        /// Nothing: it had been given up.
        case ignore
    }

    /// What the passing of time asks for.
    public enum OnTimer: Equatable, Sendable {
        /// Open the watch.
        case open(attempt: Int)
        /// Ask for the whole list.
        case list(id: Int)
        /// Drop the question for the list; it will be asked again.
        case abandonList(id: Int)
        /// Close the watch; it will be opened anew.
        case abandon(attempt: Int)
        /// The peer has been away for `staleAfter`: apply this policy to its imports.
        case expire(StaleImports)
        /// Nothing.
        case none
    }
}
