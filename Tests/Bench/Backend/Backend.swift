import CSystem
import Glibc

/// The service behind the gateways, a process of its own.
///
/// `GET /1k`, `/64k` answer that many bytes, `/bytes/N` streams N. One socket speaks HTTP/1.1, the other
/// HTTP/2 with prior knowledge and answers every gRPC call with one small message.
final class Backend {
    private enum Peer {
        case http1(HTTP1Peer)
        case http2(HTTP2Peer)
    }

    private let poller = Poller()
    private var peers: [Int32: Peer] = [:]
    private let plain: (socket: Int32, port: UInt16)
    private let grpc: (socket: Int32, port: UInt16)

    init() throws {
        plain = try Loopback.listen()
        grpc = try Loopback.listen()
        poller.add(plain.socket, token: UInt64(plain.socket), writing: false)
        poller.add(grpc.socket, token: UInt64(grpc.socket), writing: false)
    }

    /// Prints the ports and serves until the process is stopped.
    func serve() -> Never {
        print("\(plain.port) \(grpc.port)")
        fflush(nil)
        while true {
            poller.wait(milliseconds: -1) { token, writable in
                let socket = Int32(token)
                switch socket {
                case self.plain.socket: self.accept(socket) { .http1(HTTP1Peer()) }
                case self.grpc.socket: self.accept(socket) { .http2(HTTP2Peer()) }
                default: self.ready(socket, writable)
                }
            }
        }
    }

    private func accept(_ listener: Int32, _ make: () -> Peer) {
        var address = csystem_address()
        for _ in 0..<64 {
            let socket = csystem_accept(listener, &address)
            guard socket >= 0 else { return }
            csystem_set_option(socket, Int32(CSYSTEM_NO_DELAY.rawValue), 1)
            peers[socket] = make()
            poller.add(socket, token: UInt64(socket), writing: false)
        }
    }

    private func ready(_ socket: Int32, _ writable: Bool) {
        guard let peer = peers[socket] else { return }
        let outcome =
            switch peer {
            case .http1(let peer): peer.ready(socket, writable: writable)
            case .http2(let peer): peer.ready(socket, writable: writable)
            }
        switch outcome {
        case .reading: if writable { poller.modify(socket, token: UInt64(socket), writing: false) }
        case .writing: poller.modify(socket, token: UInt64(socket), writing: true)
        case .closed:
            peers[socket] = nil
            close(socket)
        }
    }
}

/// What a peer waits for.
enum PeerInterest { case reading, writing, closed }

/// One HTTP/1.1 connection of the backend.
final class HTTP1Peer {
    private static let small = answer(bytes: 1024)
    private static let large = answer(bytes: 65536)
    private static let zeros = [UInt8](repeating: 0x61, count: 256 * 1024)

    private var input: [UInt8] = []
    private var pending: [UInt8] = []
    private var sent = 0
    private var streamLeft = 0

    private static func answer(bytes: Int, withBody: Bool = true) -> [UInt8] {
        Array(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: \(bytes)\r\n\r\n"
                .utf8)
            + (withBody ? [UInt8](repeating: 0x61, count: bytes) : [])
    }

    func ready(_ socket: Int32, writable: Bool) -> PeerInterest {
        if writable, !flush(socket) { return .writing }
        var failed = false
        withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 16) { buffer in
            let count = csystem_recv(socket, buffer.baseAddress, buffer.count)
            if count > 0 {
                input.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                failed = true
            }
        }
        if failed || input.count > 65536 { return .closed }
        while let request = nextRequest() {
            switch request {
            case "/1k": pending += Self.small
            case "/64k": pending += Self.large
            default:
                guard request.hasPrefix("/bytes/"), let length = Int(request.dropFirst(7)) else {
                    pending += Array("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".utf8)
                    continue
                }
                pending += Self.answer(bytes: length, withBody: false)
                streamLeft += length
            }
        }
        return flush(socket) ? .reading : .writing
    }

    /// The target of the next whole request; bodies are not expected.
    private func nextRequest() -> Substring? {
        let end = input.withUnsafeBytes { AnswerHead.end(of: $0) }
        guard let end else { return nil }
        let line = String(decoding: input.prefix { $0 != 13 }, as: UTF8.self)
        input.removeFirst(end)
        let words = line.split(separator: " ")
        return words.count == 3 ? words[1] : "/"
    }

    /// Whether all was written.
    private func flush(_ socket: Int32) -> Bool {
        while sent < pending.count {
            let count = pending.withUnsafeBytes {
                csystem_send(socket, $0.baseAddress.map { $0 + sent }, $0.count - sent)
            }
            if count < 0 { return errno != EAGAIN && errno != EINTR }
            sent += count
        }
        pending.removeAll(keepingCapacity: pending.capacity < 100_000)
        sent = 0
        while streamLeft > 0 {
            let count = Self.zeros.withUnsafeBytes {
                csystem_send(socket, $0.baseAddress, min($0.count, streamLeft))
            }
            if count < 0 { return errno != EAGAIN && errno != EINTR }
            streamLeft -= count
        }
        return true
    }
}
