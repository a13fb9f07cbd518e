/// Encodes header blocks (RFC 7541).
///
/// What came before on this connection is put into the table when it comes again, so that what every request repeats
/// costs one byte and what is new each time pushes nothing out. Secrets are never put there (RFC 7541 7.1.3).
struct HPACKEncoder: Sendable {
    private let statics = HPACKStatic.shared
    private let code = HuffmanCode.shared
    private var table: HPACKTable
    /// What we are willing to use, whatever the peer allows.
    private let ownLimit: Int
    /// The smallest size asked for since the last block, when the table's size changed.
    private var smallestSize: Int?

    /// Each of the tables below is so long, and a hash may stand in any of the `ways` places of its row.
    private static let slotCount = 256
    private static let ways = 4
    // By hash: numbers of entries, and 1; hashes that were seen.
    private var pairs: [UInt32] = []
    private var names: [UInt32] = []
    private var seen: [UInt32] = []

    init(ownLimit: Int) {
        self.ownLimit = ownLimit
        table = HPACKTable(maxSize: min(ownLimit, 4096))
        if ownLimit < 4096 { smallestSize = ownLimit }
    }

    /// Follows the peer's SETTINGS_HEADER_TABLE_SIZE.
    mutating func peerAllows(tableSize: Int) {
        let size = min(tableSize, ownLimit)
        guard size != table.maxSize else { return }
        smallestSize = min(smallestSize ?? size, size)
        table.resize(to: size)
    }

    /// Queues what a change of the table's size needs; at the start of every block.
    mutating func begin(into output: inout [UInt8]) {
        guard let smallest = smallestSize else { return }
        smallestSize = nil
        output.append(addingCapacity: 12) { output in
            if smallest < table.maxSize { Self.number(smallest, bits: 5, flags: 0x20, into: &output) }
            Self.number(table.maxSize, bits: 5, flags: 0x20, into: &output)
        }
    }

    /// Appends an entry of the static table.
    static func indexed(_ index: UInt8, into output: inout [UInt8]) {
        output.append(0x80 | index)
    }

    /// Appends a field.
    mutating func field(
        _ name: Span<UInt8>, _ value: Span<UInt8>, isSecret: Bool, into output: inout [UInt8]
    ) {
        if pairs.isEmpty {
            pairs = [UInt32](repeating: 0, count: Self.slotCount)
            names = pairs
            seen = pairs
        }
        let nameHash = HPACKHash.of(name)
        let hash = HPACKHash.of(value, seed: nameHash)
        if !isSecret, let index = index(of: name, value, hash) {
            output.append(addingCapacity: 6) { output in
                Self.number(index, bits: 7, flags: 0x80, into: &output)
            }
            return
        }
        // A large entry would push out many.
        let isKept =
            !isSecret && (name.count + value.count + 32) * 2 <= table.maxSize && wasSeen(hash)
        let nameIndex = index(ofName: name, nameHash)
        output.append(addingCapacity: name.count + value.count + 24) { output in
            if isKept {
                Self.number(nameIndex, bits: 6, flags: 0x40, into: &output)
            } else {
                Self.number(nameIndex, bits: 4, flags: isSecret ? 0x10 : 0, into: &output)
            }
            if nameIndex == 0 { string(name, into: &output) }
            string(value, into: &output)
        }
        guard isKept else { return }
        let number = UInt32(truncatingIfNeeded: table.inserted + 1)
        pairs[freeSlot(hash, in: pairs)] = number
        names[freeSlot(nameHash, in: names)] = number
        table.insert(
            name: name, value: value, kind: .bad, hasGoodValue: true, hash: hash, nameHash: nameHash)
    }

    // MARK: Looking up

    private static func row(_ hash: UInt32) -> Int { Int(hash) & (slotCount - ways) }

    /// The index of a field in the dynamic table.
    private func index(of name: Span<UInt8>, _ value: Span<UInt8>, _ hash: UInt32) -> Int? {
        let row = Self.row(hash)
        for slot in row..<row + Self.ways {
            guard let number = liveNumber(pairs[slot]) else { continue }
            let entry = table.entry(number: number)
            guard entry.hash == hash, Int(entry.nameCount) == name.count,
                Int(entry.valueCount) == value.count
            else { continue }
            let bytes = table.bytes.span.extracting(table.range(of: entry))
            guard HPACKHash.areEqual(bytes.extracting(0..<name.count), name),
                HPACKHash.areEqual(bytes.extracting(name.count..<bytes.count), value)
            else { continue }
            return HPACKStatic.count + table.inserted - number
        }
        return nil
    }

    /// The index of some field with this name; 0 for none.
    private func index(ofName name: Span<UInt8>, _ hash: UInt32) -> Int {
        let known = statics.index(ofName: name, hash: hash)
        if known != 0 { return known }
        let row = Self.row(hash)
        for slot in row..<row + Self.ways {
            guard let number = liveNumber(names[slot]) else { continue }
            let entry = table.entry(number: number)
            guard entry.nameHash == hash, Int(entry.nameCount) == name.count else { continue }
            let start = table.range(of: entry).lowerBound
            guard HPACKHash.areEqual(table.bytes.span.extracting(start..<start + name.count), name)
            else { continue }
            return HPACKStatic.count + table.inserted - number
        }
        return 0
    }

    /// Whether a field with this hash came before; notes that it did.
    private mutating func wasSeen(_ hash: UInt32) -> Bool {
        let row = Self.row(hash)
        for slot in row..<row + Self.ways where seen[slot] == hash { return true }
        seen[row + Int(hash >> 30)] = hash
        return false
    }

    /// Where to keep the number of a new entry: instead of one that is gone, else of the oldest.
    private func freeSlot(_ hash: UInt32, in slots: [UInt32]) -> Int {
        let row = Self.row(hash)
        var best = row
        var bestNumber = Int.max
        for slot in row..<row + Self.ways {
            guard let number = liveNumber(slots[slot]) else { return slot }
            if number < bestNumber {
                best = slot
                bestNumber = number
            }
        }
        return best
    }

    /// The number of an entry kept in a slot, when the entry is still there.
    ///
    /// Slots keep 32 bits; an entry that is exactly 2^32 insertions old is told apart by its bytes.
    private func liveNumber(_ kept: UInt32) -> Int? {
        guard kept != 0 else { return nil }
        let age = UInt32(truncatingIfNeeded: table.inserted) &- (kept &- 1)
        guard age > 0, age <= table.count else { return nil }
        return table.inserted - Int(age)
    }

    // MARK: Writing

    /// A number with a prefix of `bits` bits below `flags` (RFC 7541 5.1).
    private static func number(
        _ value: Int, bits: Int, flags: UInt8, into output: inout OutputSpan<UInt8>
    ) {
        let mask = 1 << bits - 1
        guard value >= mask else { return output.append(flags | UInt8(value)) }
        output.append(flags | UInt8(mask))
        var rest = value - mask
        while rest >= 0x80 {
            output.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        output.append(UInt8(rest))
    }

    private func string(_ text: Span<UInt8>, into output: inout OutputSpan<UInt8>) {
        let encoded = code.encodedCount(text)
        if encoded < text.count {
            Self.number(encoded, bits: 7, flags: 0x80, into: &output)
            code.encode(text, into: &output)
        } else {
            Self.number(text.count, bits: 7, flags: 0, into: &output)
            for i in text.indices { output.append(text[i]) }
        }
    }
}
