internal import Bytes
internal import Reactor

/// Connects to the first of several addresses that answers.
///
/// Confined to its loop.
///
/// The next address is tried when one fails, or after 250 ms beside it (RFC 8305), so that one dead
/// address does not eat the time of the others.
final class Dialer {
    private static let stagger = Duration.milliseconds(250)

    private let loop: EventLoop
    private var remaining: ArraySlice<SocketAddress>
    private var attempts: [ObjectIdentifier: ConnectAttempt] = [:]
    private var completion: ((consuming ConnectResult, SocketAddress) -> Void)?
    private var lastError = (Errno.noEntry, SocketAddress(ip: .v4(0), port: 0))
    private var staggerTimer: LoopTimer?
    private let deadline: Instant

    init(
        loop: EventLoop, addresses: [SocketAddress], deadline: Instant,
        completion: @escaping (consuming ConnectResult, SocketAddress) -> Void
    ) {
        self.loop = loop
        remaining = addresses[...]
        self.deadline = deadline
        self.completion = completion
    }

    func start() {
        // Each closure of this dialer holds it until it ends.
        staggerTimer = loop.makeTimer { [self] in next() }
        next()
    }

    private func next() {
        guard completion != nil else { return }
        guard let address = remaining.popFirst() else {
            if attempts.isEmpty { finish(.failed(lastError.0), lastError.1) }
            return
        }
        let slot = Slot()
        let attempt = TCPConnector.connect(loop: loop, address: address, timeout: deadline - loop.now()) {
            [self] result in
            if let attempt = slot.attempt { attempts[ObjectIdentifier(attempt)] = nil }
            slot.attempt = nil
            switch consume result {
            case .connected(let socket): finish(.connected(socket), address)
            case .failed(let error):
                lastError = (error, address)
                next()
            }
        }
        slot.attempt = attempt
        attempts[ObjectIdentifier(attempt)] = attempt
        if !remaining.isEmpty { staggerTimer?.arm(at: loop.now() + Self.stagger) }
    }

    private func finish(_ result: consuming ConnectResult, _ address: SocketAddress) {
        guard let completion else { return }
        cancel()
        completion(result, address)
    }

    /// Gives up; the completion is not called any more.
    func cancel() {
        completion = nil
        staggerTimer?.disarm()
        staggerTimer = nil
        for attempt in attempts.values { attempt.cancel() }
        attempts = [:]
    }

    private final class Slot {
        var attempt: ConnectAttempt?
    }
}
