import Bytes
import Document

/// The rules of Services.
enum ServiceRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        let path = FieldPath("spec")
        guard let spec = resource.spec, spec.object != nil else {
            book.missing(path.appending("ports"), in: resource.node)
            return book.problems
        }
        let isExternal = spec.text("type") == "ExternalName"
        let isHeadless = spec.text("clusterIP") == "None"
        let ports = spec.list("ports")
        if ports.isEmpty && !isExternal && !isHeadless { book.missing(path.appending("ports"), in: spec) }
        if isExternal && spec.text("externalName").isEmpty {
            book.missing(path.appending("externalName"), in: spec)
        }
        var names: Set<String> = []
        var numbers: Set<String> = []
        for (index, port) in ports.enumerated() {
            let path = path.appending("ports").appending(index)
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { book.missing(path.appending("name"), in: port) }
            } else {
                book.expect(port["name"], path.appending("name"), NameRules.portName)
                if !names.insert(name).inserted { book.duplicate(path.appending("name"), port["name"]) }
            }
            book.expectPort(port["port"], path.appending("port"))
            let transport = port.nonEmpty("protocol") ?? "TCP"
            if !["SCTP", "TCP", "UDP"].contains(transport) {
                book.notSupported(path.appending("protocol"), port["protocol"], ["SCTP", "TCP", "UDP"])
            }
            if let number = port["port"]?.int, !numbers.insert("\(number)/\(transport)").inserted {
                book.duplicate(
                    path, ["port": Node(number), "protocol": Node(transport)])
            }
            switch port.integerOrText("targetPort") {
            case .int(let number) where number != 0 && !(1...65535).contains(number):
                book.expectPort(port["targetPort"], path.appending("targetPort"))
            case .string(let text):
                if text.utf8.count > 15 || NameRules.label(text) != nil {
                    book.invalid(
                        path.appending("targetPort"), port["targetPort"],
                        "must be a port number or the name of a port: at most 15 characters of a-z, 0-9 and '-'"
                    )
                }
            default: break
            }
        }
        let address = spec.text("clusterIP")
        if !address.isEmpty && address != "None" && IPAddress(address) == nil {
            book.invalid(
                path.appending("clusterIP"), spec["clusterIP"],
                "must be empty, 'None', or a valid IP address, e.g. 10.9.8.7 or 2001:db8::ffff")
        }
        for member in spec.members("selector") {
            if let why = NameRules.qualifiedName(member.key) {
                book.invalid(path.appending("selector"), Node(member.key), why)
            }
            book.expect(member.value, path.appending("selector"), NameRules.labelValue)
        }
        return book.problems
    }
}

/// The rules of ConfigMaps and Secrets.
enum ConfigRules {
    /// The most bytes a ConfigMap or Secret may hold.
    static let maxBytes = 1 << 20

    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        var size = 0
        var keys: Set<String> = []
        for field in ["data", "binaryData", "stringData"] {
            for member in resource.node.members(field) {
                let path = FieldPath(field).appending(member.key)
                if let why = NameRules.configKey(member.key) { book.invalid(path, Node(member.key), why) }
                size += member.value.string?.utf8.count ?? 0
                if resource.type == .configMap, !keys.insert(member.key).inserted {
                    book.invalid(path, Node(member.key), "duplicate of key present in data")
                }
            }
        }
        if size > maxBytes {
            book.invalid(FieldPath("data"), nil, "Too long: may not be more than \(maxBytes) bytes")
        }
        return book.problems
    }
}

/// The rules of Endpoints and EndpointSlices.
enum EndpointRules {
    static func check(_ resource: Resource) -> [SchemaProblem] {
        var book = RuleBook()
        for (index, subset) in resource.node.list("subsets").enumerated() {
            let path = FieldPath("subsets").appending(index)
            for field in ["addresses", "notReadyAddresses"] {
                for (index, address) in subset.list(field).enumerated() {
                    let path = path.appending(field).appending(index).appending("ip")
                    book.expect(address["ip"], path, Self.addressProblem)
                }
            }
            for (index, port) in subset.list("ports").enumerated() {
                book.expectPort(port["port"], path.appending("ports").appending(index).appending("port"))
            }
        }
        let isFQDN = resource.node.text("addressType") == "FQDN"
        for (index, endpoint) in resource.node.list("endpoints").enumerated() {
            let path = FieldPath("endpoints").appending(index).appending("addresses")
            let addresses = endpoint.list("addresses")
            if addresses.isEmpty { book.missing(path, in: endpoint, "must contain at least 1 address") }
            for (index, address) in addresses.enumerated() {
                book.expect(address, path.appending(index)) {
                    isFQDN ? NameRules.subdomain($0) : Self.addressProblem($0)
                }
            }
        }
        return book.problems
    }

    private static func addressProblem(_ text: String) -> String? {
        IPAddress(text) == nil ? "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)" : nil
    }
}
