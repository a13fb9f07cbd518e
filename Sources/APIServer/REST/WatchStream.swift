import Bytes
import Document
import HTTPCodec
import HTTPService
import Resources
import Synchronization

/// One watch as a stream of JSON lines.
struct WatchStream: Sendable {
    /// How a watch begins.
    enum Start: Sendable {
        /// With the objects there are, then what changes.
        case objects
        /// With the objects there are, closed by a bookmark that says so.
        case initialEvents
        /// With the first change after a version.
        case version(UInt64)
    }

    let service: ObjectService
    let type: ResourceType
    let version: String
    let namespace: String?
    let selection: Selection
    let start: Start
    let wantsBookmarks: Bool
    /// Ends the watch; `nil` after the usual time.
    let timeout: Duration?
    /// The table rows are made of, when the client wants a Table.
    let table: Table?
    let include: Table.IncludeObject

    /// Between bookmarks.
    private static let bookmarkInterval = Duration.seconds(60)
    private static let usualTimeout = Duration.seconds(1800)

    /// The response: the head goes out at once, then a line for each event.
    var response: HTTPResponse {
        var response = HTTPResponse.stream(contentType: "application/json") { writer in
            service.openWatches.add(1, ordering: .relaxed)
            defer { service.openWatches.subtract(1, ordering: .relaxed) }
            var run = Run(stream: self, writer: writer)
            // The client left or takes nothing any more: there is nobody to tell.
            try? await run.run()
        }
        response.headers.set("Cache-Control", "no-cache, private")
        return response
    }

    /// The state of a stream that is being written.
    private struct Run {
        let stream: WatchStream
        let writer: HTTPBodyWriter
        var hasDefinitions = true

        init(stream: WatchStream, writer: HTTPBodyWriter) {
            self.stream = stream
            self.writer = writer
        }

        mutating func run() async throws(HTTPStreamError) {
            let from: UInt64
            switch stream.start {
            case .version(let version): from = version
            case .objects, .initialEvents:
                let (objects, newest) = stream.service.store.list(stream.type, namespace: stream.namespace)
                var lines: [UInt8] = []
                for object in objects where stream.selection.matches(object) {
                    lines += line("ADDED", object.node)
                    if lines.count > 65_536 {
                        try await writer.write(lines)
                        lines = []
                    }
                }
                if case .initialEvents = stream.start { lines += bookmark(newest, isInitialEnd: true) }
                if !lines.isEmpty { try await writer.write(lines) }
                from = newest
            }
            let watch = stream.service.store.watch(stream.type, from: from)
            let alarm = Alarm(watch)
            let result: Result<Void, HTTPStreamError> = await withTaskCancellationHandler {
                do throws(HTTPStreamError) {
                    return .success(try await follow(watch, alarm))
                } catch {
                    return .failure(error)
                }
            } onCancel: {
                watch.cancel()
            }
            alarm.cancel()
            try result.get()
        }

        private mutating func follow(_ watch: StoreWatch, _ alarm: Alarm) async throws(HTTPStreamError) {
            let clock = ContinuousClock()
            let end = clock.now + (stream.timeout ?? WatchStream.usualTimeout)
            var nextBookmark = clock.now + WatchStream.bookmarkInterval
            alarm.set(until: min(end, nextBookmark))
            while true {
                switch await watch.next() {
                case .event(let event):
                    if let lines = lines(of: event) { try await writer.write(lines) }
                    // A stream that is never idle ends on time too.
                    if clock.now >= end { return }
                case .idle(let version):
                    let now = clock.now
                    guard now >= end || now >= nextBookmark else {
                        alarm.set(until: min(end, nextBookmark))
                        continue
                    }
                    if stream.wantsBookmarks {
                        try await writer.write(bookmark(version, isInitialEnd: false))
                    }
                    if now >= end { return }
                    nextBookmark = now + WatchStream.bookmarkInterval
                    alarm.set(until: min(end, nextBookmark))
                case .expired(let newest):
                    let requested = if case .version(let version) = stream.start { version } else { newest }
                    let error = ResourceError.expired(
                        requested: ResourceVersion(requested), oldest: ResourceVersion(newest))
                    try await writer.write(line("ERROR", plain: error.statusNode))
                    return
                case .closed: return
                }
            }
        }

        /// The line of an event; `nil` when the selection hides it.
        ///
        /// What starts to match is added, what stops is deleted.
        private mutating func lines(of event: StoreEvent) -> [UInt8]? {
            let object = event.object
            if let namespace = stream.namespace, object.id.key.namespace != namespace { return nil }
            let matches = stream.selection.matches(object)
            let matched = event.previous.map(stream.selection.matches) ?? false
            switch event.change {
            case .added: return matches ? line("ADDED", object.node) : nil
            case .deleted: return matched || matches ? line("DELETED", object.node) : nil
            case .modified:
                switch (matched, matches) {
                case (true, true): return line("MODIFIED", object.node)
                case (false, true): return line("ADDED", object.node)
                case (true, false):
                    var node = event.previous?.node ?? object.node
                    node.set(["metadata", "resourceVersion"], to: Node(.string(String(event.version))))
                    return line("DELETED", node)
                case (false, false): return nil
                }
            }
        }

        private mutating func line(_ kind: String, _ object: Node) -> [UInt8] {
            let object = ObjectService.present(object, stream.type, version: stream.version)
            guard let table = stream.table else { return line(kind, plain: object) }
            let metadata: Node = [
                "resourceVersion": object.at("metadata", "resourceVersion") ?? Node(.string(""))
            ]
            let rows = table.node(
                of: [object], metadata: metadata, include: stream.include, now: stream.service.clock(),
                withDefinitions: hasDefinitions)
            hasDefinitions = false
            return line(kind, plain: rows)
        }

        private func line(_ kind: String, plain object: Node) -> [UInt8] {
            JSON.bytes(["type": Node(.string(kind)), "object": object]) + [UInt8(ascii: "\n")]
        }

        private func bookmark(_ version: UInt64, isInitialEnd: Bool) -> [UInt8] {
            var metadata: Node = ["resourceVersion": Node(.string(String(version)))]
            if isInitialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
            let apiVersion = ResourceType.apiVersion(group: stream.type.group, version: stream.version)
            if stream.table != nil {
                return line(
                    "BOOKMARK",
                    plain: [
                        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
                        "columnDefinitions": .null, "rows": [],
                    ])
            }
            return line(
                "BOOKMARK",
                plain: [
                    "kind": Node(.string(stream.type.kind)), "apiVersion": Node(.string(apiVersion)),
                    "metadata": metadata,
                ])
        }
    }
}

/// Wakes a watch at a time; one time at a time.
private final class Alarm: Sendable {
    private let watch: StoreWatch
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ watch: StoreWatch) { self.watch = watch }

    func set(until time: ContinuousClock.Instant) {
        let next = Task { [watch] in
            do {
                try await Task.sleep(until: time, clock: .continuous)
                watch.wake()
            } catch {
                // Cancelled: another time was set, or the watch is over.
            }
        }
        task.withLock { task in
            task?.cancel()
            task = next
        }
    }

    func cancel() { task.withLock { $0?.cancel() } }
}
