internal import Bytes
internal import Reactor
public import Resources

/// Follows every kind a controller reads, and says when something has changed.
///
/// One list and one watch a kind, as client-go's informers do it: after 410 it lists again, after any other error it
/// waits a little longer each time, up to 10 seconds. What was known stays known meanwhile.
public actor ResourceCache {
    private let client: any ResourceClient
    private let types: [ResourceType]
    private var world = World()
    private var synced: Set<ResourceType> = []
    private var generation = 0
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var tasks: [Task<Void, Never>] = []

    /// A cache of `types`, read through `client`.
    public init(client: any ResourceClient, types: [ResourceType]) {
        self.client = client
        self.types = types
    }

    /// Begins to list and watch; returns at once.
    public func start() {
        guard tasks.isEmpty else { return }
        tasks = types.map { type in Task { await self.follow(type) } }
    }

    /// Ends all watches.
    public func stop() {
        for task in tasks { task.cancel() }
        tasks = []
        wake()
    }

    /// What is known now, whether every kind has been listed once, and the number of this state.
    public func snapshot() -> (world: World, isComplete: Bool, generation: Int) {
        (world, synced.count == types.count, generation)
    }

    /// Waits until the state has another number than `seen`, or something else asked for a look.
    public func changed(since seen: Int) async {
        guard generation == seen, !tasks.isEmpty else { return }
        await withCheckedContinuation { waiters.append($0) }
    }

    /// Makes `changed` return although no object moved: discovery, a gateway or a clock has news.
    public func touch() {
        generation += 1
        wake()
    }

    private func wake() {
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.resume() }
    }

    private func follow(_ type: ResourceType) async {
        var delay = Duration.milliseconds(50)
        var from: ResourceVersion?
        while !Task.isCancelled {
            do throws(ResourceError) {
                if from == nil {
                    let list = try await client.list(type, namespace: nil, selector: nil)
                    world.replace(type, with: list.items)
                    synced.insert(type)
                    touch()
                    from = list.resourceVersion
                }
                guard let version = from else { continue }
                delay = .milliseconds(50)
                from = try await watch(type, from: version)
            } catch {
                if Task.isCancelled { return }
                from = nil
                if error.isExpired { continue }
                Log.warning("controller", "watching \(type.plural) failed", ["error": error.message])
                try? await Task.sleep(for: delay)
                delay = min(delay * 2, .seconds(10))
            }
        }
    }

    /// Follows one watch to its clean end; answers the version to go on from.
    private func watch(
        _ type: ResourceType, from version: ResourceVersion
    ) async throws(ResourceError) -> ResourceVersion {
        let stream = try await client.watch(type, namespace: nil, from: version)
        defer { stream.cancel() }
        var last = version
        while !Task.isCancelled, let event = try await stream.next() {
            last = event.resourceVersion ?? last
            switch event {
            case .added(let resource), .modified(let resource): world.set(resource)
            case .deleted(let resource): world.remove(type, resource.key)
            case .bookmark: continue
            }
            touch()
        }
        return last
    }
}
