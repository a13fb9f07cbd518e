public import Bytes
internal import Glibc

/// Files and directories.
///
/// Every call blocks: use `BlockingPool` where a loop or an actor calls.
public enum FileSystem {
    /// The default bound of `read`: 64 MiB.
    public static let defaultLimit = 64 * 1024 * 1024

    /// What a path names.
    public struct Info: Sendable, Hashable {
        /// The kind of file, links followed.
        public enum Kind: Sendable { case file, directory, other }
        /// File, directory or something else.
        public var kind: Kind
        /// Bytes.
        public var size: Int64
        /// The permission bits, for example 0o600.
        public var mode: UInt32
        /// When the content changed last.
        public var modified: WallTime
        /// Changes when another file takes the name.
        public var inode: UInt64
    }

    /// The whole content; a file above `limit` bytes is refused with `Errno.fileTooLarge`.
    public static func read(_ path: String, limit: Int = defaultLimit) throws(FileError) -> [UInt8] {
        let file = try open(path, O_RDONLY, "cannot read")
        var info = Glibc.stat()
        guard fstat(file.rawValue, &info) == 0 else { throw last(path, "cannot read") }
        if info.st_mode & S_IFMT == S_IFDIR {
            throw FileError(path: path, errno: Errno(code: EISDIR), message: "cannot read")
        }
        var content: [UInt8] = []
        content.reserveCapacity(min(Int(info.st_size) + 1, limit + 1))
        var chunk = [UInt8](repeating: 0, count: min(max(Int(info.st_size) + 1, 4096), 1 << 20))
        while true {
            let count: Int
            do throws(Errno) {
                var failure: Errno?
                count = chunk.withUnsafeMutableBytes { buffer in
                    do throws(Errno) {
                        return try file.read(into: buffer)
                    } catch {
                        failure = error
                        return 0
                    }
                }
                if let failure { throw failure }
            } catch {
                throw FileError(path: path, errno: error, message: "cannot read")
            }
            if count == 0 { return content }
            if content.count + count > limit {
                throw FileError(path: path, errno: .fileTooLarge, message: "larger than \(limit) bytes")
            }
            content += chunk[..<count]
        }
    }

    /// Replaces a file in one step that survives a crash: a temporary file beside it is written, fsynced and
    /// renamed over it, then the directory is fsynced.
    ///
    /// On failure the old content stays and nothing is left over.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600)
        throws(FileError)
    {
        let directory = parent(of: path)
        var temporary = ""
        var descriptor: Int32 = -1
        for _ in 0..<16 where descriptor < 0 {
            temporary = "\(directory)/.\(name(of: path)).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
            descriptor = Glibc.open(
                temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode_t(mode))
            if descriptor < 0 && errno != EEXIST { throw last(path, "cannot write") }
        }
        guard descriptor >= 0 else { throw last(path, "cannot write") }
        let file = FileDescriptor(owning: descriptor)
        do throws(Errno) {
            // The mode asked for, whatever the umask.
            if fchmod(file.rawValue, mode_t(mode)) != 0 { throw Errno.last }
            try file.writeAll(bytes)
            if fsync(file.rawValue) != 0 { throw Errno.last }
            if rename(temporary, path) != 0 { throw Errno.last }
        } catch {
            unlink(temporary)
            throw FileError(path: path, errno: error, message: "cannot write")
        }
        try syncDirectory(directory)
    }

    /// Opens a file to append to, made when absent; for logs.
    public static func openForAppending(_ path: String, mode: UInt32 = 0o640) throws(FileError)
        -> FileDescriptor
    {
        try open(path, O_WRONLY | O_APPEND | O_CREAT, "cannot open", mode)
    }

    /// Removes a file, durably; false when there was none.
    @discardableResult
    public static func remove(_ path: String) throws(FileError) -> Bool {
        if unlink(path) != 0 {
            if errno == ENOENT { return false }
            throw last(path, "cannot remove")
        }
        try syncDirectory(parent(of: path))
        return true
    }

    /// Renames within one file system, replacing the target, durably.
    public static func move(_ path: String, to target: String) throws(FileError) {
        if rename(path, target) != 0 { throw last(path, "cannot rename to \(target)") }
        try syncDirectory(parent(of: target))
        if parent(of: path) != parent(of: target) { try syncDirectory(parent(of: path)) }
    }

    /// The names in a directory, sorted by bytes, without `.` and `..`.
    public static func list(_ path: String) throws(FileError) -> [String] {
        guard let directory = opendir(path) else { throw last(path, "cannot list") }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw last(path, "cannot list") }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { buffer in
                String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Makes a directory and the missing ones above it; an existing one is left as it is.
    public static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(FileError) {
        if Glibc.mkdir(path, mode_t(mode)) == 0 {
            try syncDirectory(parent(of: path))
            return
        }
        let error = errno
        if error == EEXIST {
            if info(path)?.kind == .directory { return }
            throw FileError(path: path, errno: Errno(code: ENOTDIR), message: "cannot make directory")
        }
        let above = parent(of: path)
        guard error == ENOENT, above != path, above != "." else {
            throw FileError(path: path, errno: Errno(code: error), message: "cannot make directory")
        }
        try makeDirectory(above, mode: mode)
        if Glibc.mkdir(path, mode_t(mode)) != 0 && errno != EEXIST {
            throw last(path, "cannot make directory")
        }
        try syncDirectory(above)
    }

    /// Removes an empty directory; false when there was none.
    @discardableResult
    public static func removeDirectory(_ path: String) throws(FileError) -> Bool {
        if rmdir(path) == 0 { return true }
        if errno == ENOENT { return false }
        throw last(path, "cannot remove directory")
    }

    /// Removes a directory and all below it; links are removed, not followed.
    public static func removeTree(_ path: String) throws(FileError) {
        var status = Glibc.stat()
        if lstat(path, &status) != 0 {
            if errno == ENOENT { return }
            throw last(path, "cannot remove")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            if unlink(path) != 0 { throw last(path, "cannot remove") }
            return
        }
        for name in try list(path) { try removeTree("\(path)/\(name)") }
        try removeDirectory(path)
    }

    /// Whether the path names anything.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// What the path names, links followed; nil when nothing or not readable.
    public static func info(_ path: String) -> Info? {
        var status = Glibc.stat()
        guard stat(path, &status) == 0 else { return nil }
        let kind: Info.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            default: .other
            }
        return Info(
            kind: kind, size: Int64(status.st_size), mode: UInt32(status.st_mode & 0o7777),
            modified: WallTime(
                seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int32(status.st_mtim.tv_nsec)),
            inode: UInt64(status.st_ino))
    }

    /// Sets the permission bits.
    public static func setMode(_ path: String, _ mode: UInt32) throws(FileError) {
        if chmod(path, mode_t(mode)) != 0 { throw last(path, "cannot change mode") }
    }

    /// Makes renames and removals in a directory durable.
    public static func syncDirectory(_ path: String) throws(FileError) {
        let directory = try open(path, O_RDONLY | O_DIRECTORY, "cannot sync directory")
        if fsync(directory.rawValue) != 0 { throw last(path, "cannot sync directory") }
    }

    /// Makes a new empty directory (0700) under `TMPDIR` or `/tmp`; the name starts with `prefix`.
    public static func makeTemporaryDirectory(prefix: String) throws(FileError) -> String {
        let base = Environment.get("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        for _ in 0..<16 {
            let path = "\(base)/\(prefix).\(getpid()).\(String(UInt64.random(in: .min ... .max), radix: 36))"
            if Glibc.mkdir(path, 0o700) == 0 { return path }
            if errno != EEXIST { throw last(path, "cannot make directory") }
        }
        throw FileError(path: base, errno: .exists, message: "cannot make directory")
    }

    /// The directory part of a path: `.` when there is none.
    public static func parent(of path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        let directory = trimmingSlashes(String(trimmed[..<slash]))
        return directory.isEmpty ? "/" : directory
    }

    /// The last part of a path.
    public static func name(of path: String) -> String {
        let trimmed = trimmingSlashes(path)
        guard let slash = trimmed.lastIndex(of: "/") else { return trimmed }
        return String(trimmed[trimmed.index(after: slash)...])
    }

    private static func trimmingSlashes(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    static func open(
        _ path: String, _ flags: Int32, _ message: String, _ mode: UInt32 = 0
    ) throws(FileError) -> FileDescriptor {
        while true {
            let fd = Glibc.open(path, flags | O_CLOEXEC, mode_t(mode))
            if fd >= 0 { return FileDescriptor(owning: fd) }
            if errno != EINTR { throw last(path, message) }
        }
    }

    static func last(_ path: String, _ message: String) -> FileError {
        FileError(path: path, errno: Errno.last, message: message)
    }
}
