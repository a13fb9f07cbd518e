internal import EnvoyConfig

/// What is asked and answered on a discovery stream, state of the world or delta; outlives its connections.
///
/// Owns no socket or clock. Each method answers what is to be sent, in order.
struct StreamState: Sendable {
    /// What is wanted of a kind.
    struct Interest: Sendable, Equatable {
        /// Everything; else the names.
        var isWhole: Bool
        /// Sorted.
        var names: [String] = []
    }

    private struct Question: Sendable {
        var interest: Interest
        /// What was asked for on this connection; nil before the first request.
        var asked: Interest?
        /// Names asked for at any time on this connection: a late answer may still have them.
        var everAsked: Set<String> = []
        /// The accepted version (state of the world).
        var version = ""
        /// The last answer of this connection.
        var nonce = ""
        /// The accepted version of each resource (delta).
        var versions: [String: String] = [:]
    }

    let isDelta: Bool
    private let identity: NodeIdentity
    private let namesNodeOnce: Bool
    private var questions: [ResourceKind: Question] = [:]
    private var isConnected = false
    private var hasNamedNode = false

    /// Envoy's order of asking.
    private static let order: [ResourceKind] = [.clusters, .endpoints, .listeners, .routes, .secrets]

    init(isDelta: Bool, identity: NodeIdentity, namesNodeOnce: Bool) {
        self.isDelta = isDelta
        self.identity = identity
        self.namesNodeOnce = namesNodeOnce
    }

    /// A stream was opened: everything is asked for again, with what is known already.
    mutating func connected() -> [StreamRequest] {
        isConnected = true
        hasNamedNode = false
        for kind in Self.order {
            questions[kind]?.asked = nil
            questions[kind]?.nonce = ""
            questions[kind]?.everAsked = []
        }
        return Self.order.compactMap { ask($0) }
    }

    /// The stream is gone.
    mutating func disconnected() { isConnected = false }

    /// Wants this from now on; a kind that is left out is not wanted any more.
    mutating func want(_ interests: [ResourceKind: Interest]) -> [StreamRequest] {
        for kind in Self.order {
            if let interest = interests[kind] {
                questions[kind, default: Question(interest: interest)].interest = interest
            } else if questions[kind] != nil {
                questions[kind]?.interest = Interest(isWhole: false)
            }
        }
        guard isConnected else { return [] }
        return Self.order.compactMap { ask($0) }
    }

    /// Whether a resource of an answer was ever asked for on this connection.
    func wasAsked(_ kind: ResourceKind, _ name: String) -> Bool {
        guard let question = questions[kind] else { return false }
        return question.interest.isWhole || question.everAsked.contains(name)
    }

    /// An answer was taken.
    mutating func accepted(_ kind: ResourceKind, _ answer: StreamAnswer) -> [StreamRequest] {
        guard questions[kind] != nil else { return [] }
        questions[kind]?.nonce = answer.nonce
        questions[kind]?.version = answer.version
        if isDelta, case .success(let content) = answer.content {
            for (name, version) in content.versions { questions[kind]?.versions[name] = version }
            for name in content.removed { questions[kind]?.versions[name] = nil }
        }
        return [reply(kind, answer.nonce, error: nil)]
    }

    /// An answer was refused.
    mutating func refused(_ kind: ResourceKind?, _ answer: StreamAnswer, reason: String) -> [StreamRequest] {
        guard let kind, questions[kind] != nil else {
            // Of a kind nobody asked for: refused by its own type URL.
            var request = DiscoveryRequest()
            request.typeURL = answer.typeURL
            request.responseNonce = answer.nonce
            request.errorDetail = .init(reason)
            return isDelta ? [] : [.world(request)]
        }
        questions[kind]?.nonce = answer.nonce
        return [reply(kind, answer.nonce, error: reason)]
    }

    // MARK: Requests

    /// Asks for a kind when that says anything new.
    private mutating func ask(_ kind: ResourceKind) -> StreamRequest? {
        guard var question = questions[kind], question.asked != question.interest else { return nil }
        let isFirst = question.asked == nil
        let wanted = question.interest
        // Naming nothing in a first request would mean everything.
        if isFirst, !wanted.isWhole, wanted.names.isEmpty { return nil }
        defer { questions[kind] = question }
        let old = question.asked?.names ?? []
        question.asked = wanted
        question.everAsked.formUnion(wanted.names)
        guard isDelta else {
            var request = DiscoveryRequest(kind, from: node(), resourceNames: wanted.names)
            request.versionInfo = question.version
            request.responseNonce = question.nonce
            return .world(request)
        }
        var request = DeltaDiscoveryRequest()
        request.typeURL = kind.typeURL
        request.identity = nodeIfNamed()
        let gone = Set(old).subtracting(wanted.names)
        request.subscribe = wanted.names.filter { !old.contains($0) }
        request.unsubscribe = gone.sorted()
        for name in gone { question.versions[name] = nil }
        if isFirst { request.initialResourceVersions = question.versions }
        return .delta(request)
    }

    private mutating func reply(_ kind: ResourceKind, _ nonce: String, error: String?) -> StreamRequest {
        let question = questions[kind]
        guard isDelta else {
            var request = DiscoveryRequest(kind, from: node(), resourceNames: question?.asked?.names ?? [])
            request.versionInfo = question?.version ?? ""
            request.responseNonce = nonce
            request.errorDetail = error.map { .init($0) }
            return .world(request)
        }
        var request = DeltaDiscoveryRequest()
        request.typeURL = kind.typeURL
        request.identity = nodeIfNamed()
        request.responseNonce = nonce
        request.errorDetail = error.map { .init($0) }
        return .delta(request)
    }

    private mutating func nodeIfNamed() -> NodeIdentity? {
        if namesNodeOnce && hasNamedNode { return nil }
        hasNamedNode = true
        return identity
    }

    private mutating func node() -> NodeIdentity { nodeIfNamed() ?? NodeIdentity() }
}
