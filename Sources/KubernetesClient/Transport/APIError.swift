public import Resources

/// Why a request to an API server did not do what was asked.
public enum APIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The server took no connection.
    case refused(place: String)
    /// The connection failed, or there is none.
    case connection(place: String, String)
    /// The time allowed is over.
    case timeout(place: String)
    /// The caller gave up.
    case cancelled
    /// The server answered with an error.
    case status(ResourceError)
    /// The server answered what no API server answers.
    case malformed(String)
    /// The client is not set up to ask.
    case configuration(String)

    /// The error as `ResourceClient` has it: what is not the server's own word is 503.
    public var resourceError: ResourceError {
        switch self {
        case .status(let error): error
        case .malformed(let message): .internalError(message)
        case .refused, .connection, .timeout, .cancelled, .configuration: .unavailable(description)
        }
    }

    /// The error in one line.
    public var description: String {
        switch self {
        case .refused(let place):
            "The connection to the server \(place) was refused - did you specify the right host or port?"
        case .connection(let place, let message): "Unable to connect to the server: \(place): \(message)"
        case .timeout(let place): "Unable to connect to the server: \(place): the time allowed is over"
        case .cancelled: "cancelled"
        case .status(let error): error.message
        case .malformed(let message), .configuration(let message): message
        }
    }
}
