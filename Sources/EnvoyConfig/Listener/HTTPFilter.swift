import Document

/// A filter of an HTTP connection manager.
public enum HTTPFilter: Sendable, Equatable {
    /// Sends requests by their routes. Terminal.
    case router
    /// CORS, as a route's CorsPolicy says.
    case cors
    /// Delays and aborts, as here or, before that, as a route's HTTPFault says.
    case fault(HTTPFault)
    /// Who may do what.
    case rbac(HTTPRBAC)
}

extension HTTPFilter: MappedMessage {
    static let routerName = "envoy.extensions.filters.http.router.v3.Router"
    static let corsName = "envoy.extensions.filters.http.cors.v3.Cors"

    /// The router.
    public init() { self = .router }

    mutating func map(_ fields: inout FieldMapper) {
        guard fields.isReading else {
            let (name, type, node): (String, String, Node) =
                switch self {
                case .router: ("envoy.filters.http.router", Self.routerName, EmptyMessage().node)
                case .cors: ("envoy.filters.http.cors", Self.corsName, EmptyMessage().node)
                case .fault(let fault): ("envoy.filters.http.fault", HTTPFault.messageName, fault.node)
                case .rbac(let rbac): ("envoy.filters.http.rbac", HTTPRBAC.messageName, rbac.node)
                }
            fields.write("name", name)
            fields.write("typed_config", wrapped: node, type: type)
            return
        }
        var name = ""
        fields.string("name", &name, required: true)
        let allowed = [Self.routerName, Self.corsName, HTTPFault.messageName, HTTPRBAC.messageName]
        fields.read("typed_config", required: true) { node, context in
            FieldMapper.any(node, allowed: allowed, context) { type, fields in
                switch type {
                case HTTPFault.messageName: self = .fault(FieldMapper.message(fields, context))
                case HTTPRBAC.messageName: self = .rbac(FieldMapper.message(fields, context))
                default:
                    let _: EmptyMessage = FieldMapper.message(fields, context)
                    self = type == Self.corsName ? .cors : .router
                }
            }
        }
    }
}
