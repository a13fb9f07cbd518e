internal import EnvoyConfig

/// A compiled redirect.
struct RedirectRule: Sendable {
    let status: Int
    private let action: RedirectAction

    init(_ action: RedirectAction) {
        self.action = action
        status = action.responseCode.status
    }

    /// The absolute Location.
    ///
    /// The request's port is kept unless host or port is given; so is the query.
    func location(_ request: RequestFacts, rule: PathRule, isTLS: Bool) -> String {
        let scheme = action.httpsRedirect || isTLS ? "https" : "http"
        let authority = String(decoding: request.host, as: UTF8.self)
        let (host, port) = Self.split(authority)
        var location = "\(scheme)://\(action.hostRedirect.isEmpty ? String(host) : action.hostRedirect)"
        if action.portRedirect != 0 {
            location += ":\(action.portRedirect)"
        } else if action.hostRedirect.isEmpty, let port {
            // The default port of the scheme that is left would be wrong on the new one.
            let isDefault = action.httpsRedirect && !isTLS && port == "80"
            if !isDefault { location += ":\(port)" }
        }
        var hasOwnQuery = false
        switch action.path {
        case .keep: location += String(decoding: request.path, as: UTF8.self)
        case .redirect(let path):
            location += path
            hasOwnQuery = path.contains("?")
        case .prefixRewrite(let prefix):
            let rest = request.path.dropFirst(rule.replacedCount(of: request.path))
            location += prefix + String(decoding: rest, as: UTF8.self)
        }
        if !action.stripQuery, !hasOwnQuery, let query = request.query {
            location += "?" + String(decoding: query, as: UTF8.self)
        }
        return location
    }

    private static func split(_ authority: String) -> (host: Substring, port: Substring?) {
        guard let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") else {
            return (authority[...], nil)
        }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }
}
