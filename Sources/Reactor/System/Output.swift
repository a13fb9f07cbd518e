internal import Glibc

/// The standard streams.
///
/// Nothing is buffered here: each call is written out whole.
public enum Output {
    /// Writes text to standard output.
    ///
    /// False when the reader is gone or the disk is full.
    @discardableResult
    public static func stdout(_ text: String) -> Bool { write(Array(text.utf8), to: 1) }

    /// Writes bytes to standard output.
    @discardableResult
    public static func stdout(bytes: [UInt8]) -> Bool { write(bytes, to: 1) }

    /// Writes text to standard error.
    @discardableResult
    public static func stderr(_ text: String) -> Bool { write(Array(text.utf8), to: 2) }

    /// Reads standard input to its end; nil when it holds more than `limit` bytes or cannot be read.
    public static func readStandardInput(limit: Int) -> [UInt8]? {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(0, &chunk, chunk.count)
            if count == 0 { return all }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            if all.count + count > limit { return nil }
            all += chunk[..<count]
        }
    }

    /// Whether standard output is a terminal.
    public static var isTerminal: Bool { isatty(1) == 1 }

    private static func write(_ bytes: [UInt8], to fd: Int32) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                // In bounds: offset < count.
                let count = Glibc.write(fd, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
                if count > 0 {
                    offset += count
                } else if count < 0 && errno == EAGAIN {
                    var wait = pollfd(fd: fd, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&wait, 1, 1000)
                } else if count < 0 && errno != EINTR {
                    return false
                }
            }
            return true
        }
    }
}
