import Bytes
import Document
import Testing

@testable import EnvoyConfig

/// Fixtures are encoded by Google's protobuf for Python (`Tests/tools/protobuf-fields/fixtures.py`).
@Suite struct ProtobufTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var message: String
        var tree: Node
        var bytes: [UInt8]
        var testDescription: String { name }
    }

    static let cases: [Case] = {
        let all = (try? FixtureFiles.json("protobuf.json"))?.array ?? []
        return all.map {
            Case(
                name: $0["name"]?.string ?? "", message: $0["message"]?.string ?? "",
                tree: $0["tree"] ?? .null, bytes: Base64.decode($0["bytes"]?.string ?? "") ?? [])
        }
    }()

    private func named(_ name: String) throws -> Case {
        try #require(Self.cases.first { $0.name == name })
    }

    @Test(arguments: ["clusters", "listeners"])
    func protobufAndJSONReadAsTheSameResources(_ kind: String) throws {
        let fixture = try named("\(kind) of gateway.json")
        let kind = try #require(ResourceKind(rawValue: kind))
        let decoded = try ProtobufDecoder.decode(fixture.bytes, as: fixture.message)
        let binary = try DiscoveryResponse.read(decoded, expecting: kind)
        let text = try DiscoveryResponse.read(fixture.tree, expecting: kind)
        #expect(binary.versionInfo == "7" && binary.nonce == "n" && !binary.resources.isEmpty)
        // The order of a map's members is lost, and does not count.
        #expect(binary.resources.map(\.anyNode) == text.resources.map(\.anyNode))
    }

    @Test func jsonFormsOfWellKnownTypesAreRestored() throws {
        let structure = try named("struct")
        #expect(try ProtobufDecoder.decode(structure.bytes, as: structure.message) == structure.tree)
        let cluster = try named("durations")
        #expect(
            try ProtobufDecoder.decode(cluster.bytes, as: cluster.message)["connect_timeout"]?.string
                == "0.25s")
        let endpoint = try named("absent and zero wrappers")
        let node = try ProtobufDecoder.decode(endpoint.bytes, as: endpoint.message)
        #expect(node["load_balancing_weight"]?.int == 0 && node["health_status"]?.int == 3)
        let packed = try named("packed numbers")
        let codes = try ProtobufDecoder.decode(packed.bytes, as: packed.message)["retriable_status_codes"]
        #expect(codes?.array?.compactMap(\.int) == [200, 503, 65536])
        let range = try named("large and negative numbers")
        let numbers = try ProtobufDecoder.decode(range.bytes, as: range.message)
        #expect(numbers["start"]?.int == -1 && numbers["end"]?.int == 9_007_199_254_740_993)
    }

    @Test(arguments: ["otlp by HTTP", "otlp by gRPC"])
    func collectorsAreRead(_ name: String) throws {
        let fixture = try named(name)
        #expect(try ProtobufDecoder.decode(fixture.bytes, as: fixture.message) == fixture.tree)
    }

    @Test(arguments: ["node", "request", "delta request"])
    func whatIsSentIsWhatAnIndependentEncoderSends(_ name: String) throws {
        let fixture = try named(name)
        let bytes = ProtobufEncoder.encode(fixture.tree, as: fixture.message)
        // Maps have no order of their own, so the trees are compared.
        #expect(
            try ProtobufDecoder.decode(bytes, as: fixture.message)
                == ProtobufDecoder.decode(fixture.bytes, as: fixture.message))
        #expect(bytes.count == fixture.bytes.count)
    }

    @Test func unknownFieldsAreRefusedByNumberAndPath() throws {
        // Cluster: name (1) "a", field 9999 varint 1.
        let cluster: [UInt8] = [0x0A, 1, 0x61, 0xF8, 0xF0, 0x04, 1]
        let node = try ProtobufDecoder.decode(cluster, as: Cluster.messageName)
        var reader = ConfigReader()
        _ = Cluster.readResource(node, reader: &reader)
        #expect(reader.findings.map(\.description).contains("Cluster 'a': [\"#9999\"]: unknown field"))
        // AccessLog.filter (2): a message that is not read here is refused even where its name is known.
        let log: [UInt8] = [0x12, 0]
        let tree = try ProtobufDecoder.decode(log, as: "envoy.config.accesslog.v3.AccessLog")
        #expect(tree["filter"]?["#"] != nil)
    }

    @Test func lastAlternativeOfAOneofCounts() throws {
        // DataSource: filename (1) "f", then inline_string (3) "t".
        let bytes: [UInt8] = [0x0A, 1, 0x66, 0x1A, 1, 0x74]
        let node = try ProtobufDecoder.decode(bytes, as: "envoy.config.core.v3.DataSource")
        #expect(node.object?.keys == ["inline_string"])
    }

    @Test func piecesOfAMessageAddUpAndTheLastScalarCounts() throws {
        // SocketAddress in Address.socket_address (1) twice: address (2) "a", then port_value (3) 80 and 81.
        let bytes: [UInt8] = [0x0A, 3, 0x12, 1, 0x61, 0x0A, 4, 0x18, 80, 0x18, 81]
        let node = try ProtobufDecoder.decode(bytes, as: "envoy.config.core.v3.Address")
        #expect(node["socket_address"]?["address"]?.string == "a")
        #expect(node["socket_address"]?["port_value"]?.int == 81)
    }

    @Test func damagedBytesAreRefusedWithPathAndPlace() throws {
        func reason(_ bytes: [UInt8], _ message: String = Cluster.messageName) -> String {
            do {
                _ = try ProtobufDecoder.decode(bytes, as: message)
                return "read"
            } catch {
                return error.description
            }
        }
        #expect(reason([0x0A, 5, 0x61]) == "name: a length of 5 is too much (byte 2)")
        #expect(reason([0x0A, 1, 0xFF]) == "name: is not UTF-8 (byte 2)")
        #expect(reason([0x08, 1]) == "name: is not of its type (byte 1)")
        #expect(reason([0x0B]) == "wire type 3 (byte 1)")
        #expect(reason([0x00]) == "field number 0 (byte 1)")
        #expect(
            reason([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02])
                == "a number of more than 64 bits (byte 9)")
        #expect(reason([0x80]) == "ends within a number (byte 1)")
    }

    @Test func depthAndSizeAreBounded() throws {
        // ListValue of Value of ListValue...: field 1 of ListValue, field 6 of Value.
        var bytes: [UInt8] = []
        for index in 0..<120 {
            var wrapped: [UInt8] = [index % 2 == 0 ? 0x32 : 0x0A]
            var length = bytes.count
            while length >= 0x80 {
                wrapped.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            wrapped.append(UInt8(length))
            bytes = wrapped + bytes
        }
        #expect(throws: ProtobufError.self) {
            _ = try ProtobufDecoder.decode(bytes + [], as: "google.protobuf.ListValue", maxNodes: 20)
        }
        var deep: [UInt8] = []
        for _ in 0..<400 {
            // Permission.not_rule (8) within itself.
            var wrapped: [UInt8] = [0x42]
            var length = deep.count
            while length >= 0x80 {
                wrapped.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            wrapped.append(UInt8(length))
            deep = wrapped + deep
        }
        #expect {
            _ = try ProtobufDecoder.decode(deep, as: "envoy.config.rbac.v3.Permission")
        } throws: {
            "\($0)".contains("nested deeper than 100 messages")
        }
    }

    @Test func everyCutOfAMessageIsReadOrRefusedButNeverTraps() throws {
        let fixture = try named("listeners of gateway.json")
        var outcomes = (read: 0, refused: 0)
        func look(_ bytes: [UInt8]) -> Node? {
            do {
                let node = try ProtobufDecoder.decode(bytes, as: fixture.message)
                outcomes.read += 1
                return node
            } catch {
                outcomes.refused += 1
                #expect(error.description.contains("(byte "), "every refusal says where")
                return nil
            }
        }
        #expect(look(fixture.bytes) != nil)
        for end in stride(from: 7, to: fixture.bytes.count, by: 7) { _ = look(Array(fixture.bytes[..<end])) }
        #expect(outcomes.refused > outcomes.read, "hardly a cut falls between two fields")
        var state: UInt64 = 88_172_645_463_325_252
        for _ in 0..<300 {
            var bytes = fixture.bytes
            for _ in 0..<4 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                bytes[Int(state % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: state >> 32)
            }
            if let node = look(bytes) { _ = try? DiscoveryResponse.read(node, expecting: .listeners) }
        }
        #expect(outcomes.read > 1 && outcomes.refused > 100, "damage of both kinds was met")
    }

    @Test func deltaResponseIsReadWithVersionsAndRemovals() throws {
        let cluster = Cluster(name: "a", loadAssignment: ClusterLoadAssignment(name: "a", endpoints: []))
        let tree: Node = [
            "system_version_info": "s", "nonce": "4", "removed_resources": ["b"],
            "resources": [["name": "a", "version": "7", "resource": cluster.anyNode]],
        ]
        let response = try DeltaDiscoveryResponse.read(tree, expecting: .clusters)
        #expect(response.versions == ["a": "7"] && response.removed == ["b"] && response.nonce == "4")
        #expect {
            _ = try DeltaDiscoveryResponse.read(tree, expecting: .listeners)
        } throws: {
            "\($0)" == "Cluster 'a': @type: is not one of listeners"
        }
    }
}
