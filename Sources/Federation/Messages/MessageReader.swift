public import Document

extension ServiceList {
    /// Reads the body of a `GET /v1/services/` answer.
    ///
    /// Members nobody knows are ignored and absent ones are empty or zero, as Go's decoder has it. The checksum
    /// is the one stated; `Checksum.of(services)` tells whether it is right.
    public init(
        json bytes: [UInt8], limits: DiscoveryLimits = .default
    ) throws(DiscoveryMessageError) {
        let node = try parse(bytes, maxBytes: limits.maxListBytes, maxNodes: 40 * limits.maxServices)
        try self.init(node: node, limits: limits)
    }

    /// Reads a service list, also one from a file made for `hanse preview`, which may leave the checksum out.
    public init(
        node: Node, limits: DiscoveryLimits = .default
    ) throws(DiscoveryMessageError) {
        let reader = try MessageReader(node, FieldPath())
        let nodes = try reader.array("services")
        if nodes.count > limits.maxServices { throw .tooManyServices(limit: limits.maxServices) }
        var services: [ServiceMessage] = []
        services.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            let path = FieldPath("services").appending(index)
            services.append(try ServiceMessage(node: node, path: path))
        }
        let isStated = reader.has("checksum")
        self.init(
            checksum: isStated ? try reader.checksum() : Checksum.of(services), services: services)
    }
}

extension ServiceMessage {
    /// Reads one service of a list or an event; `path` is where it stands in the message.
    public init(node: Node, path: FieldPath = FieldPath()) throws(DiscoveryMessageError) {
        let reader = try MessageReader(node, path)
        var ports: [ServicePort] = []
        for (index, node) in try reader.array("servicePorts").enumerated() {
            let path = path.appending("servicePorts").appending(index)
            let port = try MessageReader(node, path)
            ports.append(
                ServicePort(
                    name: try port.string("name"), port: try port.int("port"),
                    protocol: try port.string("protocol")))
        }
        self.init(
            name: try reader.string("name"), namespace: try reader.string("namespace"),
            hostname: try reader.string("hostname"), servicePorts: ports,
            serviceAccounts: try reader.strings("serviceAccounts"))
    }
}

extension WatchMessage {
    /// Reads one line of a watch stream, without its line end.
    public init(
        json bytes: [UInt8], limits: DiscoveryLimits = .default
    ) throws(DiscoveryMessageError) {
        let node = try parse(bytes, maxBytes: limits.maxEventBytes, maxNodes: 100_000)
        let reader = try MessageReader(node, FieldPath())
        let action = try reader.string("action")
        let checksum = try reader.checksum()
        switch action {
        case "heartbeat": self = .heartbeat(checksum: checksum)
        case "resync": self = .resync(checksum: checksum)
        default:
            guard let known = WatchEvent.Action(rawValue: action) else {
                throw .invalid(
                    FieldPath("action"),
                    "\"\(action.prefix(40))\" is not an action; allowed: add, update, delete")
            }
            let service = try ServiceMessage(node: node["service"] ?? .null, path: FieldPath("service"))
            self = .change(WatchEvent(action: known, service: service, checksum: checksum))
        }
    }
}

private func parse(
    _ bytes: [UInt8], maxBytes: Int, maxNodes: Int
) throws(DiscoveryMessageError) -> Node {
    do {
        return try JSON.parse(
            bytes, limits: ParseLimits(maxBytes: maxBytes, maxDepth: 32, maxNodes: maxNodes))
    } catch {
        throw .malformed(error.findings.first?.description ?? "unreadable")
    }
}

/// Reads members of a JSON object as Go's decoder does: null and absent are the zero value.
private struct MessageReader {
    private let object: Object
    private let path: FieldPath

    init(_ node: Node, _ path: FieldPath) throws(DiscoveryMessageError) {
        if node.isNull {
            object = Object()
        } else if let object = node.object {
            self.object = object
        } else {
            throw .invalid(path, "expected an object")
        }
        self.path = path
    }

    private func member(_ key: String) -> Node? {
        guard let node = object[key], !node.isNull else { return nil }
        return node
    }

    func has(_ key: String) -> Bool { member(key) != nil }

    func string(_ key: String) throws(DiscoveryMessageError) -> String {
        guard let node = member(key) else { return "" }
        guard let string = node.string else { throw .invalid(path.appending(key), "expected a string") }
        return string
    }

    func int(_ key: String) throws(DiscoveryMessageError) -> Int {
        guard let node = member(key) else { return 0 }
        guard let int = node.int else { throw .invalid(path.appending(key), "expected an integer") }
        return Int(int)
    }

    func checksum() throws(DiscoveryMessageError) -> UInt64 {
        guard let node = member("checksum") else { return 0 }
        guard let checksum = node.uint else {
            throw .invalid(path.appending("checksum"), "expected an unsigned 64-bit integer")
        }
        return checksum
    }

    func array(_ key: String) throws(DiscoveryMessageError) -> [Node] {
        guard let node = member(key) else { return [] }
        guard let array = node.array else { throw .invalid(path.appending(key), "expected an array") }
        return array
    }

    func strings(_ key: String) throws(DiscoveryMessageError) -> [String] {
        var strings: [String] = []
        for (index, node) in try array(key).enumerated() {
            guard let string = node.string else {
                throw .invalid(path.appending(key).appending(index), "expected a string")
            }
            strings.append(string)
        }
        return strings
    }
}
