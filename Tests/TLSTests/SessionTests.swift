import Bytes
import Testing

@testable import TLS

/// What a session does once both sides trust each other.
@Suite struct SessionTests {
    static let id = "spiffe://west.example/ns/mesh/sa/egress"

    /// Contexts of one mesh whose two sides accept each other.
    struct Mesh: Sendable {
        let ca: TestCA
        let trust: PeerVerification
        let server: TLSServerContext
        let client: TLSClientContext

        init(
            version: TLSVersion = .v1_3, serverALPN: [String] = [], clientALPN: [String] = [],
            clientLeaf: (inout CertificateTemplate) -> Void = { _ in }
        ) throws {
            ca = try TestCA()
            trust = PeerVerification(mode: .spiffe(["west.example": [ca.certificate]]))
            server = try TLSTests.server(
                ca.leaf([SessionTests.id]), trust, minimum: version, maximum: version, alpn: serverALPN)
            client = try TLSTests.client(
                ca.leaf([SessionTests.id], clientLeaf), trust, minimum: version, maximum: version,
                alpn: clientALPN)
        }

        func connected(sni: String? = nil) throws -> Pair {
            let pair = try Pair(client: client, server: server, sni: sni)
            let outcome = pair.handshake()
            #expect(outcome.bothDone, "\(outcome)")
            return pair
        }
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func carriesBytesBothWays(version: TLSVersion) throws {
        let pair = try Mesh(version: version).connected()
        #expect(pair.client.version == (version == .v1_3 ? "TLSv1.3" : "TLSv1.2"))
        try pair.client.write(Array("ping".utf8).span)
        pair.pump()
        #expect(try read(pair.server).bytes == Array("ping".utf8))
        try pair.server.write(Array("pong".utf8).span)
        pair.pump()
        let (bytes, end) = try read(pair.client)
        #expect(bytes == Array("pong".utf8))
        #expect(end == .needsMore)
    }

    @Test func carriesMegabytesIntactThroughOddSlices() throws {
        let pair = try Mesh().connected()
        let big = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try pair.client.write(big.span)
        let wire = pair.client.output.readAll()
        var got: [UInt8] = []
        var at = 0
        var slice = 1
        while at < wire.count {
            let end = min(at + slice, wire.count)
            pair.server.receive(wire.span.extracting(at..<end))
            got += try read(pair.server).bytes
            at = end
            slice = slice % 40_000 + 977
        }
        #expect(got == big)
        #expect(!pair.server.hasPendingInput)
    }

    @Test func pendingInputIsAnnouncedWhenTheBufferWasTooSmall() throws {
        let pair = try Mesh().connected()
        try pair.client.write([UInt8](repeating: 7, count: 100).span)
        pair.pump()
        var small = [UInt8](repeating: 0, count: 60)
        let first = try small.withUnsafeMutableBytes { buffer throws(TLSError) in
            try pair.server.read(into: buffer)
        }
        #expect(first == .bytes(60))
        #expect(pair.server.hasPendingInput)
        #expect(try read(pair.server).bytes.count == 40)
        #expect(!pair.server.hasPendingInput)
    }

    @Test func requestMayArriveWithTheLastFlight() throws {
        let mesh = try Mesh()
        let pair = try Pair(client: mesh.client, server: mesh.server)
        _ = try pair.client.handshake()
        pair.pump()
        _ = try pair.server.handshake()
        pair.pump()
        #expect(try pair.client.handshake() == .done)
        try pair.client.write(Array("early".utf8).span)
        pair.pump()
        #expect(try pair.server.handshake() == .done)
        #expect(pair.server.hasPendingInput)
        #expect(try read(pair.server).bytes == Array("early".utf8))
    }

    @Test func bytesCanBeReceivedWithoutACopy() throws {
        let pair = try Mesh().connected()
        try pair.client.write(Array("in place".utf8).span)
        try pair.client.write(Array("left over".utf8).span)
        let wire = pair.client.output.readAll()
        let first = try wire.withUnsafeBytes { bytes in
            try pair.server.receive(lending: bytes) {
                #expect(pair.server.pendingInputCount == wire.count)
                var text = [UInt8](repeating: 0, count: 64)
                return try text.withUnsafeMutableBytes { try pair.server.read(into: $0) }
            }
        }
        #expect(first == .bytes(8))
        #expect(pair.server.hasPendingInput)
        #expect(try read(pair.server).bytes == Array("left over".utf8))
        #expect(pair.server.pendingInputCount == 0)
    }

    @Test func contextsAreSharedByManyThreads() async throws {
        let mesh = try Mesh()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    var resumed = 0
                    for turn in 0..<25 {
                        let pair = try mesh.connected(sni: "host-\((worker + turn) % 3)")
                        try pair.server.write([UInt8](repeating: UInt8(turn), count: 1_000).span)
                        pair.pump()
                        #expect(try read(pair.client).bytes.count == 1_000)
                        resumed += pair.server.isResumed ? 1 : 0
                    }
                    return resumed
                }
            }
            let resumed = try await group.reduce(0, +)
            #expect(resumed > 100, "most of 200 connections resume")
        }
    }

    @Test func serverPreferenceChoosesTheProtocol() throws {
        let pair = try Mesh(serverALPN: ["h2", "http/1.1"], clientALPN: ["http/1.1", "h2"]).connected()
        #expect(pair.client.alpn == "h2")
        #expect(pair.server.alpn == "h2")
    }

    @Test func noCommonProtocolGoesOnWithout() throws {
        let pair = try Mesh(serverALPN: ["h2"], clientALPN: ["smtp", "istio"]).connected()
        #expect(pair.client.alpn == nil)
        #expect(pair.server.alpn == nil)
    }

    @Test func serverNameReachesTheServerButAddressesDoNot() throws {
        let mesh = try Mesh()
        #expect(
            try mesh.connected(sni: "outbound_.9080_._.a.b.svc.west-imports.local").server.sni?.count == 44)
        #expect(try mesh.connected(sni: "127.0.11.1").server.sni == nil)
        #expect(throws: TLSError.self) { try TLSSession(client: mesh.client, sni: "a\0b") }
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func secondConnectionIsResumedAndStillNamesItsPeer(version: TLSVersion) throws {
        let mesh = try Mesh(version: version)
        let first = try mesh.connected(sni: "a")
        #expect(!first.server.isResumed)
        for _ in 0..<5 {
            let next = try mesh.connected(sni: "a")
            #expect(next.server.isResumed)
            #expect(next.client.isResumed)
            #expect(next.server.peerURISAN == Self.id)
            #expect(next.client.peerURISAN == Self.id)
        }
        #expect(try !mesh.connected(sni: "b").server.isResumed)
    }

    @Test func changedTrustDoesNotResume() throws {
        let mesh = try Mesh()
        _ = try mesh.connected(sni: "a")
        let renewed = try TLSTests.server(mesh.ca.leaf([Self.id]), mesh.trust)
        let pair = try Pair(client: mesh.client, server: renewed, sni: "a")
        #expect(pair.handshake().bothDone)
        #expect(!pair.server.isResumed)
        let other = try TestCA("other")
        let strict = try TLSTests.server(
            mesh.ca.leaf([Self.id]), PeerVerification(mode: .spiffe(["west.example": [other.certificate]])))
        let refused = try Pair(client: mesh.client, server: strict, sni: "a").handshake()
        #expect(refused.server?.isPeerRefused == true)
    }

    @Test func resumptionEndsWithTheClientsCertificate() async throws {
        let mesh = try Mesh { $0.notAfter = now() + .seconds(4) }
        _ = try mesh.connected(sni: "a")
        // Past the leaf's end the session is gone too, so a full handshake refuses it with an alert.
        var outcome = Pair.Outcome()
        let deadline = ContinuousClock.now + .seconds(30)
        repeat {
            try await Task.sleep(for: .milliseconds(50))
            outcome = try Pair(client: mesh.client, server: mesh.server, sni: "a").handshake()
        } while outcome.bothDone && ContinuousClock.now < deadline
        guard case .expired = outcome.server?.kind else {
            Issue.record("\(outcome)")
            return
        }
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test func closeNotifyEndsOneDirectionOnly() throws {
        let pair = try Mesh().connected()
        try pair.client.write(Array("last".utf8).span)
        pair.client.shutdown()
        pair.pump()
        let (bytes, end) = try read(pair.server)
        #expect(bytes == Array("last".utf8))
        #expect(end == .closed)
        try pair.server.write(Array("answer".utf8).span)
        pair.server.shutdown()
        pair.pump()
        let answer = try read(pair.client)
        #expect(answer.bytes == Array("answer".utf8))
        #expect(answer.end == .closed)
        #expect(throws: TLSError.self) { try pair.client.write([1].span) }
    }

    @Test func missingCloseNotifyIsTruncation() throws {
        let pair = try Mesh().connected()
        try pair.client.write(Array("half".utf8).span)
        pair.pump()
        pair.server.receiveEOF()
        let (bytes, end) = try read(pair.server)
        #expect(bytes == Array("half".utf8))
        #expect(end == .truncated)
    }

    @Test func endInsideTheHandshakeIsAnError() throws {
        let mesh = try Mesh()
        let session = try TLSSession(server: mesh.server)
        session.receiveEOF()
        #expect(throws: TLSError.self) { try session.handshake() }
        do {
            _ = try session.handshake()
        } catch {
            #expect(error.kind == .truncated)
        }
    }

    @Test func plainTextIsNotTLS() throws {
        let mesh = try Mesh()
        let session = try TLSSession(server: mesh.server)
        session.receive(Array("GET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8).span)
        do {
            _ = try session.handshake()
            Issue.record("plain text was taken")
        } catch {
            #expect(error.kind == .protocolError)
        }
    }

    @Test func flippedBitBreaksTheConnectionForGood() throws {
        let pair = try Mesh().connected()
        try pair.client.write(Array("secret".utf8).span)
        var wire = pair.client.output.readAll()
        wire[wire.count - 1] ^= 1
        pair.server.receive(wire.span)
        for _ in 0..<2 {
            do {
                _ = try read(pair.server)
                Issue.record("damaged record was taken")
            } catch {
                #expect(error.kind == .protocolError)
            }
        }
        #expect(throws: TLSError.self) { try pair.server.write([1].span) }
    }

    @Test func oneConnectionsFailureDoesNotReachAnother() throws {
        let mesh = try Mesh()
        let good = try mesh.connected()
        let bad = try TLSSession(server: mesh.server)
        bad.receive(Array("nonsense".utf8).span)
        #expect(throws: TLSError.self) { try bad.handshake() }
        #expect(try read(good.server).end == .needsMore)
    }

    @Test func versionsWithoutOverlapFailOnBothSides() throws {
        let ca = try TestCA()
        let trust = PeerVerification(mode: .roots([ca.certificate]))
        let old = try client(ca.leaf([Self.id]), trust, minimum: .v1_2, maximum: .v1_2)
        let outcome = try Pair(client: old, server: server(ca.leaf([Self.id]), trust)).handshake()
        #expect(outcome.server?.kind == .protocolError)
        #expect(outcome.client?.kind == .peerAlert(70))
    }

    @Test func callsOutOfOrderAreErrorsNotTraps() throws {
        let mesh = try Mesh()
        let session = try TLSSession(client: mesh.client, sni: nil)
        #expect(throws: TLSError.self) { try session.write([1].span) }
        #expect(throws: TLSError.self) { try read(session) }
        session.shutdown()
        #expect(session.output.isEmpty)
        #expect(session.peerCertificate == nil)
        #expect(session.peerChain.isEmpty)
    }
}
