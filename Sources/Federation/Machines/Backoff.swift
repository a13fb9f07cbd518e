/// Waiting times between attempts: 500 ms, half as long again after each failure up to a minute, each ±50 %.
public struct Backoff: Sendable {
    /// How the waiting times grow.
    public struct Configuration: Hashable, Sendable {
        /// The first waiting time.
        public var initial: Duration
        /// The longest waiting time before it is spread.
        public var maximum: Duration
        /// The factor from one to the next.
        public var multiplier: Double
        /// How far a waiting time is spread to either side, as a share of it.
        public var spread: Double

        /// Waiting times of the given growth.
        public init(
            initial: Duration = .milliseconds(500), maximum: Duration = .seconds(60),
            multiplier: Double = 1.5, spread: Double = 0.5
        ) {
            self.initial = initial
            self.maximum = maximum
            self.multiplier = multiplier
            self.spread = spread
        }
    }

    private let configuration: Configuration
    private var generator: SplitMix
    private var current: Duration

    /// How many waiting times were handed out since the last reset.
    public private(set) var failures = 0

    /// Waiting times of the given growth; the seed decides how they are spread.
    public init(_ configuration: Configuration = Configuration(), seed: UInt64) {
        self.configuration = configuration
        generator = SplitMix(state: seed)
        current = configuration.initial
    }

    /// The next waiting time.
    public mutating func next() -> Duration {
        let share = 1 - configuration.spread + 2 * configuration.spread * generator.unit()
        let delay = current * share
        current = min(current * configuration.multiplier, configuration.maximum)
        failures += 1
        return delay
    }

    /// Starts over after a success.
    public mutating func reset() {
        current = configuration.initial
        failures = 0
    }
}

/// SplitMix64: enough to spread waiting times, nothing more.
private struct SplitMix: Sendable {
    var state: UInt64

    /// A number from 0 up to but not including 1.
    mutating func unit() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        z ^= z >> 31
        return Double(z >> 11) * 0x1p-53
    }
}
