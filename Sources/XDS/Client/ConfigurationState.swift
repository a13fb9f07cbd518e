internal import Bytes
internal import Document
internal import EnvoyConfig

/// What a gateway has, what it was offered and what it refuses.
///
/// Owns no socket, file or clock.
///
/// A gateway that serves nothing yet takes nothing before every kind has come: then all of it counts at once. One that
/// serves takes each kind as it comes; the controller keeps the order.
struct ConfigurationState: Sendable {
    /// What to do with an answer.
    enum OnAnswer: Equatable, Sendable {
        /// Other kinds are still missing: ask for this one again when all were judged.
        case wait
        /// Try to put this into force and report how it went with `applied`.
        case apply(Snapshot)
    }

    /// The kinds that are asked for, in Envoy's order.
    static let kinds: [ResourceKind] = [.clusters, .endpoints, .listeners, .routes]

    /// True once a configuration is in force.
    private(set) var isServing = false
    /// What is in force.
    private(set) var snapshot = Snapshot()
    private var polls: [ResourceKind: PollState] = [:]
    /// Offers that were not judged or were refused, by kind, while nothing is in force.
    private var first: [ResourceKind: DiscoveryResponse] = [:]

    /// The accepted version of each kind.
    var versions: [ResourceKind: String] { polls.mapValues(\.version).filter { !$0.value.isEmpty } }

    /// Why the last offer of a kind is refused.
    var refusals: [ResourceKind: String] { polls.compactMapValues(\.refusal) }

    /// A stored configuration was put into force.
    mutating func restored(_ snapshot: Snapshot, versions: [ResourceKind: String]) {
        self.snapshot = snapshot
        polls = versions.mapValues { PollState(version: $0) }
        isServing = true
    }

    /// The next question for a kind.
    func request(_ kind: ResourceKind, from identity: NodeIdentity) -> DiscoveryRequest {
        (polls[kind] ?? PollState()).request(kind, from: identity)
    }

    /// An answer with resources came.
    mutating func answered(_ kind: ResourceKind, _ response: DiscoveryResponse) -> OnAnswer {
        guard isServing else {
            first[kind] = response
            return Self.kinds.allSatisfy { first[$0] != nil } ? .apply(candidate(kind, response)) : .wait
        }
        return .apply(candidate(kind, response))
    }

    /// An answer came that cannot be read.
    mutating func unreadable(_ kind: ResourceKind, _ reason: String) {
        polls[kind, default: PollState()].refused(reason)
        first[kind] = nil
    }

    /// What `answered` gave was tried; without faults it is in force.
    mutating func applied(
        _ kind: ResourceKind, _ response: DiscoveryResponse, _ tried: Snapshot, faults: [String]
    ) {
        guard faults.isEmpty else {
            let reason = Self.text(faults)
            // Before the first one it is not known which kind is at fault.
            for kind in isServing ? [kind] : Self.kinds { polls[kind, default: PollState()].refused(reason) }
            return
        }
        snapshot = tried
        if isServing {
            polls[kind, default: PollState()].accepted(response.versionInfo)
        } else {
            for (kind, response) in first {
                polls[kind, default: PollState()].accepted(response.versionInfo)
            }
            first = [:]
            isServing = true
        }
    }

    private func candidate(_ kind: ResourceKind, _ response: DiscoveryResponse) -> Snapshot {
        var candidate = snapshot
        var versions = versions
        for (kind, response) in first {
            candidate.replace(kind, with: response.resources)
            versions[kind] = response.versionInfo
        }
        candidate.replace(kind, with: response.resources)
        versions[kind] = response.versionInfo
        candidate.version = Self.version(versions)
        return candidate
    }

    /// One name for the versions of all kinds: changes exactly when one of them does.
    private static func version(_ versions: [ResourceKind: String]) -> String {
        let text = kinds.map { versions[$0] ?? "" }.joined(separator: "\n")
        let hash = FNV1.hash64a(Array(text.utf8))
        return Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: hash >> (56 - 8 * $0)) })
    }

    /// Joins faults to at most 4 KiB: a refusal travels with every poll.
    private static func text(_ faults: [String]) -> String {
        var text = ""
        for (index, fault) in faults.enumerated() {
            if text.utf8.count + fault.utf8.count > 4_096, index > 0 {
                return text + "; and \(faults.count - index) more"
            }
            text += (text.isEmpty ? "" : "; ") + String(fault.prefix(4_096))
        }
        return text
    }
}

/// How long to wait before asking again.
struct PollBackoff: Sendable {
    private var delay = Duration.milliseconds(100)
    private var count = 0

    /// True right after the first `next`.
    var isFirst: Bool { count == 1 }

    /// After a failure: 0.1 seconds, doubled each time up to 5, and up to half as much again by `random` (0 to 1) so that
    /// many gateways do not return at once.
    mutating func next(random: Double) -> Duration {
        defer { delay = min(delay * 2, .seconds(5)) }
        count += 1
        return delay + delay * (min(max(random, 0), 1) / 2)
    }

    /// After an answer without news: a held poll is followed at once; one that was not held, after half a second.
    static func pause(afterPollOf duration: Duration) -> Duration {
        duration >= .milliseconds(500) ? .zero : .milliseconds(500)
    }
}
