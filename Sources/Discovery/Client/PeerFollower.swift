internal import Bytes
internal import Federation
internal import HTTPCodec
internal import HTTPService
internal import Reactor

/// Follows one peer: performs what its `PeerWatch` asks for. It decides nothing.
///
/// Lives on the client's loop. What it awaits are only its own requests, so peers never wait for each other;
/// lists are parsed off the loop.
actor PeerFollower {
    private let loop: EventLoop
    private let http: HTTPClient
    private let onEvent: @Sendable (DiscoveryEvent) -> Void
    private var config: PeerDiscoveryConfig
    private var machine: PeerWatch
    private var watchTask: Task<Void, Never>?
    private var listTask: Task<Void, Never>?
    /// Everything that still runs, given up or not.
    private var tasks: [Int: Task<Void, Never>] = [:]
    private var lastTask = 0
    private var timer: TimerHandle?
    private var isStopped = false

    private var reportedStatus = PeerConnectionStatus()
    private var reportedStale: (since: WallTime?, policy: StaleImports?) = (nil, nil)
    private var lastReport: Instant?
    private var wasDisputed = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        _ config: PeerDiscoveryConfig, loop: EventLoop, http: HTTPClient,
        onEvent: @escaping @Sendable (DiscoveryEvent) -> Void
    ) {
        self.config = config
        self.loop = loop
        self.http = http
        self.onEvent = onEvent
        machine = PeerWatch(config.watch, seed: .random(in: 0 ... .max), lastKnown: config.lastKnown)
    }

    // MARK: Orders

    func start() {
        let now = Moment.now
        let staleSince = config.staleSince.map { wall in
            Moment(instant: now.instant - max(.zero, now.wall - wall), wall: wall)
        }
        if case .open(let attempt) = machine.start(now: now, staleSince: staleSince) { open(attempt) }
        settle()
    }

    func update(_ config: PeerDiscoveryConfig) {
        if isStopped { return }
        let isElsewhere = config.isElsewhere(than: self.config)
        self.config = config
        machine.reconfigure(config.watch)
        if isElsewhere, machine.restart(now: .now) { dropRequests() }
        settle()
    }

    /// Gives up what is under way; returns its tasks, which end soon.
    @discardableResult
    func stop() -> [Task<Void, Never>] {
        isStopped = true
        timer?.cancel()
        dropRequests()
        machine.stop(now: .now)
        defer { tasks = [:] }
        return Array(tasks.values)
    }

    // MARK: The watch

    private func open(_ attempt: Int) {
        dropRequests()
        let config = config
        watchTask = run { follower in await follower.watch(attempt, config) }
    }

    private func watch(_ attempt: Int, _ config: PeerDiscoveryConfig) async {
        guard var request = config.request("/v1/watch") else {
            return ended(attempt, "no egress gateway")
        }
        request.timeout = config.watch.openTimeout
        request.connectTimeout = min(.seconds(5), config.watch.openTimeout)
        do throws(HTTPClientError) {
            let stream = try await http.stream(request)
            defer { stream.cancel() }
            guard stream.status == 200 else {
                return ended(attempt, statusLine(stream.status))
            }
            let hasHeartbeats = DiscoveryFeatures.hasHeartbeats(stream.headers)
            switch machine.opened(attempt: attempt, hasHeartbeats: hasHeartbeats, now: .now) {
            case .list(let id): readList(id)
            case .ignore: return
            }
            settle()
            var lines = LineReader(limit: config.limits.maxEventBytes)
            while let bytes = try await stream.next() {
                if let problem = read(bytes, &lines, attempt) {
                    return ended(attempt, problem)
                }
            }
            ended(attempt, statusLine(stream.status))
        } catch {
            ended(attempt, error.description)
        }
    }

    /// Passes on the messages of one piece of the stream.
    ///
    /// Returns why the stream cannot be followed any further.
    private func read(_ bytes: [UInt8], _ lines: inout LineReader, _ attempt: Int) -> String? {
        var hasChanged = false
        var problem: String?
        do throws(LineReader.TooLong) {
            for line in try lines.read(bytes) {
                do throws(DiscoveryMessageError) {
                    let message = try WatchMessage(json: line, limits: config.limits)
                    switch machine.messageReceived(message, attempt: attempt, now: .now) {
                    case .apply: hasChanged = true
                    case .list(let id): readList(id)
                    case .none, .ignore: break
                    }
                } catch {
                    problem = "unreadable event: \(error)"
                    break
                }
            }
        } catch {
            problem = "an event is longer than \(error.limit) bytes"
        }
        if hasChanged { reportImports() }
        settle()
        return problem
    }

    private func ended(_ attempt: Int, _ status: String) {
        if isStopped { return }
        switch machine.ended(attempt: attempt, status: status, now: .now) {
        case .wait:
            Log.info("discovery", "watch ended", ["peer": config.peer, "status": status])
            dropRequests()
        case .ignore: break
        }
        settle()
    }

    // MARK: The list

    private func readList(_ id: Int) {
        listTask?.cancel()
        let config = config
        listTask = run { follower in await follower.list(id, config) }
    }

    private func list(_ id: Int, _ config: PeerDiscoveryConfig) async {
        do throws(ListFailure) {
            listed(try await fetchList(config), id)
        } catch {
            listFailed(error.status, id)
        }
    }

    private struct ListFailure: Error {
        var status: String
    }

    /// Reads and parses off the loop: a long list takes a while.
    private nonisolated func fetchList(_ config: PeerDiscoveryConfig) async throws(ListFailure) -> ServiceList
    {
        guard var request = config.request("/v1/services/") else {
            throw ListFailure(status: "no egress gateway")
        }
        request.timeout = config.watch.listTimeout
        request.connectTimeout = min(.seconds(5), config.watch.listTimeout)
        request.maxBody = config.limits.maxListBytes
        let response: HTTPClientResponse
        do {
            response = try await http.request(request)
        } catch {
            throw ListFailure(status: error.description)
        }
        guard response.status == 200 else { throw ListFailure(status: statusLine(response.status)) }
        do {
            return try ServiceList(json: response.body, limits: config.limits)
        } catch {
            throw ListFailure(status: "unreadable list: \(error)")
        }
    }

    private func listed(_ list: ServiceList, _ id: Int) {
        if isStopped { return }
        switch machine.listReceived(list, id: id, now: .now) {
        case .apply: reportImports()
        case .ignore: break
        }
        if machine.isDisputed != wasDisputed {
            wasDisputed = machine.isDisputed
            if wasDisputed {
                Log.warning(
                    "discovery", "the peer's checksum is not that of its list; every event reads the list",
                    ["peer": config.peer])
            }
        }
        settle()
    }

    private func listFailed(_ status: String, _ id: Int) {
        if isStopped { return }
        switch machine.listFailed(id: id, status: status, now: .now) {
        case .retry: Log.info("discovery", "no list", ["peer": config.peer, "status": status])
        case .abandon: dropRequests()
        case .ignore: break
        }
        settle()
    }

    private func run(_ work: @escaping @Sendable (PeerFollower) async -> Void) -> Task<Void, Never> {
        lastTask += 1
        let number = lastTask
        let task = Task {
            await work(self)
            self.tasks[number] = nil
        }
        tasks[number] = task
        return task
    }

    private func dropRequests() {
        watchTask?.cancel()
        watchTask = nil
        listTask?.cancel()
        listTask = nil
    }

    // MARK: Time and reports

    /// Reports what changed and sets the timer; after every event.
    private func settle() {
        if isStopped { return }
        var now = Moment.now
        while let deadline = machine.nextDeadline, deadline <= now.instant {
            switch machine.timerFired(now: now) {
            case .open(let attempt): open(attempt)
            case .list(let id): readList(id)
            case .abandonList:
                listTask?.cancel()
                listTask = nil
            case .abandon: dropRequests()
            case .expire, .none: break
            }
            now = .now
        }
        let pending = report(now)
        timer?.cancel()
        timer = nil
        guard let next = [machine.nextDeadline, pending].compactMap({ $0 }).min() else { return }
        timer = loop.schedule(after: max(.milliseconds(1), next - now.instant)) { [weak self] in
            self?.assumeIsolated { $0.settle() }
        }
    }

    private func reportImports() {
        if isStopped { return }
        onEvent(.imports(peer: config.peer, machine.services, checksum: machine.checksum))
    }

    /// Reports the connection.
    ///
    /// Events alone move its status at most once a second; returns when that is due.
    private func report(_ now: Moment) -> Instant? {
        let stale = (since: machine.staleSince?.wall, policy: machine.expired)
        if stale != reportedStale {
            reportedStale = stale
            onEvent(.stale(peer: config.peer, since: stale.since, policy: stale.policy))
        }
        let status = machine.status
        if status == reportedStatus { return nil }
        var withoutEvents = status
        withoutEvents.lastEvent = reportedStatus.lastEvent
        if withoutEvents == reportedStatus, let lastReport, now.instant < lastReport + .seconds(1) {
            return lastReport + .seconds(1)
        }
        reportedStatus = status
        lastReport = now.instant
        onEvent(.status(peer: config.peer, status))
        return nil
    }
}

/// A status as OSSM 2 shows it: `403 Forbidden`.
private func statusLine(_ status: Int) -> String { "\(status) \(HTTPStatus.reason(status))" }
