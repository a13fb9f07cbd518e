package import Reactor
package import Resources
import Synchronization

/// The durable store of objects: one file each, one version counter, every acknowledged change on disk.
///
/// Writes go through one queue. Whoever waits while others are being written is taken together into the next
/// batch, whose files are written side by side on plain threads; a batch becomes visible, in version order,
/// only when its files are durable. Readers never wait for a disk.
package final class ObjectStore: Sendable {
    /// Bounds of the store.
    package struct Limits: Sendable {
        /// Changes per type that watches can start from.
        package var history = 4096
        /// The JSON of the objects in those changes, per type.
        package var historyBytes = 16 << 20
        /// Versions reserved by one write of the version mark.
        package var versionBlock: UInt64 = 1000
        /// Writes taken into one batch.
        package var batch = 64
        /// Writes that may wait; more are refused.
        package var queue = 10_000

        /// The usual bounds.
        package init() {}
    }

    private struct Queue {
        var requests: [WriteRequest] = []
        var isCommitting = false
        var isClosed = false
        var onIdle: [CheckedContinuation<Void, Never>] = []
    }

    let state: Mutex<StoreState>
    /// Files that were moved to the quarantine at start, with the reason.
    package let quarantined: [String]
    private let queue = Mutex(Queue())
    private let committer: Committer
    private let lock: FileLock
    private let limits: Limits
    private let observer = Mutex<(@Sendable (StoreEvent) -> Void)?>(nil)

    /// Opens the state directory, which no other process may have open; blocks while it reads.
    package init(directory: String, limits: Limits = Limits()) throws(FileError) {
        let layout = StoreLayout(root: directory)
        try FileSystem.makeDirectory(directory)
        lock = try FileSystem.lock(layout.lock)
        let loaded = try StoreLoader.load(layout)
        quarantined = loaded.quarantined
        self.limits = limits
        state = Mutex(
            StoreState(objects: loaded.objects, version: loaded.version, limits: limits))
        committer = Committer(
            layout: layout, version: loaded.version, block: limits.versionBlock,
            directories: loaded.directories)
    }

    /// The object now.
    package func get(_ id: ObjectID) -> StoredObject? { state.withLock { $0.get(id) } }

    /// The objects of a type now, in order, and the version the list is at; `nil` namespace means all.
    package func list(_ type: ResourceType, namespace: String?) -> (objects: [StoredObject], version: UInt64)
    {
        state.withLock { ($0.list(type, namespace: namespace), $0.version) }
    }

    /// The version of the newest visible change.
    package var version: UInt64 { state.withLock { $0.version } }

    /// How many objects there are.
    package var count: Int { state.withLock { $0.count } }

    /// Changes one object.
    ///
    /// `decide` sees the object as every earlier write left it, and says what becomes of it.
    ///
    /// - Parameters:
    ///   - target: The object that changes.
    ///   - reads: Others that `decide` looks at through `get`; it sees earlier writes to these too.
    ///   - decide: Runs once, never beside another; a rejection is thrown on.
    package func write(
        _ target: ObjectID, reads: [ObjectID] = [],
        decide: @escaping @Sendable (StoredObject?) throws(ResourceError) -> WriteDecision
    ) async throws(ResourceError) -> WriteResult {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<WriteOutcome, Never>) in
            let request = WriteRequest(
                target: target, reads: reads, decide: decide, continuation: continuation)
            let verdict = queue.withLock { queue -> ResourceError? in
                if queue.isClosed { return .storeClosed }
                if queue.requests.count >= limits.queue { return .storeBusy }
                queue.requests.append(request)
                if !queue.isCommitting {
                    queue.isCommitting = true
                    Task { await self.commit() }
                }
                return nil
            }
            if let verdict { continuation.resume(returning: .failure(verdict)) }
        }
        return try result.get()
    }

    /// Calls `observer` with every change from now on, in order, as it becomes visible.
    ///
    /// One at a time.
    func observe(_ observer: (@Sendable (StoreEvent) -> Void)?) { self.observer.withLock { $0 = observer } }

    /// Makes a durable change visible.
    func publish(_ event: StoreEvent) {
        let woken = state.withLock { $0.publish(event) }
        for continuation in woken { continuation.resume() }
        observer.withLock { $0 }?(event)
    }

    private func commit() async {
        while let batch = nextBatch() { await committer.commit(batch, in: self) }
    }

    private func nextBatch() -> [WriteRequest]? {
        let (batch, idle) = queue.withLock { queue -> ([WriteRequest]?, [CheckedContinuation<Void, Never>]) in
            guard !queue.requests.isEmpty else {
                queue.isCommitting = false
                let idle = queue.onIdle
                queue.onIdle = []
                return (nil, idle)
            }
            let batch = Array(queue.requests.prefix(limits.batch))
            queue.requests.removeFirst(batch.count)
            return (batch, [])
        }
        for continuation in idle { continuation.resume() }
        return batch
    }

    /// Finishes the writes that wait, ends the watches, notes the exact version and lets go of the directory.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = queue.withLock { queue in
                queue.isClosed = true
                if queue.isCommitting { queue.onIdle.append(continuation) }
                return !queue.isCommitting
            }
            if isIdle { continuation.resume() }
        }
        await committer.close()
        let waiting = state.withLock { state in
            state.isClosed = true
            let all = state.waiting.values.flatMap(\.values)
            state.waiting = [:]
            return all
        }
        for continuation in waiting { continuation.resume() }
        lock.release()
    }
}
