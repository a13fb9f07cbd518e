/// `envoy.config.listener.v3.Listener`: an address and what is done with its connections.
public struct Listener: MappedMessage, ConfigResource {
    /// The protobuf name.
    public static let messageName = "envoy.config.listener.v3.Listener"

    /// Unique among listeners.
    public var name = ""
    /// Where it listens; unique among listeners, never a host name.
    public var address = Address()
    /// Whether the `tls_inspector` listener filter runs; required when a chain matches on server names.
    public var inspectsTLS = false
    /// A connection whose ClientHello is not complete by then is closed; zero waits for ever.
    public var listenerFiltersTimeout: Duration = .seconds(15)
    /// At least one.
    public var filterChains: [FilterChain] = []
    /// One record per connection, also for those that no chain or handshake accepted.
    public var accessLog: [AccessLog] = []

    /// A listener without a name.
    public init() {}

    /// A listener from its parts.
    public init(name: String, address: Address, filterChains: [FilterChain]) {
        self.name = name
        self.address = address
        self.filterChains = filterChains
        inspectsTLS = filterChains.contains { !$0.serverNames.isEmpty }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name, required: true)
        fields.message("address", &address, required: true)
        var listenerFilters = inspectsTLS ? [ListenerFilter()] : []
        fields.messages("listener_filters", &listenerFilters)
        inspectsTLS = !listenerFilters.isEmpty
        fields.duration("listener_filters_timeout", &listenerFiltersTimeout, default: .seconds(15))
        fields.messages("filter_chains", &filterChains, minimum: 1)
        fields.messages("access_log", &accessLog)
        guard fields.isReading else { return }
        address.checkIsIP(fields, .key("address"))
        if listenerFilters.count > 1 {
            fields.fault("tls_inspector is given twice", .key("listener_filters"))
        }
        checkChains(fields)
    }

    private func checkChains(_ fields: FieldMapper) {
        var seen: [String: Int] = [:]
        for (index, chain) in filterChains.enumerated() {
            let path: [ConfigReader.Context.Step] = [.key("filter_chains"), .index(index)]
            if !chain.serverNames.isEmpty && !inspectsTLS {
                fields.fault(
                    "needs the tls_inspector listener filter", path[0], path[1], .key("filter_chain_match"),
                    .key("server_names"))
            }
            let names =
                chain.serverNames.isEmpty ? [""] : Set(chain.serverNames.map { $0.lowercased() }).sorted()
            for name in names {
                guard let first = seen.updateValue(index, forKey: name) else { continue }
                let what = name.isEmpty ? "no server_names" : "\"\(name)\""
                fields.fault(
                    "filter chain '\(chain.name)' has the same matching rules as '\(filterChains[first].name)': \(what)",
                    path[0], path[1], .key("filter_chain_match"))
            }
        }
    }
}

/// A listener filter, of which the subset has one.
struct ListenerFilter: MappedMessage {
    static let messageName = "envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"

    mutating func map(_ fields: inout FieldMapper) {
        var filter = EmptyMessage()
        fields.extensionPoint("envoy.filters.listener.tls_inspector", Self.messageName, &filter)
    }
}

/// `envoy.config.listener.v3.FilterChain`: which connections, and what is done with them.
public struct FilterChain: MappedMessage {
    /// A label for people and logs.
    public var name = ""
    /// Exact names and `*.suffix`, compared without case; empty matches what no other chain does.
    public var serverNames: [String] = []
    /// Network RBAC filters in order, then the one that ends the chain.
    public var filters: [NetworkFilter] = []
    /// TLS; nil is plain TCP.
    public var transportSocket: DownstreamTLSContext?

    /// A chain without filters.
    public init() {}

    /// A chain from its parts.
    public init(
        name: String, serverNames: [String] = [], filters: [NetworkFilter],
        transportSocket: DownstreamTLSContext? = nil
    ) {
        self.name = name
        self.serverNames = serverNames
        self.filters = filters
        self.transportSocket = transportSocket
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("name", &name)
        fields.group("filter_chain_match") { $0.strings("server_names", &serverNames) }
        fields.messages("filters", &filters, minimum: 1)
        fields.transportSocket(DownstreamTLSContext.messageName, &transportSocket)
        guard fields.isReading else { return }
        var seen: Set<String> = []
        for (index, name) in serverNames.enumerated() {
            if !seen.insert(name.lowercased()).inserted {
                fields.fault(
                    "\"\(name)\" is given twice", .key("filter_chain_match"), .key("server_names"),
                    .index(index))
            }
            let labels = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            if labels.isEmpty || labels.contains("*") {
                fields.fault(
                    "\"\(name)\" must be a name or *.suffix", .key("filter_chain_match"),
                    .key("server_names"),
                    .index(index))
            }
        }
        for (index, filter) in filters.enumerated() where filter.isTerminal != (index == filters.count - 1) {
            fields.fault(
                filter.isTerminal ? "a terminal filter must be the last" : "the last filter must be terminal",
                .key("filters"), .index(index))
        }
    }
}

extension FieldMapper {
    /// An extension with one possible content: `name` and `typed_config` in this message.
    mutating func extensionPoint<M: ConfigMessage>(_ label: String, _ type: String, _ message: inout M) {
        guard isReading else {
            write("name", label)
            write("typed_config", wrapped: message.node, type: type)
            return
        }
        var name = ""
        string("name", &name, required: true)
        read("typed_config", required: true) { node, context in
            Self.any(node, allowed: [type], context) { _, fields in message = Self.message(fields, context) }
        }
    }

    /// The same one level down, absent when `message` is nil.
    mutating func extensionPoint<M: ConfigMessage>(
        under key: String, _ label: String, _ type: String, _ message: inout M?
    ) {
        guard isReading || message != nil else { return }
        group(key) { fields in
            var value = message ?? M()
            fields.extensionPoint(label, type, &value)
            message = value
        }
    }

    /// A transport socket of TLS with a context of `type`.
    mutating func transportSocket<M: ConfigMessage>(_ type: String, _ context: inout M?) {
        extensionPoint(under: "transport_socket", "envoy.transport_sockets.tls", type, &context)
    }
}
