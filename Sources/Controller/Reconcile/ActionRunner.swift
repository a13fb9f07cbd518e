internal import Bytes
internal import Document
internal import Reactor
public import Resources

/// Carries out the actions of a reconcile pass.
///
/// A conflict or an object that is gone is no failure: the next pass sees the newer object and decides again.
public actor ActionRunner {
    private let client: any ResourceClient
    private let component: String
    /// Events already written; a repeated one is not written again.
    private var written: Set<EventRecord> = []
    private var order: [EventRecord] = []
    private static let rememberedEvents = 1000

    /// A runner that writes through `client`; `component` is the `source` of its events.
    public init(client: any ResourceClient, component: String) {
        self.client = client
        self.component = component
    }

    /// Carries the actions out in order and answers the errors worth telling.
    public func run(_ actions: [ReconcileAction]) async -> [ResourceError] {
        var failures: [ResourceError] = []
        for action in actions {
            do throws(ResourceError) {
                try await run(action)
            } catch {
                if error.code == 409 || error.code == 404 { continue }
                failures.append(error)
                Log.warning("controller", "a write failed", ["error": error.message])
            }
        }
        return failures
    }

    private func run(_ action: ReconcileAction) async throws(ResourceError) {
        switch action {
        case .create(let resource): _ = try await client.create(resource)
        case .update(let resource): _ = try await client.update(resource)
        case .updateStatus(let resource): _ = try await client.updateStatus(resource)
        case .delete(let type, let key): try await client.delete(type, key, preconditionUID: nil)
        case .event(let record): try await write(record)
        }
    }

    private func write(_ record: EventRecord) async throws(ResourceError) {
        // A fact that holds for many passes is one Event, not one a pass.
        if written.contains(record) { return }
        let now = Clock.wall()
        let unique = Hex.encode(Array("\(now.seconds).\(now.nanoseconds).\(record.reason)".utf8).hash8)
        let name = "\(record.key.name).\(unique)"
        let namespace = record.key.namespace.isEmpty ? "default" : record.key.namespace
        var involved: Node = [
            "apiVersion": .init(.string(record.type.apiVersion)), "kind": .init(.string(record.type.kind)),
            "name": .init(.string(record.key.name)),
        ]
        if !record.key.namespace.isEmpty { involved["namespace"] = .init(.string(record.key.namespace)) }
        if !record.uid.isEmpty { involved["uid"] = .init(.string(record.uid)) }
        let node: Node = [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .init(.string(name)), "namespace": .init(.string(namespace))],
            "involvedObject": involved,
            "reason": .init(.string(record.reason)), "message": .init(.string(record.message)),
            "type": .init(.string(record.severity.rawValue)),
            "source": ["component": .init(.string(component))],
            "firstTimestamp": .init(.string(now.rfc3339)), "lastTimestamp": .init(.string(now.rfc3339)),
            "count": 1,
        ]
        remember(record)
        _ = try await client.create(Resource(type: .event, node: node))
    }

    private func remember(_ record: EventRecord) {
        written.insert(record)
        order.append(record)
        if order.count > Self.rememberedEvents { written.remove(order.removeFirst()) }
    }
}

extension [UInt8] {
    /// Eight bytes that tell these bytes from others.
    fileprivate var hash8: [UInt8] {
        let value = FNV1.hash64(self)
        return (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
    }
}
