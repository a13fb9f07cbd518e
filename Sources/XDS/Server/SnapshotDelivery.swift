internal import Bytes
internal import Document
public import EnvoyConfig

/// The delivery of one node's configuration: what it is offered, what it took and what it refused.
///
/// Owns no socket. Versions are made from the content, so that a restarted controller offers the same versions and
/// nothing is sent twice. Changes reach the node in an order that loses no request: clusters and endpoints are added
/// first, then listeners and routes move over, then what nothing names any more is taken away.
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

    /// One question of the node, repeated by poll after poll: stock Envoy asks for each route and endpoint by name.
    private struct Subscription {
        var sent = ""
        var accepted = ""
        /// True when the node has a version of this already, from an earlier run perhaps.
        var hasOld = false
        /// Polls with the old version since `sent` was sent.
        var repeats = 0
        var refusal: Refusal?
    }

    private struct Offer {
        var version = ""
        var resources: [DynamicResource] = []
        /// What the node took last: that it has, whatever was refused since.
        var taken: [DynamicResource] = []
        var subscriptions: [[String]: Subscription] = [:]
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

    /// The most questions of one kind that are followed; further ones wait.
    static let maxSubscriptions = 16_384

    /// A delivery that has nothing to offer yet.
    public init() {}

    /// True once a target was set.
    public private(set) var hasTarget = false

    /// The refusals in force, by kind.
    public var refusals: [Refusal] {
        ResourceKind.allCases.flatMap { kind in
            let all = Set((offers[kind]?.subscriptions ?? [:]).values.compactMap(\.refusal))
            return all.sorted { $0.message < $1.message }
        }
    }

    /// The version of a kind that the node took last; empty for none.
    public func acceptedVersion(of kind: ResourceKind) -> String {
        offers[kind]?.subscriptions.values.map(\.accepted).first { !$0.isEmpty } ?? ""
    }

    /// True when the node has taken all of the newest target.
    public var isSettled: Bool {
        guard phase == .settled, hasPolled else { return false }
        return Self.kinds.allSatisfy { kind in
            guard let offer = offers[kind] else { return true }
            return isTaken(kind) && (offer.resources.isEmpty || !offer.subscriptions.isEmpty)
        }
    }

    /// Sets what the node should have; answers whether anything changes for it.
    public mutating func setTarget(_ snapshot: Snapshot) -> Bool {
        let isFirst = !hasTarget
        guard isFirst || snapshot != target else { return false }
        target = snapshot
        hasTarget = true
        // A node that has taken nothing yet judges all kinds together: holding some back would hold it up for ever.
        if isFirst || !hasTakenAnything {
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
    /// `instance` tells one run of the gateway from the next; empty when it does not say (stock Envoy). `message` is the
    /// text of its `error_detail`, nil without one. A gateway of ours always says why it refuses, so when it repeats an
    /// old version without a reason, the answer was lost and is sent again. Stock Envoy never says: a repeated version
    /// is a refusal, and the answer is sent again more and more seldom in case it was lost.
    public mutating func polled(
        _ kind: ResourceKind, version: String, names: [String], instance: String, message: String?
    ) -> OnPoll {
        hasPolled = true
        noticeRestart(kind, version: version, names: names, instance: instance)
        let subscribed = offers[kind]?.subscriptions[names]
        if subscribed == nil, offers[kind]?.subscriptions.count ?? 0 >= Self.maxSubscriptions { return .hold }
        var subscription = subscribed ?? Subscription()
        subscription.hasOld = !version.isEmpty
        let offered = offers[kind]?.version ?? ""
        if offered.isEmpty {
            offers[kind, default: Offer()].subscriptions[names] = subscription
            return .hold
        }
        // A new question by name needs its answer whatever version other names have.
        if version == offered, names.isEmpty || subscription.sent == offered {
            subscription = Subscription(sent: offered, accepted: offered, hasOld: true)
            offers[kind]?.subscriptions[names] = subscription
            if let offer = offers[kind] { offers[kind]?.taken = offer.resources }
            advance()
            return recheck(kind, names: names)
        }
        guard subscription.sent == offered else {
            offers[kind]?.subscriptions[names] = subscription
            return recheck(kind, names: names)
        }
        if message == nil, !instance.isEmpty { return respond(kind, names: names) }
        subscription.refusal = Refusal(kind: kind, version: offered, message: message ?? "")
        subscription.repeats += 1
        offers[kind]?.subscriptions[names] = subscription
        let isLostPerhaps = message == nil && Self.isResend(subscription.repeats)
        return isLostPerhaps ? respond(kind, names: names) : .hold
    }

    /// Looks again for a held poll: what it would be answered now.
    public mutating func recheck(_ kind: ResourceKind, names: [String]) -> OnPoll {
        guard let offer = offers[kind], !offer.version.isEmpty, let subscription = offer.subscriptions[names]
        else { return .hold }
        if subscription.sent == offer.version { return .hold }
        if subscription.hasOld, names.isEmpty, mustWait(kind) { return .hold }
        return respond(kind, names: names)
    }

    /// A gateway of ours that runs an older configuration, from its disk perhaps, gets listeners and routes
    /// when it has the clusters and endpoints they need.
    ///
    /// One that has nothing yet waits for all kinds by itself.
    private func mustWait(_ kind: ResourceKind) -> Bool {
        guard Self.moving.contains(kind), !instance.isEmpty else { return false }
        return !Self.additive.allSatisfy { isTaken($0) && offers[$0]?.subscriptions.isEmpty == false }
    }

    private static let kinds: [ResourceKind] = [.clusters, .endpoints, .listeners, .routes]
    private static let additive: [ResourceKind] = [.clusters, .endpoints]
    private static let moving: [ResourceKind] = [.listeners, .routes]

    /// The 2nd, 4th, 8th, 16th and then every 16th repetition.
    private static func isResend(_ repeats: Int) -> Bool {
        repeats % 16 == 0 || (repeats > 1 && repeats < 16 && repeats & (repeats - 1) == 0)
    }

    private mutating func noticeRestart(
        _ kind: ResourceKind, version: String, names: [String], instance: String
    ) {
        if instance != self.instance {
            self.instance = instance
            for kind in Self.kinds { offers[kind]?.subscriptions = [:] }
            return
        }
        // Who had a version and names none has started anew: as a whole, or (by name) with this question.
        guard version.isEmpty, let known = offers[kind]?.subscriptions[names], !known.accepted.isEmpty else {
            return
        }
        if names.isEmpty, instance.isEmpty {
            for kind in Self.kinds { offers[kind]?.subscriptions = [:] }
        } else {
            offers[kind]?.subscriptions[names] = nil
        }
    }

    private mutating func respond(_ kind: ResourceKind, names: [String]) -> OnPoll {
        guard var offer = offers[kind] else { return .hold }
        offer.subscriptions[names, default: Subscription()].sent = offer.version
        offers[kind] = offer
        guard !names.isEmpty else { return .respond(version: offer.version, resources: offer.resources) }
        let wanted = Set(names)
        return .respond(
            version: offer.version, resources: offer.resources.filter { wanted.contains($0.name) })
    }

    private mutating func offer(_ kind: ResourceKind, _ resources: [DynamicResource]) {
        var offer = offers[kind] ?? Offer()
        guard offer.version.isEmpty || offer.resources != resources else { return }
        offer.version = Self.version(of: resources)
        offer.resources = resources
        // A question for what is no longer there will not be answered for ever: the node drops it by itself.
        let names = Set(resources.map(\.name))
        offer.subscriptions = offer.subscriptions.filter {
            $0.key.isEmpty || $0.key.contains { names.contains($0) }
        }
        for key in offer.subscriptions.keys {
            offer.subscriptions[key]?.refusal = nil
            offer.subscriptions[key]?.repeats = 0
        }
        offers[kind] = offer
    }

    /// The target's resources and those the node has that the target no longer has.
    private func union(_ kind: ResourceKind) -> [DynamicResource] {
        let wanted = target.resources(of: kind)
        let names = Set(wanted.map(\.name))
        let old = (offers[kind]?.taken ?? []).filter { !names.contains($0.name) }
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

    private var hasTakenAnything: Bool {
        offers.values.contains { $0.subscriptions.values.contains { !$0.accepted.isEmpty } }
    }

    /// True when nobody who asks for the kind lacks what is offered.
    private func isTaken(_ kind: ResourceKind) -> Bool {
        guard let offer = offers[kind] else { return true }
        // What was sent last counts too: the node may have taken it and not said so yet.
        return offer.subscriptions.values.allSatisfy {
            $0.accepted == offer.version && $0.sent == offer.version
        }
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
