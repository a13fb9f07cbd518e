internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import XDS

/// What a process counted, over all workers.
extension GatewayControl {
    func stats() async -> StatTable {
        var table = StatTable()
        var membership: [String: (healthy: Int, total: Int)] = [:]
        for worker in workers {
            table.merge(await worker.run { $0.stats() })
            for (name, counts) in await worker.run({ $0.membership() }) { membership[name] = counts }
        }
        for (name, counts) in membership {
            table.add(.cluster(name) + "membership_healthy", Int64(counts.healthy))
            table.add(.cluster(name) + "membership_total", Int64(counts.total))
            table.add(.cluster(name) + "membership_degraded", 0)
            table.add(.cluster(name) + "membership_excluded", 0)
        }
        for (name, cluster) in current.clusters where !cluster.config.healthChecks.isEmpty {
            let health = cluster.state.healthTable
            let base = StatScope.cluster(name)
            table.add(base + "health_check.attempt", health.attempts)
            table.add(base + "health_check.success", health.successes)
            table.add(base + "health_check.failure", health.failures)
            table.add(base + "health_check.network_failure", health.networkFailures)
            table.add(base + "health_check.healthy", Int64(health.healthy.count))
        }
        for (name, cluster) in current.clusters where cluster.config.outlierDetection != nil {
            cluster.state.returnEjected(loop.now())
            let outliers = cluster.state.outlierTable
            table.add(.cluster(name) + "outlier_detection.ejections_active", Int64(outliers.ejectedCount))
            table.add(.cluster(name) + "outlier_detection.ejections_enforced_total", outliers.total)
            table.add(.cluster(name) + "outlier_detection.ejections_overflow", outliers.overflow)
            for rule in OutlierRule.allCases {
                let base = StatScope.cluster(name)
                table.add(
                    base + "outlier_detection.ejections_detected_\(rule.rawValue)",
                    outliers.detected[rule] ?? 0)
                table.add(
                    base + "outlier_detection.ejections_enforced_\(rule.rawValue)",
                    outliers.enforced[rule] ?? 0)
            }
        }
        names?.append(to: &table)
        for kind in ["listener_manager.lds", "cluster_manager.cds"] {
            table.add(.process(kind) + "update_success", updates.accepted)
            table.add(.process(kind) + "update_rejected", updates.rejected)
        }
        if let delivery { await delivery.report().append(to: &table) }
        table.add(.process("listener_manager") + "total_listeners_active", Int64(current.listeners.count))
        table.add(.process("cluster_manager") + "active_clusters", Int64(current.clusters.count))
        table.add(.process("sds") + "update_success", updates.secretsReloaded)
        table.add(.process("sds") + "update_rejected", updates.secretsRejected)
        table.add(.process("server") + "uptime", (Clock.monotonic() - startTime).inMilliseconds / 1000)
        table.add(.process("server") + "concurrency", Int64(workers.count))
        table.add(.process("server") + "live", isDraining ? 0 : 1)
        table.add(.process("access_log") + "dropped", share.log.dropped)
        return table
    }

    /// Istio's standard metrics, over all workers.
    func services() async -> ServiceTable {
        var table = ServiceTable()
        for worker in workers { table.merge(await worker.run { $0.services }) }
        return table
    }
}
