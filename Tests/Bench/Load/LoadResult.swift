import Glibc

/// Nanoseconds of the monotonic clock.
func monotonicNow() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// What a client saw in one window.
struct LoadResult {
    var requests = 0
    var bytes = 0
    var failures = 0
    var seconds = 0.0
    /// Why the first failure was one.
    var firstFailure = ""
    /// Nanoseconds per answered request, longer ones than 4 s cut.
    var latencies: [UInt32] = []

    mutating func answered(since start: UInt64, at now: UInt64) {
        requests += 1
        latencies.append(UInt32(clamping: now - start))
    }

    mutating func failed(_ reason: String) {
        failures += 1
        if firstFailure.isEmpty { firstFailure = reason }
    }

    /// Microseconds that this share of the requests needed at most; nil without requests.
    func percentiles(_ shares: [Double]) -> [Double?] {
        let sorted = latencies.sorted()
        return shares.map { share in
            guard !sorted.isEmpty else { return nil }
            let index = min(sorted.count - 1, Int(Double(sorted.count) * share))
            return Double(sorted[index]) / 1000
        }
    }
}

/// A client that keeps its connections between windows.
protocol Load: AnyObject {
    /// Drives the connections for this long and counts from zero.
    func run(seconds: Double) -> LoadResult
    /// Closes every connection.
    func finish()
}
