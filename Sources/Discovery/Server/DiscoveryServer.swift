internal import Bytes
public import Federation
internal import HTTPCodec
public import HTTPService
public import Reactor
public import Resources
internal import Synchronization

/// The exporter's side of discovery: tells each peer what it may see, and nothing else.
///
/// It answers `GET /v1/services/{peer}` and `GET /v1/watch/{peer}` as OSSM 2 does. Every request comes from our own
/// ingress gateway, which has checked the peer's client ID and has written the peer's name into the path. So the
/// client certificate has to be that gateway's, or the answer is 403.
///
/// `handle` goes into an `HTTPServer` whose TLS context requires a client certificate of this mesh.
public final class DiscoveryServer: Sendable {
    /// Times and limits.
    public struct Configuration: Hashable, Sendable {
        /// How often watchers that asked for it get a sign of life.
        public var heartbeatInterval: Duration
        /// How many messages may wait for one watcher before they are dropped for a resync.
        public var queueLimit: Int
        /// How many watches one peer may hold open.
        public var maxWatches: Int

        /// Times and limits; the interval is the one importers expect.
        public init(
            heartbeatInterval: Duration = .seconds(5), queueLimit: Int = 1_000, maxWatches: Int = 64
        ) {
            self.heartbeatInterval = heartbeatInterval
            self.queueLimit = queueLimit
            self.maxWatches = maxWatches
        }
    }

    private let loop: EventLoop
    private let configuration: Configuration
    private let onRemotesChanged: @Sendable (String, [RemoteStatus]) -> Void
    private let state = Mutex(State())

    private struct State {
        var peers: [String: PeerExports] = [:]
        var timer: TimerHandle?
        var isStopped = false
    }

    /// A server without peers; the loop has to be running.
    ///
    /// `onRemotesChanged` is called on any thread with a peer's name and its remotes whenever a watch began, ended
    /// or read the list. It must not block.
    public init(
        loop: EventLoop, configuration: Configuration = Configuration(),
        onRemotesChanged: @escaping @Sendable (String, [RemoteStatus]) -> Void = { _, _ in }
    ) {
        self.loop = loop
        self.configuration = configuration
        self.onRemotesChanged = onRemotesChanged
        scheduleHeartbeat()
    }

    // MARK: Peers

    /// Makes a peer known, or changes who speaks for it: the SPIFFE ID of the ingress gateway it comes in by.
    ///
    /// A new peer is offered nothing until `setExports`.
    public func setPeer(_ peer: String, ingressIdentity: SPIFFEID) {
        let exports = state.withLock { state in
            if let known = state.peers[peer] { return known }
            let new = PeerExports(
                name: peer, ingressIdentity: ingressIdentity, onRemotesChanged: onRemotesChanged)
            state.peers[peer] = new
            return new
        }
        exports.setIngressIdentity(ingressIdentity)
    }

    /// Replaces what a peer may see; its watchers get the difference.
    ///
    /// Unknown peers are ignored.
    public func setExports(_ peer: String, _ services: [ServiceMessage]) {
        self[peer]?.setServices(services)
    }

    /// Forgets a peer: its watches end cleanly, and it is told that it is unknown when it comes back.
    public func removePeer(_ peer: String) {
        let removed = state.withLock { $0.peers.removeValue(forKey: peer) }
        removed?.remove()
    }

    /// Ends the watches a peer has open, cleanly: whether it may come back is decided anew.
    public func endWatches(_ peer: String) { self[peer]?.endWatches() }

    /// Who of a peer watches, sorted by source.
    public func remotes(_ peer: String) -> [RemoteStatus] { self[peer]?.remotes ?? [] }

    /// Ends all watches and the heartbeats.
    public func stop() {
        let peers = state.withLock { state in
            state.isStopped = true
            state.timer?.cancel()
            defer { state.peers = [:] }
            return Array(state.peers.values)
        }
        for peer in peers { peer.remove() }
    }

    private subscript(_ peer: String) -> PeerExports? { state.withLock { $0.peers[peer] } }

    private func scheduleHeartbeat() {
        let timer = loop.schedule(after: configuration.heartbeatInterval) { [weak self] in
            guard let self else { return }
            for peer in state.withLock({ Array($0.peers.values) }) {
                peer.sendHeartbeats()
                peer.prune()
            }
            scheduleHeartbeat()
        }
        let isStopped = state.withLock { state in
            if !state.isStopped { state.timer = timer }
            return state.isStopped
        }
        if isStopped { timer.cancel() }
    }

    // MARK: Requests

    /// Answers a request.
    public func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let segments = request.pathSegments
        guard segments.count == 3, segments[0] == "v1", ["services", "watch"].contains(segments[1]) else {
            return HTTPResponse(status: 404)
        }
        guard let uri = request.peer.uriSAN, let identity = SPIFFEID(uri) else {
            return HTTPResponse(status: 403)
        }
        guard let exports = self[segments[2]] else { return HTTPResponse(status: 400) }
        guard exports.admits(identity) else {
            Log.warning(
                "discovery", "refused a request that came by the wrong gateway",
                ["peer": segments[2], "identity": uri])
            return HTTPResponse(status: 403)
        }
        let source = Self.source(of: request)
        if segments[1] == "services" {
            var response = HTTPResponse(status: 200, body: .bytes(exports.list(for: source)))
            response.headers.set("Content-Type", "text/plain; charset=utf-8")
            return response
        }
        return watch(exports, source, request.headers)
    }

    private func watch(_ exports: PeerExports, _ source: String, _ headers: HTTPHeaders) -> HTTPResponse {
        let hasMarks = DiscoveryFeatures.hasMarks(headers)
        let limit = configuration.queueLimit
        let maxWatches = configuration.maxWatches
        // The head promises that no later change is missed, so the feed is there before it is sent.
        let connection = WatchConnection(
            source: source, understandsMarks: hasMarks, queueLimit: limit)
        guard exports.open(connection, limit: maxWatches) else { return HTTPResponse(status: 503) }
        let lease = WatchLease(exports, connection)
        var response = HTTPResponse.stream(contentType: "application/json") { writer in
            await lease.connection.run(writer) { lease.exports.eventSent(source) }
            lease.end()
        }
        if hasMarks { response.headers.set(DiscoveryFeatures.header, DiscoveryFeatures.all) }
        return response
    }

    /// Which of the peer's controllers asks: the first address of `X-Forwarded-For`, which its own
    /// gateway adds.
    ///
    /// It only labels a status entry; anything that is not an address is replaced by where the request
    /// came from.
    private static func source(of request: HTTPRequest) -> String {
        let forwarded = request.headers["X-Forwarded-For"]?.split(separator: ",").first ?? ""
        let text = String(forwarded.drop { $0 == " " }.prefix { $0 != " " })
        return IPAddress(text).map { "\($0)" } ?? "\(request.peer.address.ip)"
    }
}

/// Gives a watch back when its stream ends, also when the client left before the stream began.
private final class WatchLease: Sendable {
    let exports: PeerExports
    let connection: WatchConnection

    init(_ exports: PeerExports, _ connection: WatchConnection) {
        self.exports = exports
        self.connection = connection
    }

    func end() { exports.close(connection) }

    deinit { exports.close(connection) }
}
