import Document
import EnvoyConfig
import Testing

/// Documents with random damage: reading never traps, and what is accepted survives writing and reading.
@Suite struct DamageTests {
    /// A generator that can be started again (SplitMix64).
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }

    static let values: [Node] = [
        .null, true, false, 0, 1, -1, 65536, 4_294_967_296, 0.5, "", "0s", "1.5s", "-1s", "*", "*.a", "a.*",
        "%", "127.0.0.1",
        "(", "[a-z]+", "V3", "STATIC", [], [[]], [:], ["name": "x"], ["@type": "x"],
    ]

    /// Changes one place of the document: a value, a key, or the number of elements.
    static func damage(_ node: Node, _ dice: inout Dice) -> Node {
        if let object = node.object, !object.isEmpty, Int.random(in: 0..<12, using: &dice) > 0 {
            var members = object.members
            let index = Int.random(in: 0..<members.count, using: &dice)
            switch Int.random(in: 0..<24, using: &dice) {
            case 0: members.remove(at: index)
            case 1: members[index].key += "_x"
            default: members[index].value = damage(members[index].value, &dice)
            }
            return Node(.object(Object(members: members)))
        }
        if let array = node.array, !array.isEmpty, Int.random(in: 0..<12, using: &dice) > 0 {
            var elements = array
            let index = Int.random(in: 0..<elements.count, using: &dice)
            switch Int.random(in: 0..<24, using: &dice) {
            case 0: elements.remove(at: index)
            case 1: elements.append(elements[index])
            default: elements[index] = damage(elements[index], &dice)
            }
            return Node(.array(elements))
        }
        return values.randomElement(using: &dice) ?? .null
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64]) func whatIsAcceptedSurvivesARoundTrip(_ seed: UInt64) throws {
        let original = try FixtureFiles.json("gateway.json")
        var dice = Dice(state: seed)
        var accepted = 0
        for _ in 0..<300 {
            let damaged = Self.damage(original, &dice)
            guard let bootstrap = try? Bootstrap.read(damaged) else { continue }
            accepted += 1
            let written = bootstrap.node
            do {
                #expect(try Bootstrap.read(written) == bootstrap)
            } catch {
                Issue.record("not read again: \(error)")
            }
        }
        #expect(accepted > 0)
    }
}
