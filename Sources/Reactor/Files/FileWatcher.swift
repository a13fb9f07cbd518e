internal import CSystem
internal import Glibc

/// Tells when files are replaced, written or removed.
///
/// Not Sendable: create and use it on the loop's thread.
///
/// It watches the directory of each file, so a rename over the file, as `writeAtomically` and Kubernetes'
/// mounted volumes do it (`..data`), is seen. Reports of one batch are joined; a report may be spurious.
public final class FileWatcher: EventHandler {
    private let loop: EventLoop
    private let inotify: FileDescriptor
    private let onChange: (String) -> Void
    private let mask: UInt32
    private var wholeDirectories: Set<String> = []
    private var registration: Registration?
    private var filesByDirectory: [String: [String]] = [:]
    private var directoryByWatch: [Int32: String] = [:]

    /// Starts with nothing watched; `onChange` gets the path as given to `watch`.
    ///
    /// With `renamesOnly`, only what is renamed into place is reported, not what is written or removed there.
    public init(
        loop: EventLoop, renamesOnly: Bool = false, onChange: @escaping (String) -> Void
    ) throws(Errno) {
        loop.assertOnLoop()
        mask =
            renamesOnly
            ? UInt32(IN_MOVED_TO)
            : UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE)
        self.loop = loop
        self.onChange = onChange
        let fd = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard fd >= 0 else { throw Errno.last }
        inotify = FileDescriptor(owning: fd)
        registration = try loop.register(fd, .readable, handler: self)
    }

    /// Watches one more file, which need not exist; its directory must.
    public func watch(_ path: String) throws(FileError) {
        let directory = FileSystem.parent(of: path)
        if filesByDirectory[directory] == nil {
            guard addWatch(directory) else { throw FileSystem.last(directory, "cannot watch") }
        }
        if filesByDirectory[directory]?.contains(path) != true {
            filesByDirectory[directory, default: []].append(path)
        }
    }

    /// Watches all of a directory, which must exist: `onChange` gets the directory's path.
    public func watchAll(in directory: String) throws(FileError) {
        guard wholeDirectories.insert(directory).inserted else { return }
        if filesByDirectory[directory] == nil {
            guard addWatch(directory) else {
                wholeDirectories.remove(directory)
                throw FileSystem.last(directory, "cannot watch")
            }
            filesByDirectory[directory] = []
        }
    }

    /// Forgets a directory that was watched as a whole.
    public func unwatchAll(in directory: String) {
        guard wholeDirectories.remove(directory) != nil else { return }
        forgetIfUnused(directory)
    }

    private func addWatch(_ directory: String) -> Bool {
        let watch = inotify_add_watch(inotify.rawValue, directory, mask)
        if watch >= 0 { directoryByWatch[watch] = directory }
        return watch >= 0
    }

    private func rewatchLater(_ directory: String) {
        loop.schedule(after: .milliseconds(200)) { [bound = LoopBound(self, loop: loop)] in
            bound.value.rewatch(directory)
        }
    }

    private func rewatch(_ directory: String) {
        guard registration != nil, let files = filesByDirectory[directory] else { return }
        guard addWatch(directory) else { return rewatchLater(directory) }
        // What was made before the watch was there is not reported.
        for file in files where registration != nil { onChange(file) }
        if registration != nil, wholeDirectories.contains(directory) { onChange(directory) }
    }

    /// Forgets a file.
    public func unwatch(_ path: String) {
        let directory = FileSystem.parent(of: path)
        filesByDirectory[directory]?.removeAll { $0 == path }
        forgetIfUnused(directory)
    }

    private func forgetIfUnused(_ directory: String) {
        guard filesByDirectory[directory]?.isEmpty == true, !wholeDirectories.contains(directory) else {
            return
        }
        filesByDirectory[directory] = nil
        for (watch, name) in directoryByWatch where name == directory {
            _ = inotify_rm_watch(inotify.rawValue, watch)
            directoryByWatch[watch] = nil
        }
    }

    /// Readiness from the loop.
    public func handle(_ events: IOEvents) {
        var changed: Set<String> = []
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        while registration != nil {
            let count = Glibc.read(inotify.rawValue, &bytes, bytes.count)
            guard count > 0 else { break }
            collect(bytes[..<count], into: &changed)
        }
        for path in changed.sorted() where registration != nil { onChange(path) }
    }

    /// struct inotify_event: wd, mask, cookie, len (4 bytes each), then len bytes of name padded with zeros.
    private func collect(_ bytes: ArraySlice<UInt8>, into changed: inout Set<String>) {
        var rest = bytes
        while rest.count >= 16 {
            func word(_ offset: Int) -> UInt32 {
                var value: UInt32 = 0
                for i in 0..<4 { value |= UInt32(rest[rest.startIndex + offset + i]) << UInt32(8 * i) }
                return value
            }
            let watch = Int32(bitPattern: word(0))
            let mask = word(4)
            let length = Int(word(12))
            guard rest.count >= 16 + length else { return }
            let name = String(decoding: rest.dropFirst(16).prefix(length).prefix { $0 != 0 }, as: UTF8.self)
            rest = rest.dropFirst(16 + length)
            if mask & UInt32(IN_IGNORED) != 0 {
                // The directory is gone; one that takes its name is watched again.
                guard let directory = directoryByWatch.removeValue(forKey: watch) else { continue }
                changed.formUnion(filesByDirectory[directory] ?? [])
                if wholeDirectories.contains(directory) { changed.insert(directory) }
                if filesByDirectory[directory] != nil, !addWatch(directory) { rewatchLater(directory) }
                continue
            }
            if mask & UInt32(IN_Q_OVERFLOW) != 0 {
                // Reports were lost: everything may have changed.
                for files in filesByDirectory.values { changed.formUnion(files) }
                changed.formUnion(wholeDirectories)
                continue
            }
            guard let directory = directoryByWatch[watch], let files = filesByDirectory[directory] else {
                continue
            }
            if wholeDirectories.contains(directory) { changed.insert(directory) }
            // A name that is none of ours may be the link ours are reached through.
            let isLink = name.hasPrefix("..")
            for file in files where name.isEmpty || isLink || FileSystem.name(of: file) == name {
                changed.insert(file)
            }
        }
    }

    /// Watches nothing any more.
    public func close() {
        guard let registration else { return }
        self.registration = nil
        loop.deregister(registration)
    }
}
