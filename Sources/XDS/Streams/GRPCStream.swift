internal import Bytes
internal import HTTPCodec
internal import HTTPService
internal import Reactor

/// Messages both ways over one gRPC call.
///
/// ```
/// message = 0 (not compressed), length (4 bytes, big-endian), bytes
/// ```
final class GRPCStream: Sendable {
    /// Why a call ended.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Bytes of one message.
    static let maxMessage = 256 << 20

    private let stream: H2ClientStream
    private let cluster: String

    private init(_ stream: H2ClientStream, _ cluster: String) {
        self.stream = stream
        self.cluster = cluster
    }

    /// Opens a call of `method`, a path.
    static func open(
        _ method: String, _ target: ControlPlaneTarget, loop: EventLoop
    ) async throws(Failure) -> GRPCStream {
        guard let first = target.addresses.first else {
            throw Failure(description: "cluster '\(target.cluster)' has no endpoint")
        }
        var headers = HTTPHeaders()
        headers.set("Host", target.cluster)
        headers.set("content-type", "application/grpc")
        headers.set("te", "trailers")
        let request = HTTPClientRequest(
            method: "POST", host: target.cluster, port: first.port, addresses: target.addresses,
            tls: target.tls, serverName: target.serverName, target: method, headers: headers, timeout: nil,
            connectTimeout: target.connectTimeout)
        do throws(HTTPClientError) {
            return GRPCStream(try await H2ClientStream.open(request, loop: loop), target.cluster)
        } catch {
            throw Failure(description: error.description)
        }
    }

    /// Sends one message.
    func send(_ message: [UInt8]) {
        var frame: [UInt8] = [0]
        for shift in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: message.count >> shift)) }
        stream.send(frame + message)
    }

    /// Ends the call.
    func cancel() { stream.cancel() }

    /// Hands each message to `body` until the call ends; answers why it did.
    func receive(_ body: @Sendable ([UInt8]) async -> Void) async -> Failure {
        var buffer = MessageBuffer()
        do throws(HTTPClientError) {
            while let event = try await stream.next() {
                switch event {
                case .head(let status, let headers):
                    guard status == 200 else { return failure("answered \(status)") }
                    if let code = headers["grpc-status"] { return ended(code, headers) }
                case .trailers(let headers): return ended(headers["grpc-status"] ?? "none", headers)
                case .data(let bytes):
                    buffer.append(bytes)
                    while true {
                        switch buffer.next() {
                        case .message(let message): await body(message)
                        case .needsMore: break
                        case .bad(let reason): return failure(reason)
                        }
                        if buffer.isWaiting { break }
                    }
                }
            }
            return failure("ended the call")
        } catch {
            return Failure(description: error.description)
        }
    }

    private func ended(_ code: String, _ headers: HTTPHeaders) -> Failure {
        let message = headers["grpc-message"].map { ": " + $0.prefix(500) } ?? ""
        return failure("ended the call with gRPC status \(code)\(message)")
    }

    private func failure(_ reason: String) -> Failure {
        Failure(description: "cluster '\(cluster)': \(reason)")
    }
}

/// Puts gRPC messages together.
struct MessageBuffer {
    enum Next: Equatable {
        case message([UInt8])
        case needsMore
        case bad(String)
    }

    private var bytes = ByteQueue()
    /// True when `next` needs more bytes.
    private(set) var isWaiting = true

    mutating func append(_ more: [UInt8]) {
        bytes.append(more)
        isWaiting = false
    }

    /// The next whole message.
    mutating func next() -> Next {
        let head: (flag: UInt8, length: Int)? = bytes.withReadable { span in
            guard span.count >= 5 else { return nil }
            var length = 0
            for index in 1...4 { length = length << 8 | Int(span[index]) }
            return (span[0], length)
        }
        guard let head else {
            isWaiting = true
            return .needsMore
        }
        guard head.flag == 0 else {
            isWaiting = true
            return .bad("sends compressed messages, which were not asked for")
        }
        guard head.length <= GRPCStream.maxMessage else {
            isWaiting = true
            return .bad("a message of \(head.length) bytes is too large")
        }
        guard bytes.count >= 5 + head.length else {
            isWaiting = true
            return .needsMore
        }
        bytes.discard(5)
        return .message(bytes.read(head.length))
    }
}
