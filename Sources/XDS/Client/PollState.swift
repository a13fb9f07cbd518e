internal import EnvoyConfig

/// One question that is asked again and again: what was accepted last, and why the newest answer was not.
struct PollState: Sendable, Equatable {
    /// The accepted version; empty before the first.
    private(set) var version = ""
    /// Why the newest answer is refused; nil when it is not.
    private(set) var refusal: String?

    init(version: String = "") {
        self.version = version
    }

    /// The next question.
    ///
    /// Repeats the accepted version, and while an answer is refused says why (code 13).
    func request(_ kind: ResourceKind, names: [String] = [], from identity: NodeIdentity) -> DiscoveryRequest
    {
        var request = DiscoveryRequest(kind, from: identity, resourceNames: names)
        request.versionInfo = version
        if let refusal { request.errorDetail = .init(refusal) }
        return request
    }

    /// The answer with this version is in force.
    mutating func accepted(_ version: String) {
        self.version = version
        refusal = nil
    }

    /// The newest answer is refused; what was accepted stays.
    mutating func refused(_ reason: String) { refusal = reason }
}
