import Document
import EnvoyConfig
import Foundation
import Resources
import Translate

/// Builds inputs of `translate` from the files of a fixture.
struct InputLoader {
    /// Where gateways keep certificates in goldens.
    static let secretsDirectory = "/run/hanse/secrets"
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    /// The fixtures: every folder beside the goldens.
    static let names: [String] = {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return entries.filter { !$0.contains(".") }.sorted()
    }()

    static func text(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: path)))
    }

    static func root(_ name: String) throws -> String {
        String(decoding: try text("root-\(name).pem"), as: UTF8.self)
    }

    static func resources(_ name: String) throws -> [Resource] {
        try YAML.parse(text("\(name)/manifests.yaml")).map { try Resource(reading: $0) }
    }

    static func input(
        _ name: String, delivery: TranslateInput.Delivery? = nil, shuffled: Bool = false
    ) throws -> TranslateInput {
        let node = try YAML.parse(text("\(name)/input.yaml"))[0]
        var manifests = try resources(name)
        var peers = try (node["peers"]?.array ?? []).map(peer)
        var gateways = (node["gateways"]?.array ?? []).map { gateway($0, node) }
        if shuffled {
            manifests.shuffle()
            peers.shuffle()
            gateways.shuffle()
        }
        return TranslateInput(
            mesh: try mesh(node["mesh"] ?? [:]), gateways: gateways, peers: peers,
            registry: .build(manifests),
            virtualServices: manifests.filter { $0.type == .virtualService }.map {
                MeshObject<VirtualServiceSpec>($0)
            },
            destinationRules: manifests.filter { $0.type == .destinationRule }
                .map { MeshObject<DestinationRuleSpec>($0) },
            istioGateways: manifests.filter { $0.type == .gateway }.map { MeshObject<IstioGatewaySpec>($0) },
            secretsDirectory: secretsDirectory,
            delivery: delivery
                ?? .dynamic(
                    ConfigSource(
                        .api(
                            APIConfigSource(
                                restCluster: "hanse", refreshDelay: .seconds(1), requestTimeout: .seconds(5)))
                    )),
            accessLog: node["accessLog"]?.bool ?? false)
    }

    private static func mesh(_ node: Node) throws -> MeshIdentity {
        let domain = TrustDomain(node["trustDomain"]?.string ?? "") ?? .clusterLocal
        let namespace = node["namespace"]?.string ?? ""
        return MeshIdentity(
            name: node["name"]?.string ?? "", namespace: namespace, trustDomain: domain,
            roots: [try root(node["root"]?.string ?? "alpha")],
            discovery: node["discovery"]?.string.map { address in
                .init(
                    address: address, port: 8188,
                    identity: SPIFFEID(
                        trustDomain: domain, namespace: namespace, serviceAccount: "hanse-controller"))
            })
    }

    private static func gateway(_ node: Node, _ input: Node) -> NodeGateway {
        let roles: [String: NodeGateway.Role] = [
            "mesh": .mesh, "ingress": .ingress, "egress": .egress, "northSouth": .northSouth,
        ]
        let name = node["name"]?.string ?? ""
        let namespace = input.at("mesh", "namespace")?.string ?? ""
        let domain = TrustDomain(input.at("mesh", "trustDomain")?.string ?? "") ?? .clusterLocal
        var labels: [String: String] = [:]
        for member in node["labels"]?.object?.members ?? [] { labels[member.key] = member.value.string }
        var ports: [Int: Int] = [:]
        for member in node["targetPorts"]?.object?.members ?? [] {
            ports[Int(member.key) ?? 0] = Int(member.value.int ?? 0)
        }
        return NodeGateway(
            name: name, namespace: namespace, role: roles[node["role"]?.string ?? ""] ?? .mesh,
            bindAddress: node["bind"]?.string ?? "",
            identity: SPIFFEID(
                trustDomain: domain, namespace: namespace, serviceAccount: "\(name)-service-account")
                ?? SPIFFEID("spiffe://x/ns/x/sa/x").unsafelyUnwrapped,
            labels: labels, targetPorts: ports)
    }

    private static func peer(_ node: Node) throws -> PeerState {
        let name = node["name"]?.string ?? ""
        return PeerState(
            name: name, namespace: "lubeck-mesh",
            addresses: (node["addresses"]?.array ?? []).compactMap(\.string).map { .init($0) },
            discoveryPort: Int(node["discoveryPort"]?.int ?? 8188),
            servicePort: Int(node["servicePort"]?.int ?? 15443),
            trustDomain: node["trustDomain"]?.string.flatMap(TrustDomain.init),
            bundle: try node["root"]?.string.map { [try root($0)] } ?? [],
            clientID: node["clientID"]?.string.flatMap(ClientID.init),
            ingressName: node["ingress"]?.string ?? "\(name)-ingress", egressName: "\(name)-egress",
            egressIdentity: SPIFFEID(
                "spiffe://lubeck.local/ns/lubeck-mesh/sa/\(name)-egress-service-account"),
            egressAddresses: (node["egressAddresses"]?.array ?? []).compactMap(\.string),
            remoteChecksum: node["remoteChecksum"]?.int.map { UInt64($0) },
            negotiatesHTTP: node["negotiatesHTTP"]?.bool ?? false,
            exports: (node["exports"]?.array ?? []).map {
                .init(hostname: $0["service"]?.string ?? "", exportedHostname: $0["exported"]?.string ?? "")
            },
            imports: (node["imports"]?.array ?? []).map(service))
    }

    private static func service(_ node: Node) -> PeerState.Import {
        PeerState.Import(
            exportedHostname: node["exported"]?.string ?? "",
            ports: (node["ports"]?.array ?? []).map { port in
                .init(
                    name: port["name"]?.string ?? "", number: Int(port["port"]?.int ?? 0),
                    applicationProtocol: ApplicationProtocol(name: port["protocol"]?.string ?? ""))
            },
            serviceAccounts: (node["serviceAccounts"]?.array ?? []).compactMap(\.string),
            namespace: "bookinfo",
            hostname: node["hostname"]?.string ?? "", importAsLocal: node["importAsLocal"]?.bool ?? false,
            locality: node["locality"]?.string.map { Resources.Locality(text: $0) },
            readyEndpoints: node["readyEndpoints"]?.int.map { Int($0) })
    }
}
