import Document
import Resources
import Testing

/// Random documents through the real schemas.
@Suite struct SchemaWalkTests {
    /// A small generator, so that a failure can be repeated from its seed.
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 29) ^ state
        }
    }

    /// A value that follows a schema most of the time.
    static func value(_ schema: Schema?, _ depth: Int, _ random: inout Random) -> Node {
        let kinds: [Schema.Kind] = [.object, .array, .string, .integer, .number, .boolean]
        let wild = Int.random(in: 0..<12, using: &random) == 0
        guard let kind = wild ? kinds.randomElement(using: &random) : schema?.kind ?? .string else {
            return .null
        }
        if Int.random(in: 0..<20, using: &random) == 0 { return .null }
        switch kind {
        case .string:
            let texts = schema?.enumeration.compactMap(\.string) ?? []
            let odd = [
                "", "x", "a.b", "*", "5s", "127.0.0.1", "spiffe://a/b", "Bad Name",
                String(repeating: "y", count: 70),
            ]
            return Node(texts.randomElement(using: &random) ?? odd.randomElement(using: &random) ?? "")
        case .integer: return Node(Int64.random(in: -5...70_000, using: &random))
        case .number: return Node(Double.random(in: -1...200, using: &random))
        case .boolean: return Node(Bool.random(using: &random))
        case .array:
            let count = depth > 7 ? 0 : Int.random(in: 0...3, using: &random)
            return Node((0..<count).map { _ in value(schema?.items, depth + 1, &random) })
        case .object:
            var object = Object()
            for property in schema?.properties ?? []
            where Int.random(in: 0..<3, using: &random) == 0 && depth < 9 {
                object[property.name] = value(property.schema, depth + 1, &random)
            }
            if Int.random(in: 0..<4, using: &random) == 0 {
                object["odd \(Int.random(in: 0...9, using: &random))"] = value(
                    schema?.additional, depth + 1, &random)
            }
            return Node(object)
        }
    }

    @Test(arguments: ResourceType.all.filter { $0 != .customResourceDefinition })
    func pruningTwiceIsPruningOnce(_ type: ResourceType) throws {
        let registry = try Support.registry.get()
        let schema = try #require(registry.schema(for: type))
        for seed in 0..<200 {
            var random = Random(state: UInt64(seed) &* 7919 &+ 1)
            var node = Self.value(schema, 0, &random)
            if node.object == nil { node = Node(Object()) }
            for key in ["apiVersion", "kind"] { node[key] = nil }
            node["metadata"] = ["name": "x", "namespace": "a"]
            let first = registry.validate(Resource(type: type, node: node), mode: .warn)
            let second = registry.validate(first.resource, mode: .strict)
            #expect(second.unknownFields.isEmpty, "seed \(seed)")
            #expect(second.resource == first.resource, "seed \(seed)")
            #expect(Set(second.causes) == Set(first.causes), "seed \(seed)")
            // Reading what is wrong must be as safe as reading what is right.
            Self.read(first.resource)
        }
    }

    /// Reads an object by every typed view that fits its type.
    static func read(_ resource: Resource) {
        switch resource.type {
        case .serviceMeshPeer: _ = ServiceMeshPeerSpec(resource)
        case .exportedServiceSet: _ = ExportedServiceSetSpec(resource)
        case .importedServiceSet: _ = ImportedServiceSetSpec(resource)
        case .serviceMeshControlPlane: _ = MeshControlPlaneSpec(resource)
        case .serviceMeshMemberRoll: _ = MemberRollSpec(resource)
        case .serviceMeshMember: _ = MemberSpec(resource)
        case .service: _ = ServiceSpec(resource).ports.map(\.applicationProtocol)
        case .endpoints: _ = EndpointsSpec(resource)
        case .endpointSlice: _ = EndpointSliceSpec(resource)
        case .pod: _ = PodSpecView(resource)
        case .virtualService: _ = VirtualServiceSpec(resource)
        case .destinationRule: _ = DestinationRuleSpec(resource)
        case .serviceEntry: _ = ServiceEntrySpec(resource)
        case .workloadEntry: _ = WorkloadEntrySpec(resource)
        case .gateway: _ = IstioGatewaySpec(resource)
        default: break
        }
    }
}
