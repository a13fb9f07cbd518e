internal import HTTPService
public import Reactor
internal import Synchronization

/// The importer's side of discovery: follows the services of every peer through the local egress gateways.
///
/// Each peer has its own requests, timers and machine: a slow or dead one delays nobody.
public final class DiscoveryClient: Sendable {
    private let loop: EventLoop
    private let http: HTTPClient
    private let onEvent: @Sendable (DiscoveryEvent) -> Void
    private let followers = Mutex<[String: PeerFollower]>([:])

    /// A client without peers; the loop has to be running.
    ///
    /// `onEvent` is called on the loop, in order for each peer; it must not block. Nothing is reported of a peer
    /// once its `stop` was carried out on the loop.
    public init(loop: EventLoop, onEvent: @escaping @Sendable (DiscoveryEvent) -> Void) {
        self.loop = loop
        self.onEvent = onEvent
        http = HTTPClient(loop: loop)
    }

    /// Begins to follow a peer; for one that is followed already it is `update`.
    public func start(_ config: PeerDiscoveryConfig) {
        let (follower, isNew) = followers.withLock { followers in
            if let follower = followers[config.peer] { return (follower, false) }
            let follower = PeerFollower(config, loop: loop, http: http, onEvent: onEvent)
            followers[config.peer] = follower
            return (follower, true)
        }
        loop.submit {
            follower.assumeIsolated { follower in
                if isNew { follower.start() } else { follower.update(config) }
            }
        }
    }

    /// Changes how a peer is followed.
    ///
    /// Its watch is opened anew only when the way to it changed; imports stay.
    public func update(_ config: PeerDiscoveryConfig) { start(config) }

    /// No longer follows a peer.
    public func stop(_ peer: String) {
        guard let follower = followers.withLock({ $0.removeValue(forKey: peer) }) else { return }
        loop.submit { follower.assumeIsolated { _ = $0.stop() } }
    }

    /// No longer follows anybody; returns when nothing of it runs any more.
    ///
    /// Before the loop is stopped.
    public func shutdown() async {
        let all = followers.withLock { followers in
            defer { followers = [:] }
            return Array(followers.values)
        }
        for follower in all {
            for task in await follower.stop() { await task.value }
        }
        http.shutdown()
    }

    /// The peers that are followed, sorted.
    public var peers: [String] { followers.withLock { $0.keys.sorted() } }
}
