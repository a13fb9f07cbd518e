public import Bytes

/// How one mesh's controller runs.
public struct ControllerConfiguration: Sendable {
    /// The mesh's name: its kubeconfig context, and the node its gateways fetch configuration as.
    public var name: String
    /// The directory of everything that must survive a restart.
    public var stateDirectory: String
    /// Where the mesh's addresses come from: `.1` is the controller, `.2` the mesh gateway.
    public var addressRange: CIDR
    /// How long leaves are valid.
    public var leafLifetime: Duration
    /// The executable to run gateways with; nil when they are run by somebody else.
    public var gatewayExecutable: String?
    /// Further arguments for that executable.
    public var gatewayArguments: [String]
    /// The version of this program, as statuses show it.
    public var version: String

    /// A configuration with a day's leaves and no gateways of its own.
    public init(
        name: String, stateDirectory: String, addressRange: CIDR, leafLifetime: Duration = .seconds(86_400),
        gatewayExecutable: String? = nil, gatewayArguments: [String] = [], version: String = "0.0.0"
    ) {
        self.name = name
        self.stateDirectory = stateDirectory
        self.addressRange = addressRange
        self.leafLifetime = leafLifetime
        self.gatewayExecutable = gatewayExecutable
        self.gatewayArguments = gatewayArguments
        self.version = version
    }

    /// Configuration and certificates for gateways.
    public static let controlPort: UInt16 = 15012
    /// Discovery, for this mesh's ingress gateways.
    public static let discoveryPort: UInt16 = 8188
    /// Health and metrics.
    public static let monitoringPort: UInt16 = 15014

    /// The controller's own address, the first of the range.
    public var address: IPAddress? { addressRange.address(at: 1) }

    /// What gateways need: the bootstrap token, the root certificate, and the state of our own gateway process.
    public var gatewayDirectory: String { "\(stateDirectory)/gateway" }
    /// The bootstrap token, mode 0600.
    public var tokenPath: String { "\(gatewayDirectory)/token" }
    /// The roots that gateways pin the controller by.
    public var rootsPath: String { "\(gatewayDirectory)/root-cert.pem" }
    /// Where the lists of peers are kept.
    public var discoveryDirectory: String { "\(stateDirectory)/discovery" }
}
