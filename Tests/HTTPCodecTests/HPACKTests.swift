import Foundation
import Testing

@testable import HTTPCodec

/// Header blocks with what another implementation reads in them (Tests/tools/make-hpack-fixtures.py).
private struct Connection: Decodable, Sendable, CustomTestStringConvertible {
    struct Block: Decodable, Sendable {
        var wire: String
        var fields: [[String]]?
    }
    var name: String
    var source: String
    var tableSize: Int
    var form: String
    var blocks: [Block]

    var testDescription: String { name }

    static let all: [Connection] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/hpack.json")
        guard let data = try? Data(contentsOf: file) else { return [] }
        return (try? JSONDecoder().decode([Connection].self, from: data)) ?? []
    }()
}

struct HPACKTests {
    private func bytes(_ hex: String) -> [UInt8] {
        var rest = Substring(hex)
        var bytes: [UInt8] = []
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private func latin1(_ bytes: ArraySlice<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// The fields of a decoded section, pseudo-fields in the order of RFC 7541's examples.
    private func fields(_ view: HeadView, _ form: FieldBuilder.Form) -> [[String]] {
        var fields: [[String]] = []
        if form == .request {
            fields = [
                [":method", latin1(view.bytes[view.method])], [":scheme", latin1(view.bytes[view.scheme])],
                [":path", latin1(view.bytes[view.target])],
            ]
        } else if form == .response {
            fields = [[":status", String(view.status)]]
        }
        return fields
            + view.fields.map {
                [
                    form == .request && $0.known == .host ? ":authority" : latin1(view.bytes[$0.name]),
                    latin1(view.bytes[$0.value]),
                ]
            }
    }

    private func decode(
        _ decoder: inout HPACKDecoder, _ wire: [UInt8], _ form: FieldBuilder.Form, step: Int
    ) throws -> [[String]]? {
        var section = FieldBuilder(form, H2Settings())
        var view = HeadView()
        var start = 0
        var end = 0
        repeat {
            end = min(wire.count, end + step)
            start += try decoder.decode(
                wire.span.extracting(start..<end), isLast: end == wire.count, section: &section, into: &view)
        } while end < wire.count
        return section.finish(in: &view) == nil ? fields(view, form) : nil
    }

    @Test(arguments: Connection.all)
    private func readsWhatAnotherImplementationReads(_ connection: Connection) throws {
        let form: FieldBuilder.Form =
            connection.form == "request" ? .request : connection.form == "response" ? .response : .trailers
        for step in [Int.max / 2, 1, 3] {
            var decoder = HPACKDecoder(maxTableSize: 4096)
            var prefix: [UInt8] = connection.tableSize == 256 ? [0x3F, 0xE1, 0x01] : []
            for block in connection.blocks {
                let wire = prefix + bytes(block.wire)
                prefix = []
                guard let expected = block.fields else {
                    #expect(throws: H2Error(.compressionError, .badCompression)) {
                        try decode(&decoder, wire, form, step: step)
                    }
                    break
                }
                let read = try decode(&decoder, wire, form, step: step)
                // What may not stand in trailers is refused as a whole, by rules that HPACK has not.
                if let read {
                    #expect(read == expected)
                } else {
                    #expect(connection.name.hasPrefix("broken"))
                }
            }
        }
    }

    @Test func hasFixtures() {
        #expect(Connection.all.count > 100)
    }
}
