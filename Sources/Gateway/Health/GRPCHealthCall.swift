internal import HTTPCodec

/// The call `grpc.health.v1.Health/Check`.
enum GRPCHealthCall {
    /// Its head.
    static func head(authority: String) -> HeadView {
        var head = HeadView()
        head.setMethod(Array("POST".utf8))
        head.setTarget(Array("/grpc.health.v1.Health/Check".utf8))
        for (name, value) in [
            ("host", authority), ("content-type", "application/grpc"), ("te", "trailers"),
            ("user-agent", "Envoy/HC"),
        ] {
            head.add(Array(name.utf8), Array(value.utf8))
        }
        return head
    }

    /// `HealthCheckRequest {1: service}` behind gRPC's five bytes: not compressed, and the length.
    static func message(_ service: String) -> [UInt8] {
        let name = Array(service.utf8.prefix(16 * 1024))
        var payload: [UInt8] = []
        if !name.isEmpty {
            payload.append(0x0A)
            var length = name.count
            while length >= 0x80 {
                payload.append(UInt8(length & 0x7F) | 0x80)
                length >>= 7
            }
            payload.append(UInt8(length))
            payload += name
        }
        let count = UInt32(payload.count)
        return [
            0, UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF),
        ]
            + payload
    }

    /// Whether a message is `HealthCheckResponse {1: status = SERVING (1)}`.
    static func isServing(_ message: [UInt8]) -> Bool { message == [0, 0, 0, 0, 2, 0x08, 0x01] }

    /// Whether the answer says that the service is well.
    static func isServing(_ reply: HTTP2HealthExchange.Reply) -> Bool {
        reply.status == 200 && reply.grpcStatus == "0" && isServing(reply.body)
    }
}
