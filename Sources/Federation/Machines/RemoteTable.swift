internal import Bytes

/// Who of a peer watches our exports: the `remotes` of a ServiceMeshPeer's status.
public struct RemoteTable: Sendable {
    private struct Entry: Sendable {
        var connection = PeerConnectionStatus()
        var open = 0
    }

    private var entries: [String: Entry] = [:]
    private let keptFor: Duration
    private let limit: Int

    /// An empty table.
    ///
    /// Remotes are kept for a while after they left, at most `limit` of them.
    public init(keptFor: Duration = .seconds(300), limit: Int = 16) {
        self.keptFor = keptFor
        self.limit = limit
    }

    /// The remotes, sorted by source.
    public var remotes: [RemoteStatus] {
        entries.map { RemoteStatus(source: $0.key, connection: $0.value.connection) }
            .sorted { $0.source < $1.source }
    }

    /// A watch was accepted.
    public mutating func accepted(source: String, now: Moment) {
        prune(now)
        if entries[source] == nil, entries.count >= limit {
            let gone = entries.filter { $0.value.open == 0 }
            let oldest = gone.min {
                ($0.value.connection.lastDisconnect?.seconds ?? 0, $0.key)
                    < ($1.value.connection.lastDisconnect?.seconds ?? 0, $1.key)
            }
            guard let oldest else { return }
            entries[oldest.key] = nil
        }
        entries[source, default: Entry()].open += 1
        entries[source]?.connection.opened(at: now.wall)
    }

    /// The whole list was sent.
    ///
    /// Says nothing of a source that does not watch.
    public mutating func listSent(source: String, now: Moment) {
        entries[source]?.connection.fullSyncCarried(at: now.wall)
    }

    /// A change was sent.
    public mutating func eventSent(source: String, now: Moment) {
        entries[source]?.connection.eventCarried(at: now.wall)
    }

    /// A watch ended; the remote is disconnected when it was its last one.
    public mutating func ended(source: String, now: Moment) {
        guard var entry = entries[source], entry.open > 0 else { return }
        entry.open -= 1
        if entry.open == 0 { entry.connection.ended(at: now.wall, status: nil) }
        entries[source] = entry
        prune(now)
    }

    /// Drops remotes that left long ago.
    public mutating func prune(_ now: Moment) {
        entries = entries.filter { _, entry in
            guard entry.open == 0, let left = entry.connection.lastDisconnect else { return true }
            return now.wall - left < keptFor
        }
    }
}
