internal import Bytes

/// Cuts a stream of bytes into lines; empty ones are left out.
struct LineReader {
    /// A line is longer than allowed.
    struct TooLong: Error {
        var limit: Int
    }

    private var rest: [UInt8] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes, returns the lines that are complete now, without their line ends.
    mutating func read(_ bytes: [UInt8]) throws(TooLong) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if part.endIndex < bytes.endIndex {
                rest.append(contentsOf: part)
                if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
                if rest.count > limit { throw TooLong(limit: limit) }
                if !rest.isEmpty { lines.append(rest) }
                rest = []
            } else {
                rest.append(contentsOf: part)
                if rest.count > limit { throw TooLong(limit: limit) }
            }
        }
        return lines
    }
}
