import EnvoyConfig
import Testing

@testable import XDS

@Suite struct StreamStateTests {
    private let identity = NodeIdentity(id: "n", cluster: "c")

    private func state(isDelta: Bool, once: Bool = true) -> StreamState {
        StreamState(isDelta: isDelta, identity: identity, namesNodeOnce: once)
    }

    private func whole() -> StreamState.Interest { .init(isWhole: true) }
    private func names(_ names: String...) -> StreamState.Interest { .init(isWhole: false, names: names) }

    private func answer(
        _ kind: ResourceKind, _ nonce: String, _ version: String, versions: [String: String] = [:],
        removed: [String] = []
    ) -> StreamAnswer {
        StreamAnswer(
            typeURL: kind.typeURL, nonce: nonce, version: version,
            content: .success(.init(versions: versions, removed: removed)))
    }

    private func world(_ request: StreamRequest?) throws -> DiscoveryRequest {
        guard case .world(let request)? = request else { throw Missing() }
        return request
    }

    private func delta(_ request: StreamRequest?) throws -> DeltaDiscoveryRequest {
        guard case .delta(let request)? = request else { throw Missing() }
        return request
    }

    private struct Missing: Error {}

    @Test func asksNothingBeforeItIsConnectedAndThenInOrder() throws {
        var state = state(isDelta: false)
        #expect(state.want([.listeners: whole(), .clusters: whole(), .endpoints: names("e")]).isEmpty)
        let requests = state.connected()
        #expect(
            try requests.map { try world($0).typeURL } == [
                ResourceKind.clusters.typeURL, ResourceKind.endpoints.typeURL, ResourceKind.listeners.typeURL,
            ])
        #expect(try requests.map { try world($0).identity.id } == ["n", "", ""])
        #expect(try world(requests[1]).resourceNames == ["e"])
    }

    @Test func namesTheNodeInEveryMessageUnlessOnceIsAsked() throws {
        var state = state(isDelta: false, once: false)
        _ = state.want([.clusters: whole(), .listeners: whole()])
        #expect(try state.connected().map { try world($0).identity.id } == ["n", "n"])
    }

    @Test func worldAcknowledgesByVersionAndRefusesByTheOldOne() throws {
        var state = state(isDelta: false)
        _ = state.want([.routes: names("r")])
        _ = state.connected()
        let ack = try world(state.accepted(.routes, answer(.routes, "1", "v1")).first)
        #expect(ack.versionInfo == "v1" && ack.responseNonce == "1" && ack.errorDetail == nil)
        #expect(ack.resourceNames == ["r"])
        let nack = try world(state.refused(.routes, answer(.routes, "2", "v2"), reason: "bad").first)
        #expect(nack.versionInfo == "v1" && nack.responseNonce == "2")
        #expect(nack.errorDetail == .init("bad") && nack.errorDetail?.code == 13)
    }

    @Test func changeOfNamesIsANewQuestionWithTheLastNonce() throws {
        var state = state(isDelta: false)
        _ = state.want([.endpoints: names("a")])
        _ = state.connected()
        _ = state.accepted(.endpoints, answer(.endpoints, "1", "v1"))
        #expect(state.want([.endpoints: names("a")]).isEmpty)
        let asked = try world(state.want([.endpoints: names("a", "b")]).first)
        #expect(asked.resourceNames == ["a", "b"])
        #expect(asked.versionInfo == "v1" && asked.responseNonce == "1")
        #expect(state.wasAsked(.endpoints, "b") && !state.wasAsked(.endpoints, "c"))
        let none = try world(state.want([:]).first)
        #expect(none.resourceNames.isEmpty, "nothing of a kind once named means nothing")
        #expect(state.wasAsked(.endpoints, "a"), "a late answer may have it")
    }

    @Test func worldReconnectsWithTheVersionAndWithoutANonce() throws {
        var state = state(isDelta: false)
        _ = state.want([.clusters: whole()])
        _ = state.connected()
        _ = state.accepted(.clusters, answer(.clusters, "7", "v1"))
        state.disconnected()
        let again = try world(state.connected().first)
        #expect(again.versionInfo == "v1" && again.responseNonce.isEmpty && again.identity.id == "n")
    }

    @Test func deltaSubscribesAcknowledgesAndReconnects() throws {
        var state = state(isDelta: true)
        _ = state.want([.clusters: whole(), .endpoints: names("a", "b")])
        let first = state.connected()
        #expect(try delta(first[0]).subscribe.isEmpty && delta(first[0]).identity?.id == "n")
        #expect(try delta(first[1]).subscribe == ["a", "b"] && delta(first[1]).identity == nil)
        let ack = try delta(
            state.accepted(.endpoints, answer(.endpoints, "1", "", versions: ["a": "1", "b": "1"])).first)
        #expect(ack.responseNonce == "1" && ack.subscribe.isEmpty && ack.errorDetail == nil)
        let change = try delta(state.want([.clusters: whole(), .endpoints: names("b", "c")]).first)
        #expect(change.subscribe == ["c"] && change.unsubscribe == ["a"] && change.responseNonce.isEmpty)
        _ = state.accepted(.endpoints, answer(.endpoints, "2", "", versions: ["c": "3"], removed: ["b"]))
        state.disconnected()
        let again = state.connected()
        #expect(try delta(again[1]).initialResourceVersions == ["c": "3"])
        #expect(try delta(again[1]).subscribe == ["b", "c"])
    }

    @Test func deltaRefusesByNonceAndKeepsItsVersions() throws {
        var state = state(isDelta: true)
        _ = state.want([.clusters: whole()])
        _ = state.connected()
        _ = state.accepted(.clusters, answer(.clusters, "1", "", versions: ["a": "1"]))
        let nack = try delta(
            state.refused(.clusters, answer(.clusters, "2", "", versions: ["a": "2"]), reason: "bad").first)
        #expect(nack.responseNonce == "2" && nack.errorDetail == .init("bad"))
        state.disconnected()
        #expect(try delta(state.connected().first).initialResourceVersions == ["a": "1"])
    }

    @Test func damagedAnswerCanStillBeRefusedByItsNonce() throws {
        // DiscoveryResponse: version_info (1) "v", resources (2) a cut Any, type_url (4), nonce (5) "9".
        let url = Array(ResourceKind.clusters.typeURL.utf8)
        var bytes: [UInt8] = [0x0A, 1, 0x76, 0x12, 2, 0x0A, 9]
        bytes += [0x22, UInt8(url.count)] + url + [0x2A, 1, 0x39]
        let answer = try #require(StreamAnswer(bytes, isDelta: false))
        #expect(
            answer.nonce == "9" && answer.version == "v" && answer.typeURL == ResourceKind.clusters.typeURL)
        guard case .failure(let error) = answer.content else { throw Missing() }
        #expect(error.description.contains("resources[0].type_url: a length of 9 is too much"))
        #expect(StreamAnswer([0x0A], isDelta: false) == nil)
    }

    @Test func messagesArePutTogetherFromAnyPieces() throws {
        let frames: [UInt8] = [0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0]
        for size in 1...frames.count {
            var buffer = MessageBuffer()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: frames.count, by: size) {
                buffer.append(Array(frames[start..<min(start + size, frames.count)]))
                while case .message(let message) = buffer.next() { found.append(message) }
            }
            #expect(found == [[7, 8], []])
        }
        var buffer = MessageBuffer()
        buffer.append([1, 0, 0, 0, 0])
        #expect(buffer.next() == .bad("sends compressed messages, which were not asked for"))
        buffer = MessageBuffer()
        buffer.append([0, 0xFF, 0, 0, 0])
        #expect(buffer.next() == .bad("a message of 4278190080 bytes is too large"))
    }
}
