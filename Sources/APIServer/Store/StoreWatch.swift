package import Resources
import Synchronization

/// Follows the changes of one type from a version on.
///
/// It holds a place in the history, not a queue of its own: a slow watcher costs nothing and expires when it
/// falls out of the window.
package final class StoreWatch: Sendable {
    /// What comes next.
    package enum Step: Sendable {
        /// A change.
        case event(StoreEvent)
        /// Woken without a change: everything up to this version has been seen.
        case idle(UInt64)
        /// The version it stands at has left the window.
        case expired(newest: UInt64)
        /// The store is closed or the watch was cancelled.
        case closed
    }

    private struct Place {
        var version: UInt64
        var isWoken = false
        var isCancelled = false
    }

    private let store: ObjectStore
    private let type: ResourceType
    private let id: UInt64
    private let place: Mutex<Place>

    init(_ store: ObjectStore, _ type: ResourceType, from version: UInt64) {
        self.store = store
        self.type = type
        place = Mutex(Place(version: version))
        id = store.state.withLock { state in
            state.lastWatch += 1
            return state.lastWatch
        }
    }

    /// The next change, as soon as there is one.
    ///
    /// One caller at a time.
    package func next() async -> Step {
        while true {
            let place = place.withLock { place in
                defer { place.isWoken = false }
                return place
            }
            if place.isCancelled { return .closed }
            let (step, newest, isClosed) = store.state.withLock {
                ($0.step(type, after: place.version), $0.version, $0.isClosed)
            }
            if isClosed { return .closed }
            switch step {
            case .event(let event):
                self.place.withLock { $0.version = event.version }
                return .event(event)
            case .expired: return .expired(newest: newest)
            case .current: if place.isWoken { return .idle(max(newest, place.version)) }
            }
            await pause(after: place.version)
        }
    }

    private func pause(after version: UInt64) async {
        await withCheckedContinuation { continuation in
            let isReady = store.state.withLock { state in
                // A change, a wake or a cancellation since the look above must not be slept through.
                let isWoken = place.withLock { $0.isWoken || $0.isCancelled }
                if case .current = state.step(type, after: version), !isWoken, !state.isClosed {
                    state.waiting[type, default: [:]][id] = continuation
                    return false
                }
                return true
            }
            if isReady { continuation.resume() }
        }
    }

    /// Makes `next` return, with `.idle` when nothing has happened.
    package func wake() {
        place.withLock { $0.isWoken = true }
        resume()
    }

    /// Ends the watch; `next` returns `.closed`.
    package func cancel() {
        place.withLock { $0.isCancelled = true }
        resume()
    }

    private func resume() {
        let continuation = store.state.withLock { $0.waiting[type]?.removeValue(forKey: id) }
        continuation?.resume()
    }
}

extension ObjectStore {
    /// Follows the changes of `type` after `version`.
    ///
    /// A version from the future waits for it.
    package func watch(_ type: ResourceType, from version: UInt64) -> StoreWatch {
        StoreWatch(self, type, from: version)
    }
}
