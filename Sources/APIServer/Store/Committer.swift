import Document
import Reactor
import Resources
import Synchronization

/// Makes batches of writes durable and then visible. One batch at a time.
actor Committer {
    /// A decided change whose file is not written yet.
    private struct Pending: Sendable {
        let request: WriteRequest
        let event: StoreEvent
    }

    private static let pool = BlockingPool(name: "store", threads: 8)

    private let layout: StoreLayout
    private let block: UInt64
    /// The last version given out.
    private var version: UInt64
    /// Versions up to this one may be given out: the durable mark is at or above it.
    private var reserved: UInt64
    private var directories: Set<String>
    private var isClosed = false

    init(layout: StoreLayout, version: UInt64, block: UInt64, directories: Set<String>) {
        self.layout = layout
        self.version = version
        self.block = max(1, block)
        self.directories = directories
        reserved = version
    }

    /// Decides every request in order, writes what they change and answers them.
    ///
    /// A request that looks at an object an earlier one of the batch changes waits until that is done, so it
    /// sees the change, or sees that it failed.
    func commit(_ batch: [WriteRequest], in store: ObjectStore) async {
        var rest = batch[...]
        while !rest.isEmpty {
            var touched: Set<ObjectID> = []
            var pending: [Pending] = []
            while let request = rest.first, !touched.contains(request.target),
                touched.isDisjoint(with: request.reads)
            {
                rest.removeFirst()
                guard let event = decide(request, in: store) else { continue }
                touched.insert(request.target)
                pending.append(Pending(request: request, event: event))
            }
            await write(pending, in: store)
        }
    }

    private func decide(_ request: WriteRequest, in store: ObjectStore) -> StoreEvent? {
        let current = store.get(request.target)
        let decision: WriteDecision
        do throws(ResourceError) {
            decision = try request.decide(current)
        } catch {
            request.continuation.resume(returning: .failure(error))
            return nil
        }
        switch decision {
        case .keep:
            let node = current?.node ?? [:]
            request.answer(WriteResult(node: node, isChanged: false, isRemoved: false))
            return nil
        case .pretend(let node):
            request.answer(WriteResult(node: node, isChanged: false, isRemoved: false))
            return nil
        case .put(let node):
            version += 1
            let object = StoredObject(id: request.target, node: node, version: version)
            return StoreEvent(change: current == nil ? .added : .modified, object: object, previous: current)
        case .remove(let node):
            guard let current else {
                request.answer(WriteResult(node: node, isChanged: false, isRemoved: true))
                return nil
            }
            version += 1
            let object = StoredObject(id: request.target, node: node, version: version)
            return StoreEvent(change: .deleted, object: object, previous: current)
        }
    }

    private func write(_ pending: [Pending], in store: ObjectStore) async {
        guard !pending.isEmpty else { return }
        var failures: [UInt64: FileError] = [:]
        if let error = await reserve() {
            for change in pending { failures[change.event.version] = error }
        } else {
            failures = await writeFiles(pending.map(\.event))
        }
        for change in pending {
            if let error = failures[change.event.version] {
                Log.error("store", "a change was not stored: \(error)")
                change.request.continuation.resume(returning: .failure(.notStored(error.description)))
                continue
            }
            store.publish(change.event)
            let isRemoved = change.event.change == .deleted
            change.request.answer(
                WriteResult(node: change.event.object.node, isChanged: true, isRemoved: isRemoved))
        }
    }

    /// Moves the durable mark ahead of the versions given out.
    private func reserve() async -> FileError? {
        guard version > reserved else { return nil }
        let mark = version + block
        if let error = await setMark(mark) { return error }
        reserved = mark
        return nil
    }

    private func setMark(_ mark: UInt64) async -> FileError? {
        let path = layout.versionMark
        return await Self.pool.run { () -> FileError? in
            do throws(FileError) {
                try FileSystem.writeAtomically(path, Array("\(mark)\n".utf8))
                return nil
            } catch {
                return error
            }
        }
    }

    private func writeFiles(_ events: [StoreEvent]) async -> [UInt64: FileError] {
        var failures: [UInt64: FileError] = [:]
        let layout = layout
        for directory in Set(events.map { layout.directory(of: $0.object.id) }).subtracting(directories) {
            if let error = await makeDirectory(directory) {
                for event in events where layout.directory(of: event.object.id) == directory {
                    failures[event.version] = error
                }
            }
        }
        return await withTaskGroup(of: (UInt64, FileError?).self) { group in
            for event in events where failures[event.version] == nil {
                group.addTask { (event.version, await Self.pool.run { Self.writeFile(event, layout) }) }
            }
            for await (version, error) in group { if let error { failures[version] = error } }
            // Whatever went wrong, do not take for granted that the directory is still there.
            for event in events where failures[event.version] != nil {
                directories.remove(layout.directory(of: event.object.id))
            }
            return failures
        }
    }

    private func makeDirectory(_ directory: String) async -> FileError? {
        let error = await Self.pool.run { () -> FileError? in
            do throws(FileError) {
                try FileSystem.makeDirectory(directory)
                return nil
            } catch {
                return error
            }
        }
        if error == nil { directories.insert(directory) }
        return error
    }

    private static func writeFile(_ event: StoreEvent, _ layout: StoreLayout) -> FileError? {
        let path = layout.path(of: event.object.id)
        do throws(FileError) {
            if event.change == .deleted {
                _ = try FileSystem.remove(path)
            } else {
                try FileSystem.writeAtomically(path, event.object.json, mode: 0o600)
            }
            return nil
        } catch {
            return error
        }
    }

    /// Notes the exact version: the next start goes on without a gap and watches go on across it.
    func close() async {
        guard !isClosed else { return }
        isClosed = true
        if reserved > version, await setMark(version) == nil { reserved = version }
    }
}

extension WriteRequest {
    fileprivate func answer(_ result: WriteResult) { continuation.resume(returning: .success(result)) }
}
