internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// Keeps the addresses of a STRICT_DNS endpoint current.
enum NameResolver {
    /// Resolves `host` at once and then at the cluster's rate, until cancelled.
    ///
    /// New answers replace the addresses, an empty one empties them; a failure keeps them.
    static func follow(
        _ host: String, of cluster: CompiledCluster, changed: @escaping @Sendable () async -> Void
    )
        -> Task<Void, Never>
    {
        let state = cluster.state
        let dns = cluster.config.dns
        let name = cluster.name
        return Task.detached {
            var failures = 0
            while !Task.isCancelled {
                var delay = dns.refreshRate
                switch await DNS.resolve(host) {
                case .success(let answers):
                    failures = 0
                    let wanted = dns.lookupFamily == .v4Only ? answers.filter { !$0.isV6 } : answers
                    var seen: Set<IPAddress> = []
                    let unique = wanted.filter { seen.insert($0).inserted }
                    if state.setAddresses(unique, of: host) {
                        Log.debug("gateway", "addresses changed", ["cluster": name, "host": host])
                        await changed()
                    }
                case .failure(let error):
                    if failures == 0 {
                        Log.warning(
                            "gateway", "cannot resolve an endpoint",
                            ["cluster": name, "error": error.description])
                    }
                    failures += 1
                    if let rate = dns.failureRefreshRate {
                        delay = min(
                            rate.maxInterval ?? rate.baseInterval * 10,
                            rate.baseInterval * (1 << min(failures - 1, 6)))
                    }
                }
                try? await Task.sleep(for: delay)
            }
        }
    }
}
