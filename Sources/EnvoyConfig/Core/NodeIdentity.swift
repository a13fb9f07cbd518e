public import Document

/// `envoy.config.core.v3.Node`: which gateway process this is. (`Node` itself is a document's.)
public struct NodeIdentity: MappedMessage {
    /// The process; required when anything is dynamic.
    public var id = ""
    /// The group of processes with one configuration; required when anything is dynamic.
    public var cluster = ""
    /// Where it runs.
    public var locality: Locality?
    /// Any object, handed to the control plane as it is.
    public var metadata: Node?

    /// A node without a name.
    public init() {}

    /// A node by name.
    public init(id: String, cluster: String, locality: Locality? = nil, metadata: Node? = nil) {
        self.id = id
        self.cluster = cluster
        self.locality = locality
        self.metadata = metadata
    }

    /// The mesh the process belongs to: `MESH_ID` of the metadata as Istio has it, else the node's cluster.
    public var mesh: String {
        if let name = metadata?["MESH_ID"]?.string, !name.isEmpty { return name }
        return cluster.isEmpty ? "unknown" : cluster
    }

    mutating func map(_ fields: inout FieldMapper) {
        fields.string("id", &id)
        fields.string("cluster", &cluster)
        fields.message("locality", &locality)
        fields.structure("metadata", &metadata)
    }
}

/// `envoy.config.core.v3.Locality`.
public struct Locality: MappedMessage, Hashable {
    /// The region; empty is unknown.
    public var region = ""
    /// The zone in the region.
    public var zone = ""
    /// The part of the zone.
    public var subZone = ""

    /// An unknown place.
    public init() {}

    /// A place from its parts.
    public init(region: String, zone: String = "", subZone: String = "") {
        self.region = region
        self.zone = zone
        self.subZone = subZone
    }

    mutating func map(_ fields: inout FieldMapper) {
        // Compared and handed on as JSON, never sent as they are.
        fields.string("region", &region, as: .any)
        fields.string("zone", &zone, as: .any)
        fields.string("sub_zone", &subZone, as: .any)
    }
}
