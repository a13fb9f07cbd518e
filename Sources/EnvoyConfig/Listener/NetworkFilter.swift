import Document

/// A network filter of a chain.
public enum NetworkFilter: Sendable, Equatable {
    /// Bytes to a cluster. Terminal.
    case tcpProxy(TCPProxy)
    /// HTTP. Terminal.
    case httpConnectionManager(HTTPConnectionManager)
    /// Who may connect.
    case rbac(NetworkRBAC)

    /// Whether it ends the chain.
    public var isTerminal: Bool {
        switch self {
        case .tcpProxy, .httpConnectionManager: true
        case .rbac: false
        }
    }
}

extension NetworkFilter: MappedMessage {
    /// A tcp_proxy without a cluster.
    public init() { self = .tcpProxy(TCPProxy()) }

    mutating func map(_ fields: inout FieldMapper) {
        guard fields.isReading else {
            switch self {
            case .tcpProxy(let filter):
                fields.write("name", "envoy.filters.network.tcp_proxy")
                fields.write("typed_config", wrapped: filter.node, type: TCPProxy.messageName)
            case .httpConnectionManager(let filter):
                fields.write("name", "envoy.filters.network.http_connection_manager")
                fields.write("typed_config", wrapped: filter.node, type: HTTPConnectionManager.messageName)
            case .rbac(let filter):
                fields.write("name", "envoy.filters.network.rbac")
                fields.write("typed_config", wrapped: filter.node, type: NetworkRBAC.messageName)
            }
            return
        }
        var name = ""
        fields.string("name", &name, required: true)
        let allowed = [TCPProxy.messageName, HTTPConnectionManager.messageName, NetworkRBAC.messageName]
        fields.read("typed_config", required: true) { node, context in
            FieldMapper.any(node, allowed: allowed, context) { type, fields in
                switch type {
                case TCPProxy.messageName: self = .tcpProxy(FieldMapper.message(fields, context))
                case NetworkRBAC.messageName: self = .rbac(FieldMapper.message(fields, context))
                default: self = .httpConnectionManager(FieldMapper.message(fields, context))
                }
            }
        }
    }
}

extension FieldMapper {
    mutating func write(_ name: String, _ text: String) {
        write(name, Node(.string(text)))
    }

    /// Writes `node` as an Any of `type`.
    mutating func write(_ name: String, wrapped node: Node, type: String) {
        write(name, wrappedAsAny(node, type: type))
    }
}
