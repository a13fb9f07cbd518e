import Bytes
import Foundation
import Testing

@testable import TLS

/// The time tests issue certificates around.
func now() -> WallTime {
    WallTime(seconds: Int64(Date().timeIntervalSince1970))
}

/// A CA made for one test.
struct TestCA: Sendable {
    let key: PrivateKey
    let certificate: Certificate

    init(_ name: String = "root", pathLength: Int? = nil) throws {
        key = try .generateP256()
        certificate = try CertificateAuthority.selfSigned(
            CertificateTemplate(
                subjectCommonName: name, notBefore: now() - .seconds(300), notAfter: now() + .seconds(86_400),
                isCA: true, pathLength: pathLength), key: key)
    }

    private init(key: PrivateKey, certificate: Certificate) {
        self.key = key
        self.certificate = certificate
    }

    /// A CA under this one.
    func intermediate(_ name: String) throws -> TestCA {
        let key = try PrivateKey.generateP256()
        let template = CertificateTemplate(
            subjectCommonName: name, notBefore: now() - .seconds(300), notAfter: now() + .seconds(86_400),
            isCA: true, pathLength: 0)
        let certificate = try CertificateAuthority.issue(
            template, publicKey: key.publicKey, issuer: self.certificate, issuerKey: self.key)
        return TestCA(key: key, certificate: certificate)
    }

    /// A leaf with its key.
    func leaf(
        _ uris: [String] = [], dns: [String] = [], ips: [String] = [], chain: [Certificate] = [],
        _ change: (inout CertificateTemplate) -> Void = { _ in }
    ) throws -> TLSIdentity {
        let key = try PrivateKey.generateP256()
        var template = CertificateTemplate(
            subjectCommonName: "leaf", uriSANs: uris, dnsSANs: dns, ipSANs: ips,
            notBefore: now() - .seconds(300), notAfter: now() + .seconds(3_600))
        change(&template)
        let certificate = try CertificateAuthority.issue(
            template, publicKey: key.publicKey, issuer: self.certificate, issuerKey: self.key)
        return try TLSIdentity(chain: [certificate] + chain, key: key)
    }
}

/// A client's and a server's session whose queues feed each other.
final class Pair {
    let client: TLSSession
    let server: TLSSession

    init(client: TLSClientContext, server: TLSServerContext, sni: String? = nil) throws {
        self.client = try TLSSession(client: client, sni: sni)
        self.server = try TLSSession(server: server)
    }

    /// Carries what both have to send.
    ///
    /// Returns the bytes moved.
    @discardableResult
    func pump() -> Int {
        var moved = 0
        let toServer = client.output.readAll()
        server.receive(toServer.span)
        let toClient = server.output.readAll()
        client.receive(toClient.span)
        moved += toServer.count + toClient.count
        return moved
    }

    /// Outcome of one side: nil when its handshake is done.
    struct Outcome {
        var client: TLSError?
        var server: TLSError?
        var bothDone: Bool { client == nil && server == nil }
    }

    /// Runs the handshake until nothing moves, then lets the client read once: a TLS 1.3 server's refusal arrives
    /// there.
    func handshake() -> Outcome {
        var outcome = Outcome()
        for _ in 0..<10 {
            if outcome.client == nil { outcome.client = step(client) }
            pump()
            if outcome.server == nil { outcome.server = step(server) }
            if pump() == 0 { break }
        }
        if outcome.client == nil, client.isHandshakeDone {
            do { _ = try read(client) } catch { outcome.client = error }
        }
        if outcome.client == nil, !client.isHandshakeDone {
            outcome.client = TLSError(.notConnected, "stuck")
        }
        if outcome.server == nil, !server.isHandshakeDone {
            outcome.server = TLSError(.notConnected, "stuck")
        }
        return outcome
    }

    private func step(_ session: TLSSession) -> TLSError? {
        do {
            _ = try session.handshake()
            return nil
        } catch {
            return error
        }
    }
}

/// Reads all there is; the last result is the one that was no bytes.
func read(_ session: TLSSession) throws(TLSError) -> (bytes: [UInt8], end: TLSSession.ReadResult) {
    var all: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 16_384, alignment: 16)
    defer { buffer.deallocate() }
    while true {
        let result = try session.read(into: buffer)
        guard case .bytes(let count) = result else { return (all, result) }
        all.append(contentsOf: buffer[0..<count])
    }
}

func client(
    _ identity: TLSIdentity?, _ verification: PeerVerification, minimum: TLSVersion = .v1_3,
    maximum: TLSVersion = .v1_3, alpn: [String] = []
) throws -> TLSClientContext {
    try TLSClientContext(
        configuration: TLSClientConfiguration(
            identity: identity, verification: verification, minimumVersion: minimum, maximumVersion: maximum,
            alpn: alpn))
}

func server(
    _ identity: TLSIdentity, _ verification: PeerVerification, minimum: TLSVersion = .v1_3,
    maximum: TLSVersion = .v1_3, alpn: [String] = []
) throws -> TLSServerContext {
    try TLSServerContext(
        configuration: TLSServerConfiguration(
            identity: identity, verification: verification, minimumVersion: minimum, maximumVersion: maximum,
            alpn: alpn))
}
