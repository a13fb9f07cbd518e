internal import Bytes
internal import Reactor

/// One question put to one server, over UDP or TCP, until its answer, a failure or the time-out.
///
/// Lives on a loop. A UDP question goes out from a port of its own, which the kernel draws, and only what comes from
/// the address asked, with the id and the question, is an answer; all else is ignored.
final class DNSExchange: EventHandler {
    private let loop: EventLoop
    private let question: DNSQuestion
    private var completion: ((DNSLookup.Event) -> Void)?
    private var timer: LoopTimer?
    private var socket: Socket?
    private var registration: Registration?
    private var attempt: ConnectAttempt?
    private var connection: TCPConnection?

    /// More than any datagram without extensions holds.
    private static let maxDatagramBytes = 4096
    private static let maxFrameBytes = 2 + 65_535

    /// `completion` is called once, never before `start` returned.
    init(loop: EventLoop, question: DNSQuestion, completion: @escaping (DNSLookup.Event) -> Void) {
        self.loop = loop
        self.question = question
        self.completion = completion
    }

    /// Asks.
    func start(_ server: SocketAddress, overTCP: Bool, timeout: Duration) {
        let timer = loop.makeTimer { [weak self] in self?.finish(.timedOut) }
        timer.arm(at: loop.now() + timeout)
        self.timer = timer
        if overTCP {
            connect(server, timeout)
        } else {
            send(to: server)
        }
    }

    /// Lets go; the completion is not called.
    func cancel() {
        completion = nil
        release()
    }

    private func finish(_ event: DNSLookup.Event) {
        guard let completion else { return }
        cancel()
        completion(event)
    }

    private func fail(_ error: Errno) { finish(.unreachable("\(error)")) }

    private func release() {
        timer?.disarm()
        timer = nil
        if let registration { loop.deregister(registration) }
        registration = nil
        _ = socket.take()
        attempt?.cancel()
        attempt = nil
        connection?.close()
        connection = nil
    }

    // MARK: UDP

    private func send(to server: SocketAddress) {
        do throws(Errno) {
            let socket = try Socket.datagrams(to: server)
            let result = socket.send(question.message.span)
            if case .failed(let error) = result { throw error }
            registration = try loop.register(socket.fd, .readable, handler: self)
            self.socket = consume socket
        } catch {
            loop.afterBatch { self.fail(error) }
        }
    }

    /// A datagram, or word that nobody takes them there.
    func handle(_ events: IOEvents) {
        let (result, reply) = receive()
        if case .failed(let error) = result { return fail(error) }
        if let reply { finish(.replied(reply)) }
    }

    /// The loop ends: nobody waits for the answer any more.
    func loopEnded() { cancel() }

    private func receive() -> (IOResult, DNSReply?) {
        loop.withScratch { scratch in
            // In bounds: the scratch is larger, and count is at most what was asked for.
            let room = UnsafeMutableRawBufferPointer(rebasing: scratch[..<Self.maxDatagramBytes])
            guard let result = socket?.receive(into: room) else { return (.wouldBlock, nil) }
            guard case .bytes(let count) = result else { return (result, nil) }
            let bytes = UnsafeRawBufferPointer(rebasing: room[..<count]).bindMemory(to: UInt8.self)
            return (result, DNSReply(bytes.span, to: question))
        }
    }

    // MARK: TCP

    private func connect(_ server: SocketAddress, _ timeout: Duration) {
        attempt = TCPConnector.connect(loop: loop, address: server, timeout: timeout) { [weak self] result in
            self?.connected(result, server)
        }
    }

    private func connected(_ result: consuming ConnectResult, _ server: SocketAddress) {
        attempt = nil
        switch consume result {
        case .failed(let error): fail(error)
        case .connected(let socket):
            do throws(Errno) {
                let connection = try TCPConnection(loop: loop, socket: socket, peerAddress: server)
                connection.inputLimit = Self.maxFrameBytes
                connection.onReadable = { [weak self] in self?.read($0) }
                connection.onClosed = { [weak self] _, _ in self?.closed() }
                self.connection = connection
                connection.write(question.framedMessage)
            } catch {
                fail(error)
            }
        }
    }

    private func read(_ connection: TCPConnection) {
        while true {
            let (frameBytes, reply) = connection.input.withReadable { bytes -> (Int?, DNSReply?) in
                guard bytes.count >= 2 else { return (nil, nil) }
                let end = 2 + (Int(bytes[0]) << 8 | Int(bytes[1]))
                guard bytes.count >= end else { return (nil, nil) }
                return (end, DNSReply(bytes.extracting(2..<end), to: question))
            }
            if let reply { return finish(.replied(reply)) }
            guard let frameBytes else { break }
            connection.input.discard(frameBytes)
        }
        if connection.isInputEnded {
            closed()
        } else {
            connection.resumeReading()
        }
    }

    private func closed() { finish(.unreachable("the server closed the connection")) }
}
