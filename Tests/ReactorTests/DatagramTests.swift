import Bytes
import Glibc
import Testing

@testable import Reactor

/// Datagrams to one address, and from it alone.
@Suite struct DatagramTests {
    /// A plain UDP socket of this host.
    private final class Peer {
        let fd: Int32
        let address: SocketAddress

        init() throws {
            let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            self.fd = fd
            var native = sockaddr_in()
            native.sin_family = sa_family_t(AF_INET)
            native.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            try withUnsafeMutablePointer(to: &native) { pointer in
                try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    try #require(bind(fd, generic, length) == 0 && getsockname(fd, generic, &length) == 0)
                }
            }
            address = SocketAddress(ip: .v4(0x7F00_0001), port: UInt16(bigEndian: native.sin_port))
        }

        deinit { close(fd) }

        /// Takes a datagram and answers it, from this socket and from another.
        func answer(_ bytes: [UInt8], from other: Peer) throws -> [UInt8] {
            var sender = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            var buffer = [UInt8](repeating: 0, count: 100)
            let count = try withUnsafeMutablePointer(to: &sender) { pointer in
                try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    let count = recvfrom(fd, &buffer, buffer.count, 0, generic, &length)
                    for (from, answer) in [(other.fd, [0, 0]), (fd, bytes)] {
                        try #require(sendto(from, answer, answer.count, 0, generic, length) == answer.count)
                    }
                    return count
                }
            }
            return Array(buffer[..<count])
        }
    }

    private func receive(_ socket: borrowing Socket) -> (IOResult, [UInt8]) {
        var bytes = [UInt8](repeating: 0, count: 100)
        var waiting = pollfd(fd: socket.fd, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, 5000)
        let result = bytes.withUnsafeMutableBytes { socket.receive(into: $0) }
        guard case .bytes(let count) = result else { return (result, []) }
        return (result, Array(bytes[..<count]))
    }

    @Test func onlyTheAddressAskedIsHeard() throws {
        let peer = try Peer()
        let socket = try Socket.datagrams(to: peer.address)
        let question: [UInt8] = [1, 2, 3]
        let sent = socket.send(question.span)
        #expect(sent == .bytes(3))
        #expect(try peer.answer([4, 5], from: Peer()) == [1, 2, 3])
        let (result, bytes) = receive(socket)
        #expect(result == .bytes(2) && bytes == [4, 5])
    }

    @Test func aPortThatNobodyHoldsRefuses() throws {
        let gone = try Peer().address
        let socket = try Socket.datagrams(to: gone)
        let question: [UInt8] = [1]
        _ = socket.send(question.span)
        let (result, _) = receive(socket)
        #expect(result == .failed(Errno(code: ECONNREFUSED)))
    }
}
