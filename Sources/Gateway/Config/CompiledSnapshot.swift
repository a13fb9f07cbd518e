internal import EnvoyConfig

/// A whole configuration, compiled and checked, immutable, shared by all workers.
final class CompiledSnapshot: Sendable {
    /// What it was made from.
    let source: Snapshot
    let listeners: [CompiledListener]
    let clusters: [String: CompiledCluster]
    /// Delivered route configurations by name.
    let routes: [String: RouteTable]
    /// TLS material of delivered secrets that changed, to be put into use with this configuration.
    let renewals: [Renewal]

    /// New material for a slot that stays.
    struct Renewal: Sendable {
        /// The cluster of the slot; nil for a listener's.
        var cluster: String?
        /// Puts it into use.
        var commit: @Sendable () -> Void
    }

    init(
        source: Snapshot, listeners: [CompiledListener], clusters: [String: CompiledCluster],
        routes: [String: RouteTable], renewals: [Renewal] = []
    ) {
        self.source = source
        self.listeners = listeners
        self.clusters = clusters
        self.routes = routes
        self.renewals = renewals
    }

    /// Nothing at all.
    static var empty: CompiledSnapshot {
        CompiledSnapshot(source: Snapshot(), listeners: [], clusters: [:], routes: [:])
    }

    /// Every TLS slot, with the files it was made from.
    var tlsPaths: Set<String> {
        var paths: Set<String> = []
        for slot in serverSlots { paths.formUnion(slot.material.paths) }
        for slot in clientSlots { paths.formUnion(slot.material.paths) }
        return paths
    }

    var serverSlots: [ServerTLSSlot] { listeners.flatMap { $0.chains.compactMap(\.tls) } }
    var clientSlots: [ClientTLSSlot] { clusters.values.compactMap(\.tls) }
}
