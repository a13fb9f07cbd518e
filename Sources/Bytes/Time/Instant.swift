/// A point on the machine's monotonic clock.
///
/// Only differences between instants mean something.
public struct Instant: Comparable, Hashable, Sendable {
    /// Nanoseconds since an arbitrary start that is fixed for the life of the process.
    public var nanoseconds: Int64

    /// Makes an instant from a reading of the monotonic clock.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// True when `lhs` comes before `rhs`.
    public static func < (lhs: Instant, rhs: Instant) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }

    /// The instant `rhs` later; saturates instead of overflowing.
    public static func + (lhs: Instant, rhs: Duration) -> Instant {
        let (sum, overflow) = lhs.nanoseconds.addingReportingOverflow(rhs.inNanoseconds)
        if overflow { return Instant(nanoseconds: rhs.inNanoseconds < 0 ? .min : .max) }
        return Instant(nanoseconds: sum)
    }

    /// The instant `rhs` earlier; saturates instead of overflowing.
    public static func - (lhs: Instant, rhs: Duration) -> Instant {
        lhs + (Duration.zero - rhs)
    }

    /// The time that passed from `rhs` to `lhs`; negative when `lhs` is earlier.
    public static func - (lhs: Instant, rhs: Instant) -> Duration {
        let (difference, overflow) = lhs.nanoseconds.subtractingReportingOverflow(rhs.nanoseconds)
        if overflow { return .nanoseconds(lhs < rhs ? Int64.min : Int64.max) }
        return .nanoseconds(difference)
    }

    /// Moves the instant by a duration.
    public static func += (lhs: inout Instant, rhs: Duration) {
        lhs = lhs + rhs
    }
}

extension Duration {
    /// The duration in whole nanoseconds, saturated to what `Int64` holds (292 years).
    public var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        if carried { return seconds < 0 ? .min : .max }
        return sum
    }

    /// The duration in whole milliseconds, rounded towards zero.
    public var inMilliseconds: Int64 { inNanoseconds / 1_000_000 }

    /// The duration in seconds, with fraction.
    public var inSeconds: Double { Double(inNanoseconds) / 1e9 }
}
