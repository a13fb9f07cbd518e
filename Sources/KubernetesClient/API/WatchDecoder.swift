import Bytes
import Document
import Resources

/// Cuts the body of a watch into its events: one JSON object a line.
struct WatchDecoder {
    /// One event as it came.
    struct Event: Sendable, Equatable {
        var type: String
        var object: Node
    }

    private var buffer: [UInt8] = []
    /// Where the search for a line end goes on.
    private var searched = 0
    private let maxLine: Int

    init(maxLine: Int = 64 << 20) {
        self.maxLine = maxLine
    }

    /// Adds bytes and returns the events that are complete now.
    mutating func receive(_ bytes: [UInt8]) throws(APIError) -> [Event] {
        buffer += bytes
        var events: [Event] = []
        var start = 0
        while let end = Scan.firstIndex(of: UInt8(ascii: "\n"), in: buffer.span, from: max(start, searched)) {
            let line = Array(buffer[start..<end])
            start = end + 1
            searched = start
            if line.contains(where: { $0 != 0x20 && $0 != 0x0D }) { events.append(try Self.event(line)) }
        }
        buffer.removeFirst(start)
        searched = buffer.count
        if buffer.count > maxLine { throw .malformed("an event of a watch is larger than \(maxLine) bytes") }
        return events
    }

    private static func event(_ line: [UInt8]) throws(APIError) -> Event {
        let node: Node
        do {
            node = try JSON.parse(line, limits: ParseLimits(maxBytes: 64 << 20))
        } catch {
            throw .malformed("an event of a watch is not JSON: \(error)")
        }
        guard let type = node["type"]?.string, let object = node["object"] else {
            throw .malformed("an event of a watch has no type or no object")
        }
        if type == "ERROR" {
            throw .status(
                ResourceError(statusNode: object)
                    ?? .internalError("the watch ended with an error without a status"))
        }
        return Event(type: type, object: object)
    }
}
