internal import Reactor
internal import Synchronization

/// A worker as other threads hold it: its loop, and a way to run something on it.
final class WorkerHandle: Sendable {
    let loop: EventLoop
    private let box = Mutex<LoopBound<Worker>?>(nil)

    init(index: Int, share: WorkerShare) {
        let loop = EventLoop.started(name: "worker-\(index)")
        self.loop = loop
        loop.submit {
            let worker = LoopBound(Worker(loop: loop, share: share), loop: loop)
            self.box.withLock { $0 = worker }
        }
    }

    /// Runs `body` on the worker's thread and hands back what it returns.
    func run<T: Sendable>(_ body: @escaping @Sendable (Worker) -> T) async -> T {
        await withCheckedContinuation { continuation in
            loop.submit {
                // Submitted after the box was filled: work runs in order.
                guard let box = self.box.withLock({ $0 }) else {
                    preconditionFailure("a worker's loop runs work in order")
                }
                continuation.resume(returning: body(box.value))
            }
        }
    }
}
