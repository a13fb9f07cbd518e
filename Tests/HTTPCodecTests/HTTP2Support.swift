import Bytes

@testable import HTTPCodec

/// One side of a connection under test: feeds bytes, keeps events and output.
final class H2Side {
    var connection: H2Connection
    var output = ByteQueue()
    private var input = ByteQueue()
    private(set) var error: H2Error?
    /// What happened, in words: heads with their fields, content, ends.
    private(set) var log: [String] = []
    /// Whether content is given back as it comes.
    var consumes = true

    init(
        _ role: H2Connection.Role, settings: H2Settings = H2Settings(), limits: H2Limits = H2Limits()
    ) {
        connection = H2Connection(role: role, settings: settings, limits: limits)
        connection.start(into: &output)
    }

    /// Everything this side queued, taken.
    func sent() -> [UInt8] { output.readAll() }

    func takeLog() -> [String] {
        defer { log = [] }
        return log
    }

    /// Takes bytes in, as one piece or in pieces of `step` bytes.
    func receive(_ bytes: [UInt8], step: Int? = nil) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(step ?? rest.count)
            rest = rest.dropFirst(piece.count)
            input.append(Array(piece))
            read()
        }
    }

    private func read() {
        var isDone = error != nil
        while !isDone {
            do throws(H2Error) {
                let step = try input.withReadable { (span) throws(H2Error) -> H2Step in
                    let step = try connection.next(span, into: &output)
                    if case .event(let event, _) = step { note(event, span) }
                    return step
                }
                switch step {
                case .needsMore(let consumed):
                    input.discard(consumed)
                    isDone = true
                case .event(let event, let consumed):
                    input.discard(consumed)
                    if consumes, case .data(let stream, let range, _) = event {
                        connection.consumed(range.count, stream: stream, into: &output)
                    }
                }
            } catch {
                self.error = error
                isDone = true
            }
        }
    }

    private func note(_ event: H2Event, _ input: Span<UInt8>) {
        switch event {
        case .head(let stream, let ends): log.append("\(stream) head \(head())\(ends ? " end" : "")")
        case .informational(let stream): log.append("\(stream) interim \(head())")
        case .trailers(let stream): log.append("\(stream) trailers \(head()) end")
        case .data(let stream, let range, let ends):
            var text: [UInt8] = []
            for i in range { text.append(input[i]) }
            log.append("\(stream) data \(String(decoding: text, as: UTF8.self))\(ends ? " end" : "")")
        case .reset(let stream, let code, let byPeer):
            log.append("\(stream) reset \(code)\(byPeer ? " by peer" : "")")
        case .streamRefused(let stream, let code): log.append("\(stream) refused \(code)")
        case .windowOpened(let stream): log.append("\(stream) window")
        case .goAway(let last, let code): log.append("goaway \(last) \(code)")
        case .settingsChanged: log.append("settings")
        case .pong(let opaque): log.append("pong \(opaque)")
        }
    }

    private(set) var lastFraming = BodyFraming.none

    private func head() -> String {
        var view = HeadView()
        connection.takeHead(into: &view)
        lastFraming = view.framing
        var parts: [String] = []
        if view.status > 0 { parts.append(String(view.status)) }
        if !view.method.isEmpty { parts.append("\(view.text(view.method)) \(view.text(view.target))") }
        parts += view.fields.map { "\(view.text($0.name))=\(view.text($0.value))" }
        return parts.joined(separator: " ")
    }
}

/// A frame made by hand.
struct RawFrame {
    var type: UInt8
    var flags: UInt8 = 0
    var stream: UInt32
    var body: [UInt8] = []

    var bytes: [UInt8] {
        let n = body.count
        let id = stream
        return [
            UInt8(n >> 16), UInt8(n >> 8 & 255), UInt8(n & 255), type, flags, UInt8(id >> 24),
            UInt8(id >> 16 & 255), UInt8(id >> 8 & 255), UInt8(id & 255),
        ] + body
    }

    static let settings = RawFrame(type: 4, stream: 0).bytes
    static let settingsAck = RawFrame(type: 4, flags: 1, stream: 0).bytes
    static func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] {
        RawFrame(type: 4, stream: 0, body: [0, id] + number(value)).bytes
    }
    static func data(_ stream: UInt32, _ text: String, end: Bool = false) -> [UInt8] {
        RawFrame(type: 0, flags: end ? 1 : 0, stream: stream, body: Array(text.utf8)).bytes
    }
    static func reset(_ stream: UInt32, _ code: UInt32 = 8) -> [UInt8] {
        RawFrame(type: 3, stream: stream, body: number(code)).bytes
    }
    static func window(_ stream: UInt32, _ by: UInt32) -> [UInt8] {
        RawFrame(type: 8, stream: stream, body: number(by)).bytes
    }
    static func ping(_ byte: UInt8 = 7, ack: Bool = false) -> [UInt8] {
        RawFrame(type: 6, flags: ack ? 1 : 0, stream: 0, body: Array(repeating: byte, count: 8)).bytes
    }
    static func goAway(_ last: UInt32, _ code: UInt32 = 0) -> [UInt8] {
        RawFrame(type: 7, stream: 0, body: number(last) + number(code)).bytes
    }
    /// A head or trailer section of literals that touch no table.
    static func head(_ stream: UInt32, _ fields: [(String, String)], end: Bool = true) -> [UInt8] {
        RawFrame(type: 1, flags: end ? 5 : 4, stream: stream, body: block(fields)).bytes
    }
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0] + literal($0.0) + literal($0.1) }
    }
    private static func literal(_ text: String) -> [UInt8] {
        let n = text.utf8.count
        if n < 127 { return [UInt8(n)] + Array(text.utf8) }
        var rest = n - 127
        var bytes: [UInt8] = [127]
        while rest >= 128 {
            bytes.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return bytes + [UInt8(rest)] + Array(text.utf8)
    }
    static func number(_ value: UInt32) -> [UInt8] {
        [
            UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255),
        ]
    }

    static let get: [(String, String)] = [
        (":method", "GET"), (":scheme", "https"), (":authority", "a.b"), (":path", "/x"),
    ]
    static let post: [(String, String)] = [
        (":method", "POST"), (":scheme", "https"), (":authority", "a.b"), (":path", "/x"),
    ]

    /// The frames in `bytes`, in words: type, flags, stream, and for short ones the payload.
    static func names(_ bytes: [UInt8]) -> [String] {
        let types = [
            "DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY",
            "WINDOW_UPDATE", "CONTINUATION",
        ]
        var names: [String] = []
        var at = 0
        while at + 9 <= bytes.count {
            let length = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
            let id = UInt32(bytes[at + 7]) << 8 | UInt32(bytes[at + 8])
            let body = bytes[(at + 9)..<(at + 9 + length)]
            var name = "\(types[Int(bytes[at + 3])]) \(id)"
            if bytes[at + 4] != 0 { name += " f\(bytes[at + 4])" }
            switch bytes[at + 3] {
            case 3: name += " " + H2ErrorCode(rawValue: UInt32(body.last ?? 0)).description
            case 7: name += " " + H2ErrorCode(rawValue: UInt32(body.last ?? 0)).description
            case 0: name += " \(length)"
            case 8: name += " +\(body.reduce(0) { $0 << 8 | Int($1) })"
            default: break
            }
            names.append(name)
            at += 9 + length
        }
        return names
    }
}

extension HeadView {
    /// A head made of parts.
    init(_ method: String = "", _ target: String = "", _ fields: [(String, String)] = []) {
        self.init()
        if !method.isEmpty { setMethod(Array(method.utf8)) }
        if !target.isEmpty { setTarget(Array(target.utf8)) }
        for (name, value) in fields { add(Array(name.utf8), Array(value.utf8)) }
    }
}

extension H2Side {
    /// A server that shook hands, its output taken.
    static func server(settings: H2Settings = H2Settings(), limits: H2Limits = H2Limits()) -> H2Side {
        let side = H2Side(.server, settings: settings, limits: limits)
        side.receive(H2Connection.preface + RawFrame.settings + RawFrame.settingsAck)
        _ = side.sent()
        _ = side.takeLog()
        return side
    }

    /// A client that shook hands, its output taken.
    static func client(settings: H2Settings = H2Settings(), limits: H2Limits = H2Limits()) -> H2Side {
        let side = H2Side(.client, settings: settings, limits: limits)
        side.receive(RawFrame.settings + RawFrame.settingsAck)
        _ = side.sent()
        _ = side.takeLog()
        return side
    }

    /// Opens a stream with a request; its number.
    func request(_ view: HeadView = HeadView("GET", "/x", [("host", "a.b")]), end: Bool = true) -> StreamID {
        guard let stream = connection.openStream() else { return .connection }
        connection.sendRequest(view, scheme: "https", stream: stream, endStream: end, into: &output)
        return stream
    }

    // The macros of a test cannot look into what is not copyable.
    var isClosing: Bool { connection.isClosing }
    var canOpen: Bool { connection.canOpenStream }
    var streams: Int { connection.activeStreams }
    var isAcknowledged: Bool { connection.areSettingsAcknowledged }
    func isOpen(_ stream: UInt32) -> Bool { connection.isOpen(StreamID(stream)) }
    func window(_ stream: UInt32) -> Int { connection.sendWindow(StreamID(stream)) }

    func respond(_ stream: UInt32, _ status: Int = 200, end: Bool = true) {
        connection.sendResponse(
            status: status, HeadView(), stream: StreamID(stream), endStream: end, into: &output)
    }

    func send(_ stream: UInt32, _ text: String, end: Bool = false) -> Int {
        connection.sendData(
            Array(text.utf8).span, stream: StreamID(stream), endStream: end, into: &output)
    }
}
