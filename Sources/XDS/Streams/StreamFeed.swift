internal import EnvoyConfig
internal import Reactor

/// Follows a discovery stream: keeps it open, asks for what is wanted and answers what comes.
actor StreamFeed {
    /// How answers are judged and where the stream leads.
    struct Owner: Sendable {
        /// Puts an update into force for those who asked; what is wrong with it, or nil.
        var offer: @Sendable ([SubscriptionKey], Result<ResourceUpdate, ConfigError>) async -> ConfigError?
        /// An attempt that got no answer.
        var failed: @Sendable ([SubscriptionKey]) async -> Void
        /// Where the control plane is.
        var target: @Sendable (String) async -> ControlPlaneTarget?
    }

    private let api: APIConfigSource
    private let method: String
    private let owner: Owner
    private let loop: EventLoop
    private var state: StreamState
    private var keys: [SubscriptionKey] = []
    private var stream: GRPCStream?
    private var task: Task<Void, Never>?
    /// True from the first answer of a stream to its end.
    private(set) var isConnected = false

    init(
        _ api: APIConfigSource, method: String, identity: NodeIdentity, loop: EventLoop, owner: Owner
    ) {
        self.api = api
        self.method = method
        self.loop = loop
        self.owner = owner
        state = StreamState(
            isDelta: api.apiType == .deltaGRPC, identity: identity,
            namesNodeOnce: api.setNodeOnFirstMessageOnly)
    }

    /// Wants these and no others from now on.
    func follow(_ keys: [SubscriptionKey]) {
        self.keys = keys
        var interests: [ResourceKind: StreamState.Interest] = [:]
        for key in keys {
            var interest = interests[key.kind] ?? StreamState.Interest(isWhole: false)
            if key.isWhole { interest.isWhole = true } else { interest.names.append(key.name) }
            interests[key.kind] = interest
        }
        for kind in interests.keys { interests[kind]?.names.sort() }
        send(state.want(interests))
        if task == nil, !keys.isEmpty { task = Task { await self.run() } }
    }

    /// Ends the stream.
    func stop() {
        task?.cancel()
        task = nil
        stream?.cancel()
        stream = nil
    }

    private func send(_ requests: [StreamRequest]) {
        for request in requests { stream?.send(request.bytes) }
    }

    private func run() async {
        var backoff = PollBackoff()
        while !Task.isCancelled {
            let reason: String
            do throws(GRPCStream.Failure) {
                guard let target = await owner.target(cluster) else {
                    throw GRPCStream.Failure(description: "no cluster '\(cluster)'")
                }
                let opened = try await GRPCStream.open(method, target, loop: loop)
                if Task.isCancelled { return opened.cancel() }
                stream = opened
                send(state.connected())
                reason = await opened.receive { await self.received($0) }.description
            } catch {
                reason = error.description
            }
            stream = nil
            state.disconnected()
            if Task.isCancelled { return }
            if isConnected { backoff = PollBackoff() }
            isConnected = false
            await owner.failed(keys)
            let delay = backoff.next(random: Double.random(in: 0...1))
            if backoff.isFirst {
                Log.warning(
                    "xds", "no stream to the control plane; what is in force stays", ["error": reason])
            }
            try? await Task.sleep(for: delay)
        }
    }

    private var cluster: String { api.grpcClusterNames.first ?? "" }

    private func received(_ message: [UInt8]) async {
        guard let answer = StreamAnswer(message, isDelta: state.isDelta) else {
            Log.warning("xds", "the control plane sends what is no answer")
            stream?.cancel()
            return
        }
        isConnected = true
        let kind = ResourceKind(typeURL: answer.typeURL)
        let asked = keys.filter { $0.kind == kind }
        let offered = update(answer, kind)
        let from = stream
        if let error = await owner.offer(concerned(answer, asked), offered) {
            if from === stream { send(state.refused(kind, answer, reason: error.description)) }
        } else if let kind {
            if from === stream { send(state.accepted(kind, answer)) }
        }
    }

    /// Those whose answer this is: of names, those that came.
    private func concerned(_ answer: StreamAnswer, _ asked: [SubscriptionKey]) -> [SubscriptionKey] {
        guard case .success(let content) = answer.content else { return asked }
        let names = Set(content.resources.map(\.name)).union(content.removed)
        return asked.filter { $0.isWhole || names.contains($0.name) }
    }

    private func update(
        _ answer: StreamAnswer, _ kind: ResourceKind?
    ) -> Result<ResourceUpdate, ConfigError> {
        guard let kind else { return answer.content.flatMap { _ in .failure(Self.unasked(answer.typeURL)) } }
        return answer.content.flatMap { content in
            let isWhole = keys.contains(SubscriptionKey(kind))
            let foreign = content.resources.filter { !state.wasAsked(kind, $0.name) }
            // More than was asked for is passed over; only what nobody asked for is a mistake.
            if !isWhole, !foreign.isEmpty, foreign.count == content.resources.count {
                return .failure(
                    ConfigError(
                        findings: foreign.map {
                            ConfigFinding(
                                resourceType: $0.typeName, resourceName: $0.name, path: "name",
                                reason: "was not asked for")
                        }))
            }
            var update = ResourceUpdate(
                kind, version: answer.version, content.resources, isWhole: isWhole && !state.isDelta)
            update.versions = content.versions
            if isWhole { update.removed = Set(content.removed) } else { update.absent = Set(content.removed) }
            return .success(update)
        }
    }

    private static func unasked(_ typeURL: String) -> ConfigError {
        ConfigError(findings: [
            ConfigFinding(
                resourceType: "DiscoveryResponse", resourceName: typeURL, path: "type_url",
                reason: "was not asked for")
        ])
    }
}
