internal import Reactor
internal import Synchronization

/// The pool of a client, made on its loop with the first request.
final class PoolBox: Sendable {
    private let pool = Mutex<LoopBound<ClientPool>?>(nil)

    /// On the loop only.
    func get(_ loop: EventLoop) -> ClientPool {
        let bound: LoopBound<ClientPool> = pool.withLock { pool in
            if let pool { return pool }
            let made = LoopBound(ClientPool(loop), loop: loop)
            pool = made
            return made
        }
        return bound.value
    }

    /// On the loop only.
    func retire() { pool.withLock { $0 }?.value.retire() }

    /// On the loop only.
    func closeIdle() { pool.withLock { $0 }?.value.closeAll() }
}

/// Resumes a continuation with whichever value comes first.
final class Once<T: Sendable>: Sendable {
    private let continuation: Mutex<CheckedContinuation<T?, Never>?>

    init(_ continuation: CheckedContinuation<T?, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ value: T?) { continuation.withLock { $0.take() }?.resume(returning: value) }
}
