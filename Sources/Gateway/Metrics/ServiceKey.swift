internal import EnvoyConfig

/// What Istio's standard metrics tell calls apart by.
struct ServiceKey: Hashable, Sendable {
    /// The cluster; its name says the direction, the service and its port.
    var cluster = ""
    /// The URI SAN the client proved; empty without one.
    var principal = ""
    /// 0 when no response was sent, and on TCP.
    var responseCode = 0
    var flags: ResponseFlags = []
    /// Of a gRPC call; -1 on any other.
    var grpcStatus = -1
    var isGRPC = false
}

/// The service a cluster stands for, read from names as Istio gives them.
struct ServiceName: Equatable, Sendable {
    /// Whether the cluster leads to this mesh's own endpoints at an ingress gateway.
    var isInbound = false
    /// `details.bookinfo.svc.cluster.local`; the cluster's name where it has another form.
    var host: String
    var name: String
    var namespace: String
    /// The peer an imported name comes from; nil for a service of this mesh or an alias.
    var peer: String?

    /// Reads `outbound|<port>|<subset>|<host>`, `inbound|<port>||<host>`, or anything else as a plain name.
    init(cluster: String) {
        let parts = cluster.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "outbound" || parts[0] == "inbound", !parts[3].isEmpty else {
            host = cluster
            name = cluster
            namespace = "unknown"
            return
        }
        isInbound = parts[0] == "inbound"
        host = String(parts[3])
        let labels = parts[3].split(separator: ".")
        name = String(labels[0])
        let isService = labels.count >= 4 && labels[2] == "svc"
        namespace = isService ? String(labels[1]) : "unknown"
        let suffix = "-imports"
        if isService, labels.count == 5, labels[4] == "local", labels[3].hasSuffix(suffix) {
            peer = String(labels[3].dropLast(suffix.count))
        }
    }
}

extension ServiceKey {
    /// The labels in Istio's words; `mesh` is this process's own.
    func labels(mesh: String) -> [(String, String)] {
        let service = ServiceName(cluster: cluster)
        let client = principal.isEmpty ? nil : TrustDomainName.of(principal)
        return [
            ("reporter", service.isInbound ? "destination" : "source"),
            ("source_mesh", client ?? (service.isInbound ? "unknown" : mesh)),
            ("source_principal", principal.isEmpty ? "unknown" : principal),
            ("destination_mesh", service.peer ?? mesh),
            ("destination_service", service.host),
            ("destination_service_name", service.name),
            ("destination_service_namespace", service.namespace),
            (
                "connection_security_policy",
                service.isInbound ? (principal.isEmpty ? "none" : "mutual_tls") : "unknown"
            ),
            ("response_flags", flags.text),
        ]
    }

    /// The labels of an HTTP request.
    func requestLabels(mesh: String) -> [(String, String)] {
        labels(mesh: mesh) + [
            ("request_protocol", isGRPC ? "grpc" : "http"), ("response_code", String(responseCode)),
            ("grpc_response_status", grpcStatus < 0 ? "" : String(grpcStatus)),
        ]
    }

    /// The labels of a TCP connection.
    func connectionLabels(mesh: String) -> [(String, String)] {
        labels(mesh: mesh) + [("request_protocol", "tcp")]
    }
}

/// The trust domain of a SPIFFE ID (SPIFFE-ID 2.1).
enum TrustDomainName {
    /// `east.local` of `spiffe://east.local/ns/...`; nil for anything else.
    static func of(_ uri: String) -> String? {
        let scheme = "spiffe://"
        guard uri.hasPrefix(scheme) else { return nil }
        let name = uri.dropFirst(scheme.count).prefix { $0 != "/" }
        return name.isEmpty ? nil : String(name)
    }
}
