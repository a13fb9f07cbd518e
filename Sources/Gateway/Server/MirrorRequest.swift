internal import Bytes
internal import HTTPCodec
internal import Reactor

/// A copy of a request for another cluster.
///
/// Sent when the original is whole; its answer is thrown away.
final class MirrorRequest: UpstreamUser {
    /// A copy with a larger body is not sent.
    static let maxBodyBytes = 1024 * 1024
    /// How long a copy may take in all.
    static let timeout: Duration = .seconds(15)

    private let worker: Worker
    private let cluster: ClusterRuntime
    private var head: HeadView
    private var body: [UInt8] = []
    private var isTooLarge = false
    private var isSent = false
    private var isDone = false
    private var upstream: UpstreamConnection?
    private var scanner = HeadScanner()
    private var answer = HeadView()
    private var decoder: BodyDecoder?
    private var timer: LoopTimer?

    init(worker: Worker, cluster: ClusterRuntime, head: HeadView) {
        self.worker = worker
        self.cluster = cluster
        self.head = head
        if let index = head.fields.firstIndex(where: { $0.known == .host }) {
            self.head.setValue(at: index, Self.shadowed(Array(head.bytes[head.fields[index].value])))
        }
    }

    /// `-shadow` goes before the port.
    static func shadowed(_ host: [UInt8]) -> [UInt8] {
        let suffix = Array("-shadow".utf8)
        guard let colon = host.lastIndex(of: UInt8(ascii: ":")),
            !host[colon...].contains(UInt8(ascii: "]"))
        else { return host + suffix }
        return host[..<colon] + suffix + host[colon...]
    }

    func append(_ bytes: Span<UInt8>) {
        guard !isTooLarge else { return }
        guard body.count + bytes.count <= Self.maxBodyBytes else {
            isTooLarge = true
            body = []
            return
        }
        for i in bytes.indices { body.append(bytes[i]) }
    }

    /// The original's body ended; only a whole one is copied.
    func bodyEnded(isWhole: Bool) {
        guard !isSent else { return }
        isSent = true
        guard isWhole, !isTooLarge, let address = cluster.pick(&worker.random, avoiding: [], redraws: 0)
        else {
            cluster.stats.mirrorsDropped += 1
            return
        }
        let timer = worker.loop.makeTimer { [weak self] in self?.finish(reusable: false) }
        timer.arm(at: worker.loop.now() + Self.timeout)
        self.timer = timer
        // Not within the original's own work: whatever happens here must not reach it.
        worker.loop.afterBatch { self.cluster.acquire(address, for: self) }
    }

    func upstreamReady(_ connection: UpstreamConnection) {
        guard !isDone, let wire = connection.wire else { return cluster.release(connection, reusable: true) }
        upstream = connection
        cluster.stats.requests += 1
        cluster.stats.activeRequests += 1
        cluster.stats.mirrored += 1
        // The copy's body is whole, so its length is known.
        head.removeFields { $0.known == .contentLength }
        HTTP1Serializer.writeRequest(head, to: &wire.out)
        if !body.isEmpty || head.framing != .none {
            wire.out.append(utf8: "content-length: \(body.count)\r\n")
        }
        wire.out.append(utf8: "\r\n")
        wire.out.append(body)
        body = []
        wire.flush()
    }

    func upstreamReadable(_ connection: UpstreamConnection) {
        guard let wire = connection.wire else { return }
        do throws(HTTPError) {
            while true {
                if decoder == nil {
                    let end = try wire.input.withReadable { (span) throws(HTTPError) -> Int? in
                        guard let range = try scanner.scan(span, limit: 60 * 1024) else { return nil }
                        try answer.parseResponse(
                            span.extracting(range), answersHEAD: head.equals(head.method, "head"),
                            limits: Exchange.responseLimits)
                        return range.upperBound
                    }
                    guard let end else { break }
                    wire.input.discard(end)
                    scanner = HeadScanner()
                    if answer.status < 200 { continue }
                    cluster.stats.byClass[min(5, answer.status / 100)] += 1
                    decoder = try BodyDecoder(answer.framing, limits: HTTP1Limits())
                }
                let step = try wire.input.withReadable { (span) throws(HTTPError) -> BodyStep in
                    try decoder?.next(span) ?? .needMore(consumed: 0)
                }
                switch step {
                case .data(let range): wire.input.discard(range.upperBound)
                case .end(let consumed):
                    wire.input.discard(consumed)
                    return finish(reusable: answer.keepsAlive)
                case .needMore(let consumed):
                    wire.input.discard(consumed)
                    if wire.isInputEnded { finish(reusable: false) }
                    return
                }
            }
        } catch {
            return finish(reusable: false)
        }
        if wire.isInputEnded { finish(reusable: false) }
    }

    func upstreamUnavailable(_ failure: UpstreamFailure) {
        cluster.stats.mirrorsDropped += 1
        finish(reusable: false)
    }

    func upstreamDrained(_ connection: UpstreamConnection) {}

    func upstreamBroken(_ connection: UpstreamConnection, _ failure: WireFailure) {
        upstream = nil
        cluster.stats.activeRequests -= 1
        finish(reusable: false)
    }

    private func finish(reusable: Bool) {
        guard !isDone else { return }
        isDone = true
        timer?.disarm()
        timer = nil
        guard let upstream else { return cluster.cancel(self) }
        self.upstream = nil
        cluster.stats.activeRequests -= 1
        cluster.release(upstream, reusable: reusable)
    }
}
