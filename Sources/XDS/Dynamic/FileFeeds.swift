internal import EnvoyConfig
internal import Reactor
internal import Synchronization

/// Watches the files that resources come from: reports a path when something was renamed onto it, or inside its
/// watched directory.
final class FileFeeds: Sendable {
    private final class Watching {
        var watcher: FileWatcher?
        var files: [PathConfigSource] = []
        /// Watchers are few on a host: none is made before there is something to watch.
        var isTried = false
    }

    private let loop: EventLoop
    private let onChange: @Sendable (Set<String>) async -> Void
    private let box = Mutex<LoopBound<Watching>?>(nil)

    /// Bytes of one file.
    static let maxFileBytes = 256 << 20

    /// `onChange` gets the paths of the sources to read again.
    init(loop: EventLoop, onChange: @escaping @Sendable (Set<String>) async -> Void) {
        self.loop = loop
        self.onChange = onChange
    }

    /// On the loop only.
    private func watching() -> LoopBound<Watching> {
        let bound = box.withLock { box in
            if let box { return box }
            let made = LoopBound(Watching(), loop: loop)
            box = made
            return made
        }
        guard !bound.value.isTried else { return bound }
        bound.value.isTried = true
        do throws(Errno) {
            bound.value.watcher = try FileWatcher(loop: loop, renamesOnly: true) { [onChange] changed in
                let files = bound.value.files.filter { $0.path == changed || $0.watchedDirectory == changed }
                guard !files.isEmpty else { return }
                let paths = Set(files.map(\.path))
                Task { await onChange(paths) }
            }
        } catch {
            Log.error("xds", "cannot watch files", ["error": error.description])
        }
        return bound
    }

    /// Watches these and no others; a source with a watched directory by that, another by its path.
    func follow(_ files: [PathConfigSource]) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.submit {
                defer { continuation.resume() }
                if files.isEmpty, self.box.withLock({ $0 }) == nil { return }
                let state = self.watching().value
                guard let watcher = state.watcher else { return }
                let (wanted, watched) = (Set(files), Set(state.files))
                for old in watched.subtracting(wanted) {
                    if let directory = old.watchedDirectory {
                        if !files.contains(where: { $0.watchedDirectory == directory }) {
                            watcher.unwatchAll(in: directory)
                        }
                    } else if !files.contains(where: { $0.path == old.path && $0.watchedDirectory == nil }) {
                        watcher.unwatch(old.path)
                    }
                }
                for file in wanted.subtracting(watched) {
                    do throws(FileError) {
                        if let directory = file.watchedDirectory {
                            try watcher.watchAll(in: directory)
                        } else {
                            try watcher.watch(file.path)
                        }
                    } catch {
                        Log.warning(
                            "xds", "a file cannot be watched", ["path": file.path, "error": "\(error)"])
                    }
                }
                state.files = files
            }
        }
    }

    /// Watches nothing any more.
    func close() {
        loop.submit {
            guard let state = self.box.withLock({ $0 })?.value else { return }
            state.watcher?.close()
            // The watcher's closure holds what holds the watcher.
            state.watcher = nil
        }
    }

    /// Reads one file as the answer to a question; nil and the finding when it is not there or cannot be read.
    static func read(_ subscription: ResourceSubscription) -> Result<ResourceUpdate, ConfigError> {
        guard let file = subscription.file else {
            return .failure(ConfigError(findings: [subscription.finding("", "is no file")]))
        }
        do throws(FileError) {
            let bytes = try FileSystem.read(file.path, limit: maxFileBytes)
            do throws(ConfigError) {
                let response = try DiscoveryResponse.parse(
                    bytes, file: file.path, expecting: subscription.key.kind)
                return .success(try ResourceUpdate(answer: response, to: subscription.key))
            } catch {
                return .failure(error)
            }
        } catch {
            return .failure(
                ConfigError(findings: [subscription.finding("path_config_source.path", "\(error)")]))
        }
    }

    /// Whether the file of a question is there; always so for other sources.
    static func missing(_ subscription: ResourceSubscription) -> ConfigFinding? {
        guard let file = subscription.file else { return nil }
        if !FileSystem.exists(file.path) {
            return subscription.finding("path_config_source.path", "\(file.path): no such file")
        }
        if let directory = file.watchedDirectory, FileSystem.info(directory)?.kind != .directory {
            return subscription.finding(
                "path_config_source.watched_directory.path", "\(directory): no such directory")
        }
        return nil
    }
}
