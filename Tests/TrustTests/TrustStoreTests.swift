import Bytes
import Document
import Resources
import TLS
import Testing

@testable import Trust

@Suite struct TrustStoreTests {
    private func peer(_ name: String, _ domainName: String?, _ bundle: TrustBundle?) throws -> PeerTrust {
        PeerTrust(
            peer: ObjectKey(namespace: "mesh", name: name),
            trustDomain: try domainName.map { try domain($0) },
            bundle: bundle)
    }

    private func severities(_ store: TrustStore, _ name: String) -> [Finding.Severity] {
        store.findings.filter { $0.peer.name == name }.map(\.finding.severity)
    }

    @Test func eachDomainHasItsOwnBundle() throws {
        let own = try authority("own.example")
        let west = try authority("west.example")
        let store = TrustStore(
            own: own.trustDomain, ownBundle: own.roots, peers: [try peer("west", "west.example", west.roots)])
        #expect(store.bundle(for: own.trustDomain) == own.roots)
        #expect(store.bundle(for: west.trustDomain) == west.roots)
        #expect(store.bundle(for: try domain("east.example")) == nil)
        #expect(store.findings.isEmpty)
        #expect(store.trustDomains.map(\.name) == ["own.example", "west.example"])
    }

    @Test func aPeersCACannotSpeakForAnotherOrForUs() throws {
        let own = try authority("own.example")
        let west = try authority("west.example")
        let east = try authority("east.example")
        let store = TrustStore(
            own: own.trustDomain, ownBundle: own.roots,
            peers: [
                try peer("west", "west.example", west.roots), try peer("east", "east.example", east.roots),
            ])
        let me = try id("spiffe://own.example/ns/mesh/sa/ingress")
        let server = try own.identity(key: .generateP256(), for: me, now: now())
        let trust = PeerVerification(mode: .roots(own.roots.roots))
        for claimed in ["spiffe://west.example/ns/mesh/sa/egress", "spiffe://own.example/ns/mesh/sa/egress"] {
            // East's CA signs a name that is not its own.
            let evil = try MeshCA(
                trustDomain: try #require(SPIFFEID(claimed)).trustDomain, roots: east.roots,
                signer: east.signer,
                intermediates: [], key: east.key
            ).identity(key: .generateP256(), for: id(claimed), now: now())
            let errors = try handshake(
                client: evil, trust, server: server,
                store.verification(for: store.trustDomains, allowedURISANs: []))
            guard case .untrusted = errors.server?.kind else {
                Issue.record("\(claimed): \(errors)")
                continue
            }
        }
    }

    @Test(arguments: [true, false])
    func twoPeersWithOneDomainAreBothOut(haveSameRoots: Bool) throws {
        let own = try authority("own.example")
        let a = try authority("west.example").roots
        let b = haveSameRoots ? a : try authority("west.example").roots
        let store = TrustStore(
            own: own.trustDomain, ownBundle: own.roots,
            peers: [
                try peer("a", "west.example", a), try peer("b", "west.example", b),
                try peer("c", "c.example", authority("c.example").roots),
            ])
        #expect(store.bundle(for: try domain("west.example")) == nil)
        #expect(severities(store, "a") == [.error] && severities(store, "b") == [.error])
        #expect(store.findings.first?.finding.message.contains("\"b\"") == true)
        #expect(!store.isTrusted(ObjectKey(namespace: "mesh", name: "a")))
        #expect(store.isTrusted(ObjectKey(namespace: "mesh", name: "c")))
    }

    @Test func nobodyGetsOurDomain() throws {
        let own = try authority("own.example")
        let store = TrustStore(
            own: own.trustDomain, ownBundle: own.roots,
            peers: [
                try peer("evil", "own.example", authority("own.example").roots),
                try peer("twin", "own.example", own.roots), try peer("silent", nil, nil),
                try peer("vague", nil, authority("x.example").roots),
            ])
        #expect(store.bundle(for: own.trustDomain) == own.roots)
        for name in ["evil", "twin", "vague"] {
            #expect(severities(store, name) == [.error])
            #expect(!store.isTrusted(ObjectKey(namespace: "mesh", name: name)))
        }
        #expect(severities(store, "silent") == [.warning])
        #expect(store.trustDomain(ofPeer: ObjectKey(namespace: "mesh", name: "silent")) == own.trustDomain)
    }

    @Test func ourRootInAPeersConfigMapIsPointedAt() throws {
        let own = try authority("own.example")
        let store = TrustStore(
            own: own.trustDomain, ownBundle: own.roots, peers: [try peer("a", "west.example", own.roots)])
        #expect(severities(store, "a") == [.warning])
        #expect(store.findings[0].finding.message.contains("is it the right one?"))
    }

    @Test func orderOfPeersDoesNotMatter() throws {
        let own = try authority("own.example")
        let peers = [
            try peer("a", "west.example", authority("x").roots),
            try peer("b", "west.example", authority("x").roots),
            try peer("c", "own.example", authority("x").roots),
            try peer("d", "d.example", authority("x").roots),
        ]
        let stores = Set(
            (0..<4).map { turn in
                TrustStore(
                    own: own.trustDomain, ownBundle: own.roots,
                    peers: Array(peers[turn...] + peers[..<turn]))
            })
        #expect(stores.count == 1)
    }

    @Test func peerIsReadFromItsResources() throws {
        let west = try authority("west.example")
        var resource = Resource(type: .serviceMeshPeer, namespace: "mesh", name: "west")
        resource.spec = ["security": ["trustDomain": "west.example"]]
        let own = try domain("own.example")
        let map = configMap("west-ca-root-cert", ["root-cert.pem": west.roots.pem])
        let good = PeerTrust(peer: resource, configMap: map, own: own, now: now())
        #expect(good.bundle == west.roots && good.findings.isEmpty && good.trustDomain == west.trustDomain)

        let missing = PeerTrust(peer: resource, configMap: nil, own: own, now: now())
        #expect(missing.hasErrors)
        #expect(
            missing.findings.first?.description
                == "spec.security.certificateChain: the root certificate of trust domain \"west.example\" is missing: "
                + "there is no ConfigMap \"west-ca-root-cert\" in namespace \"mesh\"")
        let empty = PeerTrust(peer: resource, configMap: configMap("x", ["other": "y"]), own: own, now: now())
        #expect(empty.findings.first?.message.contains("no key \"root-cert.pem\"") == true)
        let junk = PeerTrust(
            peer: resource, configMap: configMap("x", ["root-cert.pem": "y"]), own: own, now: now())
        #expect(
            junk.findings.first?.description.hasPrefix(
                "data[\"root-cert.pem\"]: ConfigMap \"west-ca-root-cert\": is not a PEM") == true)

        var secretKind = resource
        secretKind.spec?["security"]?["certificateChain"] = ["kind": "Secret", "name": "x"]
        #expect(
            PeerTrust(peer: secretKind, configMap: map, own: own, now: now()).findings.first?.message
                .contains("allowed: ConfigMap") == true)
        var badDomain = resource
        badDomain.spec?["security"]?["trustDomain"] = "East_1"
        #expect(PeerTrust(peer: badDomain, configMap: map, own: own, now: now()).hasErrors)
        var ours = resource
        ours.spec?["security"]?["trustDomain"] = "own.example"
        #expect(PeerTrust(peer: ours, configMap: nil, own: own, now: now()).findings.isEmpty)

        let store = TrustStore(own: own, ownBundle: try authority("own.example").roots, peers: [missing])
        #expect(store.bundle(for: west.trustDomain) == nil)
        #expect(!store.isTrusted(missing.peer))
    }
}
