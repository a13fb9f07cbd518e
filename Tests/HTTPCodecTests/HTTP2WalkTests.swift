import Testing

@testable import HTTPCodec

/// Random numbers that are the same every time.
private struct Dice: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}

/// A client and a server do what they like, against a model of what the other must see.
struct HTTP2WalkTests {
    /// What one side said on a stream, and what the other heard.
    private struct Side {
        var said = ""
        var heard = ""
        var saidHead = false
        var saidEnd = false
        var heardEnd = false
    }

    @Test(arguments: 0..<40)
    func bothSidesSeeWhatTheOtherDid(seed: Int) {
        var dice = Dice(state: UInt64(seed) &* 77 &+ 5)
        var settings = H2Settings()
        settings.initialStreamWindow = [100, 65_535, 1 << 20][seed % 3]
        settings.initialConnectionWindow = [65_535, 1 << 20][seed % 2]
        let client = H2Side(.client, settings: settings)
        let server = H2Side(.server, settings: settings)
        var requests: [UInt32: Side] = [:]
        var responses: [UInt32: Side] = [:]
        var gone: Set<UInt32> = []
        for _ in 0..<400 {
            let live = requests.keys.filter { !gone.contains($0) }.sorted()
            let id = live.randomElement(using: &dice) ?? 0
            switch Int.random(in: 0..<10, using: &dice) {
            case 0, 1:
                guard client.canOpen else { break }
                let end = Bool.random(using: &dice)
                let stream = client.request(HeadView("POST", "/\(seed)", [("host", "a.b")]), end: end)
                requests[stream.rawValue] = Side(saidHead: true, saidEnd: end)
                responses[stream.rawValue] = Side()
            case 2, 3: say(client, id, &requests, &dice)
            case 4, 5:
                guard server.isOpen(id) else { break }
                if responses[id]?.saidHead == false {
                    let end = Bool.random(using: &dice)
                    server.respond(id, 200, end: end)
                    responses[id]?.saidHead = true
                    responses[id]?.saidEnd = end
                } else {
                    say(server, id, &responses, &dice)
                }
            case 6 where Int.random(in: 0..<5, using: &dice) == 0:
                let side = Bool.random(using: &dice) ? client : server
                guard side.isOpen(id) else { break }
                side.connection.reset(StreamID(id), .cancel, into: &side.output)
                gone.insert(id)
            case 7: client.connection.ping(UInt64(id), into: &client.output)
            case 8: carry(client, server, "client", &requests, &gone, &dice)
            default: carry(server, client, "server", &responses, &gone, &dice)
            }
            client.connection.outputFlushed()
            server.connection.outputFlushed()
        }
        // Finish what is open, then let everything arrive.
        for _ in 0..<3000 where client.streams > 0 || server.streams > 0 {
            for id in requests.keys where !gone.contains(id) {
                end(client, id, &requests)
                if server.isOpen(id), responses[id]?.saidHead == false {
                    server.respond(id, 200, end: false)
                    responses[id]?.saidHead = true
                }
                end(server, id, &responses)
            }
            carry(client, server, "client", &requests, &gone, &dice)
            carry(server, client, "server", &responses, &gone, &dice)
        }
        #expect(client.error == nil && server.error == nil)
        #expect(client.streams == 0 && server.streams == 0)
        for id in requests.keys where !gone.contains(id) {
            for side in [requests[id], responses[id]] {
                #expect(side?.said == side?.heard)
                #expect(side?.heardEnd == true)
            }
        }
    }

    private func say(_ side: H2Side, _ id: UInt32, _ model: inout [UInt32: Side], _ dice: inout Dice) {
        guard let state = model[id], state.saidHead, !state.saidEnd, side.isOpen(id) else { return }
        let letter = String(UnicodeScalar(UInt8.random(in: 97...122, using: &dice)))
        let text = String(repeating: letter, count: Int.random(in: 0...40_000, using: &dice))
        let end = Int.random(in: 0..<4, using: &dice) == 0
        let sent = side.send(id, text, end: end)
        model[id]?.said += text.prefix(sent)
        if end, sent == text.count { model[id]?.saidEnd = true }
    }

    private func end(_ side: H2Side, _ id: UInt32, _ model: inout [UInt32: Side]) {
        guard let state = model[id], state.saidHead, !state.saidEnd, side.isOpen(id) else { return }
        _ = side.send(id, "", end: true)
        model[id]?.saidEnd = true
    }

    /// Delivers what one side sent, cut anywhere, and notes what the other heard.
    private func carry(
        _ from: H2Side, _ to: H2Side, _ name: String, _ model: inout [UInt32: Side],
        _ gone: inout Set<UInt32>,
        _ dice: inout Dice
    ) {
        to.receive(from.sent(), step: Int.random(in: 1...20_000, using: &dice))
        for line in to.takeLog() {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard let id = UInt32(words[0]), id > 0, words.count > 1 else { continue }
            switch words[1] {
            case "data":
                var text = words[2]
                if text.hasSuffix(" end") {
                    text = text.dropLast(4)
                    model[id]?.heardEnd = true
                }
                model[id]?.heard += text
            case "head": if line.hasSuffix(" end") { model[id]?.heardEnd = true }
            case "reset": gone.insert(id)
            default: continue
            }
        }
    }
}
