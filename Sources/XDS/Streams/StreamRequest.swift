internal import Document
internal import EnvoyConfig

/// A message of the client on a discovery stream.
enum StreamRequest: Sendable, Equatable {
    case world(DiscoveryRequest)
    case delta(DeltaDiscoveryRequest)

    /// As protobuf.
    var bytes: [UInt8] {
        switch self {
        case .world(let request): ProtobufEncoder.encode(request.node, as: DiscoveryRequest.messageName)
        case .delta(let request): ProtobufEncoder.encode(request.node, as: DeltaDiscoveryRequest.messageName)
        }
    }
}

/// An answer on a discovery stream, read as far as it takes to refuse it by its nonce.
struct StreamAnswer: Sendable {
    var typeURL: String
    var nonce: String
    var version: String
    /// What it offers, or why it cannot be read.
    var content: Result<Content, ConfigError>

    /// What an answer offers.
    struct Content: Sendable {
        var resources: [DynamicResource] = []
        /// Of delta answers, by name.
        var versions: [String: String] = [:]
        var removed: [String] = []
    }
}

extension StreamAnswer {
    /// Nil when not even the envelope can be read.
    init?(_ bytes: [UInt8], isDelta: Bool) {
        let name = isDelta ? DeltaDiscoveryResponse.messageName : DiscoveryResponse.messageName
        guard let envelope = ProtobufEnvelope(bytes) else { return nil }
        typeURL = envelope.text(4)
        nonce = envelope.text(5)
        version = envelope.text(1)
        guard let kind = ResourceKind(typeURL: typeURL) else {
            content = .failure(Self.error(typeURL, "type_url: is not one that was asked for"))
            return
        }
        do throws(ProtobufError) {
            let node = try ProtobufDecoder.decode(bytes, as: name)
            do throws(ConfigError) {
                content = .success(try Self.content(node, kind, isDelta: isDelta))
            } catch {
                content = .failure(error)
            }
        } catch {
            content = .failure(Self.error(kind.rawValue, error.description))
        }
    }

    private static func content(
        _ node: Node, _ kind: ResourceKind, isDelta: Bool
    ) throws(ConfigError) -> Content {
        guard isDelta else {
            return Content(resources: try DiscoveryResponse.read(node, expecting: kind).resources)
        }
        let response = try DeltaDiscoveryResponse.read(node, expecting: kind)
        return Content(
            resources: response.resources, versions: response.versions, removed: response.removed)
    }

    private static func error(_ name: String, _ reason: String) -> ConfigError {
        ConfigError(findings: [
            ConfigFinding(
                resourceType: "DiscoveryResponse", resourceName: name, path: "", reason: reason)
        ])
    }
}
