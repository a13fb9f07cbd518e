/// Status codes of gRPC (gRPC over HTTP/2, "Responses"; google.rpc.Code).
enum GRPCStatus {
    private static let names = [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists",
        "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange",
        "Unimplemented",
        "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ]

    /// Envoy's word for a code; `InvalidCode` beyond the known ones.
    static func name(_ code: Int) -> String {
        names.indices.contains(code) ? names[code] : "InvalidCode"
    }

    /// What a local reply's HTTP status means to a gRPC client, as Envoy maps it.
    static func code(ofHTTP status: Int) -> Int {
        switch status {
        case 400: 13
        case 401: 16
        case 403: 7
        case 404: 12
        case 429, 502, 503, 504: 14
        default: 2
        }
    }

    /// A `grpc-message`: percent-encoded (gRPC over HTTP/2, "Responses").
    static func encoded(_ message: [UInt8]) -> [UInt8] {
        let hex = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in message {
            if byte >= 0x20, byte <= 0x7E, byte != 0x25 {
                text.append(byte)
            } else {
                text += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return text
    }
}
