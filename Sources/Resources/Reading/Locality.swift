public import Document

/// Where something runs, from the coarse to the fine.
public struct Locality: Hashable, Sendable, CustomStringConvertible {
    /// The region, empty when unknown.
    public var region: String
    /// The zone in the region, empty when unknown.
    public var zone: String
    /// The part of the zone, empty when unknown.
    public var subzone: String

    /// Makes a locality.
    public init(region: String = "", zone: String = "", subzone: String = "") {
        self.region = region
        self.zone = zone
        self.subzone = subzone
    }

    /// Reads `region/zone/subzone` as Istio writes it; missing parts are empty.
    public init(text: String) {
        let parts = text.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(
            String.init)
        self.init(
            region: parts.first ?? "", zone: parts.count > 1 ? parts[1] : "",
            subzone: parts.count > 2 ? parts[2] : "")
    }

    /// Reads `{region, zone, subzone}`.
    ///
    /// Nil when nothing is set or when a part lacks the one above it: such a locality is ignored as a whole.
    public init?(node: Node?) {
        guard let node else { return nil }
        self.init(region: node.text("region"), zone: node.text("zone"), subzone: node.text("subzone"))
        if problem != nil || isEmpty { return nil }
    }

    /// True when nothing is known.
    public var isEmpty: Bool { region.isEmpty && zone.isEmpty && subzone.isEmpty }

    /// Why the parts do not fit together; nil when they do.
    public var problem: String? {
        if !subzone.isEmpty && (zone.isEmpty || region.isEmpty) {
            return "a subzone needs a zone and a region"
        }
        if !zone.isEmpty && region.isEmpty { return "a zone needs a region" }
        return nil
    }

    /// `region/zone/subzone` without empty parts at the end.
    public var description: String {
        if !subzone.isEmpty { return "\(region)/\(zone)/\(subzone)" }
        return zone.isEmpty ? region : "\(region)/\(zone)"
    }
}
