import Bytes
import HTTPCodec
import HTTPService
import Reactor
import Synchronization
import TLS
import Testing

let anyPort = SocketAddress(ip: .v4(0x7F00_0001), port: 0)

/// Serves `handler` while `body` runs.
func withServer(
    tls: TLSServerContext? = nil, limits: HTTPLimits = HTTPLimits(),
    _ handler: @escaping @Sendable (HTTPRequest) async -> HTTPResponse,
    _ body: (HTTPServer) async throws -> Void
) async throws {
    let server = HTTPServer(address: anyPort, tls: tls, limits: limits, handler: handler)
    try server.start()
    do { try await body(server) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// A client that is shut down when the test ends.
func withClient(_ body: (HTTPClient) async throws -> Void) async throws {
    let client = HTTPClient()
    defer { client.shutdown() }
    try await body(client)
}

/// Answers with method, path, query and body.
@Sendable func echo(_ request: HTTPRequest) async -> HTTPResponse {
    let query = request.query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    return .text("\(request.method) \(request.path) [\(query)] \(text(request.body))")
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Runs curl, the independent counterpart; returns its exit code, output and what it said.
func curl(_ arguments: [String]) async throws -> (code: ChildExit, output: [UInt8], errors: String) {
    let directory = try FileSystem.makeTemporaryDirectory(prefix: "hanse-curl")
    defer { try? FileSystem.removeTree(directory) }
    let child = try await ChildProcess.spawn(
        .init(
            executable: "/usr/bin/curl",
            arguments: ["--silent", "--show-error", "--max-time", "30"] + arguments,
            output: .file(directory + "/out"), error: .file(directory + "/err")), on: processLoop)
    let code = await child.wait()
    return (code, try FileSystem.read(directory + "/out"), text(try FileSystem.read(directory + "/err")))
}

let processLoop = EventLoop.started(name: "children")

/// Bytes over a plain socket, for what curl cannot be made to say.
final class RawClient: Sendable {
    private let socket: Mutex<Int32>
    private let fd: Int32

    init(_ address: SocketAddress) throws {
        let socket = try Socket.connecting(to: address)
        fd = socket.release()
        self.socket = Mutex(fd)
    }

    private func withSocket<R>(_ body: (borrowing Socket) -> R) -> R {
        socket.withLock { fd in
            let socket = Socket(owning: fd)
            let result = body(socket)
            _ = socket.release()
            return result
        }
    }

    func send(_ text: String) async { await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(65_536))
            switch withSocket({ $0.send(part.span) }) {
            case .bytes(let count): rest = rest.dropFirst(count)
            case .wouldBlock: await Task.yield()
            case .failed(let error) where error.code == 107 || error.code == 11: await Task.yield()
            case .failed, .endOfStream: return
            }
        }
    }

    /// Reads until `isEnough`, the end, or 20 s; the flag says whether the end was seen.
    func read(until isEnough: (String) -> Bool = { _ in false }) async -> (text: String, isEnded: Bool) {
        var all: [UInt8] = []
        let deadline = Clock.monotonic() + .seconds(20)
        while Clock.monotonic() < deadline {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let result = withSocket { socket in buffer.withUnsafeMutableBytes { socket.receive(into: $0) } }
            switch result {
            case .bytes(let count):
                all += buffer[..<count]
                if isEnough(text(all)) { return (text(all), false) }
            case .wouldBlock: await Task.yield()
            case .failed(let error) where error.code == 107: await Task.yield()
            case .endOfStream, .failed: return (text(all), true)
            }
        }
        return (text(all), false)
    }

    func endOutput() { withSocket { $0.shutdownOutput() } }

    func close() {
        socket.withLock { fd in
            if fd >= 0 { _ = Socket(owning: fd) }; fd = -1
        }
    }

    deinit { close() }
}

/// A mesh's CA with the leaves tests need.
struct Authority: Sendable {
    let root: Certificate
    private let key: PrivateKey

    init() throws {
        key = try .generateP256()
        let now = Clock.wall()
        root = try CertificateAuthority.selfSigned(
            CertificateTemplate(
                subjectCommonName: "root", notBefore: now - .seconds(60), notAfter: now + .seconds(3600),
                isCA: true),
            key: key)
    }

    func leaf(
        name: String = "leaf", organizations: [String] = [], uri: String? = nil, ip: String? = nil
    ) throws -> TLSIdentity {
        let leafKey = try PrivateKey.generateP256()
        let now = Clock.wall()
        let leaf = try CertificateAuthority.issue(
            CertificateTemplate(
                subjectCommonName: name, organizations: organizations, uriSANs: uri.map { [$0] } ?? [],
                ipSANs: ip.map { [$0] } ?? [], notBefore: now - .seconds(60), notAfter: now + .seconds(600)),
            publicKey: leafKey.publicKey, issuer: root, issuerKey: key)
        return try TLSIdentity(chain: [leaf], key: leafKey)
    }

    func server(_ mode: PeerVerification.Mode = .none, requires: Bool = false) throws -> TLSServerContext {
        try TLSServerContext(
            configuration: TLSServerConfiguration(
                identity: leaf(name: "server", ip: "127.0.0.1"),
                verification: PeerVerification(mode: mode, requireClientCertificate: requires),
                alpn: ["http/1.1"]))
    }

    func client(_ identity: TLSIdentity? = nil) throws -> TLSClientContext {
        try TLSClientContext(
            configuration: TLSClientConfiguration(
                identity: identity,
                verification: PeerVerification(mode: .roots([root]), serverName: "127.0.0.1")))
    }
}

/// Waits until a condition holds, at most 20 s.
func eventually(_ condition: () async -> Bool) async -> Bool {
    let deadline = Clock.monotonic() + .seconds(20)
    while Clock.monotonic() < deadline {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(2))
    }
    return false
}

/// A flag any task may raise and look at.
final class Flag: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
