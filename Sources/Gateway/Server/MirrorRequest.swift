internal import Bytes
internal import HTTPCodec
internal import Reactor

/// A copy of a request for another cluster.
///
/// Sent when the original is whole; its answer is thrown away.
final class MirrorRequest: UpstreamHandler {
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
    private var upstream: (any UpstreamStream)?
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
        bytes.withUnsafeBytes { body.append(contentsOf: $0) }
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
        let timer = worker.loop.makeTimer { [unowned self] in finish() }
        timer.arm(at: worker.loop.now() + Self.timeout)
        self.timer = timer
        // Not within the original's own work: whatever happens here must not reach it.
        worker.loop.afterBatch { self.cluster.pool.open(address, for: self) }
    }

    func upstreamOpened(_ stream: any UpstreamStream) {
        guard !isDone else { return stream.cancel() }
        upstream = stream
        cluster.stats.requests += 1
        cluster.stats.activeRequests += 1
        cluster.stats.mirrored += 1
        // The copy's body is whole, so its length is known.
        let hadBody = head.framing != .none
        head.removeFields { $0.known == .contentLength }
        head.setUnframed()
        if !body.isEmpty || hadBody {
            head.add(Array("content-length".utf8), Array(String(body.count).utf8))
        }
        stream.sendHead(head, endsStream: body.isEmpty, attempt: 0, upgrades: false)
        if !body.isEmpty {
            stream.sendBody(body.span)
            stream.sendEnd(trailers: nil)
            body = []
        }
        stream.flush()
    }

    var isHEAD: Bool { head.equals(head.method, "head") }
    var asksUpgrade: Bool { false }
    var spareHeads: HeadPool { worker.spareHeads }
    var takesAnswer: Bool { true }

    func upstreamHead(_ head: inout HeadView) {
        cluster.stats.byClass[min(5, head.status / 100)] += 1
    }

    /// The answer is thrown away.
    func upstreamBody(_ bytes: Span<UInt8>) {}
    func upstreamPaused() {}
    func upstreamDrained() {}
    func upstreamTunnelReadable() {}

    func upstreamEnded(trailers: HeadView?) { forgetStream() }
    func upstreamBroken(_ failure: StreamFailure) { forgetStream() }

    func upstreamUnavailable(_ failure: UpstreamFailure) {
        cluster.stats.mirrorsDropped += 1
        finish()
    }

    private func forgetStream() {
        if upstream != nil { cluster.stats.activeRequests -= 1 }
        upstream = nil
        finish()
    }

    private func finish() {
        guard !isDone else { return }
        isDone = true
        timer?.disarm()
        timer = nil
        guard let upstream else { return cluster.pool.cancel(self) }
        self.upstream = nil
        cluster.stats.activeRequests -= 1
        upstream.cancel()
    }
}
