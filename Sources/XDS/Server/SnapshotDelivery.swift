internal import Bytes
internal import Document
public import EnvoyConfig

/// The delivery of one node's configuration: what it is offered, what it took and what it refused. Owns no socket.
///
/// Versions are made from the content, so that a restarted controller offers the same versions and nothing is sent
/// twice. Changes reach the node in an order that loses no request: clusters and endpoints are added first, then
/// listeners and routes move over, then what nothing names any more is taken away.
public struct SnapshotDelivery: Sendable {
    /// What to do with a poll.
    public enum OnPoll: Equatable, Sendable {
        /// Answer 200 with this version.
        case respond(version: String, resources: [DynamicResource])
        /// Keep the poll open until something changes or its time is over (304).
        case hold
    }

    /// A refusal of the node.
    public struct Refusal: Hashable, Sendable {
        /// The kind that was refused.
        public var kind: ResourceKind
        /// The version that was refused.
        public var version: String
        /// What the node says is wrong; empty from a gateway that does not say.
        public var message: String
    }

    private struct Offer {
        var version = ""
        var resources: [DynamicResource] = []
        var sent = ""
        var sentNames: [String] = []
        var accepted = ""
        var refusal: Refusal?
    }

    private enum Phase: Equatable {
        case settled
        /// Old and new clusters are offered; listeners and routes wait until they were taken.
        case adding
        /// Everything new is offered; what is not in the target goes when it was taken.
        case switching
    }

    private var offers: [ResourceKind: Offer] = [:]
    private var target = Snapshot()
    private var phase = Phase.settled
    private var instance = ""
    private var hasPolled = false

    /// A delivery that has nothing to offer yet.
    public init() {}

    /// True once a target was set.
    public private(set) var hasTarget = false

    /// The refusals in force, by kind.
    public var refusals: [Refusal] { ResourceKind.allCases.compactMap { offers[$0]?.refusal } }

    /// The version of a kind that the node took last; empty for none.
    public func acceptedVersion(of kind: ResourceKind) -> String { offers[kind]?.accepted ?? "" }

    /// True when the node has taken all of the newest target.
    public var isSettled: Bool {
        phase == .settled
            && Self.kinds.allSatisfy { (offers[$0]?.accepted ?? "") == (offers[$0]?.version ?? "") }
    }

    /// Sets what the node should have; answers whether anything changes for it.
    public mutating func setTarget(_ snapshot: Snapshot) -> Bool {
        let isFirst = !hasTarget
        guard isFirst || snapshot != target else { return false }
        target = snapshot
        hasTarget = true
        if isFirst || !hasPolled {
            for kind in Self.kinds { offer(kind, snapshot.resources(of: kind)) }
            phase = .settled
            return true
        }
        for kind in Self.additive { offer(kind, union(kind)) }
        phase = .adding
        advance()
        return true
    }

    /// A poll arrived.
    ///
    /// `instance` tells one run of the gateway from the next; empty when it does not say. `message` is the text of its
    /// `error_detail`, nil without one.
    public mutating func polled(
        _ kind: ResourceKind, version: String, names: [String], instance: String, message: String?
    ) -> OnPoll {
        hasPolled = true
        if instance != self.instance || (version.isEmpty && message == nil) { restarted(kind, instance) }
        var offer = offers[kind] ?? Offer()
        if offer.version.isEmpty {
            offers[kind] = offer
            return .hold
        }
        if version == offer.version && names == offer.sentNames {
            offer.sent = offer.version
            offer.accepted = offer.version
            offer.refusal = nil
            offers[kind] = offer
            advance()
            return answerAfterAdvance(kind, version: version, names: names)
        }
        if offer.sent == offer.version && names == offer.sentNames {
            // It was sent this version and still names another one: refused, and not sent again until it changes.
            offer.refusal = Refusal(kind: kind, version: offer.version, message: message ?? "")
            offers[kind] = offer
            return .hold
        }
        return respond(kind, names: names)
    }

    /// Looks again for a held poll: what it would be answered now.
    public mutating func recheck(_ kind: ResourceKind, names: [String]) -> OnPoll {
        guard let offer = offers[kind], !offer.version.isEmpty else { return .hold }
        return offer.sent == offer.version && offer.sentNames == names ? .hold : respond(kind, names: names)
    }

    private static let kinds: [ResourceKind] = [.clusters, .endpoints, .listeners, .routes]
    private static let additive: [ResourceKind] = [.clusters, .endpoints]
    private static let moving: [ResourceKind] = [.listeners, .routes]

    private mutating func restarted(_ kind: ResourceKind, _ instance: String) {
        let kinds = instance == self.instance ? [kind] : Self.kinds
        for kind in kinds {
            offers[kind]?.sent = ""
            offers[kind]?.sentNames = []
            offers[kind]?.accepted = ""
            offers[kind]?.refusal = nil
        }
        self.instance = instance
    }

    private mutating func answerAfterAdvance(_ kind: ResourceKind, version: String, names: [String]) -> OnPoll
    {
        guard let offer = offers[kind], offer.version != version else { return .hold }
        return respond(kind, names: names)
    }

    private mutating func respond(_ kind: ResourceKind, names: [String]) -> OnPoll {
        guard var offer = offers[kind] else { return .hold }
        offer.sent = offer.version
        offer.sentNames = names
        offers[kind] = offer
        let resources = names.isEmpty ? offer.resources : offer.resources.filter { names.contains($0.name) }
        return .respond(version: offer.version, resources: resources)
    }

    private mutating func offer(_ kind: ResourceKind, _ resources: [DynamicResource]) {
        let version = Self.version(of: resources)
        guard offers[kind]?.version != version else { return }
        offers[kind, default: Offer()].version = version
        offers[kind]?.resources = resources
        offers[kind]?.refusal = nil
    }

    /// The target's resources and those on offer that the target no longer has.
    private func union(_ kind: ResourceKind) -> [DynamicResource] {
        let wanted = target.resources(of: kind)
        let names = Set(wanted.map(\.name))
        let old = (offers[kind]?.resources ?? []).filter { !names.contains($0.name) }
        return (wanted + old).sorted { $0.name < $1.name }
    }

    private mutating func advance() {
        if phase == .adding, Self.additive.allSatisfy(isTaken) {
            for kind in Self.moving { offer(kind, target.resources(of: kind)) }
            phase = .switching
        }
        if phase == .switching, Self.moving.allSatisfy(isTaken) {
            for kind in Self.additive { offer(kind, target.resources(of: kind)) }
            phase = .settled
        }
    }

    private func isTaken(_ kind: ResourceKind) -> Bool {
        guard let offer = offers[kind] else { return true }
        return offer.accepted == offer.version
    }

    /// A name for this content: the same content has the same name in every run.
    static func version(of resources: [DynamicResource]) -> String {
        var text: [UInt8] = []
        for resource in resources { text += JSON.bytes(resource.anyNode) + [10] }
        let halves = [FNV1.hash64(text), FNV1.hash64a(text)]
        return Hex.encode(
            halves.flatMap { half in (0..<8).map { UInt8(truncatingIfNeeded: half >> (56 - 8 * $0)) } })
    }
}
