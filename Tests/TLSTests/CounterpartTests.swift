import Bytes
import Foundation
import Glibc
import Testing

@testable import TLS

/// Our server session against `openssl s_client` over a loopback socket.
@Suite struct CounterpartTests {
    /// What one connection came to on our side.
    struct Served: Sendable {
        var error: TLSError?
        var alpn: String?
        var sni: String?
        var peer: String?
        var resumed: Bool
    }

    /// Serves one connection: echoes the first bytes in upper case, then closes.
    ///
    /// Blocking, on the caller's thread.
    private func serve(_ listener: Int32, _ context: TLSServerContext) throws -> Served {
        let fd = accept(listener, nil, nil)
        try #require(fd >= 0)
        defer { close(fd) }
        var limit = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let session = try TLSSession(server: context)
        var served = Served(resumed: false)
        served.error = outcome(session, fd)
        flush(session, fd)
        served.alpn = session.alpn
        served.sni = session.sni
        served.peer = session.peerURISAN
        served.resumed = session.isResumed
        return served
    }

    private func flush(_ session: TLSSession, _ fd: Int32) {
        let bytes = session.output.readAll()
        _ = bytes.withUnsafeBytes { send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    private func outcome(_ session: TLSSession, _ fd: Int32) -> TLSError? {
        do {
            try echo(session, fd)
            return nil
        } catch {
            return error
        }
    }

    private func echo(_ session: TLSSession, _ fd: Int32) throws(TLSError) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let got = recv(fd, &buffer, buffer.count, 0)
            if got <= 0 { session.receiveEOF() }
            session.receive(buffer.span.extracting(first: max(0, got)))
            let step = try session.handshake()
            flush(session, fd)
            guard step == .done else { continue }
            let received = try read(session)
            if !received.bytes.isEmpty {
                let answer = received.bytes.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
                try session.write(answer.span)
                break
            }
            if received.end != .needsMore { break }
        }
        session.shutdown()
    }

    /// A listening socket on a port of the system's choice.
    private func listen() throws -> (fd: Int32, port: UInt16) {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(fd >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(fd, $0, size) == 0 && Glibc.listen(fd, 4) == 0 && getsockname(fd, $0, &size) == 0
            }
        }
        try #require(bound)
        return (fd, UInt16(bigEndian: address.sin_port))
    }

    private func converse(
        _ context: TLSServerContext, arguments: [String]
    ) throws -> (Served, output: String) {
        let (fd, port) = try listen()
        defer { close(fd) }
        let process = OpenSSL.process(
            ["s_client", "-connect", "127.0.0.1:\(port)", "-ign_eof", "-verify_return_error"] + arguments)
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data("hello from outside\n".utf8))
        let served = try serve(fd, context)
        try input.fileHandleForWriting.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (served, String(decoding: text, as: UTF8.self))
    }

    @Test func opensslClientIsServedWithItsCertificate() throws {
        let ca = try TestCA()
        let west = "spiffe://west.example/ns/mesh/sa/egress"
        let context = try server(
            ca.leaf(dns: ["api.hanse"]), PeerVerification(mode: .spiffe(["west.example": [ca.certificate]])),
            alpn: ["h2", "http/1.1"])
        let directory = try TestDirectory()
        let identity = try ca.leaf([west])
        let root = try directory.write("root.pem", ca.certificate.pem)
        let certificate = try directory.write("leaf.pem", identity.leaf.pem)
        let key = try directory.write("key.pem", identity.key.pem())
        let (served, output) = try converse(
            context,
            arguments: [
                "-CAfile", root, "-cert", certificate, "-key", key, "-servername", "api.hanse",
                "-verify_hostname",
                "api.hanse", "-alpn", "http/1.1,h2",
            ])
        #expect(served.error == nil)
        #expect(served.peer == west)
        #expect(served.sni == "api.hanse")
        #expect(served.alpn == "h2")
        #expect(output.contains("HELLO FROM OUTSIDE"))
        #expect(output.contains("ALPN protocol: h2"))
        #expect(output.contains("TLSv1.3"))
        #expect(output.contains("Verify return code: 0 (ok)"))
    }

    @Test func opensslClientWithoutCertificateIsRefused() throws {
        let ca = try TestCA()
        let context = try server(
            ca.leaf(dns: ["api.hanse"]), PeerVerification(mode: .spiffe(["west.example": [ca.certificate]])))
        let directory = try TestDirectory()
        let root = try directory.write("root.pem", ca.certificate.pem)
        let (served, output) = try converse(context, arguments: ["-CAfile", root])
        #expect(served.error?.kind == .certificateRequired)
        #expect(!output.contains("HELLO"))
    }
}
