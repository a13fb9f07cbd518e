import Bytes
import HTTPService
import Resources

/// Who sends a request.
struct User: Sendable, Equatable {
    /// The name: a certificate's common name.
    var name: String
    /// The groups: a certificate's organizations.
    var groups: [String]

    /// Members of this group may do everything.
    static let masters = "system:masters"

    /// Whether the user may use this server.
    ///
    /// There is one role: administrator.
    var isAdministrator: Bool { groups.contains(Self.masters) }
}

/// Finds out who sends a request: the certificate of the connection, else the bearer token.
struct Authenticator: Sendable {
    /// The administrator's token; `nil` when there is none.
    let token: [UInt8]?

    /// The sender.
    ///
    /// A certificate was verified against the admin CA when the connection was made, and wins over any token.
    func user(of request: HTTPRequest) throws(ResourceError) -> User {
        if request.peer.certificate != nil {
            return User(name: request.peer.commonName ?? "", groups: request.peer.organizations)
        }
        guard let given = request.bearerToken, let token, ConstantTime.equal(Array(given.utf8), token) else {
            throw .unauthorized
        }
        return User(name: "admin", groups: [User.masters])
    }
}
