import Resources

/// What a request's path asks for.
enum RequestRoute: Equatable {
    /// `/healthz`, `/livez`, `/readyz`.
    case health(String)
    case version
    case metrics
    /// `/api` and `/apis`.
    case discovery(core: Bool)
    /// `/apis/GROUP`.
    case group(String)
    /// `/api/v1` and `/apis/GROUP/VERSION`.
    case resources(group: String, version: String)
    case openAPIv2
    case openAPIv3Index
    /// `/openapi/v3/PATH`.
    case openAPIv3(String)
    case accessReview
    case selfReview
    case objects(Target)
    case unknown

    /// Objects of one type: all, those of a namespace, one, or a part of one.
    struct Target: Equatable {
        let type: ResourceType
        let version: String
        /// Empty for all namespaces and for cluster scope.
        var namespace = ""
        var name: String?
        var subresource: String?

        /// The object's key; `nil` for a collection.
        var key: ObjectKey? { name.map { ObjectKey(namespace: namespace, name: $0) } }
    }

    /// Reads a path's segments.
    init(_ segments: [String]) {
        switch segments.first {
        case "healthz", "livez", "readyz": self = segments.count == 1 ? .health(segments[0]) : .unknown
        case "version": self = segments.count == 1 ? .version : .unknown
        case "metrics": self = segments.count == 1 ? .metrics : .unknown
        case "openapi": self = Self.openAPI(segments)
        case "api":
            switch segments.count {
            case 1: self = .discovery(core: true)
            case 2: self = .resources(group: "", version: segments[1])
            default: self = Self.objects("", segments[1], segments[2...])
            }
        case "apis":
            switch segments.count {
            case 1: self = .discovery(core: false)
            case 2: self = .group(segments[1])
            case 3: self = .resources(group: segments[1], version: segments[2])
            default: self = Self.objects(segments[1], segments[2], segments[3...])
            }
        default: self = .unknown
        }
    }

    private static func openAPI(_ segments: [String]) -> RequestRoute {
        if segments == ["openapi", "v2"] { return .openAPIv2 }
        guard segments.count >= 2, segments[1] == "v3" else { return .unknown }
        return segments.count == 2 ? .openAPIv3Index : .openAPIv3(segments[2...].joined(separator: "/"))
    }

    private static func objects(_ group: String, _ version: String, _ rest: ArraySlice<String>)
        -> RequestRoute
    {
        let rest = Array(rest)
        if version == "v1", rest.count == 1 {
            if group == "authorization.k8s.io", rest[0] == "selfsubjectaccessreviews" { return .accessReview }
            if group == "authentication.k8s.io", rest[0] == "selfsubjectreviews" { return .selfReview }
        }
        let isInside =
            rest[0] == "namespaces" && rest.count >= 3 && !["status", "finalize"].contains(rest[2])
        let parts = isInside ? Array(rest[2...]) : rest
        guard parts.count <= 3, let type = ResourceType.find(group: group, plural: parts[0]),
            type.versions.contains(version)
        else { return .unknown }
        let target = Target(
            type: type, version: version, namespace: isInside ? rest[1] : "",
            name: parts.count > 1 ? parts[1] : nil, subresource: parts.count > 2 ? parts[2] : nil)
        guard type.isNamespaced == isInside || (type.isNamespaced && target.name == nil) else {
            return .unknown
        }
        switch target.subresource {
        case nil: return .objects(target)
        case "status": return type.hasStatus ? .objects(target) : .unknown
        case "scale": return type.hasScale ? .objects(target) : .unknown
        default: return .unknown
        }
    }
}
