import Testing

@testable import Gateway

/// The map behind virtual hosts.
@Suite struct ByteMapTests {
    @Test func findsWhatWasSetAndNothingElse() {
        var map = ByteMap()
        var reference: [String: Int] = [:]
        for number in 0..<2_000 {
            let key = "host-\(number % 1_500).example:\(number % 7)"
            map.set(Array(key.utf8), number)
            reference[key] = number
        }
        for (key, value) in reference { #expect(map[Array(key.utf8)[...]] == value) }
        for number in 0..<500 { #expect(map[Array("other-\(number)".utf8)[...]] == nil) }
        #expect(ByteMap()[[][...]] == nil)
    }
}
