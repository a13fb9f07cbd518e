internal import Document
public import EnvoyConfig
internal import Reactor

/// The last configuration a gateway accepted, on disk, so that a restart needs no controller.
public struct SnapshotFile: Sendable {
    /// Where it is.
    public let path: String

    private static let maxBytes = 256 << 20
    private static let limits = ParseLimits(maxBytes: maxBytes, maxNodes: 32_000_000)

    /// A file that need not exist yet.
    public init(path: String) {
        self.path = path
    }

    /// The stored configuration and the versions of its kinds; nil when there is none, or none that can be used
    /// (which is logged).
    public func load() -> (snapshot: Snapshot, versions: [ResourceKind: String])? {
        guard FileSystem.exists(path) else { return nil }
        do {
            let bytes = try FileSystem.read(path, limit: Self.maxBytes)
            let node = try JSON.parse(bytes, file: path, limits: Self.limits)
            let snapshot = try Snapshot.read(node["snapshot"] ?? .null)
            var versions: [ResourceKind: String] = [:]
            for kind in ResourceKind.allCases { versions[kind] = node["versions"]?[kind.rawValue]?.string }
            return (snapshot, versions)
        } catch {
            Log.warning(
                "xds", "the stored configuration cannot be used", ["file": path, "error": "\(error)"])
            return nil
        }
    }

    /// Stores a configuration, durably; a failure is logged, since serving goes on without it.
    public func save(_ snapshot: Snapshot, versions: [ResourceKind: String]) async {
        var stored: Node = [:]
        for (kind, version) in versions.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            stored[kind.rawValue] = Node(version)
        }
        let bytes = JSON.bytes(["snapshot": snapshot.node, "versions": stored])
        do {
            try await BlockingPool.run { () throws(FileError) in
                try FileSystem.writeAtomically(path, bytes, mode: 0o600)
            }
        } catch {
            Log.warning("xds", "the configuration could not be stored", ["file": path, "error": "\(error)"])
        }
    }
}
