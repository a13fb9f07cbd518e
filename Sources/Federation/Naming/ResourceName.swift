internal import Bytes

/// Names of objects made for one exported or imported service.
public enum ResourceName {
    /// The prefix of exports.
    public static let exportPrefix = "fed-exp"
    /// The prefix of imports.
    public static let importPrefix = "fed-imp"

    /// `prefix-service-namespace-mesh`; beyond 63 bytes its first 55 and 8 hex digits of its SHA-256.
    ///
    /// Two services can share such a name (`a-b` in `c`, `a` in `b-c`): it is for people, never a key.
    public static func make(prefix: String, mesh: String, namespace: String, service: String) -> String {
        let name = Array("\(prefix)-\(service)-\(namespace)-\(mesh)".utf8)
        guard name.count > 63 else { return String(decoding: name, as: UTF8.self) }
        let digest = Hex.encode(Array(SHA256.hash(name).prefix(4)))
        return String(decoding: name.prefix(55), as: UTF8.self) + digest
    }
}
