import Bytes
import Controller
import Document
import Resources
import Testing

/// A store as the API has it, as far as reconciling can tell.
struct FakeStore {
    var world: World
    private var version: UInt64 = 1
    var events: [EventRecord] = []

    init(_ texts: String) throws {
        world = World()
        for node in try YAML.parse(Array(texts.utf8)) { create(try Resource(reading: node)) }
    }

    mutating func create(_ resource: Resource) {
        var stored = resource
        version += 1
        stored.uid = "uid-\(version)"
        stored.resourceVersion = ResourceVersion(version)
        if resource.type.hasGeneration { stored.generation = max(resource.generation, 1) }
        if resource.type.hasStatus && resource.type != .namespace { stored.status = nil }
        world.set(stored)
    }

    mutating func run(_ actions: [ReconcileAction]) {
        for action in actions {
            version += 1
            switch action {
            case .create(let resource):
                #expect(
                    world.get(resource.type, resource.key) == nil, "\(resource.displayName) is there already")
                create(resource)
            case .update(var resource):
                #expect(world.get(resource.type, resource.key)?.resourceVersion == resource.resourceVersion)
                resource.status = world.get(resource.type, resource.key)?.status
                resource.resourceVersion = ResourceVersion(version)
                world.set(resource)
            case .updateStatus(let resource):
                guard var stored = world.get(resource.type, resource.key) else {
                    Issue.record("\(resource.displayName) is not there")
                    continue
                }
                stored.status = resource.status
                stored.resourceVersion = ResourceVersion(version)
                world.set(stored)
            case .delete(let type, let key): world.remove(type, key)
            case .event(let event): events.append(event)
            }
        }
    }

    /// Runs passes until one has nothing to do; the decision of the last one.
    @discardableResult
    mutating func settle(_ readiness: Set<String> = [], troubled: Set<String> = [], root: String? = "PEM")
        -> MeshDecision
    {
        for _ in 0..<5 {
            let decision = reconcileMesh(Self.input(world, readiness, troubled: troubled, root: root))
            if decision.actions.isEmpty { return decision }
            run(decision.actions)
        }
        Issue.record("reconciling does not settle")
        return reconcileMesh(Self.input(world, readiness, troubled: troubled, root: root))
    }

    static func input(
        _ world: World, _ readiness: Set<String> = [], troubled: Set<String> = [], root: String? = "PEM",
        range: String? = "127.0.11.0/24", now: String = "2026-01-02T03:04:05Z"
    ) -> MeshInput {
        MeshInput(
            world: world, range: range.flatMap { CIDR($0) }, roots: root, readyGateways: readiness,
            troubledGateways: troubled,
            version: "0.1.0", now: WallTime(rfc3339: now) ?? WallTime(seconds: 0))
    }

    func get(_ type: ResourceType, _ namespace: String, _ name: String) -> Resource? {
        world.get(type, ObjectKey(namespace: namespace, name: name))
    }

    func address(_ name: String) -> String? {
        get(.service, "mesh", name)?.status?.at("loadBalancer", "ingress")?[0]?["ip"]?.string
    }

    func condition(_ type: ResourceType, _ name: String, _ condition: String) -> Node? {
        get(type, "mesh", name)?.status?["conditions"]?.array?.first { $0["type"]?.string == condition }
    }
}
