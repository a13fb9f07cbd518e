/// Why a file operation failed.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or directory.
    public let path: String
    /// The kernel's reason.
    public let errno: Errno
    /// What was tried, for example `cannot write`.
    public let message: String

    /// Makes an error.
    public init(path: String, errno: Errno, message: String) {
        self.path = path
        self.errno = errno
        self.message = message
    }

    /// `PATH: cannot write: No space left on device`.
    public var description: String { "\(path): \(message): \(errno)" }
}
