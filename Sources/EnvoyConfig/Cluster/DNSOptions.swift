/// The fields of a cluster that STRICT_DNS uses.
public struct DNSOptions: Sendable, Equatable {
    /// The values of `dns_lookup_family`.
    public enum LookupFamily: String, ConfigEnum {
        /// IPv6, and IPv4 when there is none.
        case auto = "AUTO"
        /// IPv4 only.
        case v4Only = "V4_ONLY"
        /// IPv6 only.
        case v6Only = "V6_ONLY"
        /// IPv4, and IPv6 when there is none.
        case v4Preferred = "V4_PREFERRED"
        /// Both.
        case all = "ALL"

        /// The protobuf number.
        public var number: Int {
            switch self {
            case .auto: 0
            case .v4Only: 1
            case .v6Only: 2
            case .v4Preferred: 3
            case .all: 4
            }
        }
    }

    /// Which addresses are asked for.
    public var lookupFamily = LookupFamily.auto
    /// Time between lookups; more than 1 ms.
    public var refreshRate: Duration = .seconds(5)
    /// Whether an answer's time to live, where it has one, takes the place of `refreshRate`.
    public var respectsTTL = false
    /// At most this much, drawn anew each time, is added to the time between lookups.
    public var jitter: Duration?
    /// Time between lookups while they fail; nil is `refreshRate`.
    public var failureRefreshRate: FailureRefreshRate?
    /// How name servers are asked; nil is the system's resolver.
    public var resolver: CaresResolver?

    /// Envoy's defaults.
    public init() {}

    /// `RefreshRate`.
    public struct FailureRefreshRate: MappedMessage, Hashable {
        /// The first pause; more than 1 ms.
        public var baseInterval: Duration = .seconds(5)
        /// The longest pause; nil is 10 times the base.
        public var maxInterval: Duration?

        /// Five seconds.
        public init() {}

        mutating func map(_ fields: inout FieldMapper) {
            var base: Duration? = fields.isReading ? nil : baseInterval
            fields.duration("base_interval", &base, positive: true, required: true)
            baseInterval = base ?? .seconds(5)
            fields.duration("max_interval", &maxInterval, positive: true)
            fields.checkIsRate("base_interval", base)
            fields.checkIsRate("max_interval", maxInterval)
            if let maxInterval, maxInterval < baseInterval {
                fields.fault("must not be less than base_interval", .key("max_interval"))
            }
        }
    }

    /// `CaresDnsResolverConfig`.
    public struct CaresResolver: MappedMessage, Hashable {
        /// The name servers; empty is the system's, a port of 0 is 53.
        public var resolvers: [Address] = []
        /// Whether they are asked only when the system names none.
        public var useResolversAsFallback = false
        /// Whether search domains are left out.
        public var noDefaultSearchDomain = false
        /// Whether questions go over TCP at once.
        public var useTCP = false
        /// How long a server has for an answer.
        public var queryTimeoutSeconds: UInt64?
        /// How often each server is asked before giving up.
        public var queryTries: UInt32?

        /// The system's resolvers.
        public init() {}

        mutating func map(_ fields: inout FieldMapper) {
            fields.messages("resolvers", &resolvers)
            for (index, resolver) in resolvers.enumerated() where fields.isReading {
                resolver.checkIsIP(fields, .key("resolvers"), .index(index))
            }
            fields.bool("use_resolvers_as_fallback", &useResolversAsFallback)
            fields.group("dns_resolver_options") {
                $0.bool("use_tcp_for_dns_lookups", &useTCP)
                $0.bool("no_default_search_domain", &noDefaultSearchDomain)
            }
            fields.integer("query_timeout_seconds", &queryTimeoutSeconds, in: 1...3600)
            fields.integer("query_tries", &queryTries, in: 1...100)
        }
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.enumeration("dns_lookup_family", &lookupFamily, default: .auto)
        fields.duration("dns_refresh_rate", &refreshRate, default: .seconds(5), positive: true)
        fields.checkIsRate("dns_refresh_rate", refreshRate)
        fields.bool("respect_dns_ttl", &respectsTTL)
        fields.duration("dns_jitter", &jitter)
        fields.message("dns_failure_refresh_rate", &failureRefreshRate)
        fields.extensionPoint(
            under: "typed_dns_resolver_config", "envoy.network.dns_resolver.cares",
            "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig", &resolver)
    }
}

extension FieldMapper {
    /// Reports a pause so short that a lookup would follow a lookup without one.
    fileprivate func checkIsRate(_ name: String, _ pause: Duration?) {
        guard isReading, let pause, pause > .zero, pause <= .milliseconds(1) else { return }
        fault("must be more than 0.001s", .key(name))
    }
}
