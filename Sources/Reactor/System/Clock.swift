public import Bytes
internal import Glibc

/// The two clocks of the machine.
///
/// Code that decides takes an `Instant` as argument instead.
public enum Clock {
    /// Time since an arbitrary start; never goes back, not comparable between machines.
    public static func monotonic() -> Instant {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Instant(nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
    }

    /// Civil time, UTC.
    ///
    /// May jump when the clock is set.
    public static func wall() -> WallTime {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return WallTime(seconds: Int64(now.tv_sec), nanoseconds: Int32(now.tv_nsec))
    }
}
