public import Bytes
public import EnvoyConfig

/// How the updates of one source went, as Envoy counts them.
public struct DeliveryCounts: Sendable, Equatable {
    /// Answers and failed attempts.
    public var attempts: Int64 = 0
    /// Updates in force.
    public var successes: Int64 = 0
    /// Attempts without an answer.
    public var failures: Int64 = 0
    /// Updates refused.
    public var rejections: Int64 = 0
    /// Times that the first answer did not come in time.
    public var timeouts: Int64 = 0
    /// The version in force; empty before the first.
    public var version = ""

    mutating func accepted(_ version: String) {
        successes += 1
        self.version = version
    }

    mutating func failed() {
        attempts += 1
        failures += 1
    }
}

/// What delivery has and how it went.
public struct DeliveryReport: Sendable {
    /// One question and its counters.
    public struct Source: Sendable {
        /// The question.
        public var subscription: ResourceSubscription
        /// Its counters.
        public var counts: DeliveryCounts
    }

    /// What was accepted and what waits.
    public var state: DeliveryState
    /// The questions that are asked now.
    public var sources: [Source]
    /// Whether the aggregated stream stands; nil without one.
    public var isConnected: Bool?
}

extension DeliveryReport {
    /// What there is, for `/config_dump`.
    public func dump(_ bootstrap: Bootstrap, started: WallTime) -> ConfigDump {
        var dump = ConfigDump(bootstrap, started: started)
        for kind in ResourceKind.allCases {
            dump.versions[kind] = state.version(of: kind)
            for (_, entry) in state.entries(of: kind).sorted(by: { $0.key < $1.key }) {
                dump.items.append(.init(entry.resource, version: entry.version, updated: entry.updated))
            }
        }
        dump.warming = [.listeners: state.warmingListeners, .clusters: state.warmingClusters]
        for (key, failure) in state.refusals.sorted(by: { $0.key.name < $1.key.name }) {
            dump.failures.append(
                .init(
                    key.kind, name: key.name, version: failure.version, details: failure.details,
                    time: failure.time))
        }
        return dump
    }
}
