internal import Glibc

/// An error number of the kernel.
///
/// Text is made where it is shown.
public struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number, as in `errno.h`.
    public let code: Int32

    /// Wraps an error number.
    public init(code: Int32) { self.code = code }

    /// The calling thread's last error.
    static var last: Errno { Errno(code: errno) }

    /// Nothing listens at the address.
    public static let connectionRefused = Errno(code: ECONNREFUSED)
    /// The peer reset the connection.
    public static let connectionReset = Errno(code: ECONNRESET)
    /// No answer within the time allowed.
    public static let timedOut = Errno(code: ETIMEDOUT)
    /// The descriptor limit of the process is reached.
    public static let tooManyOpenFiles = Errno(code: EMFILE)
    /// No such file or directory.
    public static let noEntry = Errno(code: ENOENT)
    /// The file exists already.
    public static let exists = Errno(code: EEXIST)
    /// The call would block, or the lock is held by another process.
    public static let wouldBlock = Errno(code: EWOULDBLOCK)
    /// The file system is full.
    public static let noSpace = Errno(code: ENOSPC)
    /// The object is larger than the caller allows.
    public static let fileTooLarge = Errno(code: EFBIG)
    /// The operation was given up by this process.
    public static let canceled = Errno(code: ECANCELED)
    /// The address is in use.
    public static let addressInUse = Errno(code: EADDRINUSE)
    /// The other end is gone.
    public static let brokenPipe = Errno(code: EPIPE)

    /// The system's text, for example `Connection refused`.
    public var description: String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
