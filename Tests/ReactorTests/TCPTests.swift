import Bytes
import Reactor
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct TCPTests {
    /// Listens and echoes; half-closes when the peer does.
    private func echoServer(_ loop: EventLoop) async -> SocketAddress? {
        await onLoop(loop) {
            let listener = try? TCPListener(loop: loop, address: loopback) { socket, peer in
                guard let connection = try? TCPConnection(loop: loop, socket: socket, peerAddress: peer)
                else { return }
                connection.onReadable = { connection in
                    connection.write(connection.input.read(connection.input.count))
                    connection.resumeReading()
                    if connection.isInputEnded { connection.shutdownOutput() }
                }
            }
            return listener?.localAddress
        }
    }

    private func exchange(_ loop: EventLoop, _ address: SocketAddress, _ bytes: [UInt8]) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            loop.submit {
                TCPConnector.connect(loop: loop, address: address, timeout: .seconds(5)) { result in
                    guard case .connected(let socket) = consume result,
                        let connection = try? TCPConnection(loop: loop, socket: socket, peerAddress: address)
                    else { return continuation.resume(returning: []) }
                    let received = Collected()
                    connection.onReadable = { connection in
                        received.bytes += connection.input.read(connection.input.count)
                        connection.resumeReading()
                    }
                    connection.onClosed = { _, reason in
                        #expect(reason == .finished)
                        continuation.resume(returning: received.bytes)
                    }
                    connection.write(bytes)
                    connection.shutdownOutput()
                }
            }
        }
    }

    @Test func carriesBytesBothWaysAndHalfCloses() async throws {
        try await withLoop { loop in
            let address = try #require(await echoServer(loop))
            #expect(await exchange(loop, address, Array("hello".utf8)) == Array("hello".utf8))
            #expect(await exchange(loop, address, []) == [])
        }
    }

    @Test func carriesMoreThanAllBuffersHold() async throws {
        try await withLoop { loop in
            let address = try #require(await echoServer(loop))
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let echoed = await exchange(loop, address, bytes)
            #expect(echoed.count == bytes.count)
            #expect(echoed == bytes)
        }
    }

    @Test func reportsRefusal() async throws {
        try await withLoop { loop in
            let address = await onLoop(loop) { () -> SocketAddress? in
                let listener = try? Socket.listening(on: loopback)
                return listener?.localAddress
            }
            let target = try #require(address)
            let error: Errno? = await withCheckedContinuation { continuation in
                loop.submit {
                    TCPConnector.connect(loop: loop, address: target, timeout: .seconds(5)) { result in
                        switch consume result {
                        case .failed(let error): continuation.resume(returning: error)
                        case .connected: continuation.resume(returning: nil)
                        }
                    }
                }
            }
            #expect(error == .connectionRefused)
        }
    }

    @Test func stopsReadingAtTheInputLimit() async throws {
        try await withLoop { loop in
            let peak = Mutex(0)
            let total = Mutex(0)
            let address = await onLoop(loop) { () -> SocketAddress? in
                let listener = try? TCPListener(loop: loop, address: loopback) { socket, peer in
                    guard let connection = try? TCPConnection(loop: loop, socket: socket, peerAddress: peer)
                    else { return }
                    connection.inputLimit = 1000
                    connection.onReadable = { connection in
                        peak.withLock { $0 = max($0, connection.input.count) }
                        let taken = connection.input.read(connection.input.count).count
                        total.withLock { $0 += taken }
                        connection.resumeReading()
                        if connection.isInputEnded { connection.shutdownOutput() }
                    }
                }
                return listener?.localAddress
            }
            let target = try #require(address)
            _ = await exchange(loop, target, [UInt8](repeating: 7, count: 200_000))
            #expect(total.withLock { $0 } == 200_000)
            #expect(peak.withLock { $0 } <= 1000)
        }
    }

    @Test func twoListenersShareAPort() async throws {
        try await withLoop { loop in
            let areBoth = await onLoop(loop) { () -> Bool in
                guard
                    let first = try? TCPListener(
                        loop: loop, address: loopback, reusePort: true, onAccept: { _, _ in })
                else { return false }
                let second = try? TCPListener(
                    loop: loop, address: first.localAddress, reusePort: true, onAccept: { _, _ in })
                let third = try? TCPListener(loop: loop, address: first.localAddress, onAccept: { _, _ in })
                return second != nil && third == nil
            }
            #expect(areBoth)
        }
    }
}

private final class Collected {
    var bytes: [UInt8] = []
}
