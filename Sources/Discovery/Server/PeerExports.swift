internal import Federation
internal import Reactor
internal import Resources
internal import Synchronization

/// What one peer may see, and who of it watches.
///
/// Peers share no lock.
final class PeerExports: Sendable {
    let name: String
    private let onRemotesChanged: @Sendable (String, [RemoteStatus]) -> Void
    private let state: Mutex<State>

    private struct State {
        var ingressIdentity: SPIFFEID
        var list = ExportList()
        var remotes = RemoteTable()
        var connections: [ObjectIdentifier: WatchConnection] = [:]
        var isRemoved = false
    }

    init(
        name: String, ingressIdentity: SPIFFEID,
        onRemotesChanged: @escaping @Sendable (String, [RemoteStatus]) -> Void
    ) {
        self.name = name
        self.onRemotesChanged = onRemotesChanged
        state = Mutex(State(ingressIdentity: ingressIdentity))
    }

    var remotes: [RemoteStatus] { state.withLock { $0.remotes.remotes } }

    func admits(_ identity: SPIFFEID?) -> Bool { state.withLock { $0.ingressIdentity == identity } }

    /// Another gateway speaks for the peer from now on; watches through the old one end.
    func setIngressIdentity(_ identity: SPIFFEID) {
        let closed = state.withLock { state -> [WatchConnection] in
            guard state.ingressIdentity != identity else { return [] }
            state.ingressIdentity = identity
            return Array(state.connections.values)
        }
        for connection in closed { connection.close() }
    }

    func setServices(_ services: [ServiceMessage]) {
        state.withLock { state in
            let events = state.list.update(to: services)
            if events.isEmpty { return }
            // Under the lock, so that two changes reach every queue in the same order.
            for connection in state.connections.values { connection.changed(events) }
        }
    }

    func remove() {
        let connections = state.withLock { state in
            state.isRemoved = true
            return Array(state.connections.values)
        }
        for connection in connections { connection.close() }
    }

    /// Ends the watches that are open; the peer may come back.
    func endWatches() {
        let connections = state.withLock { Array($0.connections.values) }
        for connection in connections { connection.close() }
    }

    func sendHeartbeats() {
        state.withLock { state in
            for connection in state.connections.values {
                connection.heartbeatDue(checksum: state.list.checksum)
            }
        }
    }

    /// The list as it is now, for one of the peer's controllers.
    func list(for source: String) -> [UInt8] {
        let (json, isWatched) = state.withLock { state in
            state.remotes.listSent(source: source, now: .now)
            return (state.list.json(), state.remotes.remotes.contains { $0.source == source })
        }
        if isWatched { report() }
        return json
    }

    /// Lets a connection in; false when the peer is gone or has too many already.
    func open(_ connection: WatchConnection, limit: Int) -> Bool {
        let isAdmitted = state.withLock { state in
            guard !state.isRemoved, state.connections.count < limit else { return false }
            state.connections[ObjectIdentifier(connection)] = connection
            state.remotes.accepted(source: connection.source, now: .now)
            return true
        }
        if isAdmitted { report() }
        return isAdmitted
    }

    func eventSent(_ source: String) {
        state.withLock { $0.remotes.eventSent(source: source, now: .now) }
    }

    func close(_ connection: WatchConnection) {
        let isKnown = state.withLock { state in
            guard state.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else {
                return false
            }
            state.remotes.ended(source: connection.source, now: .now)
            return !state.isRemoved
        }
        if isKnown { report() }
    }

    /// Forgets remotes that left long ago.
    func prune() {
        let hasChanged = state.withLock { state in
            let before = state.remotes.remotes.count
            state.remotes.prune(.now)
            return state.remotes.remotes.count != before
        }
        if hasChanged { report() }
    }

    private func report() { onRemotesChanged(name, remotes) }
}

extension Moment {
    /// The moment it is.
    static var now: Moment { Moment(instant: Clock.monotonic(), wall: Clock.wall()) }
}
