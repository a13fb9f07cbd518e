/// A service of this mesh as a candidate for export.
public struct LocalService: Hashable, Sendable {
    /// The service's name.
    public var name: String
    /// The service's namespace.
    public var namespace: String
    /// The hostname it has in this mesh.
    public var hostname: String
    /// The labels of the Service object (not of its pods).
    public var labels: [String: String]
    /// Its ports.
    public var ports: [ServicePort]
    /// Namespaces that may see it, as `networking.istio.io/exportTo` has them; empty means all.
    public var exportTo: [String]
    /// True for a service outside of the mesh, which is never exported.
    public var meshExternal: Bool
    /// True for a service that a peer exports to us; it is never exported again.
    public var isImported: Bool

    /// A service of the given parts.
    public init(
        name: String, namespace: String, hostname: String, labels: [String: String] = [:],
        ports: [ServicePort] = [], exportTo: [String] = [], meshExternal: Bool = false,
        isImported: Bool = false
    ) {
        self.name = name
        self.namespace = namespace
        self.hostname = hostname
        self.labels = labels
        self.ports = ports
        self.exportTo = exportTo
        self.meshExternal = meshExternal
        self.isImported = isImported
    }

    /// True when the control plane's namespace may see the service.
    ///
    /// The rule is the same whenever it is asked (the original asked it on a full resync only).
    func isVisible(in controlPlaneNamespace: String) -> Bool {
        exportTo.isEmpty
            || exportTo.contains {
                switch $0 {
                case "*": true
                case ".": namespace == controlPlaneNamespace
                default: $0 == controlPlaneNamespace
                }
            }
    }
}
