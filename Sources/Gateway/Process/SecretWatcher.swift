internal import Reactor

/// Watches the files that TLS material came from; reports after a rename.
final class SecretWatcher {
    private let box: LoopBound<Watching>?

    private final class Watching {
        var watcher: FileWatcher?
        var watched: Set<String> = []
        var pending: Set<String> = []
    }

    private let loop: EventLoop

    /// `onChange` gets the paths that may have changed.
    init(loop: EventLoop, onChange: @escaping @Sendable (Set<String>) -> Void) {
        self.loop = loop
        let state = Watching()
        let box = LoopBound(state, loop: loop)
        self.box = box
        do {
            state.watcher = try FileWatcher(loop: loop, renamesOnly: true) { path in
                let state = box.value
                let isFirst = state.pending.isEmpty
                state.pending.insert(path)
                guard isFirst else { return }
                // A key and its certificate are renamed one after the other: look once both may be there.
                loop.schedule(after: .milliseconds(20)) {
                    let state = box.value
                    let paths = state.pending
                    state.pending = []
                    onChange(paths)
                }
            }
        } catch {
            Log.warning("gateway", "cannot watch TLS material", ["error": "\(error)"])
        }
    }

    func watch(_ paths: Set<String>) {
        guard let state = box?.value, let watcher = state.watcher else { return }
        for path in state.watched.subtracting(paths) { watcher.unwatch(path) }
        for path in paths.subtracting(state.watched) {
            do {
                try watcher.watch(path)
            } catch {
                Log.warning("gateway", "cannot watch TLS material", ["path": path, "error": "\(error)"])
            }
        }
        state.watched = paths
    }

    func close() {
        guard let state = box?.value else { return }
        state.watcher?.close()
        // The watcher's closure holds what holds the watcher.
        state.watcher = nil
    }
}
