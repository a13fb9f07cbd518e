public import Bytes
public import Document

/// A moment on both clocks: the monotonic one for deadlines, the wall's for statuses.
public struct Moment: Hashable, Sendable {
    /// The monotonic time.
    public var instant: Instant
    /// The time of day.
    public var wall: WallTime

    /// A moment of the given times.
    public init(instant: Instant, wall: WallTime) {
        self.instant = instant
        self.wall = wall
    }
}

/// The life of one discovery connection, as statuses show it.
public struct PeerConnectionStatus: Hashable, Sendable {
    /// True while the watch is open.
    public var connected = false
    /// When a watch was last opened with success.
    ///
    /// Failed attempts do not move it.
    public var lastConnected: WallTime?
    /// When the last change was carried.
    public var lastEvent: WallTime?
    /// When the whole list was last carried.
    public var lastFullSync: WallTime?
    /// When an open watch last ended.
    public var lastDisconnect: WallTime?
    /// Why the last attempt or watch ended: an HTTP status such as `403 Forbidden`, or the error.
    ///
    /// It stays when the connection comes back.
    public var lastDisconnectStatus: String?

    /// The status of a connection that was never tried.
    public init() {}

    /// The watch was opened.
    public mutating func opened(at now: WallTime) {
        connected = true
        lastConnected = now
    }

    /// A change was read or sent.
    public mutating func eventCarried(at now: WallTime) { lastEvent = now }

    /// The whole list was read or sent.
    public mutating func fullSyncCarried(at now: WallTime) { lastFullSync = now }

    /// The watch ended, or could not be opened.
    public mutating func ended(at now: WallTime, status: String?) {
        if connected { lastDisconnect = now }
        connected = false
        if let status { lastDisconnectStatus = String(status.prefix(512)) }
    }

    /// The fields as they stand in a ServiceMeshPeer's status; times nobody knows are left out.
    public var node: Node {
        var object = Object()
        object["connected"] = Node(connected)
        for (key, time) in [
            ("lastConnected", lastConnected), ("lastDisconnect", lastDisconnect), ("lastEvent", lastEvent),
            ("lastFullSync", lastFullSync),
        ] {
            if let time { object[key] = Node(time.rfc3339) }
        }
        if let lastDisconnectStatus { object["lastDisconnectStatus"] = Node(lastDisconnectStatus) }
        return Node(object)
    }
}

/// One of the peer's controllers that watches our exports.
public struct RemoteStatus: Hashable, Sendable {
    /// Where the watch comes from: an IP address.
    public var source: String
    /// Its connection.
    public var connection: PeerConnectionStatus

    /// The status of one remote.
    public init(source: String, connection: PeerConnectionStatus) {
        self.source = source
        self.connection = connection
    }
}

/// What one controller process tells about a peer.
public struct PeerDiscoveryStatus: Hashable, Sendable {
    /// The process: a pod's name, or the host's.
    public var pod: String
    /// Our watch of the peer.
    public var watch: PeerConnectionStatus
    /// The peer's watches of us.
    public var remotes: [RemoteStatus]

    /// What one process tells.
    public init(pod: String, watch: PeerConnectionStatus, remotes: [RemoteStatus] = []) {
        self.pod = pod
        self.watch = watch
        self.remotes = remotes
    }

    private var node: Node {
        var object = Object()
        object["pod"] = Node(pod)
        if !remotes.isEmpty {
            object["remotes"] = Node(
                remotes.sorted { $0.source < $1.source }.map { remote in
                    var node = remote.connection.node
                    node["source"] = Node(remote.source)
                    return node
                })
        }
        object["watch"] = watch.node
        return Node(object)
    }

    /// The `status` of a ServiceMeshPeer: processes whose watch is open in `active`, the others in `inactive`,
    /// each list sorted by pod and left out when empty.
    public static func status(of processes: [PeerDiscoveryStatus]) -> Node {
        var discovery = Object()
        let sorted = processes.sorted { $0.pod < $1.pod }
        let active = sorted.filter(\.watch.connected)
        let inactive = sorted.filter { !$0.watch.connected }
        if !active.isEmpty { discovery["active"] = Node(active.map(\.node)) }
        if !inactive.isEmpty { discovery["inactive"] = Node(inactive.map(\.node)) }
        return ["discoveryStatus": Node(discovery)]
    }
}
