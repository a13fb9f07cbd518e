internal import Bytes
internal import Reactor
internal import TLS

/// Why a channel ended before its owner closed it.
enum ChannelFailure: Error, Equatable {
    case network(Errno)
    case tls(TLSError)
    /// The stream ended without TLS's close_notify: what came last may be cut.
    case truncated
}

/// A TCP connection with or without TLS on it: plaintext in, plaintext out.
///
/// Confined to its loop.
final class Channel {
    let loop: EventLoop
    let connection: TCPConnection
    private let session: TLSSession?
    private var plain = ByteQueue()

    /// Reading stops at this many bytes of plaintext.
    var inputLimit: Int = 64 * 1024 {
        didSet { if session == nil { connection.inputLimit = inputLimit } }
    }
    /// The peer sends no more, and said so in order.
    private(set) var isInputEnded = false
    /// Connected, and TLS's handshake is done.
    private(set) var isReady: Bool
    private(set) var isOpen = true
    private var isOutputEnded = false
    private var failure: ChannelFailure?
    private var closeTimer: LoopTimer?

    /// The handshake is done; `onReadable` may follow at once.
    var onReady: (() -> Void)?
    /// More input, or its end.
    var onReadable: (() -> Void)?
    /// Output fell below half the watermark.
    var onWritable: (() -> Void)?
    /// The last call: nil when it was closed by its owner or ended in order.
    var onClosed: ((ChannelFailure?) -> Void)?

    init(_ connection: TCPConnection, _ session: TLSSession?) {
        loop = connection.loop
        self.connection = connection
        self.session = session
        isReady = session == nil
        connection.inputLimit = inputLimit
        connection.onReadable = { [unowned self] _ in pump() }
        connection.onWritable = { [unowned self] _ in onWritable?() }
        connection.onClosed = { [self] _, reason in connectionClosed(reason) }
    }

    /// Sends the first flight of a client's handshake.
    func start() {
        if session != nil { pump() }
    }

    var isSecure: Bool { session != nil }
    /// The stream ended without close_notify: what came last may be cut.
    var isTruncated: Bool { failure == .truncated }
    var certificate: Certificate? { session?.peerCertificate }
    var uriSAN: String? { session?.peerURISAN }
    var inputCount: Int { session == nil ? connection.input.count : plain.count }
    var pendingOutput: Int { connection.output.count }
    var isWritable: Bool { connection.isWritable }

    /// Lends the input to a parser, which consumes what it understands.
    func withInput<R, E: Error>(_ body: (inout ByteQueue) throws(E) -> R) throws(E) -> R {
        if session == nil { return try body(&connection.input) }
        return try body(&plain)
    }

    /// Drops all input there is.
    func discardInput() {
        plain.clear()
        if session == nil { connection.input.clear() }
        resumeReading()
    }

    /// Reads on after input was consumed; `onReadable` comes after the batch when there is more.
    func resumeReading() {
        guard isOpen else { return }
        if session == nil {
            connection.resumeReading()
        } else if !isInputEnded {
            loop.afterBatch { self.pump() }
        }
    }

    private func pump() {
        guard isOpen, connection.isOpen else { return }
        guard let session else {
            isInputEnded = connection.isInputEnded
            onReadable?()
            return
        }
        let before = plain.count
        let wasReady = isReady
        do throws(TLSError) {
            // Ciphertext waits in the connection while plaintext is at its limit: that stops the peer.
            if plain.count < inputLimit {
                if !connection.input.isEmpty {
                    connection.input.withReadable { session.receive($0) }
                    connection.input.clear()
                }
                if connection.isInputEnded { session.receiveEOF() }
            }
            if !isReady {
                if try session.handshake() == .done { isReady = true }
            }
            if isReady { try readPlaintext(session) }
            flush()
        } catch {
            flush()
            fail(.tls(error))
            return
        }
        if isReady && !wasReady { onReady?() }
        guard isOpen else { return }
        if !isReady {
            if connection.isInputEnded { fail(.truncated) } else { connection.resumeReading() }
            return
        }
        if plain.count > before || isInputEnded { onReadable?() }
        if isOpen, plain.count < inputLimit { connection.resumeReading() }
    }

    private func readPlaintext(_ session: TLSSession) throws(TLSError) {
        while plain.count < inputLimit, !isInputEnded {
            // Through the loop's scratch, so that an idle connection holds no room for plaintext.
            let result = try loop.withScratch { (scratch) throws(TLSError) in
                let result = try session.read(into: scratch)
                // In bounds: OpenSSL wrote `count` bytes into the scratch.
                if case .bytes(let count) = result {
                    plain.append(
                        UnsafeRawBufferPointer(rebasing: scratch[..<count]).bindMemory(to: UInt8.self).span)
                }
                return result
            }
            switch result {
            case .bytes: continue
            case .needsMore: return
            case .closed: isInputEnded = true
            case .truncated:
                isInputEnded = true
                failure = .truncated
            }
        }
    }

    /// Sends bytes; what the socket does not take now waits, see `isWritable`.
    func write(_ bytes: borrowing ByteQueue) { bytes.withReadable { write($0) } }

    /// Sends bytes; what the socket does not take now waits, see `isWritable`.
    func write(_ bytes: Span<UInt8>) {
        guard isOpen, !isOutputEnded, !bytes.isEmpty else { return }
        guard let session else {
            connection.write(bytes)
            return
        }
        do throws(TLSError) {
            try session.write(bytes)
            flush()
        } catch {
            fail(.tls(error))
        }
    }

    /// Moves ciphertext to the connection and sends.
    private func flush() {
        guard let session else { return }
        if !session.output.isEmpty {
            session.output.withReadable { connection.output.append($0) }
            session.output.clear()
        }
        connection.flush()
    }

    /// Ends this side's stream when all output is sent; input goes on.
    func endOutput() {
        guard isOpen, !isOutputEnded else { return }
        isOutputEnded = true
        session?.shutdown()
        flush()
        connection.shutdownOutput()
    }

    /// Closes when all output is sent, or after a while when the peer does not take it.
    func closeAfterFlush() {
        guard isOpen, closeTimer == nil else { return }
        if !isOutputEnded && isReady { session?.shutdown() }
        isOutputEnded = true
        flush()
        connection.closeAfterFlush()
        guard connection.isOpen else { return }
        let timer = loop.makeTimer { [unowned self] in abort() }
        timer.arm(at: loop.now() + .seconds(5))
        closeTimer = timer
    }

    /// Gives back memory that input needed.
    func releaseMemory() {
        if plain.isEmpty { plain.clear() }
        if connection.input.isEmpty { connection.input.clear() }
    }

    /// Closes now, without an orderly end of the stream.
    func abort() { connection.abort() }

    private func fail(_ failure: ChannelFailure) {
        self.failure = self.failure ?? failure
        connection.closeAfterFlush()
    }

    private func connectionClosed(_ reason: TCPConnection.CloseReason) {
        guard isOpen else { return }
        isOpen = false
        closeTimer?.disarm()
        closeTimer = nil
        if case .failed(let error) = reason, failure == nil { failure = .network(error) }
        let closed = onClosed
        onReady = nil
        onReadable = nil
        onWritable = nil
        onClosed = nil
        closed?(failure)
    }
}
