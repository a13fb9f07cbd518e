import CSystem
import Glibc

/// A closed loop of GET requests over HTTP/1.1: every connection sends its next request when it has the answer.
final class HTTPLoad: Load {
    struct Settings {
        var port: UInt16
        var host: String
        var path: String
        var connections: Int
        /// Every request on a connection of its own.
        var isFresh = false
        /// Each connection stays open and silent after its first answer.
        var holdsAfterFirst = false
        /// How many connections may be without their first answer at a time.
        var ramp = Int.max
    }

    private enum State { case closed, connecting, head, body(Int), held }

    private struct Client {
        var socket: Int32 = -1
        var state = State.closed
        var started: UInt64 = 0
        /// The beginning of a head that came in pieces.
        var partial: [UInt8] = []
    }

    private static let scratchBytes = 256 * 1024
    private let settings: Settings
    private let request: [UInt8]
    private let poller = Poller()
    private let scratch: UnsafeMutableRawPointer
    private var clients: [Client]
    private var waiting: [Int]
    private var opening = 0
    private(set) var held = 0
    private var result = LoadResult()

    init(_ settings: Settings) {
        self.settings = settings
        request = Array(
            """
            GET \(settings.path) HTTP/1.1\r
            Host: \(settings.host)\r
            User-Agent: hanse-bench\r
            Accept: */*\r
            \r\n
            """.utf8)
        scratch = .allocate(byteCount: Self.scratchBytes, alignment: 16)
        clients = Array(repeating: Client(), count: settings.connections)
        waiting = Array((0..<settings.connections).reversed())
    }

    deinit {
        finish()
        scratch.deallocate()
    }

    func run(seconds: Double) -> LoadResult {
        result = LoadResult()
        result.latencies.reserveCapacity(1 << 17)
        let begin = monotonicNow()
        let end = begin + UInt64(seconds * 1e9)
        while true {
            openWaiting()
            poller.wait(milliseconds: 20) { token, writable in self.ready(Int(token), writable) }
            if monotonicNow() >= end { break }
            if settings.holdsAfterFirst && held == clients.count { break }
        }
        result.seconds = Double(monotonicNow() - begin) / 1e9
        return result
    }

    func finish() {
        for index in clients.indices where clients[index].socket >= 0 {
            close(clients[index].socket)
            clients[index] = Client()
        }
        waiting = Array(clients.indices.reversed())
        opening = 0
        held = 0
    }

    /// Opens what waits; one that fails at once waits for the next turn.
    private func openWaiting() {
        var attempts = waiting.count
        while attempts > 0, opening < settings.ramp, let index = waiting.popLast() {
            attempts -= 1
            open(index)
        }
    }

    private func open(_ index: Int) {
        let socket = Loopback.connect(settings.port)
        guard socket >= 0 else {
            result.failed("connect: errno \(errno)")
            waiting.insert(index, at: 0)
            return
        }
        clients[index].socket = socket
        clients[index].state = .connecting
        clients[index].started = monotonicNow()
        opening += 1
        poller.add(socket, token: UInt64(index), writing: true)
    }

    private func ready(_ index: Int, _ writable: Bool) {
        switch clients[index].state {
        case .closed: return
        case .connecting:
            let error = csystem_socket_error(clients[index].socket)
            guard error == 0 else { return fail(index, "connect: errno \(error)") }
            guard writable else { return }
            poller.modify(clients[index].socket, token: UInt64(index), writing: false)
            send(index, startingAt: clients[index].started)
        case .held:
            held -= 1
            opening += 1  // fail() takes it back
            fail(index, "a held connection was closed")
        case .head, .body: receive(index)
        }
    }

    private func send(_ index: Int, startingAt start: UInt64) {
        clients[index].started = start
        clients[index].state = .head
        let sent = request.withUnsafeBytes { csystem_send(clients[index].socket, $0.baseAddress, $0.count) }
        if sent != request.count { fail(index, "send: \(sent), errno \(errno)") }
    }

    private func receive(_ index: Int) {
        let count = csystem_recv(clients[index].socket, scratch, Self.scratchBytes)
        if count < 0 {
            if errno != EAGAIN && errno != EINTR { fail(index, "receive: errno \(errno)") }
            return
        }
        if count == 0 { return fail(index, "closed before the answer was whole") }
        result.bytes += count
        switch clients[index].state {
        case .body(let left): bodyCame(index, left: left - count)
        default: headCame(index, UnsafeRawBufferPointer(start: scratch, count: count))
        }
    }

    private func headCame(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
        if !clients[index].partial.isEmpty {
            let joined = clients[index].partial + bytes
            clients[index].partial = []
            return joined.withUnsafeBytes { parse(index, $0) }
        }
        parse(index, bytes)
    }

    private func parse(_ index: Int, _ bytes: UnsafeRawBufferPointer) {
        guard let end = AnswerHead.end(of: bytes) else {
            if bytes.count > 65536 { return fail(index, "a head without end") }
            clients[index].partial = Array(bytes)
            return
        }
        let head = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        guard let status = AnswerHead.status(of: head), status == 200 else {
            return fail(index, "answer: " + AnswerHead.firstLine(of: head))
        }
        guard let length = AnswerHead.contentLength(of: head) else { return fail(index, "no content-length") }
        bodyCame(index, left: length - (bytes.count - end))
    }

    private func bodyCame(_ index: Int, left: Int) {
        if left > 0 {
            clients[index].state = .body(left)
            return
        }
        guard left == 0 else { return fail(index, "bytes after the answer") }
        let now = monotonicNow()
        result.answered(since: clients[index].started, at: now)
        if settings.holdsAfterFirst {
            clients[index].state = .held
            held += 1
            opening -= 1
        } else if settings.isFresh {
            restart(index)
        } else {
            send(index, startingAt: now)
        }
    }

    private func fail(_ index: Int, _ reason: String) {
        result.failed(reason)
        restart(index)
    }

    private func restart(_ index: Int) {
        close(clients[index].socket)
        clients[index] = Client()
        opening -= 1
        waiting.append(index)
    }
}

/// The few things the client needs of an answer's head.
enum AnswerHead {
    /// The offset after the empty line; nil when it has not come.
    static func end(of bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        var offset = 3
        while offset < bytes.count, let found = memchr(start + offset, 10, bytes.count - offset) {
            let at = start.distance(to: found)
            if bytes[at - 1] == 13 && bytes[at - 2] == 10 && bytes[at - 3] == 13 { return at + 1 }
            offset = at + 1
        }
        return nil
    }

    static func status(of head: UnsafeRawBufferPointer) -> Int? {
        guard head.count > 12, head.starts(with: "HTTP/1.".utf8) else { return nil }
        return head[9..<12].reduce(into: 0) { $0 = $0 &* 10 &+ Int($1) &- 48 }
    }

    static func contentLength(of head: UnsafeRawBufferPointer) -> Int? {
        let name: StaticString = "content-length:"
        var line = 0
        while line < head.count {
            guard let start = head.baseAddress, let newline = memchr(start + line, 10, head.count - line)
            else { return nil }
            let next = start.distance(to: newline) + 1
            if next - line > name.utf8CodeUnitCount,
                strncasecmp(
                    (start + line).assumingMemoryBound(to: CChar.self),
                    UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self),
                    name.utf8CodeUnitCount) == 0
            {
                var value = 0
                for byte in head[(line + name.utf8CodeUnitCount)..<next] where byte >= 48 && byte <= 57 {
                    value = value * 10 + Int(byte - 48)
                }
                return value
            }
            line = next
        }
        return nil
    }

    static func firstLine(of head: UnsafeRawBufferPointer) -> String {
        String(decoding: head.prefix { $0 != 13 }, as: UTF8.self)
    }
}
