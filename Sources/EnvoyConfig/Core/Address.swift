public import Bytes

/// `envoy.config.core.v3.Address` with a socket address: an IP address (or, for STRICT_DNS endpoints, a host name) and a port.
public struct Address: MappedMessage, Hashable {
    /// An IP address, or a host name where one is allowed.
    public var address = ""
    /// 0 asks the kernel for a free port.
    public var port: UInt16 = 0

    /// An empty address.
    public init() {}

    /// An address from its parts.
    public init(_ address: String, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// The address as a socket address; nil when it is a host name.
    public var socketAddress: SocketAddress? {
        SocketAddress(ip: address, port: port)
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.group("socket_address", required: true) { fields in
            var networkProtocol = SocketProtocol.tcp
            fields.enumeration("protocol", &networkProtocol, default: .tcp)
            fields.string("address", &address, required: true, as: .host)
            fields.integer("port_value", &port, required: true)
        }
    }

    /// Reports an address that is no IP address.
    func checkIsIP(_ fields: FieldMapper, _ path: ConfigReader.Context.Step...) {
        guard !address.isEmpty, socketAddress == nil, let context = fields.context else { return }
        let path = path + [.key("socket_address"), .key("address")]
        context.steps += path
        context.add("malformed IP address: \"\(address)\"")
        context.steps.removeLast(path.count)
    }
}

enum SocketProtocol: String, ConfigEnum {
    case tcp = "TCP"
    var number: Int { 0 }
}
