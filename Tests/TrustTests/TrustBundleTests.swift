import Bytes
import Document
import TLS
import Testing

@testable import Trust

@Suite struct TrustBundleTests {
    @Test func severalRootsAreReadWithoutDuplicates() throws {
        let a = try root("a").certificate
        let b = try root("b").certificate
        let parsed = try TrustBundle.parse(pem: a.pem + b.pem + a.pem, now: now())
        #expect(parsed.bundle.roots == [a, b])
        #expect(parsed.warnings.map(\.message) == ["certificate 3 (CN=a) is there twice"])
        #expect(parsed.bundle == TrustBundle(roots: [b, a]))
        #expect(parsed.bundle.fingerprint == TrustBundle(roots: [b, a]).fingerprint)
        #expect(try TrustBundle.parse(pem: parsed.bundle.pem, now: now()).bundle == parsed.bundle)
        #expect(parsed.bundle.fingerprint != TrustBundle(roots: [a]).fingerprint)
    }

    @Test func missingFinalNewlineIsAccepted() throws {
        let a = try root("a").certificate
        #expect(try TrustBundle.parse(pem: String(a.pem.dropLast()), now: now()).bundle.roots == [a])
        let windows = a.pem.split(separator: "\n").joined(separator: "\r\n")
        #expect(try TrustBundle.parse(pem: windows, now: now()).bundle.roots == [a])
    }

    @Test func expiredRootsAreLeftOutAndAloneAreAnError() throws {
        let old = try root("old") { $0.notAfter = now() - .seconds(60) }.certificate
        let new = try root("new").certificate
        let parsed = try TrustBundle.parse(pem: old.pem + new.pem, now: now())
        #expect(parsed.bundle.roots == [new])
        #expect(parsed.warnings.count == 1 && parsed.warnings[0].message.contains(old.notAfter.rfc3339))
        #expect(throws: TrustError.self) { try TrustBundle.parse(pem: old.pem, now: now()) }
    }

    @Test func datesThatComeNearAreWarnings() throws {
        let soon = try root("soon") { $0.notAfter = now() + .seconds(5 * 86_400 + 60) }.certificate
        let early = try root("early") { $0.notBefore = now() + .seconds(3 * 86_400 + 60) }.certificate
        let warnings = try TrustBundle.parse(pem: soon.pem + early.pem, now: now()).warnings.map(\.message)
        #expect(warnings.count == 2)
        #expect(warnings[0].hasSuffix("expires in 5 days"))
        #expect(warnings[1].hasSuffix("in 3 days"))
    }

    @Test func whatIsNoRootIsRefused() throws {
        let ca = try authority("west.example")
        let leaf = try ca.issueLeaf(
            publicKey: PrivateKey.generateP256().publicKey, for: id("spiffe://west.example/ns/a/sa/b"),
            now: now())[0]
        let key = try PrivateKey.generateP256().pem()
        let texts = ["", "junk", leaf.pem, ca.roots.pem + key, String(ca.roots.pem.dropLast(100))]
        for text in texts {
            do {
                _ = try TrustBundle.parse(pem: text, path: FieldPath("data", "root-cert.pem"), now: now())
                Issue.record("taken: \(text.prefix(40))")
            } catch {
                #expect(error.description.hasPrefix("data[\"root-cert.pem\"]: "))
                #expect(!error.description.contains(key.prefix(60).suffix(20)))
            }
        }
    }

    @Test func limitsHold() throws {
        let many = try (0...TrustBundle.maxRoots).map { try root("r\($0)").certificate.pem }.joined()
        #expect(throws: TrustError.self) { try TrustBundle.parse(pem: many, now: now()) }
        let long = String(repeating: "#", count: TrustBundle.maxBytes + 1)
        #expect(throws: TrustError.self) { try TrustBundle.parse(pem: long, now: now()) }
    }
}
