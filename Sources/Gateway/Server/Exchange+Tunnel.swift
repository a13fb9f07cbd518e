internal import Bytes
internal import HTTPCodec
internal import Reactor

/// Bytes both ways after an upgrade; either side is an HTTP/1.1 connection or a stream of HTTP/2.
extension Exchange {
    /// Whether the upgrade asked for is `h2c`, which RFC 9113 3.1 took back: it is passed over, never refused.
    static func asksHTTP2InClear(_ head: borrowing HeadView) -> Bool {
        guard head.asksUpgrade, let field = head.value(.upgrade) else { return false }
        return head.equals(field, "h2c")
    }

    /// The endpoint agreed.
    func switchProtocols(_ head: inout HeadView) {
        phase = .upgraded
        record.responseCode = 101
        record.details = "via_upstream"
        client.clock.clear(.route)
        client.clock.clear(.perTry)
        head.removeHopByHop(keepingUpgrade: true)
        decorate(&head)
        client.sendHead(101, head, body: .none, closes: false)
        swap(&record.responseHead, &head)
        client.flush()
        tunnelUp()
        tunnelDown()
    }

    func upstreamTunnelReadable() { tunnelDown() }

    /// Client to upstream, as far as there are bytes and room.
    func tunnelUp() {
        guard let upstream else { return }
        if client.isHTTP2 { return client.pushBody() }
        let source = client.wire
        let count = pass(from: source, isBehind: upstream.isBehind) { upstream.sendBody($0) }
        record.bytesReceived += count
        upstream.flush()
        if source.isInputEnded, source.input.isEmpty { tunnelUpEnded() }
    }

    /// Bytes of a client's stream.
    func tunnelUp(_ bytes: Span<UInt8>) {
        touch()
        record.bytesReceived += Int64(bytes.count)
        upstream?.sendBody(bytes)
    }

    /// The client says no more.
    func tunnelUpEnded() {
        guard let upstream else { return }
        if let sink = upstream.wire {
            sink.shutdownOutput()
            if sink.isInputEnded { finish(keepsAlive: false) }
        } else {
            upstream.sendEnd(trailers: nil)
            upstream.flush()
            // An endpoint may take no notice of the end of one half; the client need not be there any more.
            isTunnelHalfClosed = true
            touch()
        }
    }

    /// How long an endpoint may be silent on a stream whose client says no more.
    static let halfClosedTime = Duration.seconds(5)

    /// Upstream to client, as far as there are bytes and room.
    func tunnelDown() {
        guard let upstream else { return }
        guard let source = upstream.wire else { return upstream.readOn() }
        let count = pass(from: source, isBehind: client.isBehind) { client.sendBody($0) }
        record.bytesSent += count
        client.flush()
        if source.isInputEnded, source.input.isEmpty { tunnelDownEnded() }
    }

    /// The endpoint says no more: so ends the tunnel.
    func tunnelDownEnded() {
        client.sendEnd(trailers: nil)
        client.flush()
        finish(keepsAlive: false)
    }

    /// Passes on what a connection received; a sink that is behind stops it.
    private func pass(from source: Wire, isBehind: Bool, to sink: (Span<UInt8>) -> Void) -> Int64 {
        touch()
        guard !isBehind else {
            source.pause()
            return 0
        }
        if source.isPaused { source.resume() }
        let count = source.input.count
        guard count > 0 else { return 0 }
        source.input.withReadable(sink)
        source.input.discard(count)
        return Int64(count)
    }
}
