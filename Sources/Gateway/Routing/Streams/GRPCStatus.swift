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
}
