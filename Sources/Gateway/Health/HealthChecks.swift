internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// The active checks of all clusters: one probe an endpoint, whatever the number of workers.
///
/// Lives on the control loop. Endpoints that stay keep their health across updates.
final class HealthChecks {
    private struct Checked {
        var cluster: CompiledCluster
        var probes: [SocketAddress: HealthProbe] = [:]
    }

    private let loop: EventLoop
    private var clusters: [String: Checked] = [:]
    /// Told after each check.
    var observer: (() -> Void)?

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Checks what these clusters ask for, and nothing else.
    func update(_ fresh: [String: CompiledCluster]) {
        for (name, checked) in clusters where fresh[name]?.config.healthChecks.isEmpty != false {
            for probe in checked.probes.values { probe.stop() }
            checked.cluster.state.forgetHealth()
            clusters[name] = nil
        }
        for (name, cluster) in fresh where !cluster.config.healthChecks.isEmpty {
            update(name, cluster, endsOthers: true)
        }
    }

    /// Begins to check what these clusters ask for, and leaves all other checks as they are.
    func begin(_ fresh: [String: CompiledCluster]) {
        for (name, cluster) in fresh where !cluster.config.healthChecks.isEmpty {
            update(name, cluster, endsOthers: false)
        }
    }

    /// Whether every endpoint of a cluster was checked at least once.
    func isWarm(_ cluster: CompiledCluster) -> Bool {
        guard !cluster.config.healthChecks.isEmpty else { return true }
        let probes = clusters[cluster.name]?.probes ?? [:]
        return cluster.addresses.allSatisfy { probes[$0].map { $0.health.checks > 0 } ?? false }
    }

    /// Ends every check.
    func stop() { update([:]) }

    private func update(_ name: String, _ cluster: CompiledCluster, endsOthers: Bool) {
        guard let rule = cluster.config.healthChecks.first else { return }
        var checked = clusters[name] ?? Checked(cluster: cluster)
        // Another kind of check, or another identity, begins anew.
        let isSame =
            checked.cluster.config.healthChecks == cluster.config.healthChecks
            && checked.cluster.sharesConnections(with: cluster)
        checked.cluster = cluster
        let target = HealthProbe.Target(
            rule: rule, clusterName: name, tls: cluster.checkTLS, sni: cluster.sni)
        let wanted = Set(cluster.addresses)
        for (address, probe) in checked.probes {
            if wanted.contains(address), isSame {
                probe.target = target
            } else if wanted.contains(address) || endsOthers {
                probe.stop()
                checked.probes[address] = nil
            }
        }
        // Who is checked in another way now is as well as it was until it was.
        if endsOthers { cluster.state.keepHealth(wanted) }
        for address in wanted where checked.probes[address] == nil {
            let state = cluster.state
            let probe = HealthProbe(
                loop: loop, address: address, target: target, hasTraffic: { state.hasTraffic }
            ) { [weak self] probe, outcome, changed in
                state.note(probe.address, outcome, isHealthy: probe.health.isHealthy)
                defer { self?.observer?() }
                guard changed else { return }
                Log.info(
                    "gateway", "health of an endpoint changed",
                    [
                        "cluster": name, "endpoint": probe.address.description,
                        "healthy": "\(probe.health.isHealthy)",
                    ])
            }
            checked.probes[address] = probe
            probe.start()
        }
        clusters[name] = checked
    }
}
