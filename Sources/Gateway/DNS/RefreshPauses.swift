internal import EnvoyConfig

/// How long to wait between the lookups of a name.
struct RefreshPauses {
    private let options: DNSOptions
    /// How many lookups failed since the last that did not.
    private(set) var failures = 0

    init(_ options: DNSOptions) {
        self.options = options
    }

    /// The pause after a lookup that ended so; `random` is any number.
    mutating func pause(after outcome: DNSOutcome, random: UInt64) -> Duration {
        switch outcome {
        case .addresses(let addresses, let ttl):
            failures = 0
            var pause = options.refreshRate
            if options.respectsTTL, !addresses.isEmpty, let ttl, ttl > 0 { pause = .seconds(Int64(ttl)) }
            // In thousandths: finer than anyone notices.
            return pause + (options.jitter ?? .zero) * Int(random % 1000) / 1000
        case .failed:
            failures += 1
            guard let rate = options.failureRefreshRate else { return options.refreshRate }
            let longest = rate.maxInterval ?? rate.baseInterval * 10
            return min(longest, rate.baseInterval * (1 << min(failures - 1, 30)))
        }
    }
}
