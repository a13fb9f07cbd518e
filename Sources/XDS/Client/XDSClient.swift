internal import Bytes
internal import Document
public import EnvoyConfig
internal import Reactor

/// Keeps a gateway's configuration as its controller wants it.
///
/// Starts from the last good configuration on disk, then polls each kind, offers what comes to `apply`, and answers
/// with an acknowledgement or a refusal. A controller that does not answer changes nothing: it is asked again after
/// 0.1 to 5 seconds.
public actor XDSClient {
    /// Puts a configuration into force.
    ///
    /// The faults that forbid it; empty when it is in force. Called for one configuration at a time.
    public typealias Apply = @Sendable (Snapshot) async -> [String]

    private let connection: ControlPlaneConnection
    private let identity: NodeIdentity
    private let file: SnapshotFile?
    private let apply: Apply
    private var snapshot = Snapshot()
    private var versions: [ResourceKind: String] = [:]
    private var refusals: [ResourceKind: String] = [:]
    private var isServing = false
    private var tasks: [Task<Void, Never>] = []
    private static let kinds: [ResourceKind] = [.clusters, .endpoints, .listeners, .routes]

    /// A client of the node `identity`.
    public init(
        connection: ControlPlaneConnection, identity: NodeIdentity, file: SnapshotFile?,
        apply: @escaping Apply
    ) {
        self.connection = connection
        var identity = identity
        // Lets the controller tell a restart from a refusal.
        var metadata = identity.metadata ?? [:]
        metadata["HANSE_INSTANCE"] = Node("\(Environment.processID)-\(Clock.monotonic().nanoseconds)")
        identity.metadata = metadata
        self.identity = identity
        self.file = file
        self.apply = apply
    }

    /// True once a configuration is in force.
    public var isReady: Bool { isServing }

    /// Serves the stored configuration if there is one, then follows the controller until `stop`.
    public func start() async {
        if let stored = file?.load() {
            let faults = await apply(stored.snapshot)
            if faults.isEmpty {
                snapshot = stored.snapshot
                versions = stored.versions
                isServing = true
                Log.info("xds", "serving the stored configuration")
            } else {
                Log.warning(
                    "xds", "the stored configuration is refused", ["reason": faults.joined(separator: "; ")])
            }
        }
        tasks.append(Task { await self.follow() })
    }

    /// Ends the polls; the configuration stays in force.
    public func stop() {
        for task in tasks { task.cancel() }
        tasks = []
    }

    private func follow() async {
        if !isServing { await fetchFirst() }
        for kind in Self.kinds {
            tasks.append(Task { await self.follow(kind) })
        }
    }

    /// The first configuration is put together from all kinds before any of it counts.
    private func fetchFirst() async {
        var backoff = PollBackoff()
        while !Task.isCancelled {
            var first = Snapshot()
            var taken: [ResourceKind: String] = [:]
            do throws(ControlPlaneError) {
                for kind in Self.kinds {
                    let request = DiscoveryRequest(kind, from: identity)
                    var answer = try await connection.poll(kind, request)
                    while answer == nil { answer = try await connection.poll(kind, request) }
                    guard case .success(let response)? = answer else { continue }
                    first.replace(kind, with: response.resources)
                    taken[kind] = response.versionInfo
                }
            } catch {
                await pause(&backoff, "no configuration yet", error)
                continue
            }
            first.version = "first"
            let faults = await apply(first)
            if faults.isEmpty {
                snapshot = first
                versions = taken
                isServing = true
                await file?.save(first, versions: taken)
                return
            }
            Log.warning("xds", "the configuration is refused", ["reason": faults.joined(separator: "; ")])
            for kind in Self.kinds {
                var refusal = DiscoveryRequest(kind, from: identity)
                refusal.errorDetail = .init(faults.joined(separator: "; "))
                _ = try? await connection.poll(kind, refusal)
            }
        }
    }

    private func follow(_ kind: ResourceKind) async {
        var backoff = PollBackoff()
        while !Task.isCancelled {
            var request = DiscoveryRequest(kind, from: identity)
            request.versionInfo = versions[kind] ?? ""
            if let refusal = refusals[kind] { request.errorDetail = .init(refusal) }
            do throws(ControlPlaneError) {
                let answer = try await connection.poll(kind, request)
                backoff = PollBackoff()
                switch answer {
                case nil: continue
                case .success(let response): await take(kind, response)
                case .failure(let error): refuse(kind, error.description)
                }
            } catch {
                if Task.isCancelled { return }
                await pause(&backoff, "the controller does not answer; serving what is in force", error)
            }
        }
    }

    private var isApplying = false
    private var applyQueue: [CheckedContinuation<Void, Never>] = []

    /// One configuration at a time: `apply` suspends, and two kinds may have news at once.
    private func take(_ kind: ResourceKind, _ response: DiscoveryResponse) async {
        if isApplying { await withCheckedContinuation { applyQueue.append($0) } }
        isApplying = true
        defer {
            if applyQueue.isEmpty { isApplying = false } else { applyQueue.removeFirst().resume() }
        }
        var candidate = snapshot
        candidate.replace(kind, with: response.resources)
        candidate.version = response.versionInfo
        let faults = await apply(candidate)
        guard faults.isEmpty else { return refuse(kind, faults.joined(separator: "; ")) }
        snapshot = candidate
        versions[kind] = response.versionInfo
        refusals[kind] = nil
        await file?.save(candidate, versions: versions)
    }

    private func refuse(_ kind: ResourceKind, _ reason: String) {
        Log.warning("xds", "configuration refused", ["type": kind.rawValue, "reason": reason])
        refusals[kind] = reason
    }

    private func pause(_ backoff: inout PollBackoff, _ what: String, _ error: ControlPlaneError) async {
        let delay = backoff.next()
        if backoff.isFirst { Log.warning("xds", what, ["error": error.description]) }
        try? await Task.sleep(for: delay)
    }
}

/// 0.1 seconds, doubled each time up to 5.
struct PollBackoff {
    private var delay = Duration.milliseconds(100)
    private var count = 0

    /// True right after the first `next`.
    var isFirst: Bool { count == 1 }

    mutating func next() -> Duration {
        defer { delay = min(delay * 2, .seconds(5)) }
        count += 1
        return delay
    }
}
