// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target.
let common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"), .treatAllWarnings(as: .error),
    // The rooms are one program: generic calls between them are compiled for what they are called with.
    .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
]

/// A room is a target of its own; what it may import is checked by `Tests/HouseTests`.
func room(_ name: String, _ dependencies: [Target.Dependency], pure: Bool = false) -> Target {
    .target(
        name: name, dependencies: dependencies,
        swiftSettings: pure ? common + [.strictMemorySafety()] : common)
}

/// A test target; fixtures are files it finds by path, not sources.
func suite(_ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: fixtures ? ["Fixtures"] : [], swiftSettings: common)
}

let package = Package(
    name: "Hanse",
    products: [
        .executable(name: "hanse", targets: ["hanse"]),
        .executable(name: "bookinfo", targets: ["bookinfo"]),
    ],
    dependencies: [],
    targets: [
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(
            name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "CSystem"),

        room("Bytes", []),
        room("Document", ["CYAML", "Bytes"]),
        room("TLS", ["COpenSSL", "Bytes"]),
        room("HTTPCodec", ["Bytes"], pure: true),
        room("Reactor", ["CSystem", "Bytes"]),
        room("HTTPService", ["TLS", "HTTPCodec", "Reactor", "Bytes"]),
        room("Resources", ["Document", "Bytes"], pure: true),
        room("Trust", ["Resources", "TLS", "Document", "Bytes"], pure: true),
        room("Federation", ["Resources", "Document", "Bytes"], pure: true),
        room("EnvoyConfig", ["Document", "Bytes"], pure: true),
        room("Translate", ["Resources", "Trust", "Federation", "EnvoyConfig", "Bytes"], pure: true),
        room(
            "APIServer", ["HTTPService", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"]),
        room(
            "KubernetesClient",
            ["HTTPService", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"]),
        room(
            "Discovery",
            ["HTTPService", "Federation", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"]),
        room("XDS", ["HTTPService", "EnvoyConfig", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"]),
        room(
            "Controller",
            [
                "HTTPService", "Resources", "Trust", "Federation", "Translate", "EnvoyConfig", "Discovery",
                "XDS", "TLS", "Reactor", "Document", "Bytes",
            ]),
        room("Gateway", ["EnvoyConfig", "XDS", "HTTPCodec", "TLS", "Reactor", "Bytes"]),
        .executableTarget(
            name: "hanse",
            dependencies: [
                "Bytes", "Document", "TLS", "HTTPCodec", "Reactor", "HTTPService", "Resources", "Trust",
                "Federation", "EnvoyConfig", "Translate", "APIServer", "KubernetesClient", "Discovery", "XDS",
                "Controller", "Gateway",
            ],
            swiftSettings: common),
        .executableTarget(
            name: "bookinfo", dependencies: ["HTTPService", "HTTPCodec", "Reactor", "Document", "Bytes"],
            path: "samples/bookinfo/service", swiftSettings: common),

        .executableTarget(
            name: "apiserver-harness",
            dependencies: ["APIServer", "Resources", "Document", "TLS", "Reactor", "Bytes"],
            path: "Tests/tools/apiserver-harness", swiftSettings: common),
        .executableTarget(
            name: "hanse-bench", dependencies: ["CSystem"], path: "Tests/Bench", swiftSettings: common),

        suite("BytesTests", ["Bytes"]),
        suite("DocumentTests", ["Document", "Bytes"], fixtures: true),
        suite("TLSTests", ["TLS", "Bytes"]),
        suite("HTTPCodecTests", ["HTTPCodec", "Bytes"], fixtures: true),
        suite("ReactorTests", ["Reactor", "Bytes"]),
        suite("HTTPServiceTests", ["HTTPService", "HTTPCodec", "TLS", "Reactor", "Bytes"]),
        suite("ResourcesTests", ["Resources", "Document", "Bytes"], fixtures: true),
        suite("TrustTests", ["Trust", "Resources", "TLS", "Document", "Bytes"]),
        suite("FederationTests", ["Federation", "Resources", "Document", "Bytes"], fixtures: true),
        suite("EnvoyConfigTests", ["EnvoyConfig", "Document", "Bytes"], fixtures: true),
        suite(
            "TranslateTests",
            ["Translate", "Resources", "Trust", "Federation", "EnvoyConfig", "Document", "TLS", "Bytes"],
            fixtures: true),
        suite(
            "APIServerTests",
            ["APIServer", "HTTPService", "Resources", "Document", "TLS", "HTTPCodec", "Reactor", "Bytes"],
            fixtures: true),
        suite(
            "KubernetesClientTests",
            [
                "KubernetesClient", "APIServer", "HTTPService", "HTTPCodec", "Resources", "Document", "TLS",
                "Reactor",
                "Bytes",
            ]),
        suite(
            "DiscoveryTests",
            [
                "Discovery", "HTTPService", "HTTPCodec", "Federation", "Resources", "Document", "TLS",
                "Reactor", "Bytes",
            ]),
        suite("XDSTests", ["XDS", "HTTPService", "EnvoyConfig", "Document", "TLS", "Reactor", "Bytes"]),
        suite(
            "ControllerTests",
            [
                "Controller", "APIServer", "HTTPService", "Resources", "Trust", "Federation", "Translate",
                "EnvoyConfig", "Discovery", "XDS", "TLS", "Reactor", "Document", "Bytes",
            ]),
        suite(
            "GatewayTests",
            ["Gateway", "EnvoyConfig", "XDS", "HTTPCodec", "TLS", "Reactor", "Document", "Bytes"]),
        suite(
            "HanseTests",
            ["hanse", "APIServer", "KubernetesClient", "Resources", "Reactor", "Document", "Bytes"]),
        suite("HouseTests", []),
    ],
    swiftLanguageModes: [.v6]
)
