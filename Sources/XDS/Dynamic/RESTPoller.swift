internal import Bytes
internal import Document
internal import EnvoyConfig
internal import HTTPCodec
internal import HTTPService

/// Asks a control plane by REST: one request and its answer.
struct RESTPoller: Sendable {
    /// Bytes of an answer.
    static let maxBody = 256 << 20
    private static let limits = ParseLimits(maxBytes: maxBody, maxNodes: 32_000_000)

    /// What came back.
    enum Answer: Sendable {
        /// 304.
        case unchanged
        /// 200 with a body to be judged.
        case response(DiscoveryResponse)
        /// 200 with a body that breaks the rules.
        case unreadable(ConfigError)
        /// No answer, or one that is not one: what is there is kept.
        case failed(String)
    }

    private let client = HTTPClient()

    /// Sends one question to the cluster.
    func ask(
        _ kind: ResourceKind, _ request: DiscoveryRequest, _ target: ControlPlaneTarget, timeout: Duration
    ) async -> Answer {
        guard let first = target.addresses.first else {
            return .failed("cluster '\(target.cluster)' has no endpoint")
        }
        var headers = HTTPHeaders()
        headers.set("Host", target.cluster)
        headers.set("Content-Type", "application/json")
        var question = HTTPClientRequest(
            method: "POST", host: target.cluster, port: first.port, addresses: target.addresses,
            tls: target.tls, serverName: target.serverName, target: kind.path, headers: headers,
            body: JSON.bytes(request.node), timeout: timeout, connectTimeout: target.connectTimeout)
        question.maxBody = Self.maxBody
        let answer: HTTPClientResponse
        do throws(HTTPClientError) {
            answer = try await client.request(question)
        } catch {
            return .failed(error.description)
        }
        switch answer.status {
        case 304: return .unchanged
        case 200: break
        default: return .failed("cluster '\(target.cluster)' answered \(answer.status)")
        }
        do throws(DocumentError) {
            let node = try JSON.parse(answer.body, limits: Self.limits)
            do throws(ConfigError) {
                return .response(try DiscoveryResponse.read(node, expecting: kind))
            } catch {
                return .unreadable(error)
            }
        } catch {
            let reason = error.findings.first?.description ?? "not JSON"
            return .unreadable(
                ConfigError(findings: [
                    ConfigFinding(
                        resourceType: "DiscoveryResponse", resourceName: kind.rawValue, path: "",
                        reason: reason)
                ]))
        }
    }

    /// Closes kept connections.
    func close() { client.shutdown() }
}
