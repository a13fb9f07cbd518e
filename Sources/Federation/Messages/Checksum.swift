internal import Bytes

/// The checksum both sides of a discovery connection compare.
///
/// It is the structural hash of hashstructure 2.0.2 (format 2, slices as sets) over the message types under
/// their original names: every leaf is hashed by FNV-1 64, fields are combined in declaration order, elements
/// of a slice by XOR. Two equal elements therefore cancel each other, on both sides alike.
public enum Checksum {
    /// The checksum of a service list, whatever the order of its services.
    public static func of(_ services: [ServiceMessage]) -> UInt64 {
        var sum = ListChecksum()
        for service in services { sum.toggle(service) }
        return sum.value
    }

    /// The checksum of one service within a list.
    static func of(_ service: ServiceMessage) -> UInt64 {
        var ports: UInt64 = 0
        for port in service.servicePorts { ports ^= of(port) }
        var accounts: UInt64 = 0
        for account in service.serviceAccounts { accounts ^= hash(account) }

        var key = StructureHash("ServiceKey")
        key.add(Field.name, hash(service.name))
        key.add(Field.namespace, hash(service.namespace))
        key.add(Field.hostname, hash(service.hostname))

        var message = StructureHash("ServiceMessage")
        message.add(Field.serviceKey, key.value)
        message.add(Field.servicePorts, ports)
        message.add(Field.serviceAccounts, accounts)
        return message.value
    }

    private static func of(_ port: ServicePort) -> UInt64 {
        var structure = StructureHash("ServicePort")
        structure.add(Field.name, hash(port.name))
        structure.add(Field.port, hash(Int64(port.port)))
        structure.add(Field.protocol, hash(port.protocol))
        return structure.value
    }

    /// The checksum of a ServiceMeshPeer's `spec.remote`, as its fields stand there: 0 for a port not given.
    ///
    /// It is the value of the header `remote` by which an egress gateway tells the peer's addresses apart.
    public static func of(remoteAddresses: [String], discoveryPort: Int32, servicePort: Int32) -> UInt64 {
        var addresses: UInt64 = 0
        for address in remoteAddresses { addresses ^= hash(address) }
        var structure = StructureHash("ServiceMeshPeerRemote")
        structure.add(Field.addresses, addresses)
        structure.add(Field.discoveryPort, hash(discoveryPort))
        structure.add(Field.servicePort, hash(servicePort))
        return structure.value
    }

    private static func hash(_ string: String) -> UInt64 { FNV1.hash64(string.utf8) }

    private static func hash(_ value: some FixedWidthInteger) -> UInt64 {
        FNV1.hash64(LittleEndianBytes(value))
    }

    /// FNV-1 of the field names of the original types.
    private enum Field {
        static let name = hash("Name")
        static let namespace = hash("Namespace")
        static let hostname = hash("Hostname")
        static let port = hash("Port")
        static let `protocol` = hash("Protocol")
        static let serviceKey = hash("ServiceKey")
        static let servicePorts = hash("ServicePorts")
        static let serviceAccounts = hash("ServiceAccounts")
        static let addresses = hash("Addresses")
        static let discoveryPort = hash("DiscoveryPort")
        static let servicePort = hash("ServicePort")
        static let services = hash("Services")
    }

    /// The checksum of a list that services are added to and removed from, in constant time each.
    struct ListChecksum: Equatable, Sendable {
        private var elements: UInt64 = 0

        /// Adds a service, or removes it again.
        mutating func toggle(_ service: ServiceMessage) { elements ^= Checksum.of(service) }

        var value: UInt64 {
            var structure = StructureHash("ServiceListMessage")
            structure.add(Field.services, StructureHash.finish(elements))
            return structure.value
        }
    }

    /// The hash of one struct: fields are added in declaration order, each step is finished by itself.
    private struct StructureHash {
        private(set) var value: UInt64

        init(_ typeName: String) { value = hash(typeName) }

        mutating func add(_ field: UInt64, _ fieldValue: UInt64) {
            value = Self.finish(value ^ Self.ordered(field, fieldValue))
        }

        static func finish(_ a: UInt64) -> UInt64 { FNV1.hash64(LittleEndianBytes(a)) }

        private static func ordered(_ a: UInt64, _ b: UInt64) -> UInt64 {
            FNV1.hash64(LittleEndianBytes(UInt128(b) << 64 | UInt128(a)))
        }
    }
}

/// The bytes of an integer, least significant first.
private struct LittleEndianBytes<Value: FixedWidthInteger>: Sequence, IteratorProtocol {
    private var rest: Value
    private var left = Value.bitWidth / 8

    init(_ value: Value) { rest = value }

    mutating func next() -> UInt8? {
        guard left > 0 else { return nil }
        left -= 1
        defer { rest >>= 8 }
        return UInt8(truncatingIfNeeded: rest)
    }
}
