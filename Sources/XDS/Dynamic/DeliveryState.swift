public import Bytes
public import EnvoyConfig

/// What a gateway with dynamic resources has, what it waits for and what is to be in force.
///
/// A value without IO. An update is tried on a copy; the copy replaces the state when what came of it could be put
/// into force, and is dropped when not.
///
/// Order at start: clusters, their endpoints and secrets, then listeners, their routes and secrets. A resource whose
/// needs are missing does not count yet, its predecessor stays; no need is waited for beyond its
/// `initial_fetch_timeout`.
public struct DeliveryState: Sendable {
    /// An accepted resource.
    public struct Entry: Sendable, Equatable {
        /// The resource.
        public var resource: DynamicResource
        /// Its version.
        public var version: String
        /// When this content came.
        public var updated: WallTime
    }

    /// Why the newest offer is not in force.
    public struct Failure: Sendable, Equatable {
        /// The version that was refused; empty when it could not be read.
        public var version: String
        /// The findings.
        public var details: String
        /// When.
        public var time: WallTime
    }

    private enum Wait: Equatable {
        /// Until then; nil is for ever.
        case until(Instant?)
        /// Answered, refused, or waited for long enough.
        case over
    }

    private let staticListeners: [Listener]
    private let staticClusters: [Cluster]
    private let roots: [ResourceSubscription]
    private var entries: [ResourceKind: [String: Entry]] = [:]
    private var versions: [ResourceKind: String] = [:]
    private var waits: [SubscriptionKey: Wait] = [:]
    private var failures: [SubscriptionKey: Failure] = [:]
    private var mayListen = false
    private var clusters: [Cluster] = []
    private var listeners: [Listener] = []

    /// What must be asked for now, in order.
    private(set) var wanted: [ResourceSubscription] = []
    /// Faults of the update that led here, found across resources; an update with faults is refused.
    private(set) var faults: [ConfigFinding] = []

    /// The state of a process that has its bootstrap only.
    public init(_ bootstrap: Bootstrap, now: Instant) {
        staticListeners = bootstrap.listeners
        staticClusters = bootstrap.clusters
        roots = bootstrap.subscriptions
        refresh(now)
    }

    /// True when nothing of the bootstrap comes from elsewhere.
    var isStatic: Bool { wanted.isEmpty && roots.isEmpty }

    /// All that is to be in force, the bootstrap's own resources included.
    public var snapshot: Snapshot {
        var snapshot = Snapshot()
        snapshot.clusters = clusters
        snapshot.listeners = listeners
        snapshot.replace(.endpoints, with: resources(.endpoints))
        snapshot.replace(.routes, with: resources(.routes))
        snapshot.replace(.secrets, with: resources(.secrets))
        snapshot.version = ResourceKind.allCases.map { versions[$0] ?? "" }.joined(separator: "/")
        return snapshot
    }

    /// The accepted resources of a kind, by name.
    public func entries(of kind: ResourceKind) -> [String: Entry] { entries[kind] ?? [:] }

    /// The accepted version of a kind; empty before the first.
    public func version(of kind: ResourceKind) -> String { versions[kind] ?? "" }

    /// The refusals in force.
    public var refusals: [SubscriptionKey: Failure] { failures }

    /// Names of listeners that were accepted and wait for routes or secrets.
    public var warmingListeners: Set<String> {
        let inForce = Set(listeners.map(\.name))
        return Set(entries(of: .listeners).keys).subtracting(inForce)
    }

    /// Names of clusters that were accepted and wait for endpoints or secrets.
    public var warmingClusters: Set<String> {
        Set(entries(of: .clusters).keys).subtracting(clusters.map(\.name))
    }

    /// When waiting ends for somebody; nil when nobody waits.
    var nextDeadline: Instant? {
        waits.values.compactMap { if case .until(let deadline?) = $0 { deadline } else { nil } }.min()
    }

    /// True while somebody waits for a first answer.
    var isWaiting: Bool { waits.values.contains { $0 != .over } }

    /// What was waited for until now, in vain.
    func overdue(_ now: Instant) -> [SubscriptionKey] {
        waits.compactMap { key, wait in
            if case .until(let deadline?) = wait, deadline <= now { key } else { nil }
        }
    }

    // MARK: Events

    /// The state with updates taken; `faults` tells what is wrong with any of them.
    func taking(_ updates: [ResourceUpdate], now: Instant, at time: WallTime) -> DeliveryState {
        var next = self
        next.faults = []
        let asked = Set(wanted.map(\.key))
        for update in updates { next.take(update, asked, at: time) }
        next.refresh(now)
        return next
    }

    /// The state when time has passed.
    func passing(_ now: Instant) -> DeliveryState {
        var next = self
        for (key, wait) in waits {
            if case .until(let deadline?) = wait, deadline <= now { next.waits[key] = .over }
        }
        next.refresh(now)
        return next
    }

    /// The state when the answer to questions was refused: it is not waited for any more, what there was stays.
    func refusing(
        _ keys: [SubscriptionKey], version: String, details: String, now: Instant, at time: WallTime
    ) -> DeliveryState {
        var next = self
        var hasNews = false
        for key in keys {
            next.failures[key] = Failure(version: version, details: details, time: time)
            guard let wait = waits[key], wait != .over else { continue }
            next.waits[key] = .over
            hasNews = true
        }
        if hasNews { next.refresh(now) }
        return next
    }

    private mutating func take(_ update: ResourceUpdate, _ asked: Set<SubscriptionKey>, at time: WallTime) {
        let kind = update.kind
        // Taken out, so that it is not copied for each of many updates.
        var fresh = entries.removeValue(forKey: kind) ?? [:]
        let old = update.isWhole ? fresh : [:]
        if update.isWhole { fresh = [:] }
        for resource in update.resources {
            let name = resource.name
            guard update.isWhole || asked.contains(SubscriptionKey(kind)) || asked.contains(.init(kind, name))
            else { continue }
            check(resource)
            waits[SubscriptionKey(kind, name)] = .over
            failures[SubscriptionKey(kind, name)] = nil
            if let same = update.isWhole ? old[name] : fresh[name], same.resource == resource {
                fresh[name] = same
            } else {
                fresh[name] = Entry(
                    resource: resource, version: update.versions[name] ?? update.version, updated: time)
            }
        }
        for name in update.removed { fresh[name] = nil }
        for name in update.absent.union(update.removed) {
            waits[SubscriptionKey(kind, name)] = .over
            failures[SubscriptionKey(kind, name)] = nil
        }
        entries[kind] = fresh
        versions[kind] = update.version
        if asked.contains(SubscriptionKey(kind)) {
            waits[SubscriptionKey(kind)] = .over
            failures[SubscriptionKey(kind)] = nil
        }
    }

    /// The bootstrap's own resources keep their names.
    private mutating func check(_ resource: DynamicResource) {
        let isTaken =
            switch resource {
            case .cluster(let cluster): staticClusters.contains { $0.name == cluster.name }
            case .listener(let listener): staticListeners.contains { $0.name == listener.name }
            case .endpoints, .routes, .secret: false
            }
        guard isTaken else { return }
        faults.append(
            ConfigFinding(
                resourceType: resource.typeName, resourceName: resource.name, path: "name",
                reason: "is the name of a resource of the bootstrap"))
    }

    // MARK: What follows

    /// Works out what is asked for and what is in force.
    private mutating func refresh(_ now: Instant) {
        let acceptedClusters = staticClusters + resources(.clusters).compactMap(\.asCluster)
        let acceptedListeners = staticListeners + resources(.listeners).compactMap(\.asListener)
        var asked = roots.filter { $0.key.kind == .clusters } + acceptedClusters.flatMap(\.subscriptions)
        expect(asked, now)
        if !mayListen { mayListen = asked.allSatisfy { waits[$0.key] == .over } }
        if mayListen { asked += roots.filter { $0.key.kind == .listeners } }
        asked += acceptedListeners.flatMap(\.subscriptions)
        expect(asked, now)
        checkSources(asked)
        clusters = warm(acceptedClusters, instead: clusters, \.subscriptions)
        listeners = warm(acceptedListeners, instead: listeners, \.subscriptions)
        // What is still in force keeps its needs as well.
        var wanted: [ResourceSubscription] = []
        var seen: [SubscriptionKey: ConfigSource] = [:]
        for subscription in asked
            + clusters.flatMap(\.subscriptions) + listeners.flatMap(\.subscriptions)
        {
            if seen.updateValue(subscription.source, forKey: subscription.key) == nil {
                wanted.append(subscription)
            }
        }
        self.wanted = wanted
        forget(Set(seen.keys))
    }

    /// A name has one source: what two owners ask of two sources would be served to both from one.
    private mutating func checkSources(_ asked: [ResourceSubscription]) {
        var first: [SubscriptionKey: ResourceSubscription] = [:]
        for subscription in asked {
            guard let known = first[subscription.key] else {
                first[subscription.key] = subscription
                continue
            }
            if known.source.specifier == subscription.source.specifier { continue }
            faults.append(
                subscription.finding(
                    "",
                    "asks another source for '\(subscription.key.name)' than \(known.ownerType) "
                        + "'\(known.ownerName)' does; a name has one source"))
        }
    }

    private mutating func expect(_ asked: [ResourceSubscription], _ now: Instant) {
        for subscription in asked where waits[subscription.key] == nil {
            let timeout = subscription.source.initialFetchTimeout
            waits[subscription.key] = .until(timeout == .zero ? nil : now + timeout)
        }
    }

    /// Each resource that has what it needs, and for one that does not what is in force under its name.
    ///
    /// The bootstrap's own clusters are there from the start, with or without endpoints.
    private func warm<R: ConfigResource>(
        _ accepted: [R], instead old: [R], _ needs: (R) -> [ResourceSubscription]
    ) -> [R] {
        let isCluster = R.self == Cluster.self
        let oldByName = Dictionary(old.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let fixed = isCluster ? staticClusters.count : 0
        var result: [R] = []
        for (index, resource) in accepted.enumerated() {
            let isWarm = index < fixed || needs(resource).allSatisfy { waits[$0.key] == .over }
            if isWarm {
                result.append(resource)
            } else if let old = oldByName[resource.name] {
                result.append(old)
            }
        }
        return result
    }

    /// Drops what nobody names any more.
    private mutating func forget(_ keys: Set<SubscriptionKey>) {
        waits = waits.filter { keys.contains($0.key) }
        failures = failures.filter { keys.contains($0.key) }
        for kind in [ResourceKind.endpoints, .routes, .secrets] {
            entries[kind] = entries[kind]?.filter { keys.contains(SubscriptionKey(kind, $0.key)) }
        }
    }

    /// Sorted by name.
    private func resources(_ kind: ResourceKind) -> [DynamicResource] {
        (entries[kind] ?? [:]).sorted { $0.key < $1.key }.map(\.value.resource)
    }
}

extension DynamicResource {
    var asCluster: Cluster? { if case .cluster(let cluster) = self { cluster } else { nil } }
    var asListener: Listener? { if case .listener(let listener) = self { listener } else { nil } }
}
