internal import Bytes
internal import HTTPCodec
internal import Reactor

/// A request of the gateway's own accord, with its whole body: one try, no client, and the answer's body is thrown
/// away.
final class DetachedRequest: UpstreamHandler {
    /// How it ended.
    enum Ending: Equatable {
        /// No connection could be had: nothing was sent.
        case unavailable
        /// The answer did not come, or not in time.
        case failed
        /// `grpcStatus` is that of the head or the trailers.
        case answered(status: Int, grpcStatus: [UInt8]?)
    }

    private let worker: Worker
    private let cluster: ClusterRuntime
    private let head: HeadView
    private var body: [UInt8]
    private var upstream: (any UpstreamStream)?
    private var timer: LoopTimer?
    private var onEnd: ((Ending) -> Void)?
    private var status = 0
    private var grpcStatus: [UInt8]?

    /// Sends it soon, not within the caller's own work: whatever happens here must not reach that.
    ///
    /// `head` speaks of the body's length, where there is one. `onEnd` is called once.
    static func send(
        _ head: HeadView, _ body: [UInt8], to cluster: ClusterRuntime, at address: SocketAddress,
        on worker: Worker, timeout: Duration, onEnd: @escaping (Ending) -> Void
    ) {
        let request = DetachedRequest(worker, cluster, head, body, onEnd)
        let timer = worker.loop.makeTimer { [unowned request] in request.finish(.failed) }
        timer.arm(at: worker.loop.now() + timeout)
        request.timer = timer
        worker.loop.afterBatch { cluster.pool.open(address, for: request) }
    }

    private init(
        _ worker: Worker, _ cluster: ClusterRuntime, _ head: HeadView, _ body: [UInt8],
        _ onEnd: @escaping (Ending) -> Void
    ) {
        self.worker = worker
        self.cluster = cluster
        self.head = head
        self.body = body
        self.onEnd = onEnd
    }

    func upstreamOpened(_ stream: any UpstreamStream) {
        guard onEnd != nil else { return stream.cancel() }
        upstream = stream
        cluster.stats.requests += 1
        cluster.stats.activeRequests += 1
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

    private static let grpcStatusName = Array("grpc-status".utf8)

    func upstreamHead(_ head: inout HeadView) {
        status = head.status
        noteStatus(head)
        cluster.stats.byClass[min(5, status / 100)] += 1
    }

    private func noteStatus(_ head: borrowing HeadView) {
        if let range = head.value(named: Self.grpcStatusName) { grpcStatus = Array(head.bytes[range]) }
    }

    func upstreamBody(_ bytes: Span<UInt8>) {}
    func upstreamPaused() {}
    func upstreamDrained() {}
    func upstreamTunnelReadable() {}

    func upstreamEnded(trailers: HeadView?) {
        if let trailers { noteStatus(trailers) }
        forgetStream()
        finish(.answered(status: status, grpcStatus: grpcStatus))
    }

    func upstreamBroken(_ failure: StreamFailure) {
        forgetStream()
        finish(.failed)
    }

    func upstreamUnavailable(_ failure: UpstreamFailure) { finish(.unavailable) }

    private func forgetStream() {
        if upstream != nil { cluster.stats.activeRequests -= 1 }
        upstream = nil
    }

    private func finish(_ ending: Ending) {
        guard let onEnd else { return }
        self.onEnd = nil
        timer?.disarm()
        timer = nil
        if let upstream {
            forgetStream()
            upstream.cancel()
        } else if ending == .failed {
            cluster.pool.cancel(self)
        }
        onEnd(ending)
    }
}
