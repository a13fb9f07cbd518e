/// What one watch of our exports has still to be sent.
///
/// Owns no socket, clock or log.
///
/// A watcher that does not read costs a bounded queue and nothing else: when it overflows, what is queued is
/// dropped and one mark stays, that the list has to be read again. Who asked for it gets a `resync` message; an
/// OSSM peer does not know that one, its stream ends cleanly instead and it comes back for the list.
public struct PeerFeed: ~Copyable {
    private enum State: ~Copyable {
        case flowing([WatchMessage])
        case overflown(checksum: UInt64)
        case closed
    }

    /// What a change asks for.
    public enum OnChange: Equatable, Sendable {
        /// Wake the writer: there is something to send again.
        case wake
        /// Nothing.
        case none
    }

    /// What the writer is to do next.
    public enum OnNext: Equatable, Sendable {
        /// Send these messages, then ask again.
        case send([WatchMessage])
        /// End the stream cleanly.
        case end
        /// Wait to be woken.
        case wait
    }

    private var state: State
    private let understandsMarks: Bool
    private let limit: Int

    /// A feed for a watcher.
    ///
    /// `understandsMarks` is true for one that asked for heartbeats and resync marks.
    public init(understandsMarks: Bool, limit: Int = 1_000) {
        self.init(.flowing([]), understandsMarks, limit)
    }

    private init(_ state: consuming State, _ understandsMarks: Bool, _ limit: Int) {
        self.state = state
        self.understandsMarks = understandsMarks
        self.limit = limit
    }

    /// True when the writer does not have to wait.
    public var hasMore: Bool {
        switch state {
        case .flowing(let queue): !queue.isEmpty
        case .overflown: true
        case .closed: true
        }
    }

    /// The list changed.
    public mutating func changed(_ events: [WatchEvent]) -> OnChange {
        let (understandsMarks, limit) = (understandsMarks, limit)
        guard let last = events.last else { return .none }
        switch consume state {
        case .flowing(var queue):
            let wasEmpty = queue.isEmpty
            if queue.count + events.count > limit {
                self = .init(.overflown(checksum: last.checksum), understandsMarks, limit)
            } else {
                for event in events { queue.append(.change(event)) }
                self = .init(.flowing(queue), understandsMarks, limit)
            }
            return wasEmpty ? .wake : .none
        case .overflown:
            self = .init(.overflown(checksum: last.checksum), understandsMarks, limit)
            return .none
        case .closed:
            self = .init(.closed, understandsMarks, limit)
            return .none
        }
    }

    /// It is time for a sign of life.
    ///
    /// Skipped for who did not ask, and while there is something else to send.
    public mutating func heartbeatDue(checksum: UInt64) -> OnChange {
        let (understandsMarks, limit) = (understandsMarks, limit)
        switch consume state {
        case .flowing(let queue):
            let isDue = understandsMarks && queue.isEmpty
            self = .init(.flowing(isDue ? [.heartbeat(checksum: checksum)] : queue), understandsMarks, limit)
            return isDue ? .wake : .none
        case .overflown(let checksum):
            self = .init(.overflown(checksum: checksum), understandsMarks, limit)
            return .none
        case .closed:
            self = .init(.closed, understandsMarks, limit)
            return .none
        }
    }

    /// The writer has sent what it had.
    public mutating func next() -> OnNext {
        let (understandsMarks, limit) = (understandsMarks, limit)
        switch consume state {
        case .flowing(let queue):
            self = .init(.flowing([]), understandsMarks, limit)
            return queue.isEmpty ? .wait : .send(queue)
        case .overflown(let checksum) where understandsMarks:
            self = .init(.flowing([]), understandsMarks, limit)
            return .send([.resync(checksum: checksum)])
        case .overflown:
            self = .init(.closed, understandsMarks, limit)
            return .end
        case .closed:
            self = .init(.closed, understandsMarks, limit)
            return .end
        }
    }

    /// The peer is gone, or may no longer watch.
    ///
    /// True when the writer has to be woken to end the stream.
    public mutating func close() -> Bool {
        let (understandsMarks, limit) = (understandsMarks, limit)
        switch consume state {
        case .flowing(let queue):
            self = .init(.closed, understandsMarks, limit)
            return queue.isEmpty
        case .overflown:
            self = .init(.closed, understandsMarks, limit)
            return false
        case .closed:
            self = .init(.closed, understandsMarks, limit)
            return false
        }
    }
}
