internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// Keeps the addresses of the host names of STRICT_DNS clusters current: one lookup a name and cluster, whatever the
/// number of workers.
///
/// Lives on the control loop. New answers replace the addresses, an empty one empties them; a failure keeps them.
final class ClusterNames {
    /// How lookups went, under Envoy's names.
    struct Counts: Equatable {
        var attempts: Int64 = 0
        var successes: Int64 = 0
        var failures: Int64 = 0
        var unchanged: Int64 = 0
    }

    private struct Key: Hashable {
        var cluster: String
        var host: String
    }

    private let loop: EventLoop
    private let resolver: DNSResolver
    private let changed: () -> Void
    private var followed: [Key: FollowedName] = [:]
    private var counts: [String: Counts] = [:]

    /// Told after each lookup.
    var observer: (() -> Void)?

    /// `changed` is called when a name has other addresses than before.
    init(loop: EventLoop, changed: @escaping () -> Void) {
        self.loop = loop
        resolver = DNSResolver(loop: loop)
        self.changed = changed
    }

    /// Follows the names of these clusters, and no others; one that stays as it is goes on undisturbed.
    func update(_ clusters: [String: CompiledCluster]) {
        var wanted: Set<Key> = []
        for cluster in clusters.values where cluster.config.type == .strictDNS {
            counts[cluster.name, default: Counts()].attempts += 0
            for host in cluster.hostNames {
                let key = Key(cluster: cluster.name, host: host)
                wanted.insert(key)
                if let old = followed[key] {
                    if old.state === cluster.state, old.options == cluster.config.dns { continue }
                    old.stop()
                }
                followed[key] = follow(key, of: cluster)
            }
        }
        for (key, name) in followed where !wanted.contains(key) {
            name.stop()
            followed[key] = nil
        }
        for name in counts.keys where clusters[name]?.config.type != .strictDNS { counts[name] = nil }
    }

    /// Whether every name of a cluster was looked up at least once.
    func isWarm(_ cluster: CompiledCluster) -> Bool {
        guard cluster.config.type == .strictDNS else { return true }
        return cluster.hostNames.allSatisfy {
            followed[Key(cluster: cluster.name, host: $0)]?.isAnswered ?? false
        }
    }

    /// Ends all lookups; the addresses stay.
    func stop() { update([:]) }

    private func follow(_ key: Key, of cluster: CompiledCluster) -> FollowedName {
        let name = FollowedName(
            loop: loop, resolver: resolver, host: key.host, options: cluster.config.dns, state: cluster.state
        ) { [weak self] event in self?.note(event, of: key) }
        name.start()
        return name
    }

    private func note(_ event: FollowedName.Event, of key: Key) {
        var counts = counts[key.cluster] ?? Counts()
        switch event {
        case .started: counts.attempts += 1
        case .answered(let addresses, let isChange):
            counts.successes += 1
            if !isChange { counts.unchanged += 1 }
            if isChange {
                let text = addresses.map(\.description).joined(separator: " ")
                Log.info(
                    "gateway", "addresses changed",
                    ["cluster": key.cluster, "host": key.host, "addresses": text])
                changed()
            }
        case .failed(let reason, let isFirst):
            counts.failures += 1
            if isFirst {
                Log.warning(
                    "gateway", "cannot resolve an endpoint",
                    ["cluster": key.cluster, "host": key.host, "error": reason])
            }
        }
        self.counts[key.cluster] = counts
        if event != .started { observer?() }
    }

    /// The counters of every cluster under Envoy's names.
    func append(to table: inout StatTable) {
        for (name, counts) in counts {
            let scope = StatScope.cluster(name)
            table.add(scope + "update_attempt", counts.attempts)
            table.add(scope + "update_success", counts.successes)
            table.add(scope + "update_failure", counts.failures)
            table.add(scope + "update_no_rebuild", counts.unchanged)
        }
    }
}

/// One host name of a cluster, looked up again and again.
final class FollowedName {
    /// What happened.
    enum Event: Equatable {
        case started
        /// The addresses, and whether they are others than before.
        case answered([IPAddress], isChange: Bool)
        /// Why, and whether the lookup before it did not fail.
        case failed(String, isFirst: Bool)
    }

    let options: DNSOptions
    let state: ClusterState
    private let loop: EventLoop
    private let resolver: DNSResolver
    private let host: String
    private let report: (Event) -> Void
    private var pauses: RefreshPauses
    private var timer: LoopTimer?
    private var resolution: DNSResolution?
    private var isStopped = false
    /// Whether a lookup ended, in whatever way.
    private(set) var isAnswered = false

    init(
        loop: EventLoop, resolver: DNSResolver, host: String, options: DNSOptions, state: ClusterState,
        report: @escaping (Event) -> Void
    ) {
        self.loop = loop
        self.resolver = resolver
        self.host = host
        self.options = options
        self.state = state
        self.report = report
        pauses = RefreshPauses(options)
    }

    /// Looks it up now, and then on.
    func start() {
        guard !isStopped else { return }
        report(.started)
        guard options.resolver != nil || options.respectsTTL else { return askSystem() }
        resolution = resolver.resolve(host, options) { [weak self] in self?.ended($0) }
    }

    /// Ends for good.
    func stop() {
        isStopped = true
        timer?.disarm()
        timer = nil
        resolution?.cancel()
        resolution = nil
    }

    /// Through the system's own resolver, with all that it is configured to ask.
    private func askSystem() {
        let box = LoopBound(self, loop: loop)
        Task.detached { [loop, host] in
            let result = await DNS.resolve(host)
            loop.submit { box.value.ended(result) }
        }
    }

    private func ended(_ result: Result<[IPAddress], DNSError>) {
        switch result {
        case .success(let addresses):
            ended(.addresses(options.lookupFamily.choose(from: addresses), ttl: nil))
        case .failure(let error):
            ended(error.isNoSuchName ? .addresses([], ttl: nil) : .failed(error.message))
        }
    }

    private func ended(_ outcome: DNSOutcome) {
        guard !isStopped else { return }
        resolution = nil
        isAnswered = true
        let pause = pauses.pause(after: outcome, random: .random(in: 0...UInt64.max))
        let timer = timer ?? loop.makeTimer { [weak self] in self?.start() }
        self.timer = timer
        timer.arm(at: loop.now() + pause)
        switch outcome {
        case .addresses(let addresses, _):
            report(.answered(addresses, isChange: state.setAddresses(addresses, of: host)))
        case .failed(let reason):
            report(.failed(reason, isFirst: pauses.failures == 1))
        }
    }
}
