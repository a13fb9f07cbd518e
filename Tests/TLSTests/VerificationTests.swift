import Bytes
import Testing

@testable import TLS

/// Who is let in and who is not, seen through whole handshakes.
@Suite struct VerificationTests {
    static let east = "spiffe://east.example/ns/mesh/sa/ingress"
    static let west = "spiffe://west.example/ns/mesh/sa/egress"

    /// A server that trusts `bundles` by domain and a client that trusts the server's CA.
    private func connect(
        _ identity: TLSIdentity?, bundles: [String: [Certificate]], allowed: [String] = []
    ) throws -> (Pair.Outcome, Pair) {
        let ca = try TestCA("east root")
        let verification = PeerVerification(mode: .spiffe(bundles), allowedURISANs: allowed)
        let pair = try Pair(
            client: client(
                identity,
                PeerVerification(
                    mode: .spiffe(["east.example": [ca.certificate]]), allowedURISANs: [Self.east])),
            server: server(ca.leaf([Self.east]), verification), sni: "reviews.east")
        return (pair.handshake(), pair)
    }

    @Test func mutualHandshakeSucceedsAndNamesBothSides() throws {
        let ca = try TestCA()
        let (outcome, pair) = try connect(
            ca.leaf([Self.west]), bundles: ["west.example": [ca.certificate]], allowed: [Self.west])
        #expect(outcome.bothDone, "\(outcome)")
        #expect(pair.server.peerURISAN == Self.west)
        #expect(pair.client.peerURISAN == Self.east)
        #expect(pair.server.version == "TLSv1.3")
        #expect(pair.server.sni == "reviews.east")
    }

    @Test func clientWithoutCertificateIsRefusedWithCertificateRequired() throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(nil, bundles: ["west.example": [ca.certificate]])
        #expect(outcome.server?.kind == .certificateRequired)
        #expect(outcome.client?.kind == .peerAlert(116))
    }

    @Test func leafOfAnotherCAIsUntrusted() throws {
        let ca = try TestCA("good")
        let other = try TestCA("evil")
        let (outcome, _) = try connect(other.leaf([Self.west]), bundles: ["west.example": [ca.certificate]])
        guard case .untrusted = outcome.server?.kind else {
            Issue.record("\(outcome)")
            return
        }
        #expect(outcome.server?.message.contains("evil") == true)
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test func oneDomainsCACannotSpeakForAnother() throws {
        let west = try TestCA("west")
        let north = try TestCA("north")
        let bundles = ["west.example": [west.certificate], "north.example": [north.certificate]]
        let (outcome, _) = try connect(north.leaf([Self.west]), bundles: bundles)
        guard case .untrusted = outcome.server?.kind else {
            Issue.record("\(outcome)")
            return
        }
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test func unknownTrustDomainIsNamed() throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(ca.leaf([Self.west]), bundles: ["north.example": [ca.certificate]])
        #expect(outcome.server?.kind == .unknownTrustDomain("west.example"))
        #expect(outcome.server?.message.contains("north.example") == true)
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test func emptyBundleAdmitsNobody() throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(ca.leaf([Self.west]), bundles: ["west.example": []])
        #expect(outcome.server?.isPeerRefused == true)
        let (none, _) = try connect(ca.leaf([Self.west]), bundles: [:])
        #expect(none.server?.isPeerRefused == true)
    }

    @Test func severalURISANsAreRefused() throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(
            ca.leaf([Self.west, "spiffe://north.example/x"]), bundles: ["west.example": [ca.certificate]])
        #expect(outcome.server?.kind == .invalidIdentity("several URI SANs"))
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test(arguments: [
        [], ["https://west.example/ns/mesh"], ["spiffe://West.example/x"], ["spiffe://west.example"],
        ["spiffe:///x"], ["spiffe://west.example/a//b"], ["spiffe://west.example/a/../b"],
        ["spiffe://west.example:80/a"], ["spiffe://user@west.example/a"], ["spiffe://west.example/a?b"],
    ])
    func leafWithoutOneSPIFFEIDIsRefused(uris: [String]) throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(ca.leaf(uris), bundles: ["west.example": [ca.certificate]])
        guard case .invalidIdentity = outcome.server?.kind else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func wrongIdentityIsRefusedByExactMatch() throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(
            ca.leaf([Self.west + "x"]), bundles: ["west.example": [ca.certificate]], allowed: [Self.west])
        #expect(outcome.server?.kind == .wrongIdentity([Self.west + "x"]))
        #expect(outcome.server?.message.contains("expected \"\(Self.west)\"") == true)
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test func expiredLeafIsRefusedWithItsDate() throws {
        let ca = try TestCA()
        let end = now() - .seconds(120)
        let (outcome, _) = try connect(
            ca.leaf([Self.west]) { $0.notAfter = end }, bundles: ["west.example": [ca.certificate]])
        #expect(outcome.server?.kind == .expired(notAfter: WallTime(seconds: end.seconds)))
        #expect(outcome.server?.message.contains(end.rfc3339) == true)
        #expect(outcome.client?.kind == .peerAlert(46))
    }

    @Test func leafFromTheFutureNamesTheSizeOfTheSkew() throws {
        let ca = try TestCA()
        let start = now() + .seconds(900)
        let (outcome, _) = try connect(
            ca.leaf([Self.west]) { $0.notBefore = start }, bundles: ["west.example": [ca.certificate]])
        guard case .notYetValid(_, let skew) = outcome.server?.kind else {
            Issue.record("\(outcome)")
            return
        }
        #expect(skew > .seconds(880) && skew <= .seconds(900))
        #expect(outcome.server?.message.contains("clocks differ by at least 1") == true)
    }

    @Test func serverLeafCannotActAsClientWithoutItsUsage() throws {
        let ca = try TestCA()
        let (outcome, _) = try connect(
            ca.leaf([Self.west]) { $0.clientAuth = false }, bundles: ["west.example": [ca.certificate]])
        #expect(outcome.server?.kind == .wrongUsage)
    }

    @Test func leafWithoutAnyExtendedUsageIsRefused() throws {
        let ca = try TestCA()
        let identity = try ca.leaf([Self.west]) {
            $0.clientAuth = false
            $0.serverAuth = false
        }
        let (outcome, _) = try connect(identity, bundles: ["west.example": [ca.certificate]])
        #expect(outcome.server?.kind == .wrongUsage)
    }

    @Test func clientRefusesServerWithoutServerUsage() throws {
        let ca = try TestCA()
        let pair = try Pair(
            client: client(nil, PeerVerification(mode: .roots([ca.certificate]))),
            server: server(ca.leaf(["spiffe://a/b"]) { $0.serverAuth = false }, .none))
        let outcome = pair.handshake()
        #expect(outcome.client?.kind == .wrongUsage)
        #expect(outcome.server?.kind == .peerAlert(46))
    }

    @Test func caCertificateCannotBeAPeer() throws {
        let ca = try TestCA()
        let key = try PrivateKey.generateP256()
        let template = CertificateTemplate(
            uriSANs: [Self.west], notBefore: now() - .seconds(5), notAfter: now() + .seconds(500), isCA: true)
        let certificate = try CertificateAuthority.issue(
            template, publicKey: key.publicKey, issuer: ca.certificate, issuerKey: ca.key)
        let (outcome, _) = try connect(
            TLSIdentity(chain: [certificate], key: key), bundles: ["west.example": [ca.certificate]])
        #expect(outcome.server?.isPeerRefused == true, "\(outcome)")
    }

    @Test func chainThroughAnIntermediateIsAccepted() throws {
        let root = try TestCA()
        let middle = try root.intermediate("middle")
        let whole = try middle.leaf([Self.west], chain: [middle.certificate])
        let (outcome, pair) = try connect(whole, bundles: ["west.example": [root.certificate]])
        #expect(outcome.bothDone, "\(outcome)")
        #expect(pair.server.peerChain.count == 2)
        let (cut, _) = try connect(middle.leaf([Self.west]), bundles: ["west.example": [root.certificate]])
        guard case .untrusted = cut.server?.kind else {
            Issue.record("\(cut)")
            return
        }
    }

    @Test func bundleWithSeveralRootsAcceptsLeavesOfEach() throws {
        let old = try TestCA("old")
        let new = try TestCA("new")
        for ca in [old, new] {
            let (outcome, _) = try connect(
                ca.leaf([Self.west]), bundles: ["west.example": [old.certificate, new.certificate]])
            #expect(outcome.bothDone, "\(outcome)")
        }
    }

    @Test func clientRefusesServerOfTheWrongIdentity() throws {
        let ca = try TestCA()
        let pair = try Pair(
            client: client(
                nil, PeerVerification(mode: .roots([ca.certificate]), allowedURISANs: [Self.east])),
            server: server(ca.leaf([Self.west]), .none))
        let outcome = pair.handshake()
        #expect(outcome.client?.kind == .wrongIdentity([Self.west]))
        #expect(outcome.server?.kind == .peerAlert(46))
    }

    @Test func severalURISANsAreRefusedUnderRootsToo() throws {
        let ca = try TestCA()
        let pair = try Pair(
            client: client(
                nil, PeerVerification(mode: .roots([ca.certificate]), allowedURISANs: [Self.east])),
            server: server(ca.leaf([Self.east, Self.west]), .none))
        let outcome = pair.handshake()
        #expect(outcome.client?.kind == .invalidIdentity("several URI SANs"))
    }

    @Test(arguments: [
        ("api.hanse", true), ("127.0.11.1", true), ("evil.hanse", false), ("127.0.11.2", false),
    ])
    func serverNameIsChecked(name: String, isAccepted: Bool) throws {
        let ca = try TestCA()
        let pair = try Pair(
            client: client(nil, PeerVerification(mode: .roots([ca.certificate]), serverName: name)),
            server: server(ca.leaf(dns: ["api.hanse"], ips: ["127.0.11.1"]), .none), sni: name)
        let outcome = pair.handshake()
        #expect(outcome.bothDone == isAccepted, "\(outcome)")
        if !isAccepted { #expect(outcome.client?.kind == .wrongServerName) }
    }

    @Test func optionalCertificateMayBeMissingButNotWrong() throws {
        let ca = try TestCA()
        let other = try TestCA("other")
        let context = try server(
            ca.leaf(dns: ["api"]), PeerVerification(mode: .optional([ca.certificate])))
        let trust = PeerVerification(mode: .roots([ca.certificate]))
        #expect(try Pair(client: client(nil, trust), server: context).handshake().bothDone)
        let admin = try Pair(
            client: client(ca.leaf { $0.organizations = ["system:masters"] }, trust), server: context)
        #expect(admin.handshake().bothDone)
        #expect(admin.server.peerCertificate?.organizations == ["system:masters"])
        #expect(admin.server.peerCertificate?.commonName == "leaf")
        let wrong = try Pair(client: client(other.leaf(), trust), server: context).handshake()
        #expect(wrong.server?.isPeerRefused == true)
    }

    @Test(arguments: [
        ("spiffe://west.example/ns/mesh/sa/", true), ("spiffe://west.example/ns/other/", false),
        ("spiffe://west.example/ns/mesh/sa/egress-2", false),
    ])
    func prefixesLetInWhatBeginsWithThem(prefix: String, isAccepted: Bool) throws {
        let ca = try TestCA()
        let trust = PeerVerification(
            mode: .spiffe(["west.example": [ca.certificate]]), allowedURISANPrefixes: [prefix])
        let pair = try Pair(
            client: client(ca.leaf([Self.west]), PeerVerification(mode: .roots([ca.certificate]))),
            server: server(ca.leaf([Self.west]), trust))
        let outcome = pair.handshake()
        #expect(outcome.bothDone == isAccepted)
        if !isAccepted { #expect(outcome.server?.kind == .wrongIdentity([Self.west])) }
    }

    @Test func emptyPrefixIsAnError() throws {
        #expect(throws: TLSError.self) {
            try client(nil, PeerVerification(mode: .roots([]), allowedURISANPrefixes: [""]))
        }
    }

    @Test func uncheckedPeerCannotHaveNamesToCheck() throws {
        #expect(throws: TLSError.self) {
            try client(nil, PeerVerification(mode: .none, allowedURISANs: ["spiffe://a/b"]))
        }
    }
}
