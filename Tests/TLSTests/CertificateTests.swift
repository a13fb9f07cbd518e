import Bytes
import Foundation
import Testing

@testable import TLS

@Suite struct CertificateTests {
    @Test func keysRoundTripAndStayOutOfDescriptions() throws {
        let key = try PrivateKey.generateP256()
        let pem = try key.pem()
        #expect(pem.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
        #expect(try PrivateKey(pem: pem).publicKey == key.publicKey)
        #expect(try PrivateKey.generateP256().publicKey != key.publicKey)
        #expect("\(key)" == "private key (EC 256)")
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!dumped.contains("0x") && !dumped.contains("pointer"))
    }

    @Test(arguments: [
        "", "junk", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0c2VjcmV0\n-----END PRIVATE KEY-----\n",
    ])
    func badKeysAreRefusedWithoutShowingThem(pem: String) throws {
        do {
            _ = try PrivateKey(pem: pem)
            Issue.record("taken")
        } catch {
            #expect(error.kind == .invalidInput)
            #expect(!error.message.contains("c2Vj") && !error.message.contains("secret"))
        }
    }

    @Test func weakAndEncryptedKeysAreRefused() throws {
        let weak = try OpenSSL.run(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"])
        #expect(throws: TLSError.self) { try PrivateKey(pem: weak.output) }
        let locked = try OpenSSL.run([
            "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256", "-pass",
            "pass:x",
        ])
        #expect(locked.output.contains("ENCRYPTED"))
        #expect(throws: TLSError.self) { try PrivateKey(pem: locked.output) }
    }

    @Test func olderKeyFormsAndRSAAreRead() throws {
        let ec = try OpenSSL.run(["ecparam", "-name", "prime256v1", "-genkey", "-noout"])
        #expect(ec.output.contains("BEGIN EC PRIVATE KEY"))
        #expect(try PrivateKey(pem: ec.output).publicKey.algorithm == "EC 256")
        let rsa = try OpenSSL.run(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
        #expect(try PrivateKey(pem: rsa.output).publicKey.algorithm == "RSA 2048")
        let ed = try PrivateKey(pem: OpenSSL.run(["genpkey", "-algorithm", "ED25519"]).output)
        #expect(try CSR.parse(pem: CSR.make(key: ed, uri: "spiffe://a/b")).publicKey == ed.publicKey)
    }

    @Test func templateShowsInTheCertificate() throws {
        let ca = try TestCA("root of hanse")
        let identity = try ca.leaf(["spiffe://a/ns/b/sa/c"], dns: ["d.e"], ips: ["127.0.11.1", "fd00::1"]) {
            $0.organizations = ["system:masters", "Kontor, Ünïon"]
        }
        let leaf = identity.leaf
        #expect(leaf.uriSANs == ["spiffe://a/ns/b/sa/c"])
        #expect(leaf.dnsSANs == ["d.e"])
        #expect(leaf.ipSANs == ["127.0.11.1", "fd00::1"])
        #expect(leaf.commonName == "leaf")
        #expect(leaf.organizations == ["system:masters", "Kontor, Ünïon"])
        #expect(leaf.issuer == "CN=root of hanse")
        #expect(leaf.serialNumberHex.count == 32)
        #expect(!leaf.isCA && leaf.allowsClientAuth && leaf.allowsServerAuth && !leaf.isSelfSigned)
        #expect(ca.certificate.isCA && ca.certificate.isSelfSigned && ca.certificate.pathLength == nil)
        #expect(leaf.isSigned(by: ca.certificate) && !leaf.isSigned(by: leaf))
        #expect(leaf.matches(identity.key) && !leaf.matches(ca.key))
        #expect(leaf.notAfter - leaf.notBefore == .seconds(3_900))
        #expect(try Certificate(pem: leaf.pem) == leaf)
        #expect(try Certificate(der: leaf.der) == leaf)
        #expect(try Certificate(der: leaf.der).hashValue == leaf.hashValue)
        #expect(leaf.sha256 == sha256(leaf.der))
    }

    @Test func datesSurviveTheYear2050() throws {
        let key = try PrivateKey.generateP256()
        let far = WallTime(seconds: 2_840_140_800)  // 2060-01-01
        let made = try CertificateAuthority.selfSigned(
            CertificateTemplate(subjectCommonName: "far", notBefore: now(), notAfter: far, isCA: true),
            key: key)
        #expect(made.notAfter == far)
    }

    @Test func certificatesOfOursPassOpenSSLVerify() throws {
        let root = try TestCA("root")
        let middle = try root.intermediate("middle")
        let leaf = try middle.leaf(["spiffe://a/b"]).leaf
        let directory = try TestDirectory()
        let rootFile = try directory.write("root.pem", root.certificate.pem)
        let middleFile = try directory.write("middle.pem", middle.certificate.pem)
        let leafFile = try directory.write("leaf.pem", leaf.pem)
        let result = try OpenSSL.run([
            "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", rootFile, "-untrusted", middleFile,
            leafFile,
        ])
        #expect(result.status == 0, "\(result.output)")
        let text = try OpenSSL.run(["x509", "-noout", "-text", "-in", leafFile]).output
        #expect(text.contains("URI:spiffe://a/b"))
        #expect(text.contains("TLS Web Server Authentication"))
    }

    @Test func chainsAreReadInOrderAndDamageIsAnError() throws {
        let a = try TestCA("a").certificate
        let b = try TestCA("b").certificate
        #expect(try Certificate.parseChain(pem: "# a\n\(a.pem)junk\n\(b.pem)\n") == [a, b])
        for text in [
            "", "nothing here", a.pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ] {
            #expect(throws: TLSError.self) { try Certificate.parseChain(pem: text) }
        }
        #expect(throws: TLSError.self) { try Certificate.parseChain(pem: String(a.pem.dropLast(60))) }
        #expect(throws: TLSError.self) { try Certificate(pem: a.pem + b.pem) }
        #expect(throws: TLSError.self) { try Certificate(der: a.der + [0]) }
        #expect(throws: TLSError.self) { try Certificate(der: []) }
        #expect(throws: TLSError.self) { try Certificate(der: Array(a.der.dropLast())) }
        #expect(throws: TLSError.self) {
            try Certificate.parseChain(pem: String(repeating: "x", count: (1 << 20) + 1))
        }
    }

    @Test func issuingChecksTheIssuer() throws {
        let ca = try TestCA()
        let leaf = try ca.leaf(["spiffe://a/b"])
        let template = CertificateTemplate(notBefore: now(), notAfter: now() + .seconds(60))
        #expect(throws: TLSError.self) {
            try CertificateAuthority.issue(
                template, publicKey: leaf.key.publicKey, issuer: leaf.leaf, issuerKey: leaf.key)
        }
        #expect(throws: TLSError.self) {
            try CertificateAuthority.issue(
                template, publicKey: leaf.key.publicKey, issuer: ca.certificate, issuerKey: leaf.key)
        }
        var backwards = template
        backwards.notAfter = now() - .seconds(60)
        #expect(throws: TLSError.self) { try CertificateAuthority.selfSigned(backwards, key: ca.key) }
        var bad = template
        bad.uriSANs = ["spiffe://a/b\nc"]
        #expect(throws: TLSError.self) { try CertificateAuthority.selfSigned(bad, key: ca.key) }
        #expect(throws: TLSError.self) { try TLSIdentity(chain: [ca.certificate], key: leaf.key) }
        #expect(throws: TLSError.self) { try TLSIdentity(chain: [], key: leaf.key) }
    }

    @Test func requestsRoundTripAndOpenSSLAgrees() throws {
        let key = try PrivateKey.generateP256()
        let pem = try CSR.make(key: key, uri: "spiffe://west/ns/a/sa/b")
        let info = try CSR.parse(pem: pem)
        #expect(info.uriSANs == ["spiffe://west/ns/a/sa/b"])
        #expect(info.publicKey == key.publicKey)
        let directory = try TestDirectory()
        let file = try directory.write("a.csr", pem)
        let shown = try OpenSSL.run(["req", "-verify", "-noout", "-text", "-in", file])
        #expect(shown.status == 0)
        #expect(shown.output.contains("URI:spiffe://west/ns/a/sa/b"))
    }

    @Test func requestsOfOpenSSLAreRead() throws {
        let directory = try TestDirectory()
        let made = try OpenSSL.run([
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
            "-keyout", directory.path + "/key.pem", "-addext",
            "subjectAltName=URI:spiffe://a/b,DNS:x.y,IP:127.0.0.1",
        ])
        let info = try CSR.parse(pem: made.output)
        #expect(info.uriSANs == ["spiffe://a/b"])
        #expect(info.dnsSANs == ["x.y"])
        #expect(info.ipSANs == ["127.0.0.1"])
    }

    @Test func tamperedRequestsAreRefused() throws {
        let pem = try CSR.make(key: .generateP256(), uri: "spiffe://a/b")
        let body = pem.split(separator: "\n").dropFirst().dropLast().joined()
        var der = try #require(Base64.decode(body))
        let at = try #require(der.indices.first { Array(der[$0...].prefix(10)) == Array("spiffe://a".utf8) })
        der[at + 9] = UInt8(ascii: "z")
        let forged =
            "-----BEGIN CERTIFICATE REQUEST-----\n\(Base64.encode(der))\n-----END CERTIFICATE REQUEST-----\n"
        for text in ["", "x", forged] {
            #expect(throws: TLSError.self) { try CSR.parse(pem: text) }
        }
    }

    @Test func randomBytesDiffer() {
        #expect(randomBytes(0).isEmpty)
        #expect(randomBytes(32) != randomBytes(32))
        #expect(Hex.encode(sha256(Array("abc".utf8))).hasPrefix("ba7816bf8f01cfea"))
    }
}
