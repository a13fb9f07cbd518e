internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import Synchronization
internal import TLS

/// What all workers of a process share.
final class WorkerShare: Sendable {
    let log = AccessLogWriter()
    let drainTime: Duration
    /// How long log lines may wait for others.
    let logFlushInterval: Duration
    /// Connections over it are closed at once; 0 is no limit.
    let maxConnections: Int
    let activeConnections = Atomic<Int>(0)
    /// The process, as spans name it.
    let node: NodeIdentity

    init(
        drainTime: Duration, logFlushInterval: Duration, maxConnections: Int,
        node: NodeIdentity = NodeIdentity()
    ) {
        self.node = node
        self.drainTime = drainTime
        self.logFlushInterval = logFlushInterval
        self.maxConnections = maxConnections
    }
}

/// One listener on one worker.
final class WorkerListener {
    let socket: TCPListener
    var compiled: CompiledListener
    let stats = ListenerStats()

    init(socket: TCPListener, compiled: CompiledListener) {
        self.socket = socket
        self.compiled = compiled
    }
}

/// One thread's share of the data plane.
///
/// Everything below it lives on its loop and nowhere else.
final class Worker {
    let loop: EventLoop
    let share: WorkerShare
    var random = FastRandom()
    private(set) var snapshot = CompiledSnapshot.empty
    private var clusters: [String: ClusterRuntime] = [:]
    private var listeners: [String: WorkerListener] = [:]
    private var connections: [ObjectIdentifier: ClientConnection] = [:]
    private var httpStatsByPrefix: [String: HTTPStats] = [:]
    private var tcpStatsByPrefix: [String: TCPStats] = [:]
    private var retiredListenerStats = StatTable()
    /// Istio's standard metrics.
    var services = ServiceTable()
    let spareHeads = HeadPool()
    /// By collector, while there are spans for it.
    private var reporters: [TraceRule.Collector: SpanReporter] = [:]
    var spanStats = SpanStats()
    private var logLines: [UInt8] = []
    private var logTimer: LoopTimer?
    private var dateSecond: Int64 = 0
    private var dateText: [UInt8] = []

    init(loop: EventLoop, share: WorkerShare) {
        self.loop = loop
        self.share = share
    }

    // MARK: Configuration

    /// Takes a configuration over.
    ///
    /// `sockets` are the listening sockets of listeners new to this worker.
    func apply(_ fresh: CompiledSnapshot, sockets: [String: Int32]) {
        for (name, compiled) in fresh.clusters {
            if let runtime = clusters[name] {
                if runtime.compiled !== compiled { runtime.update(compiled) }
            } else {
                clusters[name] = ClusterRuntime(compiled, loop: loop)
            }
        }
        let oldClusters = clusters.filter { fresh.clusters[$0.key] == nil }
        snapshot = fresh
        for compiled in fresh.listeners { apply(compiled, sockets[compiled.name]) }
        let wanted = Set(fresh.listeners.map(\.name))
        for (name, listener) in listeners where !wanted.contains(name) { remove(name, listener) }
        for (name, runtime) in oldClusters {
            clusters[name] = nil
            runtime.retire()
        }
        for runtime in clusters.values { runtime.bindMembers { clusters[$0] } }
    }

    private func apply(_ compiled: CompiledListener, _ descriptor: Int32?) {
        if let listener = listeners[compiled.name], descriptor == nil {
            guard listener.compiled !== compiled else { return }
            listener.compiled = compiled
            for connection in connections.values where connection.listener === listener {
                guard let chain = connection.chain, !compiled.chains.contains(where: { $0 === chain })
                else { continue }
                goOver(connection, from: chain, to: compiled)
            }
            return
        }
        guard let descriptor else { return }
        if let old = listeners[compiled.name] { remove(compiled.name, old) }
        do {
            let name = compiled.name
            let socket = try TCPListener(loop: loop, socket: Socket(owning: descriptor)) {
                [unowned self] socket, peer in
                accept(socket, peer, name)
            }
            listeners[name] = WorkerListener(socket: socket, compiled: compiled)
        } catch {
            Log.error("gateway", "cannot watch a listener", ["listener": compiled.name, "error": "\(error)"])
        }
    }

    /// What becomes of a connection whose chain was replaced.
    ///
    /// Whoever was let in by rules that changed must not go on by the old ones: a connection between two requests is
    /// closed, unless its client would be let in just the same. Then its next request is served by the new chain.
    private func goOver(
        _ connection: ClientConnection, from old: CompiledChain, to compiled: CompiledListener
    ) {
        let next = compiled.table.chain(sni: connection.sni).map { compiled.chains[$0] }
        guard let next, let change = next.change(from: old), case .http(let settings) = next.terminal else {
            return drain(connection, patiently: false)
        }
        connection.adopt(next, settings)
        if change == .limits { drain(connection, patiently: true) }
    }

    private func remove(_ name: String, _ listener: WorkerListener) {
        listeners[name] = nil
        listener.socket.close()
        listener.stats.append(listener.compiled.address.description, to: &retiredListenerStats)
        for connection in connections.values where connection.listener === listener {
            drain(connection, patiently: false)
        }
    }

    private func drain(_ connection: ClientConnection, patiently: Bool) {
        guard !connection.drains || (connection.drainsPatiently && !patiently) else { return }
        connection.drain(patiently: patiently)
        connection.expire(after: share.drainTime)
    }

    /// TLS material of these clusters changed: their idle connections are not used again.
    func renewConnections(clusters names: [String]) {
        for name in names { clusters[name]?.renewConnections() }
    }

    /// Accepts no more and lets every connection finish.
    func drainAll() {
        for (name, listener) in listeners { remove(name, listener) }
        for connection in connections.values { connection.drain() }
    }

    var connectionCount: Int { connections.count }

    /// Ends what is left.
    func closeAll() {
        for connection in connections.values { connection.expire() }
        flushSpans()
        flushLog()
    }

    // MARK: Connections

    private func accept(_ socket: consuming Socket, _ peer: SocketAddress, _ name: String) {
        guard let listener = listeners[name] else { return }
        listener.stats.connections += 1
        let active = share.activeConnections.wrappingAdd(1, ordering: .relaxed).newValue
        guard share.maxConnections == 0 || active <= share.maxConnections else {
            share.activeConnections.wrappingSubtract(1, ordering: .relaxed)
            listener.stats.overload += 1
            return
        }
        do throws(Errno) {
            let wire = try Wire(loop: loop, socket: socket, peer: peer)
            let connection = ClientConnection(worker: self, listener: listener, wire: wire)
            connections[ObjectIdentifier(connection)] = connection
            listener.stats.activeConnections += 1
            connection.start()
        } catch {
            share.activeConnections.wrappingSubtract(1, ordering: .relaxed)
            Log.warning("gateway", "cannot watch a connection", ["error": error.description])
        }
    }

    func connectionEnded(_ connection: ClientConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        connection.listener.stats.activeConnections -= 1
        share.activeConnections.wrappingSubtract(1, ordering: .relaxed)
    }

    // MARK: Services

    func cluster(_ name: String) -> ClusterRuntime? { clusters[name] }

    /// The routes a connection manager uses now.
    func routes(of settings: HTTPSettings) -> RouteTable? {
        switch settings.routes {
        case .inline(let table): table
        case .named(let name): snapshot.routes[name]
        }
    }

    func httpStats(_ prefix: String) -> HTTPStats {
        if let stats = httpStatsByPrefix[prefix] { return stats }
        let stats = HTTPStats()
        httpStatsByPrefix[prefix] = stats
        return stats
    }

    func tcpStats(_ prefix: String) -> TCPStats {
        if let stats = tcpStatsByPrefix[prefix] { return stats }
        let stats = TCPStats()
        tcpStatsByPrefix[prefix] = stats
        return stats
    }

    func log(_ record: borrowing StreamRecord, _ formats: [LogFormat]) {
        guard !formats.isEmpty else { return }
        if logLines.isEmpty { armLogTimer() }
        for format in formats { format.append(record, to: &logLines) }
        if logLines.count >= Self.maxLogBytes { flushLog() }
    }

    /// Counts a request that has ended, where a cluster was found for it.
    func count(_ record: borrowing StreamRecord) {
        guard let cluster = record.upstreamCluster else { return }
        let key = ServiceKey(
            cluster: cluster, principal: record.peerURISAN ?? "", responseCode: record.responseCode,
            flags: record.flags, grpcStatus: record.grpcStatus ?? -1, isGRPC: record.isGRPC)
        services.add(key, record)
    }

    /// Reports the span of a request that has ended.
    func report(_ record: borrowing StreamRecord, _ context: TraceContext, _ rule: TraceRule) {
        let reporter: SpanReporter
        if let known = reporters[rule.collector] {
            reporter = known
        } else {
            // Collectors that are configured no longer go when another comes.
            for (collector, old) in reporters where old.isIdle { reporters[collector] = nil }
            reporter = SpanReporter(rule.collector, worker: self)
            reporters[rule.collector] = reporter
        }
        reporter.add(TraceSpan(record, context, rule: rule, node: share.node), node: share.node)
    }

    /// Sends the spans that wait.
    func flushSpans() {
        for reporter in reporters.values { reporter.flush() }
    }

    /// Whether spans wait or are on their way.
    var hasSpans: Bool { reporters.values.contains { !$0.isIdle } }

    /// Lines are handed to the writer this many at a time, or after the flush interval.
    private static let maxLogBytes = 64 * 1024

    private func armLogTimer() {
        let timer = logTimer ?? loop.makeTimer { [unowned self] in flushLog() }
        logTimer = timer
        timer.arm(at: loop.now() + share.logFlushInterval)
    }

    /// Hands the lines written so far to the writer.
    func flushLog() {
        guard !logLines.isEmpty else { return }
        share.log.write(logLines)
        logLines.removeAll(keepingCapacity: true)
    }

    /// The value of a `date` header, made once a second (RFC 9110 5.6.7).
    func date() -> [UInt8] {
        let now = Clock.wall()
        if now.seconds != dateSecond {
            dateSecond = now.seconds
            dateText = HTTPDate.format(now)
        }
        return dateText
    }

    // MARK: Reading

    func stats() -> StatTable {
        var table = retiredListenerStats
        for listener in listeners.values {
            listener.stats.append(listener.compiled.address.description, to: &table)
        }
        for (prefix, stats) in httpStatsByPrefix { stats.append(prefix, to: &table) }
        for (prefix, stats) in tcpStatsByPrefix { stats.append(prefix, to: &table) }
        for (name, runtime) in clusters { runtime.stats.append(name, to: &table) }
        spanStats.append(to: &table)
        return table
    }

    /// Requests in flight and totals of each cluster's endpoints.
    func endpoints() -> [String: [(address: SocketAddress, active: Int)]] {
        clusters.mapValues(\.endpoints)
    }

    func membership() -> [String: (healthy: Int, total: Int)] { clusters.mapValues(\.endpointCounts) }
}

/// Dates of HTTP: `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    static func format(_ time: WallTime) -> [UInt8] {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let civil = time.civil
        let day = Int(((civil.date.daysSince1970 % 7) + 7) % 7)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let text =
            "\(days[day]), \(two(civil.date.day)) \(months[civil.date.month - 1]) \(civil.date.year) "
            + "\(two(civil.hour)):\(two(civil.minute)):\(two(civil.second)) GMT"
        return Array(text.utf8)
    }
}
