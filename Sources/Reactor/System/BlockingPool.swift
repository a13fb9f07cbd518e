internal import CSystem
internal import Glibc
internal import Synchronization

/// A few plain threads for what blocks: fsync, name resolution, waiting for a lock.
///
/// Work starts in the order given. The threads start with the first work and live as long as the process,
/// so make pools once, as globals.
public final class BlockingPool: Sendable {
    /// The pool for files.
    public static let files = BlockingPool(name: "files", threads: 4)

    private struct State: Sendable {
        var work: [@Sendable () -> Void] = []
        var head = 0
        var threads = 0
        var idle = 0
    }

    private let name: String
    private let limit: Int
    private let state = Mutex(State())
    private let ready: FileDescriptor

    /// A pool of at most `threads` threads.
    ///
    /// Stops the process when out of descriptors.
    public init(name: String, threads: Int) {
        self.name = name
        limit = max(1, threads)
        // A counting semaphore: each read takes one.
        let fd = eventfd(0, Int32(EFD_CLOEXEC | EFD_SEMAPHORE))
        guard fd >= 0 else { fatalError("cannot make thread pool \(name): \(Errno.last)") }
        ready = FileDescriptor(owning: fd)
    }

    /// Runs `body` on a thread of the pool and returns what it returned.
    public func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            submit { continuation.resume(returning: body()) }
        }
    }

    /// Runs a failing `body` on a thread of the pool.
    public func run<T: Sendable, E: Error>(
        _ body: @escaping @Sendable () throws(E) -> T
    ) async throws(E) -> T {
        let result: Result<T, E> = await withCheckedContinuation { continuation in
            submit {
                do throws(E) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Runs `body` on the files' pool.
    public static func run<T: Sendable, E: Error>(
        _ body: @escaping @Sendable () throws(E) -> T
    ) async throws(E) -> T {
        try await files.run(body)
    }

    /// Queues work and returns at once.
    public func submit(_ work: @escaping @Sendable () -> Void) {
        let needsThread = state.withLock { state in
            state.work.append(work)
            let waiting = state.work.count - state.head
            guard waiting > state.idle, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if needsThread { Thread.spawn(name) { self.serve() } }
        var one: UInt64 = 1
        _ = Glibc.write(ready.rawValue, &one, 8)
    }

    private func serve() -> Never {
        while true {
            state.withLock { $0.idle += 1 }
            var value: UInt64 = 0
            while Glibc.read(ready.rawValue, &value, 8) < 0 && errno == EINTR {}
            let work: (@Sendable () -> Void)? = state.withLock { state in
                state.idle -= 1
                guard state.head < state.work.count else { return nil }
                let next = state.work[state.head]
                state.head += 1
                if state.head == state.work.count || state.head >= 1024 {
                    state.work.removeFirst(state.head)
                    state.head = 0
                }
                return next
            }
            work?()
        }
    }
}
