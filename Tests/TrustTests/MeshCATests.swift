import Bytes
import Document
import Resources
import TLS
import Testing

@testable import Trust

@Suite struct MeshCATests {
    @Test func newRootIsTenYearsLongAndMayHaveOneIntermediate() throws {
        let ca = try authority("west.example")
        let root = try #require(ca.roots.roots.first)
        #expect(ca.signer == root && ca.intermediates.isEmpty)
        #expect(root.isCA && root.isSelfSigned && root.pathLength == 1)
        #expect(root.organizations == ["west.example"])
        #expect(root.notAfter.seconds - now().seconds > 3_649 * 86_400)
        #expect(now() - root.notBefore >= .seconds(300))
        #expect("\(ca)".contains("west.example") && !"\(ca)".contains("PRIVATE"))
    }

    @Test func survivesItsSecret() throws {
        let ca = try authority("west.example")
        let stored = try ca.secret(namespace: "mesh")
        #expect(stored.name == "istio-ca-secret" && stored.namespace == "mesh")
        #expect(
            Set(stored.node["data"]?.object?.keys ?? []) == [
                "ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem",
            ])
        let loaded = try MeshCA.load(stored, trustDomain: ca.trustDomain, now: now())
        #expect(loaded.warnings.isEmpty)
        #expect(loaded.authority.signer == ca.signer)
        #expect(loaded.authority.roots == ca.roots)
        let leaf = try loaded.authority.issueLeaf(
            publicKey: PrivateKey.generateP256().publicKey, for: id("spiffe://west.example/ns/a/sa/b"),
            now: now())
        #expect(leaf.count == 1 && leaf[0].isSigned(by: ca.signer))
    }

    @Test func istiosOwnSecretWithoutRootIsItsRoot() throws {
        let (certificate, key) = try root("istiod")
        let loaded = try MeshCA.load(
            secret(
                "istio-ca-secret",
                ["ca-cert.pem": certificate.pem, "ca-key.pem": key.pem(), "cert-chain.pem": ""]),
            trustDomain: domain("cluster.local"), now: now())
        #expect(loaded.authority.roots.roots == [certificate])
        #expect(loaded.authority.intermediates.isEmpty)
    }

    @Test func pluggedIntermediateBringsItsChain() throws {
        let top = try root("corporate")
        let upper = try subordinate("upper", under: top.certificate, top.key)
        let lower = try subordinate("lower", under: upper.certificate, upper.key, pathLength: 0)
        let loaded = try MeshCA.load(
            secret(
                "cacerts",
                [
                    "ca-cert.pem": lower.certificate.pem, "ca-key.pem": lower.key.pem(),
                    "cert-chain.pem": lower.certificate.pem + upper.certificate.pem + top.certificate.pem,
                    "root-cert.pem": top.certificate.pem,
                ]), trustDomain: domain("west.example"), now: now())
        let ca = loaded.authority
        #expect(ca.intermediates == [lower.certificate, upper.certificate])
        let me = try id("spiffe://west.example/ns/a/sa/b")
        let identity = try ca.identity(key: .generateP256(), for: me, now: now())
        #expect(identity.chain.count == 3)
        let trust = TrustStore(own: ca.trustDomain, ownBundle: ca.roots, peers: [])
            .verification(for: [ca.trustDomain], allowedURISANs: [me.description])
        let errors = try handshake(client: identity, trust, server: identity, trust)
        #expect(errors.client == nil && errors.server == nil, "\(errors)")
    }

    /// Each damage and a word its finding has.
    @Test(arguments: [
        ("no ca-cert", "data[\"ca-cert.pem\"]: Secret \"cacerts\": is missing"),
        ("no key", "data[\"ca-key.pem\"]: Secret \"cacerts\": is missing"),
        ("no root", "data[\"root-cert.pem\"]: Secret \"cacerts\": is missing"),
        ("bad base64", "is not base64"), ("junk key", "not an unencrypted PEM private key"),
        ("other key", "is not the key of ca-cert.pem"), ("leaf", "is not a CA certificate"),
        ("expired", "expired at"), ("future", "clocks differ by at least"), ("two certificates", "holds 2"),
        ("other root", "no chain leads"), ("missing middle", "no chain leads"),
        ("path length", "allows 0 CAs"),
    ])
    func damagedSecretIsRefusedByField(damage: String, expected: String) throws {
        let top = try root("corporate", pathLength: damage == "path length" ? 0 : nil)
        let signer = try subordinate("signer", under: top.certificate, top.key) {
            if damage == "expired" { $0.notAfter = now() - .seconds(60) }
            if damage == "future" { $0.notBefore = now() + .seconds(3_600) }
            if damage == "leaf" { $0.isCA = false }
        }
        let lower =
            try damage == "leaf" || damage == "missing middle"
            ? subordinate("lower", under: top.certificate, top.key)
            : subordinate("lower", under: signer.certificate, signer.key)
        var data = [
            "ca-cert.pem": signer.certificate.pem, "ca-key.pem": try signer.key.pem(),
            "cert-chain.pem": signer.certificate.pem, "root-cert.pem": top.certificate.pem,
        ]
        switch damage {
        case "no ca-cert": data["ca-cert.pem"] = nil
        case "no key": data["ca-key.pem"] = nil
        case "no root": data["root-cert.pem"] = nil
        case "junk key": data["ca-key.pem"] = "c2VjcmV0"
        case "other key": data["ca-key.pem"] = try PrivateKey.generateP256().pem()
        case "two certificates": data["ca-cert.pem"] = signer.certificate.pem + top.certificate.pem
        case "other root": data["root-cert.pem"] = try root("corporate").certificate.pem
        case "missing middle":
            let under = try subordinate("deep", under: lower.certificate, lower.key)
            data["ca-cert.pem"] = under.certificate.pem
            data["ca-key.pem"] = try under.key.pem()
        default: break
        }
        var resource = secret("cacerts", data)
        if damage == "bad base64" { resource.node["data"]?["ca-key.pem"] = "%%%" }
        do {
            _ = try MeshCA.load(resource, trustDomain: domain("west.example"), now: now())
            Issue.record("taken")
        } catch let error as TrustError {
            #expect(error.description.contains(expected), "\(error)")
            #expect(!error.description.contains("c2Vj"))
        }
    }

    @Test func requestForItsOwnIdentityIsSigned() throws {
        let ca = try authority("west.example")
        let me = try id("spiffe://west.example/ns/mesh/sa/ingress-service-account")
        let key = try PrivateKey.generateP256()
        let start = now()
        let chain = try ca.issueLeaf(request: CSR.make(key: key, uri: me.description), for: me, now: start)
        let leaf = try #require(chain.first)
        #expect(leaf.uriSANs == [me.description] && leaf.dnsSANs.isEmpty && leaf.matches(key))
        #expect(leaf.notBefore == start - .seconds(300))
        #expect(leaf.notAfter == start + .seconds(86_400))
        #expect(!leaf.isCA && leaf.allowsClientAuth && leaf.allowsServerAuth)
    }

    @Test func requestForAnythingElseIsRefused() throws {
        let ca = try authority("west.example")
        let me = try id("spiffe://west.example/ns/mesh/sa/a")
        let other = try CSR.make(key: .generateP256(), uri: "spiffe://west.example/ns/mesh/sa/b")
        for (request, who) in [(other, me), ("junk", me)] {
            #expect(throws: TrustError.self) { try ca.issueLeaf(request: request, for: who, now: now()) }
        }
        let foreign = try id("spiffe://east.example/ns/mesh/sa/a")
        let fit = try CSR.make(key: .generateP256(), uri: foreign.description)
        #expect(throws: TrustError.self) { try ca.issueLeaf(request: fit, for: foreign, now: now()) }
        let key = try PrivateKey.generateP256().publicKey
        #expect(throws: TrustError.self) {
            try ca.issueLeaf(publicKey: key, for: id("spiffe://west.example"), now: now())
        }
        #expect(throws: TrustError.self) {
            try ca.issueLeaf(publicKey: key, for: me, lifetime: .seconds(1), now: now())
        }
        #expect(throws: TrustError.self) {
            try ca.issueLeaf(publicKey: key, for: me, now: now() + MeshCA.rootLifetime + .seconds(1))
        }
    }

    @Test func leafNeverOutlivesItsCA() throws {
        let ca = try authority("west.example")
        let late = now() + MeshCA.rootLifetime - .seconds(3_600)
        let chain = try ca.issueLeaf(
            publicKey: PrivateKey.generateP256().publicKey, for: id("spiffe://west.example/ns/a/sa/b"),
            now: late)
        #expect(chain[0].notAfter == ca.notAfter)
    }

    @Test func renewalIsAroundHalfLife() {
        let start = WallTime(seconds: 1_000_000)
        let end = start + .seconds(86_400)
        var times: Set<Int64> = []
        for random in stride(from: UInt64(0), to: 100_000, by: 977) {
            let time = Renewal.time(notBefore: start, notAfter: end, random: random)
            #expect(time.seconds - start.seconds >= 34_560 && time.seconds - start.seconds <= 51_840)
            times.insert(time.seconds)
        }
        #expect(times.count > 50)
        #expect(Renewal.time(notBefore: start, notAfter: start, random: 7) == start)
    }

    @Test func whatIsDatedBackDoesNotCountAsLife() throws {
        let moment = now()
        let chain = try authority("west.example").issueLeaf(
            publicKey: PrivateKey.generateP256().publicKey, for: id("spiffe://west.example/ns/a/sa/b"),
            lifetime: .seconds(60), now: moment)
        for random in stride(from: UInt64(0), to: 1_000, by: 7) {
            let time = Renewal.time(of: chain[0], random: random)
            #expect(time > moment + .seconds(20) && time < moment + .seconds(40))
        }
    }
}
