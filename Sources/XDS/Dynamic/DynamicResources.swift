internal import Bytes
public import EnvoyConfig
public import Reactor

/// Keeps a gateway's configuration as the sources of its bootstrap want it: files, REST and gRPC.
///
/// One update is judged at a time, whole or not at all; what is refused changes nothing and is reported to the
/// source, in the log and in the counters. A source that does not answer changes nothing either.
public actor DynamicResources {
    /// The data plane, as delivery uses it.
    public struct Gateway: Sendable {
        /// Says why a configuration could not be put into force, without doing so; nil when it could.
        public var check: @Sendable (Snapshot) async -> ConfigError?
        /// Puts a whole configuration into force, or says why not and changes nothing.
        public var apply: @Sendable (Snapshot) async -> ConfigError?
        /// How a cluster of the bootstrap is reached; nil for one that is not there.
        public var target: @Sendable (String) async -> ControlPlaneTarget?

        /// A data plane from its parts.
        public init(
            check: @escaping @Sendable (Snapshot) async -> ConfigError?,
            apply: @escaping @Sendable (Snapshot) async -> ConfigError?,
            target: @escaping @Sendable (String) async -> ControlPlaneTarget?
        ) {
            self.check = check
            self.apply = apply
            self.target = target
        }
    }

    let bootstrap: Bootstrap
    let gateway: Gateway
    let poller = RESTPoller()
    private var files: FileFeeds?
    private var state: DeliveryState
    var counts: [SubscriptionKey: DeliveryCounts] = [:]
    /// Each question as it was first asked: its counters stay under one name whoever shares it later, as in Envoy.
    private var counted: [SubscriptionKey: ResourceSubscription] = [:]
    private var polls: [SubscriptionKey: (source: ConfigSource, task: Task<Void, Never>)] = [:]
    private var streams: [StreamID: StreamFeed] = [:]
    private let loop: EventLoop
    private var timer: (deadline: Instant, task: Task<Void, Never>)?
    private var isBusy = false
    private var queue: [CheckedContinuation<Void, Never>] = []
    private var isStopped = false

    /// True once nothing is waited for any more; it stays so.
    public private(set) var isInitialized = false

    /// Delivery for a bootstrap; nothing is asked for yet.
    public init(_ bootstrap: Bootstrap, loop: EventLoop, gateway: Gateway) {
        self.bootstrap = bootstrap
        self.gateway = gateway
        self.loop = loop
        state = DeliveryState(bootstrap, now: Clock.monotonic())
    }

    // MARK: Start and end

    /// Puts the bootstrap and all that its files hold into force, then follows every source until `stop`.
    ///
    /// Throws what is wrong with the bootstrap itself; nothing is in force then.
    public func start() async throws(ConfigError) {
        await enter()
        defer { leave() }
        let initial = state
        try await load()
        if let error = await gateway.apply(state.snapshot) {
            guard state.snapshot != initial.snapshot else { throw error }
            // What the files say cannot be had: the bootstrap's own must do, and they are taken one by one.
            state = initial
            if let error = await gateway.apply(state.snapshot) { throw error }
            await pullFiles(judge: gateway.apply)
        }
        files = FileFeeds(loop: loop) { [weak self] in await self?.filesChanged($0) }
        await follow()
        // A file that was replaced before it was watched.
        await pullFiles(again: true, judge: gateway.apply)
        await follow()
    }

    /// Reads all that files hold and says what is wrong with the bootstrap or with them.
    ///
    /// Puts nothing into force.
    public func validate() async throws(ConfigError) {
        try await load()
        let refusals = state.refusals.values.map(\.details).sorted()
        guard refusals.isEmpty else {
            throw ConfigError(findings: fileFindings)
        }
    }

    private var fileFindings: [ConfigFinding] = []

    private func load() async throws(ConfigError) {
        let roots = bootstrap.subscriptions
        let asked = roots + state.wanted.filter { wanted in !roots.contains { $0.key == wanted.key } }
        let faults = state.faults + asked.compactMap(fault)
        guard faults.isEmpty else { throw ConfigError(findings: faults) }
        if let error = await gateway.check(state.snapshot) { throw error }
        await pullFiles(judge: gateway.check)
    }

    /// Ends all following; what is in force stays.
    public func stop() {
        isStopped = true
        files?.close()
        for poll in polls.values { poll.task.cancel() }
        polls = [:]
        for stream in streams.values { Task { await stream.stop() } }
        streams = [:]
        timer?.task.cancel()
        timer = nil
        poller.close()
    }

    /// What there is and how updates went, for the admin pages.
    public func report() async -> DeliveryReport {
        let sources = state.wanted.map { subscription in
            DeliveryReport.Source(
                subscription: counted[subscription.key] ?? subscription,
                counts: counts[subscription.key] ?? DeliveryCounts())
        }
        var report = DeliveryReport(state: state, sources: sources)
        for stream in streams.values {
            let isConnected = await stream.isConnected
            report.isConnected = isConnected && report.isConnected != false
        }
        return report
    }

    // MARK: One at a time

    private func enter() async {
        if isBusy { await withCheckedContinuation { queue.append($0) } }
        isBusy = true
    }

    private func leave() {
        if queue.isEmpty { isBusy = false } else { queue.removeFirst().resume() }
    }

    // MARK: Updates

    /// Judges one offer and follows what it names; what is wrong with it, or nil when it is in force.
    ///
    /// `keys` are the questions that it answers.
    func offer(
        _ keys: [SubscriptionKey], _ offered: Result<ResourceUpdate, ConfigError>
    ) async -> ConfigError? {
        await enter()
        defer { leave() }
        guard !isStopped else { return nil }
        let error = await take(keys, offered, judge: gateway.apply)
        if error == nil { await pullFiles(judge: gateway.apply) }
        await follow()
        return error
    }

    private func take(
        _ keys: [SubscriptionKey], _ offered: Result<ResourceUpdate, ConfigError>,
        judge: @Sendable (Snapshot) async -> ConfigError?
    ) async -> ConfigError? {
        for key in keys { counts[key, default: DeliveryCounts()].attempts += 1 }
        let error: ConfigError
        var version = ""
        switch offered {
        case .success(let update):
            guard let found = await attempt([update], judge) else {
                for key in keys { counts[key, default: DeliveryCounts()].accepted(update.version) }
                return nil
            }
            error = found
            version = update.version
        case .failure(let found): error = found
        }
        let isRepeated = !keys.isEmpty && keys.allSatisfy { state.refusals[$0]?.details == error.description }
        for finding in error.findings where !isRepeated { Log.warning("xds", finding.description) }
        fileFindings += error.findings
        for key in keys { counts[key, default: DeliveryCounts()].rejections += 1 }
        let refused = state.refusing(
            keys, version: version, details: error.description, now: Clock.monotonic(), at: Clock.wall())
        // Nobody waits for this any more: that alone may open a listener.
        if refused.snapshot == state.snapshot {
            state = refused
        } else if await judge(refused.snapshot) == nil {
            state = refused
        }
        return error
    }

    /// Takes updates together: all are in force, or none and why.
    private func attempt(
        _ updates: [ResourceUpdate], _ judge: @Sendable (Snapshot) async -> ConfigError?
    ) async -> ConfigError? {
        let next = state.taking(updates, now: Clock.monotonic(), at: Clock.wall())
        var faults = next.faults
        let known = Dictionary(
            state.wanted.map { ($0.key, $0.source) }, uniquingKeysWith: { first, _ in first })
        faults += next.wanted.filter { known[$0.key] != $0.source }.compactMap(fault)
        guard faults.isEmpty else { return ConfigError(findings: faults) }
        var old = state.snapshot
        let new = next.snapshot
        old.version = new.version
        if old != new, let error = await judge(new) { return error }
        state = next
        return nil
    }

    /// Why a source cannot be followed; nil when it can.
    private func fault(_ subscription: ResourceSubscription) -> ConfigFinding? {
        switch subscription.source.specifier {
        case .path: return FileFeeds.missing(subscription)
        case .ads:
            guard bootstrap.dynamicResources?.adsConfig == nil else { return nil }
            return subscription.finding("ads", "needs ads_config in the bootstrap")
        case .api(let api):
            let name = (api.clusterNames + api.grpcClusterNames).first ?? ""
            return bootstrap.controlPlaneFault(name).map { subscription.finding("api_config_source", $0) }
        }
    }

    // MARK: Files

    private var pulled: [SubscriptionKey: PathConfigSource] = [:]

    /// Reads the files that were not read yet, and those that they name, until there are no more.
    private func pullFiles(
        again: Bool = false, judge: @Sendable (Snapshot) async -> ConfigError?
    ) async {
        if again { pulled = [:] }
        while true {
            let fresh = state.wanted.filter { $0.file != nil && pulled[$0.key] != $0.file }
            let keys = Set(state.wanted.map(\.key))
            pulled = pulled.filter { keys.contains($0.key) }
            guard !fresh.isEmpty else { return }
            // Watched before it is read: what is renamed onto it in between is read again.
            await files?.follow(state.wanted.compactMap(\.file))
            var offers: [(SubscriptionKey, Result<ResourceUpdate, ConfigError>)] = []
            for subscription in fresh {
                pulled[subscription.key] = subscription.file
                offers.append((subscription.key, FileFeeds.read(subscription)))
            }
            let good = offers.compactMap { try? $0.1.get() }
            if good.count == offers.count, good.count > 1, await attempt(good, judge) == nil {
                for (offer, update) in zip(offers, good) {
                    counts[offer.0, default: DeliveryCounts()].attempts += 1
                    counts[offer.0, default: DeliveryCounts()].accepted(update.version)
                }
                continue
            }
            for (key, offered) in offers { _ = await take([key], offered, judge: judge) }
        }
    }

    private func filesChanged(_ paths: Set<String>) async {
        await enter()
        defer { leave() }
        guard !isStopped else { return }
        for subscription in state.wanted {
            guard let file = subscription.file, paths.contains(file.path) else { continue }
            _ = await take([subscription.key], FileFeeds.read(subscription), judge: gateway.apply)
        }
        await pullFiles(judge: gateway.apply)
        await follow()
    }

    // MARK: Sources

    /// Sees to it that exactly the wanted sources are followed.
    private func follow() async {
        guard !isStopped else { return }
        await files?.follow(state.wanted.compactMap(\.file))
        var wanted: Set<SubscriptionKey> = []
        for subscription in state.wanted {
            guard case .api(let api) = subscription.source.specifier, api.apiType == .rest else { continue }
            wanted.insert(subscription.key)
            if let poll = polls[subscription.key] {
                if poll.source == subscription.source { continue }
                poll.task.cancel()
            }
            let task = Task { await self.poll(subscription.key, api) }
            polls[subscription.key] = (subscription.source, task)
        }
        for (key, poll) in polls where !wanted.contains(key) {
            poll.task.cancel()
            polls[key] = nil
        }
        await followStreams()
        let asked = Dictionary(state.wanted.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        counts = counts.filter { asked[$0.key] != nil }
        counted = counted.filter { asked[$0.key] != nil }.merging(asked) { first, _ in first }
        watchTime()
    }

    /// The aggregated stream carries everything that says `ads`; another gRPC source has one for each kind.
    private func followStreams() async {
        var wanted: [StreamID: (api: APIConfigSource, keys: [SubscriptionKey])] = [:]
        for subscription in state.wanted {
            switch subscription.source.specifier {
            case .ads:
                guard let api = bootstrap.dynamicResources?.adsConfig else { continue }
                wanted[.aggregated, default: (api, [])].keys.append(subscription.key)
            case .api(let api) where api.apiType != .rest:
                let id = StreamID.own(subscription.key.kind, api.grpcClusterNames, api.apiType)
                wanted[id, default: (api, [])].keys.append(subscription.key)
            case .api, .path: continue
            }
        }
        for (id, want) in wanted.sorted(by: { $0.key.order < $1.key.order }) {
            if streams[id] == nil {
                streams[id] = StreamFeed(
                    want.api, method: id.method(want.api.apiType), identity: bootstrap.identity, loop: loop,
                    owner: streamOwner)
            }
            await streams[id]?.follow(want.keys)
        }
        for (id, stream) in streams where wanted[id] == nil {
            streams[id] = nil
            await stream.stop()
        }
    }

    private var streamOwner: StreamFeed.Owner {
        StreamFeed.Owner(
            offer: { [weak self] in await self?.offer($0, $1) },
            failed: { [weak self] in await self?.failed($0) }, target: gateway.target)
    }

    private func failed(_ keys: [SubscriptionKey]) {
        for key in keys { counts[key, default: DeliveryCounts()].failed() }
    }

    private func watchTime() {
        if !isInitialized { isInitialized = !state.isWaiting }
        guard let deadline = state.nextDeadline else {
            timer?.task.cancel()
            timer = nil
            return
        }
        if let timer, timer.deadline == deadline { return }
        timer?.task.cancel()
        let delay = max(.milliseconds(1), deadline - Clock.monotonic())
        let task = Task {
            try? await Task.sleep(for: delay)
            if !Task.isCancelled { await self.timePassed() }
        }
        timer = (deadline, task)
    }

    private func timePassed() async {
        await enter()
        defer { leave() }
        guard !isStopped else { return }
        timer = nil
        let next = state.passing(Clock.monotonic())
        if next.snapshot != state.snapshot, let error = await gateway.apply(next.snapshot) {
            for finding in error.findings { Log.warning("xds", finding.description) }
            timer = (
                .init(nanoseconds: .max),
                Task {
                    try? await Task.sleep(for: .seconds(5))
                    if !Task.isCancelled { await self.timePassed() }
                }
            )
            return
        }
        for key in state.overdue(Clock.monotonic()) {
            counts[key, default: DeliveryCounts()].timeouts += 1
            Log.warning(
                "xds", "not delivered in time", ["type": key.kind.rawValue, "name": key.name])
        }
        state = next
        await pullFiles(judge: gateway.apply)
        await follow()
    }
}
