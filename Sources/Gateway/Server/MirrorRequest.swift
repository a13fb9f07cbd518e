internal import Bytes
internal import HTTPCodec
internal import Reactor

/// A copy of a request for another cluster.
///
/// Sent when the original is whole; its answer is thrown away.
final class MirrorRequest {
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
        let stats = cluster.stats
        guard isWhole, !isTooLarge, let choice = cluster.choose(&worker.random) else {
            stats.mirrorsDropped += 1
            return
        }
        // The copy's body is whole, so its length is known.
        let hadBody = head.framing != .none
        head.removeFields { $0.known == .contentLength }
        head.setUnframed()
        if !body.isEmpty || hadBody {
            head.add(Array("content-length".utf8), Array(String(body.count).utf8))
        }
        DetachedRequest.send(
            head, body, to: choice.cluster, at: choice.address, on: worker, timeout: Self.timeout
        ) {
            if $0 == .unavailable { stats.mirrorsDropped += 1 } else { stats.mirrored += 1 }
        }
        body = []
    }
}
