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
    /// Reading stops at this many bytes of `input`, as if `pause` had been called: an owner that takes bytes later than
    /// when they are reported resumes then.
    var inputLimit = 128 * 1024
    /// Room for one read in the clear.
    static let receiveSize = 128 * 1024
    /// How long a client gets to close first, once everything is sent.
    static let lingerTime: Duration = .seconds(1)
    /// How long a client may take nothing of what is still to be sent.
    static let stallTime: Duration = .seconds(10)

    let loop: EventLoop
    let peer: SocketAddress
    /// Our end; asked of the kernel only when wanted.
    private(set) lazy var local = socket?.localAddress
    /// Nil once closed.
    var owner: (any WireOwner)?
    /// Plaintext received and not consumed.
    var input = ByteQueue()
    /// Plaintext to send: append, then `flush()`.
    var out: ByteQueue {
        _read { yield queue }
        _modify {
            if queue.capacity == 0 { queue = loop.takeQueue() }
            yield &queue
        }
    }
    var session: TLSSession?
    private(set) var isOpen = true
    /// No more input will come.
    var isInputEnded = false
    /// TLS ended without close_notify: what came may be cut.
    var isTruncated = false
    private(set) var isPaused = false
    /// It broke before everything received was consumed.
    private(set) var hasLostInput = false

    private var queue = ByteQueue()
    private var socket: Socket?
    private var registration: Registration?
    private var mayHaveInput = true
    /// The kernel has announced the end of the input, or an error.
    private var endIsNear = false
    private var isResumeQueued = false
    private var isBlocked = false
    /// The end of a handshake waits for the owner's first bytes.
    var isFlightHeld = false
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
        let fd = socket.fd
        self.socket = consume socket
        registration = try loop.register(fd, .stream, handler: self)
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
            if !events.intersection([.readHangUp, .hangUp, .error]).isEmpty { endIsNear = true }
            pump()
        }
        if events.contains(.error), isOpen, isInputEnded, input.isEmpty { checkReset() }
    }

    /// Behind the end of the input no read tells of a reset, and a silent tunnel never writes.
    private func checkReset() {
        guard let error = socket?.takeError() else { return }
        if isLingering { close() } else { fail(.network(error)) }
    }

    /// Reads no more until `resume`.
    func pause() { isPaused = true }

    /// Reads on, after the current batch.
    func resume() {
        isPaused = false
        guard isOpen, !isResumeQueued else { return }
        isResumeQueued = true
        // Strong: weak references make every later retain of an object slow.
        loop.afterBatch { [self] in
            isResumeQueued = false
            guard isOpen else { return }
            if session?.isHandshakeDone == true { advanceTLS() }
            pump()
        }
    }

    private func pump() {
        while isOpen, mayHaveInput, !isPaused, !isInputEnded, input.count < inputLimit {
            var outcome = TLSOutcome()
            let result =
                session == nil
                ? receivePlain(&outcome)
                : loop.withScratch { scratch in
                    let received = socket?.receive(into: scratch) ?? .endOfStream
                    guard case .bytes(let count) = received else { return received }
                    // Less than there was room for: the socket is empty, and an event will tell of more.
                    // Not of an end that was announced already: that is there to be read.
                    if count < scratch.count, !endIsNear { mayHaveInput = false }
                    if isLingering { return received }
                    // In bounds: count <= scratch.count.
                    let bytes = UnsafeRawBufferPointer(rebasing: scratch[..<count])
                    if let session { outcome = session.receive(lending: bytes) { stepTLS() } }
                    return received
                }
            switch result {
            case .bytes: report(outcome)
            case .wouldBlock: mayHaveInput = false
            case .endOfStream:
                mayHaveInput = false
                if isLingering { return close() }
                // A write heard of the reset, and so no read does: this is not an end.
                if isReset { break }
                if let session {
                    session.receiveEOF()
                    advanceTLS()
                } else {
                    isInputEnded = true
                    owner?.wireReadable(self)
                }
            case .failed(let error):
                mayHaveInput = false
                if isLingering { close() } else { fail(.network(error)) }
            }
        }
        guard isOpen else { return }
        // No event tells of what the kernel or the session already holds.
        if input.count >= inputLimit { isPaused = true }
        if input.isEmpty { loop.giveBack(&input) }
    }

    /// Reads into `input` itself: nothing is copied on the way.
    private func receivePlain(_ outcome: inout TLSOutcome) -> IOResult {
        if input.capacity == 0 { input = loop.takeQueue() }
        var received = IOResult.endOfStream
        input.withWritable(minimum: Self.receiveSize) { room in
            received = socket?.receive(into: room) ?? .endOfStream
            guard case .bytes(let count) = received else { return 0 }
            if count < room.count, !endIsNear { mayHaveInput = false }
            if isLingering { return 0 }
            outcome.hasInput = true
            return count
        }
        return received
    }

    // MARK: Writing

    /// Bytes written that the kernel has not taken.
    var pendingOutput: Int { isFlightHeld ? 0 : queue.count + (session?.output.count ?? 0) }

    /// Hands everything received on to be sent by another wire; a whole buffer changes hands.
    func moveInput(to sink: Wire) {
        if sink.queue.isEmpty {
            swap(&input, &sink.queue)
        } else {
            input.withReadable { sink.queue.append($0) }
        }
        loop.giveBack(&input)
    }

    /// Whether the kernel refused bytes: `wireDrained` follows.
    var isBehind: Bool { isBlocked }

    /// Sends what is in `out`; the rest goes as the socket takes it, and `wireDrained` follows.
    func flush() {
        guard isOpen else { return }
        if let session, session.isHandshakeDone, !queue.isEmpty {
            if session.output.capacity == 0 { session.output = loop.takeQueue() }
            do throws(TLSError) {
                try queue.withReadable { (span) throws(TLSError) in try session.write(span) }
            } catch {
                failLater(.tls(error))
                return
            }
            loop.giveBack(&queue)
        }
        sendOutput()
    }

    func sendOutput() {
        guard isOpen, !isBlocked else { return }
        isFlightHeld = false
        while true {
            let count = session?.output.count ?? queue.count
            guard count > 0 else { break }
            let result: IOResult
            if let session {
                result = session.output.withReadable { socket?.send($0) ?? .endOfStream }
            } else {
                result = queue.withReadable { socket?.send($0) ?? .endOfStream }
            }
            switch result {
            case .bytes(let sent):
                if let session {
                    session.output.discard(sent)
                    if session.output.isEmpty { loop.giveBack(&session.output) }
                } else {
                    queue.discard(sent)
                    if queue.isEmpty { loop.giveBack(&queue) }
                }
                if isLingering { armLinger(Self.stallTime) }
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
        if ending == .close {
            armLinger(Self.lingerTime)
            linger()
        }
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
        armLinger(hadShutdown ? Self.lingerTime : Self.stallTime)
        if hadShutdown { linger() } else { flush() }
        if isOpen {
            mayHaveInput = true
            loop.afterBatch { [weak self] in self?.pump() }
        }
    }

    private func linger() {
        if isInputEnded { close() }
    }

    private func armLinger(_ time: Duration) {
        let timer = lingerTimer ?? loop.makeTimer { [weak self] in self?.close() }
        timer.arm(at: loop.now() + time)
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
        if let registration { loop.deregister(registration, isClosing: true) }
        registration = nil
        _ = socket.take()
        loop.giveBack(&input)
        loop.giveBack(&queue)
    }

    /// Closes with a reset.
    func abort() {
        socket?.setResetOnClose()
        close()
    }

    func fail(_ failure: WireFailure) {
        guard isOpen else { return }
        let owner = owner
        hasLostInput = !input.isEmpty
        close()
        owner?.wireFailed(self, failure)
    }

    /// Writing happens inside the owner's own work: it learns of the failure after that.
    private func failLater(_ failure: WireFailure) {
        guard isOpen, queuedFailure == nil else { return }
        queuedFailure = failure
        queue.clear()
        loop.afterBatch { [weak self] in
            guard let self, let failure = queuedFailure else { return }
            fail(failure)
        }
    }

    /// Whether a write failed by a reset; behind a FIN of the peer's it is a broken pipe.
    private var isReset: Bool {
        if case .network(let error)? = queuedFailure { error == .connectionReset } else { false }
    }

    /// Sets the kernel's keepalive.
    func setKeepAlive(idle: Duration, interval: Duration, count: Int) {
        socket?.setKeepAlive(idle: idle, interval: interval, count: count)
    }
}
