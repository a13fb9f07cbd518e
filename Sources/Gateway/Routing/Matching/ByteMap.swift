/// A map from byte strings that can be asked with a part of a buffer, so that a look-up allocates nothing.
struct ByteMap: Sendable {
    private var keys: [[UInt8]] = []
    private var values: [Int] = []
    /// Indices into `keys`, -1 where free; a power of two, at most half full.
    private var slots: [Int32] = [-1, -1, -1, -1]

    var isEmpty: Bool { keys.isEmpty }

    /// FNV-1a.
    private static func hash(_ key: some Collection<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash ^ hash >> 32
    }

    /// The slot of a key, or the free one where it belongs.
    private func slot(_ key: some Collection<UInt8>) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
        while slots[slot] >= 0, !keys[Int(slots[slot])].elementsEqual(key) { slot = (slot + 1) & mask }
        return slot
    }

    subscript(key: ArraySlice<UInt8>) -> Int? {
        let found = slots[slot(key)]
        return found < 0 ? nil : values[Int(found)]
    }

    mutating func set(_ key: [UInt8], _ value: Int) {
        let slot = slot(key)
        if slots[slot] >= 0 {
            values[Int(slots[slot])] = value
            return
        }
        slots[slot] = Int32(keys.count)
        keys.append(key)
        values.append(value)
        guard keys.count * 2 > slots.count else { return }
        slots = [Int32](repeating: -1, count: slots.count * 2)
        for (index, key) in keys.enumerated() { slots[self.slot(key)] = Int32(index) }
    }
}
