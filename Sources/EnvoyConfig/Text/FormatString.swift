/// Text with `%OPERATORS%`: access log values and header values.
///
///     REQ(X-ENVOY-ORIGINAL-PATH?:PATH):16
///     --- -----------------------------
///     operator(argument[?alternative])[:maximum length]
///
/// Only REQ and RESP take an argument and a length.
public struct FormatString: Sendable, Hashable {
    /// What an operator stands for.
    public enum Operator: String, CaseIterable, Sendable, Hashable {
        /// When the request began, RFC 3339 with milliseconds.
        case startTime = "START_TIME"
        /// HTTP/1.1 or HTTP/2.
        case `protocol` = "PROTOCOL"
        /// The status; 0 if none was sent. Numeric.
        case responseCode = "RESPONSE_CODE"
        /// Why this status.
        case responseCodeDetails = "RESPONSE_CODE_DETAILS"
        /// `-`, or a comma list.
        case responseFlags = "RESPONSE_FLAGS"
        /// Why the connection ended.
        case connectionTerminationDetails = "CONNECTION_TERMINATION_DETAILS"
        /// Body bytes. Numeric.
        case bytesReceived = "BYTES_RECEIVED"
        /// Body bytes. Numeric.
        case bytesSent = "BYTES_SENT"
        /// Milliseconds. Numeric.
        case duration = "DURATION"
        /// A request header, or another where it is absent.
        case requestHeader = "REQ"
        /// A response header, or another where it is absent.
        case responseHeader = "RESP"
        /// The route's name.
        case routeName = "ROUTE_NAME"
        /// The cluster's name.
        case upstreamCluster = "UPSTREAM_CLUSTER"
        /// The endpoint.
        case upstreamHost = "UPSTREAM_HOST"
        /// Tries. Numeric.
        case upstreamRequestAttemptCount = "UPSTREAM_REQUEST_ATTEMPT_COUNT"
        /// The endpoint; Envoy's newer word for UPSTREAM_HOST.
        case upstreamRemoteAddress = "UPSTREAM_REMOTE_ADDRESS"
        /// Our side of the connection to the endpoint.
        case upstreamLocalAddress = "UPSTREAM_LOCAL_ADDRESS"
        /// HTTP/1.1 or HTTP/2 towards the endpoint.
        case upstreamProtocol = "UPSTREAM_PROTOCOL"
        /// Milliseconds until the request's last byte was here. Numeric.
        case requestDuration = "REQUEST_DURATION"
        /// Milliseconds until the response's head was here. Numeric.
        case responseDuration = "RESPONSE_DURATION"
        /// Milliseconds from the response's head to its last byte. Numeric.
        case responseTxDuration = "RESPONSE_TX_DURATION"
        /// Why connecting upstream failed.
        case upstreamTransportFailureReason = "UPSTREAM_TRANSPORT_FAILURE_REASON"
        /// Why the client's handshake failed.
        case downstreamTransportFailureReason = "DOWNSTREAM_TRANSPORT_FAILURE_REASON"
        /// The client's address and port.
        case downstreamRemoteAddress = "DOWNSTREAM_REMOTE_ADDRESS"
        /// The client's address.
        case downstreamRemoteAddressWithoutPort = "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"
        /// The client's port. Numeric.
        case downstreamRemotePort = "DOWNSTREAM_REMOTE_PORT"
        /// The address of the connection's other end; the same as the client's here.
        case downstreamDirectRemoteAddress = "DOWNSTREAM_DIRECT_REMOTE_ADDRESS"
        /// The address of the connection's other end, without its port.
        case downstreamDirectRemoteAddressWithoutPort = "DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT"
        /// Our address and port towards the client.
        case downstreamLocalAddress = "DOWNSTREAM_LOCAL_ADDRESS"
        /// Our address towards the client.
        case downstreamLocalAddressWithoutPort = "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"
        /// Our port towards the client. Numeric.
        case downstreamLocalPort = "DOWNSTREAM_LOCAL_PORT"
        /// `TLSv1.3`.
        case downstreamTLSVersion = "DOWNSTREAM_TLS_VERSION"
        /// The client certificate's SHA-256 in hexadecimal.
        case downstreamPeerFingerprint = "DOWNSTREAM_PEER_FINGERPRINT_256"
        /// The URI SAN of our own certificate.
        case downstreamLocalURISAN = "DOWNSTREAM_LOCAL_URI_SAN"
        /// A number for the client's connection, unique in the process. Numeric.
        case connectionID = "CONNECTION_ID"
        /// The name of `grpc-status`, for example `Unavailable`; absent on a request that is not gRPC.
        case grpcStatus = "GRPC_STATUS"
        /// The number of `grpc-status`. Numeric.
        case grpcStatusNumber = "GRPC_STATUS_NUMBER"
        /// The trace's id, 32 hexadecimal digits; absent without tracing.
        case traceID = "TRACE_ID"
        /// The SNI.
        case requestedServerName = "REQUESTED_SERVER_NAME"
        /// The URI SAN of the client's certificate.
        case downstreamPeerURISAN = "DOWNSTREAM_PEER_URI_SAN"

        /// Whether a value of this operator alone is a JSON number.
        public var isNumeric: Bool {
            switch self {
            case .responseCode, .bytesReceived, .bytesSent, .duration, .upstreamRequestAttemptCount,
                .requestDuration, .responseDuration, .responseTxDuration, .downstreamRemotePort,
                .downstreamLocalPort, .connectionID, .grpcStatusNumber:
                true
            default: false
            }
        }
    }

    /// A part of the text.
    public enum Part: Sendable, Hashable {
        /// As it is.
        case literal(String)
        /// A value. `headers` are the names of REQ and RESP, first present wins; `maxLength` cuts the value.
        case value(Operator, headers: [String], maxLength: Int?)
    }

    /// What is wrong with a text.
    public struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        /// For a person.
        public var description: String
    }

    /// The parts in order; no two literals in a row.
    public private(set) var parts: [Part] = []

    /// Parses a text.
    public init(_ text: String) throws(SyntaxError) {
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                literal.append(character)
                continue
            }
            if rest.first == "%" {
                rest.removeFirst()
                literal.append("%")
                continue
            }
            guard let end = rest.firstIndex(of: "%") else {
                throw SyntaxError(description: "\"\(text)\" has an operator without a closing %")
            }
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
            parts.append(try Self.value(rest[..<end]))
            rest = rest[rest.index(after: end)...]
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
    }

    /// What is wrong with `text` as a value; nil when nothing is.
    static func fault(of text: String) -> String? {
        do {
            _ = try FormatString(text)
            return nil
        } catch {
            return error.description
        }
    }

    private static func value(_ text: Substring) throws(SyntaxError) -> Part {
        let name = text.prefix { $0.isUppercase || $0 == "_" || $0.isNumber }
        var rest = text[name.endIndex...]
        guard let command = Operator(rawValue: String(name)) else {
            throw SyntaxError(description: "%\(text)% is not a supported operator")
        }
        var argument: Substring?
        if rest.first == "(" {
            guard let close = rest.firstIndex(of: ")") else {
                throw SyntaxError(description: "%\(text)% has no closing parenthesis")
            }
            argument = rest[rest.index(after: rest.startIndex)..<close]
            rest = rest[rest.index(after: close)...]
        }
        var maxLength: Int?
        if rest.first == ":" {
            maxLength = Int(rest.dropFirst())
            guard let maxLength, maxLength > 0 else {
                throw SyntaxError(description: "%\(text)% has no length after the colon")
            }
            rest = ""
        }
        guard rest.isEmpty else { throw SyntaxError(description: "%\(text)% is not a supported operator") }
        guard maxLength == nil || command == .requestHeader || command == .responseHeader else {
            throw SyntaxError(description: "%\(text)% takes no length")
        }
        switch command {
        case .requestHeader, .responseHeader:
            let headers = (argument ?? "").split(separator: "?", omittingEmptySubsequences: false).map {
                $0.lowercased()
            }
            guard headers.count <= 2, headers.allSatisfy({ !$0.isEmpty }) else {
                throw SyntaxError(description: "%\(text)% must name one or two headers: REQ(NAME?OTHER)")
            }
            for header in headers {
                if command == .responseHeader, header.hasPrefix(":") {
                    throw SyntaxError(
                        description: "%\(text)%: a response has no such header; its status is RESPONSE_CODE")
                }
                if let fault = HeaderName.fault(ofMatched: header) {
                    throw SyntaxError(description: "%\(text)%: \(fault)")
                }
            }
            return .value(command, headers: headers, maxLength: maxLength)
        default:
            guard argument == nil || argument == "" else {
                throw SyntaxError(description: "%\(text)% takes no argument")
            }
            return .value(command, headers: [], maxLength: nil)
        }
    }
}
