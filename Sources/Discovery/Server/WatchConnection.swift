internal import Federation
internal import HTTPService
internal import Synchronization

/// One open watch of our exports: the feed, and the task that writes it.
///
/// Whoever changes the exports only puts into the queue; nobody ever waits for a watcher.
final class WatchConnection: Sendable {
    let source: String
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var feed: PeerFeed
        var waiter: CheckedContinuation<Void, Never>?
    }

    init(source: String, understandsMarks: Bool, queueLimit: Int) {
        self.source = source
        state = Mutex(State(feed: PeerFeed(understandsMarks: understandsMarks, limit: queueLimit)))
    }

    func changed(_ events: [WatchEvent]) {
        wake { state in state.feed.changed(events) == .wake }
    }

    func heartbeatDue(checksum: UInt64) {
        wake { state in state.feed.heartbeatDue(checksum: checksum) == .wake }
    }

    func close() {
        wake { state in state.feed.close() }
    }

    /// Writes until the watcher leaves or the feed ends.
    ///
    /// `onSent` is told of every change that was sent.
    func run(_ writer: HTTPBodyWriter, onSent: @Sendable () -> Void) async {
        while !Task.isCancelled {
            switch state.withLock({ $0.feed.next() }) {
            case .send(let messages):
                for message in messages {
                    do {
                        try await writer.write(message.line)
                    } catch {
                        return
                    }
                    if case .change = message { onSent() }
                }
            case .wait: await waitForMore()
            case .end: return
            }
        }
    }

    private func waitForMore() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if Task.isCancelled || state.feed.hasMore { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            wake { _ in true }
        }
    }

    private func wake(_ change: (inout State) -> Bool) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard change(&state) else { return nil }
            return state.waiter.take()
        }
        waiter?.resume()
    }
}
