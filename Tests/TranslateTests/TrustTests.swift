import EnvoyConfig
import Resources
import Testing
import Translate

@Suite struct TrustTests {
    static func chains(_ name: String, port: UInt16) throws -> [FilterChain] {
        translate(try InputLoader.input(name)).snapshot.listeners.filter { $0.address.port == port }
            .flatMap(\.filterChains)
    }

    static func domains(_ chain: FilterChain) -> [SPIFFETrustDomain] {
        guard case .inline(let context) = chain.transportSocket?.common.validation,
            case .spiffe(let domains) = context.trust
        else { return [] }
        return domains
    }

    @Test func eachServiceChainTrustsExactlyItsPeer() throws {
        let chains = try Self.chains("shared-ingress", port: 15443)
        #expect(chains.map { Self.domains($0).map(\.name) } == [["lubeck.local"], ["riga.local"]])
        for chain in chains {
            #expect(chain.transportSocket?.requireClientCertificate == true)
            #expect(chain.transportSocket?.common.minimumVersion == .v1_3)
            guard case .inline(let context) = chain.transportSocket?.common.validation else {
                Issue.record("no validation")
                continue
            }
            #expect(context.matchTypedSubjectAltNames.count == 1)
        }
    }

    @Test func nobodyIsAdmittedWithoutAVerifiableClientID() throws {
        let names = try Self.chains("shared-ingress", port: 15443).flatMap(\.serverNames)
        #expect(!names.contains { $0.contains("nobody") || $0.contains("liar") })
        let discovery = try #require(try Self.chains("shared-ingress", port: 8188).first)
        // The others get through the handshake, so that they can be told 403.
        let domains = ["liar.local", "lubeck.local", "nobody.local", "riga.local"]
        #expect(Self.domains(discovery).map(\.name) == domains)
        guard case .httpConnectionManager(let manager) = discovery.filters.last,
            case .inline(let routes) = manager.routes
        else { return #expect(Bool(false)) }
        #expect(
            !routes.virtualHosts[0].routes.contains { $0.name.contains("nobody") || $0.name.contains("liar") }
        )
    }

    @Test func aWrongClientIDIsAnswered403ByDiscovery() throws {
        var input = try InputLoader.input("export")
        let domain = try #require(input.peers[0].trustDomain)
        input.peers[0].clientID = ClientID("other.local/ns/a/sa/b")
        let listeners = translate(input).snapshot.listeners
        #expect(!listeners.contains { $0.address.port == 15443 })
        let chain = try #require(
            listeners.filter { $0.address.port == 8188 }.flatMap(\.filterChains)
                .first { $0.transportSocket != nil })
        #expect(Self.domains(chain).map(\.name) == [domain.name])
        guard case .inline(let context) = chain.transportSocket?.common.validation,
            case .httpConnectionManager(let manager) = chain.filters.last,
            case .rbac(let allow) = manager.httpFilters[1]
        else { return #expect(Bool(false)) }
        #expect(context.matchTypedSubjectAltNames.isEmpty, "the handshake succeeds")
        let rules = allow.rules
        #expect(rules?.action == .allow && rules?.policies.isEmpty == true, "and nobody gets further")
    }

    @Test func discoveryRefusesSeveralIdentitiesBeforeItAllowsAny() throws {
        let chain = try #require(try Self.chains("shared-ingress", port: 8188).first)
        guard case .httpConnectionManager(let manager) = chain.filters.last,
            case .rbac(let deny) = manager.httpFilters[0],
            case .rbac(let allow) = manager.httpFilters[1]
        else { return #expect(Bool(false)) }
        #expect(deny.rules?.action == .deny && deny.rules?.policies["one-identity"] != nil)
        #expect(allow.rules?.policies["peers"]?.principals.count == 2)
        #expect(manager.forwardClientCertDetails == .sanitizeSet && manager.setsCurrentClientCertURI)
    }

    @Test func aPeerThatShadowsAnotherIsShutOutOfDiscovery() throws {
        var input = try InputLoader.input("shared-ingress")
        let other = try #require(input.peers.firstIndex { $0.name == "riga" })
        input.peers[other].clientID = input.peers[0].clientID
        input.peers[other].trustDomain = input.peers[0].trustDomain
        let result = translate(input)
        #expect(
            result.warnings.contains {
                $0.path == "spec.security.clientID" && $0.message.contains("another peer")
            })
    }

    @Test func importedClustersPinTheAnnouncedAccounts() throws {
        let clusters = translate(try InputLoader.input("split")).snapshot.clusters
        for cluster in clusters where cluster.name.contains("imports.local") {
            guard case .inline(let context) = cluster.transportSocket?.common.validation,
                case .spiffe(let domains) = context.trust
            else {
                Issue.record("\(cluster.name) checks nobody")
                continue
            }
            #expect(domains.count == 1)
            #expect(context.matchTypedSubjectAltNames.count == 1)
            #expect(cluster.transportSocket?.common.maximumVersion == .v1_3)
            #expect(
                cluster.transportSocket?.sni.hasPrefix(
                    "outbound_.9080_._.details.bookinfo.svc.lubeck-exports") == true)
        }
    }

    @Test func bytesAreDialledOnlyAfterTheHandshake() throws {
        let chains = try Self.chains("export", port: 15443)
        let proxies = chains.compactMap { chain -> TCPProxy? in
            guard case .tcpProxy(let proxy) = chain.filters.last else { return nil }
            return proxy
        }
        #expect(proxies.count == 1)
        #expect(
            proxies.allSatisfy {
                $0.upstreamConnectMode == .onDownstreamTLSHandshake && $0.maxEarlyDataBytes != nil
            })
    }

    @Test func anotherPeerChangesNoOtherPeersResources() throws {
        var input = try InputLoader.input("shared-ingress")
        let both = translate(input).snapshot
        input.peers.removeAll { $0.name == "riga" }
        let one = translate(input).snapshot
        let before = Set(one.listeners.flatMap(\.filterChains).map(\.name))
        #expect(before.isSubset(of: both.listeners.flatMap(\.filterChains).map(\.name)))
        let chain = one.listeners.flatMap(\.filterChains).first { $0.name.contains("lubeck-exports") }
        #expect(chain == both.listeners.flatMap(\.filterChains).first { $0.name.contains("lubeck-exports") })
        #expect(one.contentVersion != both.contentVersion)
    }
}
