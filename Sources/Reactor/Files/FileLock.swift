internal import Glibc

/// An exclusive advisory lock (flock) on a file, held until `release()` or the end of this object or process.
public final class FileLock: Sendable {
    /// The lock file, which stays when the lock is released.
    public let path: String
    private let file: FileDescriptor

    fileprivate init(path: String, file: consuming FileDescriptor) {
        self.path = path
        self.file = file
    }

    /// Lets others have the lock.
    public func release() { _ = flock(file.rawValue, LOCK_UN) }
}

extension FileSystem {
    /// Takes a lock without waiting; `Errno.wouldBlock` when another process or this one holds it.
    ///
    /// The file holds the process id of its holder, for people to read.
    public static func lock(_ path: String) throws(FileError) -> FileLock {
        let file = try open(path, O_RDWR | O_CREAT, "cannot lock", 0o600)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { throw last(path, "cannot lock") }
        do throws(Errno) {
            if ftruncate(file.rawValue, 0) != 0 { throw Errno.last }
            try file.writeAll(Array("\(getpid())\n".utf8))
        } catch {
            throw FileError(path: path, errno: error, message: "cannot lock")
        }
        return FileLock(path: path, file: file)
    }
}
