import Bytes
import Document
import EnvoyConfig
import Gateway
import Reactor
import TLS
import XDS

/// A gateway process that is fed by its controller.
struct ManagedGateway {
    /// Where the controller is.
    var controller: String
    /// The mesh's name.
    var mesh: String
    /// The gateways to carry; empty for all of the mesh.
    var gateways: [String]
    /// The file with the bootstrap token.
    var tokenFile: String
    /// The file with the roots that the controller is pinned by.
    var rootsFile: String
    /// Where certificates and the last good configuration are kept.
    var state: String
    var options: GatewayOptions

    /// Runs until a signal; answers the exit code.
    func run() async throws -> Int32 {
        try FileSystem.makeDirectory(state, mode: 0o700)
        let secrets = "\(state)/secrets"
        let endpoint = ControlPlaneEndpoint(url: controller, roots: try roots(), token: try token())
        let connection = try ControlPlaneConnection(endpoint)
        let identities = try IdentityAgent(connection: connection, directory: secrets)
        let process = GatewayProcess(options: options)
        try await process.start(Bootstrap())
        let client = XDSClient(
            connection: connection, identity: identity(secrets: secrets),
            file: SnapshotFile(path: "\(state)/snapshot.json")
        ) { snapshot in
            let missing = await identities.prepare(snapshot)
            guard missing.isEmpty else { return missing }
            switch await process.apply(snapshot) {
            case .success: return []
            case .failure(let error): return error.findings.map(\.description)
            }
        }
        await client.start()
        let code = await process.waitForSignal()
        await client.stop()
        await identities.stop()
        return code
    }

    private func identity(secrets: String) -> NodeIdentity {
        let id = gateways.isEmpty ? mesh : "\(mesh)/\(gateways.sorted().joined(separator: "+"))"
        return NodeIdentity(
            id: id, cluster: mesh, metadata: ["HANSE_SECRETS_DIRECTORY": .init(.string(secrets))])
    }

    private func token() throws -> String {
        let text = String(decoding: try FileSystem.read(tokenFile, limit: 4096), as: UTF8.self)
        let token = text.split(whereSeparator: \.isWhitespace).joined()
        guard !token.isEmpty else { throw GatewayStartError("\(tokenFile): the token file is empty") }
        return token
    }

    private func roots() throws -> [Certificate] {
        let text = String(decoding: try FileSystem.read(rootsFile, limit: 1 << 20), as: UTF8.self)
        do {
            return try Certificate.parseChain(pem: text)
        } catch {
            throw GatewayStartError("\(rootsFile): \(error.message)")
        }
    }
}

/// Why a gateway cannot start.
struct GatewayStartError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
