public import Bytes
public import Document
public import EnvoyConfig
internal import Reactor

/// The configuration of every node of a mesh, and the polls that wait for news.
///
/// One `SnapshotDelivery` a node. A node that stops polling keeps its delivery: it goes on where it was.
public actor DeliveryHub {
    /// The answer to a poll.
    public enum Answer: Equatable, Sendable {
        /// 200 with this body.
        case changed(DiscoveryResponse)
        /// 304.
        case unchanged
    }

    /// What is known of a node, for status and metrics.
    public struct NodeStatus: Equatable, Sendable {
        /// The node's id.
        public var id: String
        /// True when it has taken the newest configuration.
        public var isSettled: Bool
        /// What it refuses now.
        public var refusals: [SnapshotDelivery.Refusal]
        /// When it polled last; nil before the first time.
        public var lastPoll: Instant?
        /// What its gateway process says of itself; nil when nothing.
        public var metadata: Node?
    }

    private struct Waiter {
        var kind: ResourceKind
        var names: [String]
        var continuation: CheckedContinuation<Answer, Never>
    }

    private struct Entry {
        var delivery = SnapshotDelivery()
        var waiters: [Int: Waiter] = [:]
        var lastPoll: Instant?
        var metadata: Node?
    }

    private var nodes: [String: Entry] = [:]
    private var nextWaiter = 0
    private let holdTime: Duration
    private let maxWaitersPerNode = 1_024
    private let onChange: @Sendable () -> Void

    /// A hub that answers 304 after `holdTime` without news, and calls `onChange` when a node accepts or refuses.
    public init(holdTime: Duration = .seconds(25), onChange: @escaping @Sendable () -> Void = {}) {
        self.holdTime = holdTime
        self.onChange = onChange
    }

    /// Sets what a node should have.
    public func setSnapshot(_ snapshot: Snapshot, node: String) {
        var entry = nodes[node] ?? Entry()
        guard entry.delivery.setTarget(snapshot) else { return }
        nodes[node] = entry
        settle(node)
    }

    /// Forgets a node; its open polls are answered 304.
    public func remove(node: String) {
        guard let entry = nodes.removeValue(forKey: node) else { return }
        for waiter in entry.waiters.values { waiter.continuation.resume(returning: .unchanged) }
    }

    /// The nodes by id.
    public func statuses() -> [NodeStatus] {
        nodes.sorted { $0.key < $1.key }.map { id, entry in
            NodeStatus(
                id: id, isSettled: entry.delivery.isSettled && entry.delivery.hasTarget,
                refusals: entry.delivery.refusals, lastPoll: entry.lastPoll,
                metadata: entry.metadata)
        }
    }

    /// A poll of a node: answered at once when there is news, else when some comes or the time is over.
    public func poll(_ kind: ResourceKind, _ request: DiscoveryRequest, node: String) async -> Answer {
        supersede(kind, names: request.resourceNames, node: node)
        let isNew = nodes[node]?.lastPoll == nil
        var entry = nodes[node] ?? Entry()
        entry.lastPoll = Clock.monotonic()
        entry.metadata = request.identity.metadata
        let before = (entry.delivery.isSettled, entry.delivery.refusals)
        let outcome = entry.delivery.polled(
            kind, version: request.versionInfo, names: request.resourceNames,
            instance: request.identity.metadata?["HANSE_INSTANCE"]?.string ?? "",
            message: request.errorDetail?.message)
        nodes[node] = entry
        if isNew || before != (entry.delivery.isSettled, entry.delivery.refusals) {
            report(node, entry)
            onChange()
        }
        // This poll may have moved the delivery on, which is news for the polls of other kinds.
        settle(node)
        if case .respond(let version, let resources) = outcome {
            return .changed(DiscoveryResponse(versionInfo: version, kind: kind, resources: resources))
        }
        guard nodes[node]?.waiters.count ?? 0 < maxWaitersPerNode else {
            // Never at once: a node with too many questions would ask without a pause.
            try? await Task.sleep(for: .seconds(1))
            return .unchanged
        }
        return await hold(kind, names: request.resourceNames, node: node)
    }

    /// A node has one poll open for one question: an older one is of a connection that is gone, and an answer to it
    /// would be lost.
    private func supersede(_ kind: ResourceKind, names: [String], node: String) {
        let old = nodes[node]?.waiters.filter { $0.value.kind == kind && $0.value.names == names } ?? [:]
        for number in old.keys { release(node, number) }
    }

    private func report(_ node: String, _ entry: Entry) {
        for refusal in entry.delivery.refusals {
            Log.warning(
                "xds", "a gateway refused its configuration",
                [
                    "node": node, "type": refusal.kind.rawValue, "version": refusal.version,
                    "reason": refusal.message,
                ])
        }
    }

    private func hold(_ kind: ResourceKind, names: [String], node: String) async -> Answer {
        let number = nextWaiter
        nextWaiter += 1
        let timer = Task {
            try? await Task.sleep(for: holdTime)
            self.release(node, number)
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                nodes[node, default: Entry()].waiters[number] = Waiter(
                    kind: kind, names: names, continuation: continuation)
            }
        } onCancel: {
            Task { await self.release(node, number) }
        }
        timer.cancel()
        return answer
    }

    private func release(_ node: String, _ number: Int) {
        nodes[node]?.waiters.removeValue(forKey: number)?.continuation.resume(returning: .unchanged)
    }

    /// Answers the held polls of a node for which there is news now.
    private func settle(_ node: String) {
        guard var entry = nodes[node] else { return }
        var ready: [(CheckedContinuation<Answer, Never>, Answer)] = []
        for (number, waiter) in entry.waiters.sorted(by: { $0.key < $1.key }) {
            guard
                case .respond(let version, let resources) = entry.delivery.recheck(
                    waiter.kind, names: waiter.names)
            else { continue }
            entry.waiters[number] = nil
            let response = DiscoveryResponse(versionInfo: version, kind: waiter.kind, resources: resources)
            ready.append((waiter.continuation, .changed(response)))
        }
        nodes[node] = entry
        for (continuation, answer) in ready { continuation.resume(returning: answer) }
    }
}
