internal import Bytes

/// The times at which something about one client connection runs out; one timer serves all of them.
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

    private var times = [Int64](repeating: .max, count: Kind.allCases.count)

    mutating func set(_ kind: Kind, _ time: Instant) { times[kind.rawValue] = time.nanoseconds }

    mutating func clear(_ kind: Kind) { times[kind.rawValue] = .max }

    /// Clears everything that belongs to a request.
    mutating func clearStream() {
        for kind in Kind.allCases where kind != .idle { clear(kind) }
    }

    /// The next time; nil when nothing runs.
    var next: Instant? {
        let first = times.min() ?? .max
        return first == .max ? nil : Instant(nanoseconds: first)
    }

    /// Takes one that has passed.
    mutating func takeExpired(_ now: Instant) -> Kind? {
        for kind in Kind.allCases where times[kind.rawValue] <= now.nanoseconds {
            clear(kind)
            return kind
        }
        return nil
    }
}
