internal import Bytes

/// The times at which something about one stream or connection runs out; one timer serves all of them.
struct Deadlines {
    enum Kind: Int, CaseIterable {
        /// Connection without a request.
        case idle
        /// Head of a request.
        case header
        /// Whole request.
        case request
        /// No byte either way.
        case streamIdle
        /// End of the request to the end of the response.
        case route
        /// One try.
        case perTry
        /// Whole stream.
        case maxDuration
        /// A pause of ours: fault delay or retry back-off.
        case pause
    }

    private var times = [8 of Int64](repeating: .max)

    mutating func set(_ kind: Kind, _ time: Instant) { times[kind.rawValue] = time.nanoseconds }

    mutating func clear(_ kind: Kind) { times[kind.rawValue] = .max }

    /// Clears everything that belongs to a request.
    mutating func clearStream() {
        let idle = times[Kind.idle.rawValue]
        times = [8 of Int64](repeating: .max)
        times[Kind.idle.rawValue] = idle
    }

    /// The next time; nil when nothing runs.
    var next: Instant? {
        var first = Int64.max
        for index in times.indices { first = min(first, times[index]) }
        return first == .max ? nil : Instant(nanoseconds: first)
    }

    /// Takes one that has passed.
    mutating func takeExpired(_ now: Instant) -> Kind? {
        for index in times.indices where times[index] <= now.nanoseconds {
            times[index] = .max
            return Kind(rawValue: index)
        }
        return nil
    }
}
