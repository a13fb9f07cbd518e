public import Document

/// Why a peer's message could not be read.
public enum DiscoveryMessageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is not JSON, or beyond a limit.
    case malformed(String)
    /// A member has the wrong type or is out of range.
    case invalid(FieldPath, String)
    /// More services than an importer takes from one peer.
    case tooManyServices(limit: Int)

    /// The reason in words.
    public var description: String {
        switch self {
        case .malformed(let reason): "not a discovery message: \(reason)"
        case .invalid(let path, let reason): "\(path): \(reason)"
        case .tooManyServices(let limit): "more than \(limit) services"
        }
    }
}

/// How much an importer takes from one peer.
public struct DiscoveryLimits: Hashable, Sendable {
    /// The longest service list in bytes.
    public var maxListBytes: Int
    /// The longest event in bytes.
    public var maxEventBytes: Int
    /// The most services of one peer.
    public var maxServices: Int

    /// The limits an importer uses unless told otherwise: 64 MiB, 1 MiB, 50,000 services.
    public static let `default` = DiscoveryLimits()

    /// Limits of the given sizes.
    public init(maxListBytes: Int = 64 << 20, maxEventBytes: Int = 1 << 20, maxServices: Int = 50_000) {
        self.maxListBytes = maxListBytes
        self.maxEventBytes = maxEventBytes
        self.maxServices = maxServices
    }
}
