internal import Bytes
internal import CSystem

extension SocketAddress {
    /// Nil for a family that is neither IPv4 nor IPv6.
    init?(_ native: csystem_address) {
        switch native.family {
        case 4: self.init(ip: .v4(UInt32(truncatingIfNeeded: native.low)), port: native.port)
        case 6: self.init(ip: .v6(native.high, native.low), port: native.port)
        default: return nil
        }
    }
}

extension csystem_address {
    init(_ address: SocketAddress) {
        switch address.ip {
        case .v4(let bits):
            self.init(high: 0, low: UInt64(bits), scope: 0, port: address.port, family: 4)
        case .v6(let high, let low):
            self.init(high: high, low: low, scope: 0, port: address.port, family: 6)
        }
    }
}
