import CSystem
import Glibc

/// A closed loop of gRPC unary calls over HTTP/2 with prior knowledge: every stream's end starts the next call.
final class GRPCLoad: Load {
    struct Settings {
        var port: UInt16
        var authority: String
        var connections: Int
        var streamsPerConnection: Int
    }

    private final class Client {
        var socket: Int32 = -1
        var isConnecting = true
        var reader = FrameReader()
        var output: [UInt8] = []
        var sent = 0
        var nextStream: UInt32 = 1
        var started: [UInt32: (at: UInt64, body: Int)] = [:]
        var unacknowledged = 0
        var isWriting = true
    }

    private static let scratchBytes = 65536
    private let settings: Settings
    private let head: [UInt8]
    private let poller = Poller()
    private let scratch: UnsafeMutableRawPointer
    private var clients: [Client?]
    private var result = LoadResult()

    init(_ settings: Settings) {
        self.settings = settings
        var head: [UInt8] = []
        for (name, value) in [
            (":method", "POST"), (":scheme", "http"), (":path", "/bench.Echo/Call"),
            (":authority", settings.authority), ("content-type", "application/grpc"), ("te", "trailers"),
            ("user-agent", "hanse-bench"),
        ] { Frame.field(name, value, to: &head) }
        self.head = head
        scratch = .allocate(byteCount: Self.scratchBytes, alignment: 16)
        clients = Array(repeating: nil, count: settings.connections)
    }

    deinit {
        finish()
        scratch.deallocate()
    }

    func finish() {
        for index in clients.indices { drop(index) }
    }

    func run(seconds: Double) -> LoadResult {
        result = LoadResult()
        result.latencies.reserveCapacity(1 << 17)
        let begin = monotonicNow()
        let end = begin + UInt64(seconds * 1e9)
        repeat {
            for index in clients.indices where clients[index] == nil { open(index) }
            poller.wait(milliseconds: 20) { token, writable in self.ready(Int(token), writable) }
        } while monotonicNow() < end
        result.seconds = Double(monotonicNow() - begin) / 1e9
        return result
    }

    private func open(_ index: Int) {
        let socket = Loopback.connect(settings.port)
        guard socket >= 0 else { return result.failed("connect: errno \(errno)") }
        let client = Client()
        client.socket = socket
        client.output = Frame.preface
        Frame.openingSettings(to: &client.output)
        clients[index] = client
        poller.add(socket, token: UInt64(index), writing: true)
    }

    private func drop(_ index: Int) {
        guard let client = clients[index] else { return }
        close(client.socket)
        clients[index] = nil
    }

    private func fail(_ index: Int, _ reason: String) {
        result.failed(reason)
        drop(index)
    }

    private func ready(_ index: Int, _ writable: Bool) {
        guard let client = clients[index] else { return }
        if client.isConnecting {
            let error = csystem_socket_error(client.socket)
            guard error == 0 else { return fail(index, "connect: errno \(error)") }
            guard writable else { return }
            client.isConnecting = false
            for _ in 0..<settings.streamsPerConnection { call(client, at: monotonicNow()) }
            return flush(index, client)
        }
        let count = csystem_recv(client.socket, scratch, Self.scratchBytes)
        if count == 0 { return fail(index, "closed by the gateway") }
        if count < 0 && errno != EAGAIN && errno != EINTR { return fail(index, "receive: errno \(errno)") }
        if count > 0 {
            result.bytes += count
            client.reader.append(UnsafeRawBufferPointer(start: scratch, count: count))
            let now = monotonicNow()
            while let frame = client.reader.next() {
                if let reason = received(client, frame, now) { return fail(index, reason) }
            }
        }
        flush(index, client)
    }

    private func call(_ client: Client, at now: UInt64) {
        let stream = client.nextStream
        client.nextStream += 2
        client.started[stream] = (now, 0)
        Frame.append(
            Frame.headers, flags: Frame.endHeaders, stream: stream, payload: head, to: &client.output)
        Frame.append(
            Frame.data, flags: Frame.endStream, stream: stream, payload: HTTP2Peer.message, to: &client.output
        )
    }

    /// Why the connection cannot go on; nil when it can.
    private func received(_ client: Client, _ frame: FrameReader.Header, _ now: UInt64) -> String? {
        switch frame.type {
        case Frame.settings where frame.flags & Frame.acknowledged == 0:
            Frame.append(Frame.settings, flags: Frame.acknowledged, to: &client.output)
        case Frame.ping where frame.flags & Frame.acknowledged == 0:
            let opaque = Array(client.reader.bytes[frame.payload])
            Frame.append(Frame.ping, flags: Frame.acknowledged, payload: opaque, to: &client.output)
        case Frame.data, Frame.headers:
            if frame.type == Frame.data {
                client.started[frame.stream]?.body += frame.payload.count
                give(back: frame.payload.count, client)
            }
            guard frame.flags & Frame.endStream != 0 else { break }
            guard let call = client.started.removeValue(forKey: frame.stream) else { break }
            if call.body == HTTP2Peer.message.count {
                result.answered(since: call.at, at: now)
            } else {
                result.failed("an answer of \(call.body) bytes")
            }
            self.call(client, at: now)
        case Frame.reset:
            client.started[frame.stream] = nil
            result.failed("stream reset")
            call(client, at: now)
        case Frame.goAway: return "GOAWAY"
        default: break
        }
        return nil
    }

    private func give(back count: Int, _ client: Client) {
        client.unacknowledged += count
        guard client.unacknowledged > 1 << 20 else { return }
        Frame.append(
            Frame.windowUpdate, payload: Frame.bytes(UInt32(client.unacknowledged)), to: &client.output)
        client.unacknowledged = 0
    }

    private func flush(_ index: Int, _ client: Client) {
        while client.sent < client.output.count {
            let sent = client.sent
            let count = client.output.withUnsafeBytes {
                csystem_send(client.socket, $0.baseAddress.map { $0 + sent }, $0.count - sent)
            }
            if count < 0 {
                guard errno == EAGAIN || errno == EINTR else { return fail(index, "send: errno \(errno)") }
                if !client.isWriting { poller.modify(client.socket, token: UInt64(index), writing: true) }
                client.isWriting = true
                return
            }
            client.sent += count
        }
        client.output.removeAll(keepingCapacity: true)
        client.sent = 0
        if client.isWriting { poller.modify(client.socket, token: UInt64(index), writing: false) }
        client.isWriting = false
    }
}
