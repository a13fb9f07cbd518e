import Resources
import Testing

@Suite struct IdentityTests {
    @Test(arguments: [
        "cluster.local", "rosa-prod-mesh.local", "a", "a_b.c-d.1", String(repeating: "x", count: 255),
    ])
    func acceptsTrustDomains(_ text: String) {
        #expect(TrustDomain(text)?.name == text)
        #expect(TrustDomain.problem(with: text) == nil)
    }

    @Test(arguments: [
        "", "East", "a b", "a/b", "spiffe://a", "a:80", "ä", "a\n", String(repeating: "x", count: 256),
    ])
    func refusesWhatIsNoTrustDomain(_ text: String) {
        #expect(TrustDomain(text) == nil)
        #expect(TrustDomain.problem(with: text) != nil)
    }

    @Test func saysWhatATrustDomainMayHold() {
        #expect(
            TrustDomain.problem(with: "East_1")
                == "\"East_1\" is not a trust domain name; allowed: a-z, 0-9, '.', '-', '_'")
    }

    @Test func readsKubernetesPartsOfASPIFFEID() throws {
        let id = try #require(SPIFFEID("spiffe://west.local/ns/istio-system/sa/east-egress-service-account"))
        #expect(id.trustDomain.name == "west.local")
        #expect(id.namespace == "istio-system")
        #expect(id.serviceAccount == "east-egress-service-account")
        #expect(id.description == "spiffe://west.local/ns/istio-system/sa/east-egress-service-account")
    }

    @Test func makesIDsOfServiceAccountsOnlyFromWholeParts() throws {
        let domain = try #require(TrustDomain("west.local"))
        #expect(SPIFFEID(trustDomain: domain, namespace: "a", serviceAccount: "b")?.path == "/ns/a/sa/b")
        #expect(SPIFFEID(trustDomain: domain, namespace: "a/sa/x", serviceAccount: "b") == nil)
        #expect(SPIFFEID(trustDomain: domain, namespace: "", serviceAccount: "b") == nil)
    }

    @Test(arguments: [
        "", "spiffe://", "spiffe:///a", "SPIFFE://a/b", "https://a/b", "spiffe://a/b/", "spiffe://a//b",
        "spiffe://a/./b", "spiffe://a/../b", "spiffe://a:80/b", "spiffe://u@a/b", "spiffe://a/b?c",
        "spiffe://a/b#c",
        "spiffe://a/%62", "spiffe://A/b", "spiffe://a/b c",
        "spiffe://a/" + String(repeating: "x", count: 2048),
    ])
    func refusesWhatIsNoSPIFFEID(_ text: String) {
        #expect(SPIFFEID(text) == nil)
    }

    @Test func clientIDsReadTheSameWithAndWithoutScheme() throws {
        let text = "west.local/ns/mesh/sa/gw-service-account"
        let plain = try #require(ClientID(text))
        let full = try #require(ClientID("spiffe://" + text))
        #expect(plain == full)
        #expect(full.description == text)
        #expect(plain.matches(try #require(SPIFFEID("spiffe://" + text))))
        #expect(!plain.matches(try #require(SPIFFEID("spiffe://east.local/ns/mesh/sa/gw-service-account"))))
    }

    @Test(arguments: ["", "*", "spiffe://", "west.local", "west.local/*", "https://west.local/ns/a/sa/b"])
    func clientIDsAreWholeIdentities(_ text: String) {
        #expect(ClientID(text) == nil)
        #expect(ClientID.problem(with: text)?.contains("expected TRUST-DOMAIN/ns/NAMESPACE/sa/") == true)
    }
}
