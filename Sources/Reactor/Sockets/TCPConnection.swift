public import Bytes
internal import Glibc

/// A buffered TCP connection of one loop.
///
/// Not Sendable: create and use it on the loop's thread.
///
/// Input collects in `input` until `inputLimit`; then reading stops, and with it the peer, until the owner
/// consumed and called `resumeReading()`. Output is sent by `flush()`, the rest when the socket takes it.
/// The loop keeps the connection until it is closed; the callbacks are dropped then.
public final class TCPConnection: EventHandler {
    /// Why a connection ended.
    public enum CloseReason: Equatable, Sendable {
        /// This side closed it.
        case local
        /// Both directions ended in order.
        case finished
        /// The network or the peer broke it.
        case failed(Errno)
    }

    /// The loop it belongs to.
    public let loop: EventLoop
    /// The other end.
    public let peerAddress: SocketAddress
    /// Bytes received and not yet consumed; the owner discards what it used.
    public var input = ByteQueue()
    /// Bytes to send; append here, then `flush()`.
    public var output = ByteQueue()
    /// Reading stops at this many bytes of `input`.
    public var inputLimit = 64 * 1024
    /// Above this many unsent bytes `isWritable` is false; `onWritable` comes at half of it.
    public var outputHighWatermark = 256 * 1024
    /// The peer will send no more.
    public private(set) var isInputEnded = false
    /// False once closed.
    public private(set) var isOpen = true
    /// New input, or its end.
    public var onReadable: ((TCPConnection) -> Void)?
    /// Output fell to half the high watermark after it was above.
    public var onWritable: ((TCPConnection) -> Void)?
    /// Ended, once, after which nothing is called.
    ///
    /// Not called by `close()` itself but after the batch.
    public var onClosed: ((TCPConnection, CloseReason) -> Void)?

    private var socket: Socket?
    private var registration: Registration?
    private var mayHaveInput = true
    private var isEndAnnounced = false
    private var isAboveWatermark = false
    private var finishAfterFlush = Finish.none
    private var isOutputEnded = false

    private enum Finish { case none, shutdown, close }

    /// Takes a connected socket over and starts to read.
    public init(loop: EventLoop, socket: consuming Socket, peerAddress: SocketAddress) throws(Errno) {
        self.loop = loop
        self.peerAddress = peerAddress
        socket.setNoDelay()
        let fd = socket.fd
        self.socket = consume socket
        registration = try loop.register(fd, .stream, handler: self)
    }

    /// The local end.
    public var localAddress: SocketAddress? {
        guard socket != nil else { return nil }
        return socket?.localAddress
    }

    /// Whether the owner may append more output now.
    public var isWritable: Bool { isOpen && output.count < outputHighWatermark }

    /// Readiness from the loop.
    public func handle(_ events: IOEvents) {
        if events.contains(.writable) { flush() }
        if !events.intersection([.readable, .readHangUp, .hangUp, .error]).isEmpty {
            mayHaveInput = true
            if !events.intersection([.readHangUp, .hangUp, .error]).isEmpty { isEndAnnounced = true }
            readInput()
        }
    }

    private func readInput() {
        let before = input.count
        var gotEnd = false
        while mayHaveInput, !isInputEnded, isOpen, input.count < inputLimit {
            let (result, isDrained) = receive()
            switch result {
            case .bytes:
                // A short read drained the socket; what follows comes as its own edge. An end already
                // announced has had its edge: read on to it.
                if isDrained && !isEndAnnounced { mayHaveInput = false }
            case .wouldBlock:
                mayHaveInput = false
            case .endOfStream:
                mayHaveInput = false
                isInputEnded = true
                gotEnd = true
            case .failed(let error):
                // What arrived before the failure still counts: the owner sees it first.
                if input.count > before { onReadable?(self) }
                finish(.failed(error))
                return
            }
        }
        guard isOpen, gotEnd || input.count > before else { return }
        onReadable?(self)
        finishIfBothEnded()
    }

    /// Reads once, through the loop's scratch, so that an idle connection holds no buffer.
    private func receive() -> (IOResult, isDrained: Bool) {
        loop.withScratch { scratch in
            let room = min(scratch.count, max(1, inputLimit - input.count))
            // In bounds: room <= scratch.count, and count <= room.
            let part = UnsafeMutableRawBufferPointer(rebasing: scratch[..<room])
            guard let result = socket?.receive(into: part) else { return (.endOfStream, true) }
            guard case .bytes(let count) = result else { return (result, true) }
            input.append(UnsafeRawBufferPointer(rebasing: part[..<count]).bindMemory(to: UInt8.self).span)
            return (result, count < room)
        }
    }

    /// Reads on after the owner consumed input; calls `onReadable` after the batch when something came.
    public func resumeReading() {
        guard isOpen else { return }
        if isInputEnded {
            finishIfBothEnded()
        } else if mayHaveInput {
            loop.afterBatch { self.readInput() }
        }
    }

    /// Appends and sends.
    public func write(_ bytes: [UInt8]) { write(bytes.span) }

    /// Appends and sends.
    public func write(_ bytes: Span<UInt8>) {
        guard isOpen, finishAfterFlush == .none else { return }
        output.append(bytes)
        flush()
    }

    /// Sends what the kernel takes now; the rest follows by itself.
    public func flush() {
        guard isOpen else { return }
        while !output.isEmpty {
            let result = output.withReadable { span in socket?.send(span) ?? .wouldBlock }
            switch result {
            case .bytes(let count): output.discard(count)
            case .wouldBlock, .endOfStream:
                if output.count >= outputHighWatermark { isAboveWatermark = true }
                signalWritable()
                return
            case .failed(let error):
                finish(.failed(error))
                return
            }
        }
        output.clear()
        if finishAfterFlush == .close {
            finish(.local)
        } else if finishAfterFlush == .shutdown && !isOutputEnded {
            isOutputEnded = true
            socket?.shutdownOutput()
            finishIfBothEnded()
        }
        signalWritable()
    }

    private func signalWritable() {
        guard isOpen, isAboveWatermark, output.count <= outputHighWatermark / 2 else { return }
        isAboveWatermark = false
        onWritable?(self)
    }

    private func finishIfBothEnded() {
        if isOpen, isInputEnded, isOutputEnded, input.isEmpty { finish(.finished) }
    }

    /// Ends the sending half when all output is sent.
    ///
    /// No output is taken any more.
    public func shutdownOutput() {
        guard isOpen, finishAfterFlush == .none else { return }
        finishAfterFlush = .shutdown
        flush()
    }

    /// Closes when all output is sent.
    ///
    /// No output is taken any more.
    public func closeAfterFlush() {
        guard isOpen, finishAfterFlush != .close else { return }
        finishAfterFlush = .close
        flush()
    }

    /// The loop ends: the connection fails with `Errno.canceled`.
    public func loopEnded() {
        socket?.setResetOnClose()
        finish(.failed(.canceled))
    }

    /// Closes now; unsent output is lost.
    public func close() { finish(.local) }

    /// Closes now with a reset, so that the peer never takes it for an orderly end.
    public func abort() {
        socket?.setResetOnClose()
        finish(.local)
    }

    private func finish(_ reason: CloseReason) {
        guard isOpen else { return }
        isOpen = false
        if let registration { loop.deregister(registration) }
        registration = nil
        _ = socket.take()
        output.clear()
        let closed = onClosed
        onReadable = nil
        onWritable = nil
        onClosed = nil
        if let closed { loop.afterBatch { closed(self, reason) } }
    }
}

enum LoopScratch {
    static let bytes = LoopCore.scratchBytes
}
