internal import EnvoyConfig

/// The secrets that came with a configuration, beside those of the one before.
///
/// Secrets by file are no part of it: they are read with the certificates and followed by their paths.
struct DeliveredSecrets {
    private let names: Set<String>
    private let changed: Set<String>

    init(_ secrets: [Secret], previous: [Secret]) {
        names = Set(secrets.map(\.name))
        let old = Dictionary(previous.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        changed = Set(secrets.filter { old[$0.name] != $0 }.map(\.name))
    }

    /// Whether everything the context names was delivered.
    func areThere(for context: CommonTLSContext) -> Bool { names.isSuperset(of: Self.named(by: context)) }

    /// Whether anything the context names is new or different.
    func areNew(for context: CommonTLSContext) -> Bool { !changed.isDisjoint(with: Self.named(by: context)) }

    private static func named(by context: CommonTLSContext) -> [String] {
        var result: [String] = []
        func add(_ config: SDSSecretConfig) {
            if case .path = config.sdsConfig.specifier { return }
            result.append(config.name)
        }
        if case .sds(let config) = context.certificate { add(config) }
        switch context.validation {
        case .sds(let config), .combined(_, let config): add(config)
        case .inline, nil: break
        }
        return result
    }
}

extension RouteConfiguration {
    /// Whether a direct response takes its body from a file, which may have changed.
    var readsFiles: Bool {
        virtualHosts.contains { host in
            host.routes.contains { route in
                guard case .directResponse(let response) = route.action else { return false }
                return response.body?.path != nil
            }
        }
    }
}
