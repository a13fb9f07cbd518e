public import Bytes
public import Federation
internal import Reactor

/// The last list of each peer, in memory and on disk: what keeps imports while a peer, or this controller, is away.
public actor KnownImports {
    /// What is known of one peer's list.
    public struct Known: Hashable, Sendable {
        /// The peer's services.
        public var services: [ServiceMessage]
        /// When the connection was lost; nil while the list is current.
        public var staleSince: WallTime?
    }

    private let directory: String
    private var peers: [String: Known] = [:]

    /// Lists kept in `directory`, one file a peer.
    public init(directory: String) {
        self.directory = directory
    }

    /// Reads what was stored before; a file that cannot be used is logged and passed over.
    public func load() {
        guard let files = try? FileSystem.list(directory) else { return }
        for file in files where file.hasSuffix(".json") {
            let peer = String(file.dropLast(5))
            do {
                let list = try ServiceList(json: try FileSystem.read("\(directory)/\(file)"))
                peers[peer] = Known(
                    services: list.services, staleSince: FileSystem.info("\(directory)/\(file)")?.modified)
            } catch {
                Log.warning("discovery", "a stored list cannot be used", ["file": file, "error": "\(error)"])
            }
        }
    }

    /// What is known, by peer.
    public func all() -> [String: Known] { peers }

    /// A list arrived; answers whether it says anything new.
    public func set(_ peer: String, _ services: [ServiceMessage]) async -> Bool {
        let before = peers[peer]
        guard before?.services != services else {
            peers[peer]?.staleSince = nil
            return before?.staleSince != nil
        }
        peers[peer] = Known(services: services, staleSince: nil)
        await store(peer, services)
        return true
    }

    /// The connection to a peer was lost, or (nil) is back; answers whether that is news.
    public func setStale(_ peer: String, since: WallTime?) -> Bool {
        guard let known = peers[peer], (known.staleSince == nil) != (since == nil) else { return false }
        peers[peer]?.staleSince = since
        return true
    }

    /// Forgets the peers that are not in `names`.
    public func keep(only names: Set<String>) {
        for peer in peers.keys where !names.contains(peer) {
            peers[peer] = nil
            _ = try? FileSystem.remove("\(directory)/\(peer).json")
        }
    }

    private func store(_ peer: String, _ services: [ServiceMessage]) async {
        let path = "\(directory)/\(peer).json"
        let bytes = ServiceList(services: services).json
        do {
            try await BlockingPool.run { [directory] () throws(FileError) in
                try FileSystem.makeDirectory(directory)
                try FileSystem.writeAtomically(path, bytes)
            }
        } catch {
            Log.warning("discovery", "a list could not be stored", ["file": path, "error": "\(error)"])
        }
    }
}
