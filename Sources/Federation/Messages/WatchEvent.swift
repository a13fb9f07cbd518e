/// One change of an exporter's service list, as the watch stream carries it.
public struct WatchEvent: Hashable, Sendable {
    /// What happened to the service.
    public enum Action: String, Hashable, Sendable, CaseIterable {
        /// The service is new in the list.
        case add
        /// The service replaces the one of the same hostname.
        case update
        /// The service left the list; the event carries its last form.
        case delete
    }

    /// What happened.
    public var action: Action
    /// The service it happened to.
    public var service: ServiceMessage
    /// The checksum of the whole list after the change.
    public var checksum: UInt64

    /// An event of the given parts.
    public init(action: Action, service: ServiceMessage, checksum: UInt64) {
        self.action = action
        self.service = service
        self.checksum = checksum
    }
}

/// One line of a watch stream.
///
/// An OSSM 2 exporter sends changes only. The other two are sent to peers that asked for them by the header
/// `x-hanse-features`, so an importer that does not know them never sees them.
public enum WatchMessage: Hashable, Sendable {
    /// A change of the list.
    case change(WatchEvent)
    /// A sign of life every five seconds, with the checksum of the list as it is.
    case heartbeat(checksum: UInt64)
    /// Changes were left out, because the importer reads too slowly: it has to ask for the whole list.
    case resync(checksum: UInt64)
}
