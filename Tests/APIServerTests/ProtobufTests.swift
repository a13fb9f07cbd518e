import Bytes
import Document
import Testing

@testable import APIServer

/// The bodies of kubectl's `create` verbs.
@Suite struct ProtobufTests {
    /// Writes protobuf messages.
    struct Writer {
        var bytes: [UInt8] = []

        mutating func varint(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                bytes.append(UInt8(value & 0x7f) | 0x80)
                value >>= 7
            }
            bytes.append(UInt8(value))
        }

        func int(_ field: UInt64, _ value: UInt64) -> Writer {
            var copy = self
            copy.varint(field << 3)
            copy.varint(value)
            return copy
        }

        func bytes(_ field: UInt64, _ value: [UInt8]) -> Writer {
            var copy = self
            copy.varint(field << 3 | 2)
            copy.varint(UInt64(value.count))
            copy.bytes += value
            return copy
        }

        func text(_ field: UInt64, _ value: String) -> Writer { bytes(field, Array(value.utf8)) }

        func message(_ field: UInt64, _ value: Writer) -> Writer { bytes(field, value.bytes) }

        func entry(_ field: UInt64, _ key: String, _ value: String) -> Writer {
            message(field, Writer().text(1, key).text(2, value))
        }
    }

    static func body(_ apiVersion: String, _ kind: String, _ object: Writer) -> [UInt8] {
        let unknown = Writer().message(1, Writer().text(1, apiVersion).text(2, kind)).message(2, object)
            .text(3, "").text(4, "")
        return [0x6b, 0x38, 0x73, 0x00] + unknown.bytes
    }

    static func metadata(_ name: String) -> Writer {
        Writer().text(1, name).text(2, "").text(3, "").text(5, "").int(7, 0).message(8, Writer())
    }

    static let configMap = body(
        "v1", "ConfigMap",
        Writer().message(1, metadata("c").entry(11, "l", "1")).entry(2, "b", "2").entry(2, "a", "")
            .entry(3, "raw", "\u{1}"))

    @Test func aConfigMapIsRead() throws {
        let node = try ProtobufObject.decode(Self.configMap)
        let expected: Node = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "labels": ["l": "1"]],
            "data": ["a": "", "b": "2"], "binaryData": ["raw": "AQ=="],
        ]
        #expect(node == expected)
    }

    @Test func aServiceKeepsNumbersAndNamesOfPorts() throws {
        let named = Writer().text(1, "http").text(2, "TCP").int(3, 80)
            .message(4, Writer().int(1, 1).int(2, 0).text(3, "web")).int(5, 0)
        let numbered = Writer().text(1, "x").text(2, "TCP").int(3, 81)
            .message(4, Writer().int(1, 0).int(2, 8081).text(3, "")).int(5, 30_081)
        let spec = Writer().message(1, named).message(1, numbered).entry(2, "app", "a").text(3, "").text(
            4, "NodePort")
        let body = Self.body("v1", "Service", Writer().message(1, Self.metadata("s")).message(2, spec))
        let ports = try #require(try ProtobufObject.decode(body).at("spec", "ports")?.array)
        #expect(ports[0] == ["name": "http", "protocol": "TCP", "port": 80, "targetPort": "web"])
        #expect(ports[1]["targetPort"] == 8081)
        #expect(ports[1]["nodePort"] == 30_081)
    }

    @Test func whatIsAPointerInTheAPIIsKeptWhenItIsZero() throws {
        let spec = Writer().int(1, 0).message(2, Writer().entry(1, "app", "d"))
        let body = Self.body(
            "apps/v1", "Deployment", Writer().message(1, Self.metadata("d")).message(2, spec))
        #expect(try ProtobufObject.decode(body).at("spec", "replicas") == 0)
    }

    @Test func unknownFieldsOfEveryWireTypeAreSkipped() throws {
        var writer = Writer().message(1, Self.metadata("c").text(999, "x")).int(77, 5)
        writer.varint(78 << 3 | 1)
        writer.bytes += [UInt8](repeating: 1, count: 8)
        writer.varint(79 << 3 | 5)
        writer.bytes += [UInt8](repeating: 1, count: 4)
        let node = try ProtobufObject.decode(Self.body("v1", "ConfigMap", writer))
        #expect(node.at("metadata", "name")?.string == "c")
    }

    @Test func everyCutIsRefusedOrLosesNothing() throws {
        let whole = try ProtobufObject.decode(Self.configMap)
        // Between two fields a cut leaves a valid message; the last two, which are empty, may be missing.
        for end in 0..<Self.configMap.count {
            guard let node = try? ProtobufObject.decode(Array(Self.configMap[..<end])) else { continue }
            #expect(node == whole || node["metadata"] == nil, "cut at \(end)")
        }
    }

    /// What is read in spite of the damage is an object that JSON can carry.
    @Test func everyFlippedByteIsSurvived() throws {
        for index in Self.configMap.indices {
            for bit in 0..<8 {
                var bytes = Self.configMap
                bytes[index] ^= 1 << UInt8(bit)
                guard let node = try? ProtobufObject.decode(bytes) else { continue }
                #expect(node["kind"]?.string == "ConfigMap", "bit \(bit) of byte \(index)")
                #expect(try JSON.parse(JSON.bytes(node)) == node, "bit \(bit) of byte \(index)")
            }
        }
    }

    @Test(arguments: [
        [], Array("k8s".utf8), Array("{}".utf8), [0x6b, 0x38, 0x73, 0x00], body("v1", "Pod", Writer()),
        body("v1", "ConfigMap", Writer().bytes(1, [0x0a, 0x02, 0xff, 0xfe])),
        [0x6b, 0x38, 0x73, 0x00, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0x6b, 0x38, 0x73, 0x00] + [UInt8](repeating: 0xff, count: 20),
    ]) func otherBodiesAreRefused(body: [UInt8]) {
        #expect(throws: ProtobufReader.Failure.self) { try ProtobufObject.decode(body) }
    }
}
