internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// Waits until names were looked up and endpoints were checked once, so that nobody is turned away before that.
///
/// Lives on the control loop.
final class ClusterWarming {
    /// No configuration is held back for longer: an endpoint that does not answer holds up nobody else for long.
    static let limit: Duration = .seconds(1)

    private let isWarm: () -> Bool
    private var finish: (() -> Void)?
    private var timer: LoopTimer?

    /// `finish` is called once: when `isWarm` holds, or at the limit.
    init(loop: EventLoop, isWarm: @escaping () -> Bool, finish: @escaping () -> Void) {
        self.isWarm = isWarm
        self.finish = finish
        let timer = loop.makeTimer { [weak self] in self?.end() }
        timer.arm(at: loop.now() + Self.limit)
        self.timer = timer
    }

    /// Looks again.
    func look() {
        if finish != nil, isWarm() { end() }
    }

    private func end() {
        timer?.disarm()
        timer = nil
        let finish = finish
        self.finish = nil
        finish?()
    }
}

extension CompiledCluster {
    /// Whether it knows less than it needs to serve, coming after `old`: Envoy would be warming it.
    func isCold(after old: CompiledCluster?) -> Bool {
        guard let old else { return config.type == .strictDNS || !config.healthChecks.isEmpty }
        if config.type == .strictDNS, !hostNames.isSubset(of: old.hostNames) { return true }
        guard !config.healthChecks.isEmpty else { return false }
        return old.config.healthChecks != config.healthChecks || !sharesConnections(with: old)
            || old.priorities.allSatisfy(\.isEmpty)
    }
}
