internal import Bytes
internal import Document
public import EnvoyConfig
internal import Reactor

/// Keeps a gateway's configuration as its controller wants it.
///
/// Starts from the last good configuration on disk, then polls each kind, offers what comes to `apply`, and answers
/// with an acknowledgement or a refusal. A controller that does not answer changes nothing: it is asked again after
/// 0.1 to 7.5 seconds.
public actor XDSClient {
    /// Puts a configuration into force.
    ///
    /// The faults that forbid it; empty when it is in force. Called for one configuration at a time.
    public typealias Apply = @Sendable (Snapshot) async -> [String]

    private let connection: ControlPlaneConnection
    private let identity: NodeIdentity
    private let file: SnapshotFile?
    private let apply: Apply
    private var state = ConfigurationState()
    private var tasks: [Task<Void, Never>] = []
    private var isStopped = false
    private var isApplying = false
    private var applyQueue: [CheckedContinuation<Void, Never>] = []
    private var undecided: [CheckedContinuation<Void, Never>] = []

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
    public var isReady: Bool { state.isServing }

    /// Why the newest offer of a kind is refused, by kind; empty when nothing is.
    public var refusals: [ResourceKind: String] { state.refusals }

    /// Serves the stored configuration if there is one, then follows the controller until `stop`.
    public func start() async {
        if let stored = file?.load() {
            let faults = await apply(stored.snapshot)
            if faults.isEmpty {
                state.restored(stored.snapshot, versions: stored.versions)
                Log.info("xds", "serving the stored configuration")
            } else {
                Log.warning(
                    "xds", "the stored configuration is refused", ["reason": faults.joined(separator: "; ")])
            }
        }
        guard !isStopped else { return }
        for kind in ConfigurationState.kinds {
            tasks.append(Task { await self.follow(kind) })
        }
    }

    /// Ends the polls; the configuration stays in force.
    public func stop() {
        isStopped = true
        for task in tasks { task.cancel() }
        tasks = []
        decided()
    }

    private func follow(_ kind: ResourceKind) async {
        var backoff = PollBackoff()
        while !Task.isCancelled && !isStopped {
            let began = Clock.monotonic()
            do throws(ControlPlaneError) {
                let answer = try await connection.poll(kind, state.request(kind, from: identity))
                backoff = PollBackoff()
                switch answer {
                case .success(let response):
                    await take(kind, response)
                    if state.refusals[kind] != nil { await rest(.milliseconds(100)) }
                case .failure(let error):
                    refused(kind, error.description)
                    state.unreadable(kind, error.description)
                    await rest(.milliseconds(100))
                case nil:
                    await rest(PollBackoff.pause(afterPollOf: Clock.monotonic() - began))
                }
            } catch {
                if Task.isCancelled || isStopped { return }
                let delay = backoff.next(random: Double.random(in: 0...1))
                if backoff.isFirst {
                    let what = isReady ? "serving what is in force" : "nothing to serve yet"
                    Log.warning(
                        "xds", "the controller does not answer; \(what)",
                        ["type": kind.rawValue, "error": error.description])
                }
                await rest(delay)
            }
        }
    }

    /// One configuration at a time: `apply` suspends, and two kinds may have news at once.
    private func take(_ kind: ResourceKind, _ response: DiscoveryResponse) async {
        if isApplying { await withCheckedContinuation { applyQueue.append($0) } }
        isApplying = true
        guard case .apply(let candidate) = state.answered(kind, response) else {
            release()
            if !isStopped { await withCheckedContinuation { undecided.append($0) } }
            return
        }
        let faults = await apply(candidate)
        state.applied(kind, response, candidate, faults: faults)
        if faults.isEmpty {
            Log.debug("xds", "configuration in force", ["version": candidate.version])
            await file?.save(candidate, versions: state.versions)
        } else {
            refused(kind, state.refusals[kind] ?? "")
        }
        release()
        decided()
    }

    private func release() {
        if applyQueue.isEmpty { isApplying = false } else { applyQueue.removeFirst().resume() }
    }

    /// Lets the kinds that waited for the others ask again.
    private func decided() {
        for waiting in undecided { waiting.resume() }
        undecided = []
    }

    private func refused(_ kind: ResourceKind, _ reason: String) {
        Log.warning("xds", "configuration refused", ["type": kind.rawValue, "reason": reason])
    }

    private func rest(_ delay: Duration) async {
        if delay > .zero { try? await Task.sleep(for: delay) }
    }
}
