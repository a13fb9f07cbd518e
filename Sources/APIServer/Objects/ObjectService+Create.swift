import Bytes
package import Document
package import Resources
import TLS

extension ObjectService {
    /// Makes an object from a body.
    package func create(
        _ type: ResourceType, namespace: String, body: Node, options: WriteOptions
    ) async throws(ResourceError) -> Answer {
        var body = body
        if let version = body.at("metadata", "resourceVersion")?.string, !version.isEmpty {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        if type.hasStatus { body["status"] = nil }
        var (node, warnings) = try admit(body, type, namespace: namespace, options: options)
        ObjectMetadata.removeServerOwned(&node)
        let base = node.at("metadata", "generateName")?.string ?? ""
        let isGenerated = !base.isEmpty && node.at("metadata", "name")?.string == nil
        // A generated name that is taken is worth another try; five characters of 27 rarely meet.
        for attempt in 0..<8 {
            if isGenerated {
                node.set(
                    ["metadata", "name"], to: Node(.string(String(base.prefix(248)) + Self.nameSuffix())))
            }
            do throws(ResourceError) {
                let result = try await store(node, type, namespace: namespace, options: options)
                let answer = Self.present(result.node, type, version: options.version)
                return Answer(node: answer, warnings: warnings, isCreated: true)
            } catch {
                if isGenerated, error.isAlreadyExists, attempt < 7 { continue }
                throw error
            }
        }
        throw .internalError("no free name for \"\(base)\" was found")
    }

    private func store(
        _ node: Node, _ type: ResourceType, namespace: String, options: WriteOptions
    ) async throws(ResourceError) -> WriteResult {
        let name = node.at("metadata", "name")?.string ?? ""
        var node = node
        BuiltinDefaults.apply(to: &node, type)
        let finished = node
        let target = ObjectID(type, ObjectKey(namespace: namespace, name: name))
        let uid = UUIDv4.string(random: randomBytes(16))
        return try await store.write(target, reads: type.isNamespaced ? [.namespace(namespace)] : []) {
            [self] (existing) throws(ResourceError) in
            if type.isNamespaced { try checkOpen(namespace, type, name) }
            try validate(finished, type, replacing: nil)
            if existing != nil { throw .alreadyExists(type, name) }
            var node = finished
            node.set(["metadata", "uid"], to: Node(.string(uid)))
            node.set(["metadata", "creationTimestamp"], to: Node(.string(clock().rfc3339)))
            if type.hasGeneration { node.set(["metadata", "generation"], to: 1) }
            return options.isDryRun ? .pretend(node) : .put(node)
        }
    }

    /// A namespace must be there, and stay, for something to be made in it.
    private func checkOpen(_ namespace: String, _ type: ResourceType, _ name: String) throws(ResourceError) {
        guard let stored = store.get(.namespace(namespace)) else { throw .notFound(.namespace, namespace) }
        if stored.isTerminating { throw .namespaceTerminating(type, name, namespace: namespace) }
    }

    /// Five characters that make no words and are not mistaken for each other.
    private static func nameSuffix() -> String {
        let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
        return String(randomBytes(5).map { alphabet[Int($0) % alphabet.count] })
    }
}
