import Bytes
import Resources
import TLS

/// Where things lie below the state directory.
struct StoreLayout: Sendable {
    /// The state directory.
    let root: String

    /// All objects.
    var objects: String { "\(root)/objects" }
    /// What was found and could not be read.
    var quarantine: String { "\(root)/quarantine" }
    /// Held by the process that owns the directory.
    var lock: String { "\(root)/lock" }
    /// The durable bound of versions given out.
    var versionMark: String { "\(root)/resource-version" }

    private static let suffix = ".json"
    /// The part of a file name that is the object's name; with the suffix, a process id and a random number a
    /// temporary name stays below the file system's 255 bytes.
    private static let maxNameBytes = 180

    /// The directory of a type.
    func directory(of type: ResourceType) -> String {
        "\(objects)/\(type.group.isEmpty ? "core" : type.group)/\(type.kind)"
    }

    /// The directory of a type in a namespace; `_cluster` for cluster scope.
    func directory(of id: ObjectID) -> String {
        "\(directory(of: id.type))/\(id.key.namespace.isEmpty ? "_cluster" : id.key.namespace)"
    }

    /// The file of an object.
    func path(of id: ObjectID) -> String { "\(directory(of: id))/\(Self.fileName(id.key.name))" }

    /// The file name of an object's name: the name itself, or for a long one its start and a hash.
    ///
    /// `~` is in no object's name, so the two forms never meet.
    static func fileName(_ name: String) -> String {
        guard name.utf8.count > maxNameBytes else { return name + suffix }
        let hash = Hex.encode(Array(sha256(Array(name.utf8)).prefix(16)))
        return String(name.prefix(maxNameBytes - 40)) + "~" + hash + suffix
    }

    /// Whether a file is a write that never finished.
    static func isTemporary(_ file: String) -> Bool { file.hasPrefix(".") && file.hasSuffix(".tmp") }
}
