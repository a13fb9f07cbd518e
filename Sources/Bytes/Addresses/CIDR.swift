/// A block of addresses in CIDR notation, for example `127.0.11.0/24`.
public struct CIDR: Hashable, Sendable, CustomStringConvertible {
    /// The first address of the block: its bits after the prefix are zero.
    public let base: IPAddress
    /// The number of leading bits all addresses share: 0...32 or 0...128.
    public let prefixLength: Int

    /// Reads `ADDRESS/PREFIX`; address bits after the prefix are cleared, as Go's and Istio's parsers do.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])),
            (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(ASCII.isDigit),
            let length = Int(parts[1])
        else { return nil }
        self.init(address: address, prefixLength: length)
    }

    /// The block of `prefixLength` bits that holds the address; nil when the length is out of range.
    public init?(address: IPAddress, prefixLength: Int) {
        switch address {
        case .v4(let value):
            guard (0...32).contains(prefixLength) else { return nil }
            base = .v4(value & Self.mask32(prefixLength))
        case .v6(let high, let low):
            guard (0...128).contains(prefixLength) else { return nil }
            base = .v6(
                high & Self.mask64(min(64, prefixLength)), low & Self.mask64(max(0, prefixLength - 64)))
        }
        self.prefixLength = prefixLength
    }

    /// The address `index` places after the first one (index 0); nil when the block has fewer addresses.
    public func address(at index: Int) -> IPAddress? {
        guard index >= 0 else { return nil }
        let offset = UInt64(index)
        switch base {
        case .v4(let value):
            guard offset < UInt64(1) << UInt64(32 - prefixLength) else { return nil }
            return .v4(value + UInt32(offset))
        case .v6(let high, let low):
            let hostBits = 128 - prefixLength
            if hostBits < 64, offset >= UInt64(1) << UInt64(hostBits) { return nil }
            return .v6(high, low + offset)
        }
    }

    /// True when the block holds the address.
    ///
    /// Blocks and addresses of different families never match.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.isV6 == base.isV6 else { return false }
        return CIDR(address: address, prefixLength: prefixLength)?.base == base
    }

    /// `127.0.11.0/24`.
    public var description: String { "\(base)/\(prefixLength)" }

    private static func mask32(_ bits: Int) -> UInt32 { bits == 0 ? 0 : ~0 << UInt32(32 - bits) }
    private static func mask64(_ bits: Int) -> UInt64 { bits == 0 ? 0 : ~0 << UInt64(64 - bits) }
}
