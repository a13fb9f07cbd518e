internal import EnvoyConfig
internal import XDS

extension DeliveryReport {
    /// The counters of every source under Envoy's names.
    func append(to table: inout StatTable) {
        // These are there from the start, whatever the bootstrap has.
        for scope in [StatScope.process("listener_manager.lds"), .process("cluster_manager.cds")] {
            for name in ["update_attempt", "update_success", "update_rejected", "update_failure"] {
                table.add(scope + name, 0)
            }
        }
        for source in sources {
            let (scope, prefix) = source.subscription.statScope
            let counts = source.counts
            table.add(scope + "\(prefix)update_attempt", counts.attempts)
            table.add(scope + "\(prefix)update_success", counts.successes)
            table.add(scope + "\(prefix)update_rejected", counts.rejections)
            table.add(scope + "\(prefix)update_failure", counts.failures)
            table.add(scope + "\(prefix)init_fetch_timeout", counts.timeouts)
        }
        if let isConnected {
            table.add(.process("control_plane") + "connected_state", isConnected ? 1 : 0)
        }
        table.add(
            .process("listener_manager") + "total_listeners_warming", Int64(state.warmingListeners.count))
        table.add(.process("cluster_manager") + "warming_clusters", Int64(state.warmingClusters.count))
    }
}

extension ResourceSubscription {
    fileprivate var statScope: (StatScope, String) {
        switch key.kind {
        case .listeners: (.process("listener_manager.lds"), "")
        case .clusters: (.process("cluster_manager.cds"), "")
        case .endpoints: (.cluster(ownerName), "")
        case .routes: (.http(statPrefix), "rds.\(key.name).")
        case .secrets: (.process("sds"), "\(key.name).")
        }
    }
}
