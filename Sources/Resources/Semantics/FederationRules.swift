import Bytes
import Document

/// The rules of ServiceMeshPeers.
enum PeerRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let spec = FieldPath("spec")
        let remote = spec.appending("remote").appending("addresses")
        for (index, address) in (resource.spec?["remote"]?.list("addresses") ?? []).enumerated() {
            book.expect(address, remote.appending(index)) { text in
                if IPAddress(text) != nil { return nil }
                return NameRules.hostPattern(text).map { _ in
                    "not an IP address or host name; write one address without scheme or port"
                }
            }
        }
        for gateway in ["ingress", "egress"] {
            book.expect(
                resource.spec?.at("gateways", gateway, "name"),
                spec.appending("gateways").appending(gateway).appending("name")
            ) { $0.isEmpty ? nil : NameRules.dns1035Label($0) }
        }
        let security = spec.appending("security")
        book.expect(resource.spec?.at("security", "trustDomain"), security.appending("trustDomain")) {
            $0.isEmpty ? nil : TrustDomain.problem(with: $0)
        }
        book.expect(resource.spec?.at("security", "clientID"), security.appending("clientID")) {
            $0.isEmpty ? nil : ClientID.problem(with: $0)
        }
        if let chain = resource.spec?.at("security", "certificateChain") {
            let path = security.appending("certificateChain")
            let kind = chain.text("kind")
            if !kind.isEmpty && kind != "ConfigMap" {
                book.notSupported(path.appending("kind"), chain["kind"], ["ConfigMap"])
            }
            book.expect(chain["name"], path.appending("name")) {
                $0.isEmpty ? nil : NameRules.subdomain($0)
            }
        }
        return book.problems
    }
}

/// The rules of ExportedServiceSets and ImportedServiceSets.
enum ServiceSetRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        for field in ["exportRules", "importRules"] {
            for (index, rule) in (resource.spec?.list(field) ?? []).enumerated() {
                check(rule, FieldPath("spec", field).appending(index), &book)
            }
        }
        return book.problems
    }

    private static func check(_ rule: Node, _ path: FieldPath, _ book: inout RuleBook) {
        checkName(rule["nameSelector"], path.appending("nameSelector"), &book)
        if let selector = rule["labelSelector"] {
            let path = path.appending("labelSelector")
            book.expect(selector["namespace"], path.appending("namespace"), Self.part)
            book.expectSelector(selector["selector"], path.appending("selector"))
            for (index, alias) in selector.list("aliases").enumerated() {
                checkName(alias, path.appending("aliases").appending(index), &book)
            }
        }
        book.expect(rule["domainSuffix"], path.appending("domainSuffix")) {
            $0.isEmpty ? nil : NameRules.subdomain($0)
        }
    }

    private static func checkName(_ selector: Node?, _ path: FieldPath, _ book: inout RuleBook) {
        guard let selector else { return }
        book.expect(selector["namespace"], path.appending("namespace"), Self.part)
        book.expect(selector["name"], path.appending("name"), Self.part)
        let alias = selector["alias"]
        book.expect(alias?["namespace"], path.appending("alias").appending("namespace"), Self.aliasPart)
        book.expect(alias?["name"], path.appending("alias").appending("name"), Self.aliasPart)
    }

    /// A name to compare with: other wildcards than `*` alone would match nothing, silently.
    private static func part(_ text: String) -> String? {
        guard text.contains("*"), text != "*" else { return nil }
        return "patterns are not supported; write a whole name, or * for any"
    }

    /// A name to become part of a host name.
    private static func aliasPart(_ text: String) -> String? {
        NameSelector.isAny(text) ? nil : part(text) ?? NameRules.label(text)
    }
}
