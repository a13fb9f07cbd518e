internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// Looks host names up at name servers, as a cluster's options say.
///
/// Lives on a loop. Remembers which servers failed last: they are asked after those that answered.
final class DNSResolver {
    private let loop: EventLoop
    /// How often in a row each server failed.
    private var failures: [SocketAddress: Int] = [:]

    /// Envoy's defaults.
    static let defaultTimeout: Duration = .seconds(5)
    static let defaultTries = 4

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Starts a lookup; `completion` is called once, never before this returned.
    func resolve(
        _ host: String, _ options: DNSOptions, completion: @escaping (DNSOutcome) -> Void
    ) -> DNSResolution {
        let system = SystemNames.read()
        if let known = system.addresses(of: host).map(options.lookupFamily.choose(from:)), !known.isEmpty {
            return DNSResolution(loop: loop, known: .addresses(known, ttl: nil), completion: completion)
        }
        let resolver = options.resolver ?? DNSOptions.CaresResolver()
        let servers = Self.servers(resolver, system)
        let lookup = DNSLookup(
            DNSLookup.Plan(
                names: system.candidates(for: host, searching: !resolver.noDefaultSearchDomain),
                family: options.lookupFamily,
                // Stable: among equals the configured order.
                servers: servers.indices.sorted {
                    (failures[servers[$0], default: 0], $0) < (failures[servers[$1], default: 0], $1)
                },
                tries: resolver.queryTries.map { Int($0) } ?? Self.defaultTries, usesTCP: resolver.useTCP))
        let timeout = resolver.queryTimeoutSeconds.map { Duration.seconds(Int64(clamping: $0)) }
        return DNSResolution(
            loop: loop, lookup: lookup, servers: servers, timeout: timeout ?? Self.defaultTimeout,
            note: { [weak self] in self?.note($0, $1) }, completion: completion)
    }

    /// The servers to ask: the configured ones, unless they only stand in for the system's.
    static func servers(_ resolver: DNSOptions.CaresResolver, _ system: SystemNames) -> [SocketAddress] {
        let configured = resolver.resolvers.compactMap(\.socketAddress).map { server in
            server.port == 0 ? SocketAddress(ip: server.ip, port: SystemNames.port) : server
        }
        let prefersSystem = configured.isEmpty || (resolver.useResolversAsFallback && !system.servers.isEmpty)
        let chosen = prefersSystem ? system.servers : configured
        return chosen.isEmpty ? [SocketAddress(ip: .v4(0x7F00_0001), port: SystemNames.port)] : chosen
    }

    private func note(_ server: SocketAddress, _ event: DNSLookup.Event) {
        switch event {
        case .replied(.addresses), .replied(.truncated): failures[server] = nil
        case .replied, .timedOut, .unreachable: failures[server, default: 0] += 1
        }
    }
}

/// One lookup under way.
final class DNSResolution {
    private let loop: EventLoop
    private var lookup: DNSLookup?
    private var servers: [SocketAddress] = []
    private var timeout: Duration = .zero
    private var note: (SocketAddress, DNSLookup.Event) -> Void = { _, _ in }
    private var exchange: DNSExchange?
    private var completion: ((DNSOutcome) -> Void)?

    /// One whose end is known.
    init(loop: EventLoop, known outcome: DNSOutcome, completion: @escaping (DNSOutcome) -> Void) {
        self.loop = loop
        self.completion = completion
        finishLater(outcome)
    }

    /// One that asks `servers`, each for `timeout` a try; `note` is told how each did.
    init(
        loop: EventLoop, lookup: DNSLookup, servers: [SocketAddress], timeout: Duration,
        note: @escaping (SocketAddress, DNSLookup.Event) -> Void, completion: @escaping (DNSOutcome) -> Void
    ) {
        self.loop = loop
        self.lookup = lookup
        self.servers = servers
        self.timeout = timeout
        self.note = note
        self.completion = completion
        perform(lookup.begin())
    }

    /// Ends it; the completion is not called.
    func cancel() {
        completion = nil
        exchange?.cancel()
        exchange = nil
    }

    private func perform(_ step: DNSLookup.Step) {
        switch step {
        case .finish(let outcome): finishLater(outcome)
        case .ask(let name, let type, let number, let overTCP):
            let server = servers[number]
            let question = DNSQuestion(id: .random(in: 0...UInt16.max), name: name, type: type)
            let exchange = DNSExchange(loop: loop, question: question) { [weak self] event in
                self?.ended(event, of: server)
            }
            self.exchange = exchange
            exchange.start(server, overTCP: overTCP, timeout: timeout)
        }
    }

    private func ended(_ event: DNSLookup.Event, of server: SocketAddress) {
        exchange = nil
        note(server, event)
        guard completion != nil, let step = lookup?.next(after: event) else { return }
        perform(step)
    }

    private func finishLater(_ outcome: DNSOutcome) {
        loop.afterBatch { [weak self] in
            guard let completion = self?.completion else { return }
            self?.completion = nil
            completion(outcome)
        }
    }
}
