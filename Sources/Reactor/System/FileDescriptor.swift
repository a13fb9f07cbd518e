internal import CSystem
internal import Glibc

/// An open descriptor with exactly one owner, closed when the owner ends.
public struct FileDescriptor: ~Copyable, Sendable {
    /// The number; valid while this value lives.
    public let rawValue: Int32

    /// Takes ownership of an open descriptor.
    public init(owning rawValue: Int32) { self.rawValue = rawValue }

    deinit { _ = Glibc.close(rawValue) }

    /// Gives the number away without closing it.
    public consuming func release() -> Int32 {
        let fd = rawValue
        discard self
        return fd
    }

    /// Reads at most `buffer.count` bytes; 0 is the end.
    public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
        while true {
            let count = Glibc.read(rawValue, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            if errno != EINTR { throw Errno.last }
        }
    }

    /// Writes all the bytes, blocking as long as the file does.
    public borrowing func writeAll(_ bytes: Span<UInt8>) throws(Errno) {
        let failure: Errno? = bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                // In bounds: offset < count.
                let count = Glibc.write(
                    rawValue, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count > 0 {
                    offset += count
                } else if count < 0 && errno != EINTR {
                    return Errno.last
                }
            }
            return nil
        }
        if let failure { throw failure }
    }

    /// Writes all the bytes.
    public borrowing func writeAll(_ bytes: [UInt8]) throws(Errno) { try writeAll(bytes.span) }
}
