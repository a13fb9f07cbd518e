internal import EnvoyConfig
internal import Reactor

/// The breakers, which all workers' pools of a cluster share.
extension ConnectionPool {
    /// Takes a request from the breaker's.
    func takeRequest() -> Bool { compiled.state.take(.request, limit: Int(limits.maxRequests)) }

    /// For a request with a connection of its own.
    func takeRequest(_ connection: UpstreamConnection) -> Bool {
        guard countsLoneRequests else { return true }
        connection.isCounted = takeRequest()
        return connection.isCounted
    }

    func giveRequestBack(_ connection: UpstreamConnection) {
        guard connection.isCounted else { return }
        connection.isCounted = false
        compiled.state.giveBack(.request)
    }

    func refuse(_ handler: any UpstreamHandler) {
        stats.requestOverflow += 1
        handler.upstreamUnavailable(.overflow)
    }

    /// Takes a connection from the budget, or gets in line for one.
    func takeConnectionSlot() -> Bool {
        if grants > 0 {
            grants -= 1
            return true
        }
        let limit = Int(limits.maxConnections)
        if budget.take(limit: limit) { return true }
        // An idle connection elsewhere makes room for one that is wanted.
        if closeIdleConnection(), budget.take(limit: limit) { return true }
        isInLine = !budget.takeOrWait(ObjectIdentifier(self), limit: limit)
        return !isInLine
    }

    /// Closes a connection that nobody uses; false when there is none.
    private func closeIdleConnection() -> Bool {
        for endpoint in endpoints.values {
            if let upstream = endpoint.idle.popLast() {
                upstream.connection.close()
            } else if let upstream = endpoint.shared.first(where: \.isUnused) {
                upstream.retire()
            } else {
                continue
            }
            return true
        }
        return false
    }

    /// Whether other workers wait for a connection.
    var isContended: Bool { budget.inLine > (isInLine ? 1 : 0) }

    /// Another worker waits for a connection.
    func closeIdleForOthers() {
        if isContended, waitingCount == 0 { _ = closeIdleConnection() }
    }

    /// Another worker left a connection to this one.
    func granted() {
        isInLine = false
        grants += 1
        serveWaiting()
        while grants > 0 {
            grants -= 1
            budget.giveBack(limit: Int(limits.maxConnections))
        }
    }

    /// Whether a connection goes to other workers that wait for one: when nobody here needs it, else now and then.
    func yields(after uses: Int, isNeeded: Bool) -> Bool {
        isContended && (!isNeeded || uses % Self.usesPerTurn == 0)
    }

    /// Requests before it is another worker's turn.
    private static let usesPerTurn = 16

    /// Keeps a connection that nobody here needs now, unless another worker does.
    func rest(_ upstream: HTTP1Upstream, _ endpoint: PoolEndpoint) {
        if isContended { return upstream.connection.close() }
        endpoint.idle.append(upstream)
    }
}
