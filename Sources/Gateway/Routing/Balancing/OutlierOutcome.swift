/// How a request, or the connection for it, went at an endpoint, as outlier detection sees it.
enum OutlierOutcome: Equatable {
    /// The endpoint answered with this status: its own word, "external" in Envoy's.
    case answered(Int)
    /// A connection was made for a request to come.
    case connected
    /// A connection was made, and that is all there is to know: of a pipe.
    case served
    /// No connection, or one that broke before the answer.
    case failed
    /// No answer in time.
    case timedOut

    /// Whether the endpoint itself said so.
    var isAnswer: Bool {
        if case .answered = self { true } else { false }
    }

    /// The status it counts as while local failures are not counted apart; nil when it says nothing.
    var status: Int? {
        switch self {
        case .answered(let status): status
        case .connected: nil
        case .served: 200
        case .failed: 503
        case .timedOut: 504
        }
    }
}

/// The rules that eject, by Envoy's names for their counters.
enum OutlierRule: String, CaseIterable, Hashable {
    case consecutive5xx = "consecutive_5xx"
    case consecutiveGatewayFailure = "consecutive_gateway_failure"
    case consecutiveLocalOriginFailure = "consecutive_local_origin_failure"
    case successRate = "success_rate"
    case localOriginSuccessRate = "local_origin_success_rate"
    case failurePercentage = "failure_percentage"
}
