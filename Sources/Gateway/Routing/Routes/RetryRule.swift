internal import EnvoyConfig

/// A compiled retry policy: whether to try again, and when.
struct RetryRule: Sendable {
    /// How a try ended.
    enum Outcome: Equatable {
        /// No connection was made: nothing of the request was seen.
        case connectFailure
        /// The connection broke; `requestSent` tells whether the upstream may have seen the request.
        case reset(requestSent: Bool)
        /// The upstream did not look at the request (REFUSED_STREAM).
        case refusedStream
        /// The try's own timeout passed.
        case tryTimeout
        /// A response with this status.
        case response(Int)
    }

    private let conditions: Set<RetryPolicy.Condition>
    private let codes: Set<Int>
    let maxRetries: Int
    let perTryTimeout: Duration?
    private let base: Duration
    private let limit: Duration
    /// How often to draw again for another endpoint than those tried.
    let hostRedraws: Int

    init(_ policy: RetryPolicy) {
        conditions = Set(policy.retryOn)
        codes = Set(policy.retriableStatusCodes.map(Int.init))
        maxRetries = Int(policy.numRetries)
        perTryTimeout = policy.perTryTimeout.flatMap { $0 > .zero ? $0 : nil }
        base = policy.backOff?.baseInterval ?? .milliseconds(25)
        limit = policy.backOff?.maxInterval ?? base * 10
        hostRedraws = policy.avoidsPreviousHosts ? max(1, Int(policy.hostSelectionRetryMaxAttempts ?? 1)) : 0
    }

    func allows(_ outcome: Outcome) -> Bool {
        let anyReset = conditions.contains(.fiveXX) || conditions.contains(.reset)
        switch outcome {
        case .connectFailure:
            return anyReset || conditions.contains(.connectFailure)
                || conditions.contains(.resetBeforeRequest)
                || conditions.contains(.gatewayError)
        case .reset(let requestSent):
            return anyReset || conditions.contains(.gatewayError)
                || (!requestSent && conditions.contains(.resetBeforeRequest))
        case .refusedStream:
            return anyReset || conditions.contains(.refusedStream)
                || conditions.contains(.resetBeforeRequest)
        case .tryTimeout:
            return anyReset || conditions.contains(.gatewayError)
                || (conditions.contains(.retriableStatusCodes) && codes.contains(504))
        case .response(let status):
            if conditions.contains(.fiveXX), status >= 500 { return true }
            if conditions.contains(.gatewayError), (502...504).contains(status) { return true }
            if conditions.contains(.retriable4xx), status == 409 { return true }
            return conditions.contains(.retriableStatusCodes) && codes.contains(status)
        }
    }

    /// The pause before retry `number` (1 is the first): a random part of an interval that doubles.
    func pause(_ number: Int, random: UInt64) -> Duration {
        var interval = base
        for _ in 1..<max(1, number) where interval < limit { interval = interval * 2 }
        interval = min(interval, limit)
        let parts = interval.components
        let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
        guard nanoseconds > 0 else { return .zero }
        return .nanoseconds(Int64(random % UInt64(nanoseconds)))
    }
}
