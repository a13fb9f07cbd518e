internal import Bytes
internal import Reactor
internal import TLS

/// What a wire tells its owner.
///
/// Called on the loop; the owner may close the wire in any of these.
protocol WireOwner: AnyObject {
    /// Bytes arrived in `input`, or the input ended.
    func wireReadable(_ wire: Wire)
    /// Everything written is on its way.
    func wireDrained(_ wire: Wire)
    /// TLS is up.
    func wireSecured(_ wire: Wire)
    /// The connection broke; the wire is closed already.
    func wireFailed(_ wire: Wire, _ failure: WireFailure)
}

/// Why a wire broke.
enum WireFailure {
    case network(Errno)
    case tls(TLSError)
}

/// One TCP connection, in the clear or under TLS, with plaintext queues on the inside.
///
/// Edge-triggered and registered once: back-pressure is not reading, nothing more. `input` has a bound, and
/// an owner stops the source of what it writes while `pendingOutput` is not zero.
final class Wire: EventHandler {
    /// Reading stops at this many bytes of `input`.
    static let inputLimit = 64 * 1024
    /// How long a refused client gets to close first.
    static let lingerTime: Duration = .seconds(1)

    let loop: EventLoop
    let peer: SocketAddress
    let local: SocketAddress?
    /// Nil once closed.
    var owner: (any WireOwner)?
    /// Plaintext received and not consumed.
    var input = ByteQueue()
    /// Plaintext to send: append, then `flush()`.
    var out = ByteQueue()
    private(set) var session: TLSSession?
    private(set) var isOpen = true
    /// No more input will come.
    private(set) var isInputEnded = false
    /// TLS ended without close_notify: what came may be cut.
    private(set) var isTruncated = false
    private(set) var isPaused = false

    private var socket: Socket?
    private var registration: Registration?
    private var mayHaveInput = true
    private var isResumeQueued = false
    private var isBlocked = false
    private enum Ending { case none, shutdown, close }
    private var ending = Ending.none
    private var isOutputEnded = false
    private var isLingering = false
    private var lingerTimer: LoopTimer?
    private var queuedFailure: WireFailure?

    init(loop: EventLoop, socket: consuming Socket, peer: SocketAddress) throws(Errno) {
        self.loop = loop
        self.peer = peer
        socket.setNoDelay()
        local = socket.localAddress
        let fd = socket.fd
        self.socket = consume socket
        registration = try loop.register(fd, .stream, handler: self)
    }

    // MARK: TLS

    /// Speaks TLS from here on; what is in `input` is taken as ciphertext.
    func secure(_ session: TLSSession) {
        self.session = session
        if !input.isEmpty {
            input.withReadable { session.receive($0) }
            input.clear()
        }
        if isInputEnded {
            session.receiveEOF()
            isInputEnded = false
        }
        // A client speaks first; a server may have the hello already.
        advanceTLS()
    }

    var isSecured: Bool { session?.isHandshakeDone ?? false }

    private func advanceTLS() {
        guard let session, isOpen else { return }
        if !session.isHandshakeDone {
            do throws(TLSError) {
                let result = try session.handshake()
                sendOutput()
                guard isOpen, result == .done else { return }
            } catch {
                sendOutput()
                fail(.tls(error))
                return
            }
            owner?.wireSecured(self)
            guard isOpen else { return }
        }
        decrypt()
    }

    /// Moves plaintext into `input` up to its limit; true when something came or the input ended.
    @discardableResult
    private func decrypt() -> Bool {
        guard let session, session.isHandshakeDone, isOpen, !isInputEnded else { return false }
        var moved = false
        while input.count < Self.inputLimit {
            var outcome: Swift.Result<TLSSession.ReadResult, TLSError> = .success(.needsMore)
            input.withWritable(minimum: 16 * 1024 + 512) { room in
                do throws(TLSError) {
                    let result = try session.read(into: room)
                    outcome = .success(result)
                    if case .bytes(let count) = result { return count }
                } catch {
                    outcome = .failure(error)
                }
                return 0
            }
            switch outcome {
            case .success(.bytes): moved = true
            case .success(.needsMore):
                if input.isEmpty { input.clear() }
                // A key update or a ticket may want an answer.
                if !session.output.isEmpty { sendOutput() }
                return moved
            case .success(.closed):
                isInputEnded = true
                return true
            case .success(.truncated):
                isInputEnded = true
                isTruncated = true
                return true
            case .failure(let error):
                if moved { owner?.wireReadable(self) }
                if isOpen { fail(.tls(error)) }
                return false
            }
        }
        return moved
    }

    // MARK: Reading

    func handle(_ events: IOEvents) {
        if events.contains(.writable), isBlocked {
            isBlocked = false
            flush()
            if isOpen, pendingOutput == 0 { owner?.wireDrained(self) }
        }
        if !events.intersection([.readable, .readHangUp, .hangUp, .error]).isEmpty {
            mayHaveInput = true
            pump()
        }
    }

    /// Reads no more until `resume`.
    func pause() { isPaused = true }

    /// Reads on, after the current batch.
    func resume() {
        isPaused = false
        guard isOpen, !isResumeQueued else { return }
        isResumeQueued = true
        loop.afterBatch { [weak self] in
            guard let self else { return }
            isResumeQueued = false
            if decrypt() { owner?.wireReadable(self) }
            pump()
        }
    }

    private func pump() {
        while isOpen, mayHaveInput, !isPaused, !isInputEnded, input.count < Self.inputLimit {
            let result: IOResult
            if let session {
                var received = IOResult.wouldBlock
                session.receive(minimum: 32 * 1024) { room in
                    received = socket?.receive(into: room) ?? .endOfStream
                    if case .bytes(let count) = received { return count }
                    return 0
                }
                result = received
            } else {
                result = loop.withScratch { scratch in
                    let room = UnsafeMutableRawBufferPointer(
                        // In bounds: the scratch is 128 KiB, the limit 64.
                        rebasing: scratch[..<min(scratch.count, Self.inputLimit)])
                    guard let received = socket?.receive(into: room) else { return .endOfStream }
                    if case .bytes(let count) = received {
                        // In bounds: count <= room.count.
                        input.append(
                            UnsafeRawBufferPointer(rebasing: room[..<count]).bindMemory(to: UInt8.self).span)
                    }
                    return received
                }
            }
            switch result {
            case .bytes:
                if isLingering {
                    input.clear()
                    continue
                }
                deliver()
            case .wouldBlock:
                mayHaveInput = false
            case .endOfStream:
                mayHaveInput = false
                if isLingering {
                    close()
                    return
                }
                if let session {
                    session.receiveEOF()
                } else {
                    isInputEnded = true
                }
                deliver()
            case .failed(let error):
                mayHaveInput = false
                if isLingering { close() } else { fail(.network(error)) }
            }
        }
    }

    private func deliver() {
        guard let session else {
            owner?.wireReadable(self)
            return
        }
        if session.isHandshakeDone {
            if decrypt() { owner?.wireReadable(self) }
        } else {
            advanceTLS()
            if isOpen, !input.isEmpty || isInputEnded { owner?.wireReadable(self) }
        }
    }

    // MARK: Writing

    /// Bytes written that the kernel has not taken.
    var pendingOutput: Int { out.count + (session?.output.count ?? 0) }

    /// Sends what is in `out`; the rest goes as the socket takes it, and `wireDrained` follows.
    func flush() {
        guard isOpen else { return }
        if let session, session.isHandshakeDone, !out.isEmpty {
            do throws(TLSError) {
                try out.withReadable { (span) throws(TLSError) in try session.write(span) }
            } catch {
                failLater(.tls(error))
                return
            }
            Self.empty(&out)
        }
        sendOutput()
    }

    private static func empty(_ queue: inout ByteQueue) {
        if queue.capacity > 32 * 1024 { queue.clear() } else { queue.discard(queue.count) }
    }

    private func sendOutput() {
        guard isOpen, !isBlocked else { return }
        while true {
            let count = session?.output.count ?? out.count
            guard count > 0 else { break }
            let result: IOResult
            if let session {
                result = session.output.withReadable { socket?.send($0) ?? .endOfStream }
            } else {
                result = out.withReadable { socket?.send($0) ?? .endOfStream }
            }
            switch result {
            case .bytes(let sent):
                if let session {
                    session.output.discard(sent)
                    if session.output.isEmpty { Self.empty(&session.output) }
                } else {
                    out.discard(sent)
                    if out.isEmpty { Self.empty(&out) }
                }
            case .wouldBlock, .endOfStream:
                isBlocked = true
                return
            case .failed(let error):
                failLater(.network(error))
                return
            }
        }
        if pendingOutput == 0 { finishEnding() }
    }

    private func finishEnding() {
        guard ending != .none, !isOutputEnded else { return }
        if let session, !session.isShutdown, session.isHandshakeDone {
            session.shutdown()
            sendOutput()
            return
        }
        isOutputEnded = true
        socket?.shutdownOutput()
        if ending == .close { linger() }
    }

    /// Ends the sending half when all is sent: close_notify, then FIN.
    func shutdownOutput() {
        guard isOpen, ending == .none else { return }
        ending = .shutdown
        flush()
    }

    var isOutputShutdown: Bool { ending != .none }

    /// Sends what is left, then closes; the peer gets a moment to close first, so that it reads everything.
    func closeAfterFlush() {
        guard isOpen, ending != .close else { return }
        let hadShutdown = isOutputEnded
        ending = .close
        owner = nil
        isPaused = false
        isLingering = true
        input.clear()
        armLinger()
        if hadShutdown { linger() } else { flush() }
        if isOpen {
            mayHaveInput = true
            loop.afterBatch { [weak self] in self?.pump() }
        }
    }

    private func linger() {
        if isInputEnded { close() }
    }

    private func armLinger() {
        let timer = loop.makeTimer { [weak self] in self?.close() }
        timer.arm(at: loop.now() + Self.lingerTime)
        lingerTimer = timer
    }

    // MARK: The end

    /// Closes now and calls nobody.
    func close() {
        guard isOpen else { return }
        isOpen = false
        owner = nil
        lingerTimer?.disarm()
        lingerTimer = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        _ = socket.take()
        input.clear()
        out.clear()
    }

    /// Closes with a reset.
    func abort() {
        socket?.setResetOnClose()
        close()
    }

    private func fail(_ failure: WireFailure) {
        guard isOpen else { return }
        let owner = owner
        close()
        owner?.wireFailed(self, failure)
    }

    /// Writing happens inside the owner's own work: it learns of the failure after that.
    private func failLater(_ failure: WireFailure) {
        guard isOpen, queuedFailure == nil else { return }
        queuedFailure = failure
        out.clear()
        loop.afterBatch { [weak self] in
            guard let self, let failure = queuedFailure else { return }
            fail(failure)
        }
    }

    /// Sets the kernel's keepalive.
    func setKeepAlive(idle: Duration, interval: Duration, count: Int) {
        socket?.setKeepAlive(idle: idle, interval: interval, count: count)
    }
}
