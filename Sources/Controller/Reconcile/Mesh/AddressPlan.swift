import Bytes
import Resources

/// Which gateway has which address of the mesh's range.
///
/// Addresses that Services have stay with them, so they outlive restarts; new ones are the next free after the mesh
/// gateway's. The first address of the range is the network's, `.1` the controller's, `.2` the mesh gateway's, the
/// last one the broadcast's.
struct AddressPlan: Equatable {
    /// The addresses, by the key of the gateway's Service.
    private(set) var addresses: [ObjectKey: IPAddress] = [:]
    /// Gateways no address was left for, in order.
    private(set) var exhausted: [ObjectKey] = []

    /// The offset of the mesh gateway's address.
    static let meshGatewayIndex = 2

    /// Plans the gateways in order; `meshGateway` gets the address reserved for it.
    init(range: CIDR, gateways: [ObjectKey], meshGateway: ObjectKey, world: World) {
        let wanted = Set(gateways)
        var used: Set<IPAddress> = []
        for service in world.list(.service) where !wanted.contains(service.key) {
            used.formUnion(Self.addresses(of: service))
        }
        for entry in world.list(.workloadEntry) {
            if let address = IPAddress(WorkloadEntrySpec(entry).address) { used.insert(address) }
        }
        let reserved = range.address(at: Self.meshGatewayIndex)
        for key in gateways {
            guard let service = world.get(.service, key), MeshLabels.isOurs(service),
                let address = IPAddress(ServiceSpec(service).clusterIP), range.contains(address),
                !used.contains(address), (address == reserved) == (key == meshGateway)
            else { continue }
            addresses[key] = address
            used.insert(address)
        }
        var next = Self.meshGatewayIndex + 1
        for key in gateways where addresses[key] == nil {
            if key == meshGateway, let reserved, used.insert(reserved).inserted {
                addresses[key] = reserved
                continue
            }
            var found: IPAddress?
            // The address after the last one is outside the range, so the last one is never given away.
            while let address = range.address(at: next), range.address(at: next + 1) != nil {
                next += 1
                if used.insert(address).inserted {
                    found = address
                    break
                }
            }
            if let found { addresses[key] = found } else { exhausted.append(key) }
        }
    }

    private static func addresses(of service: Resource) -> [IPAddress] {
        let spec = ServiceSpec(service)
        return ([spec.clusterIP] + spec.loadBalancerIPs).compactMap { IPAddress($0) }
    }
}
