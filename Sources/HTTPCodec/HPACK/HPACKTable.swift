/// A dynamic table (RFC 7541 2.3.2): a ring of entries over a queue of their bytes.
///
/// Without memory until the first insertion.
struct HPACKTable: Sendable {
    /// The bytes of the entries, oldest first; what is before the oldest is dropped now and then.
    private(set) var bytes: [UInt8] = []
    /// How many bytes were dropped: an entry's `start` less this is its place in `bytes`.
    private(set) var dropped = 0
    private var ring: [HPACKEntry] = []
    /// How many entries were ever inserted; the newest has the number before.
    private(set) var inserted = 0
    /// How many entries are in the table.
    private(set) var count = 0
    private var size = 0
    private(set) var maxSize: Int

    init(maxSize: Int) {
        self.maxSize = maxSize
    }

    /// The number of the oldest entry.
    var oldest: Int { inserted - count }

    /// The entry of a number in `oldest..<inserted`.
    func entry(number: Int) -> HPACKEntry { ring[number & (ring.count - 1)] }

    /// Where an entry stands in `bytes`.
    func range(of entry: HPACKEntry) -> Range<Int> {
        let start = entry.start - dropped
        return start..<start + entry.byteCount
    }

    mutating func resize(to newSize: Int) {
        maxSize = newSize
        while size > maxSize { evict() }
    }

    /// Inserts an entry; one that is larger than the table leaves it empty.
    ///
    /// `name` and `value` must not lie in the table.
    mutating func insert(
        name: Span<UInt8>, value: Span<UInt8>, kind: HPACKKind, hasGoodValue: Bool, hash: UInt32 = 0,
        nameHash: UInt32 = 0
    ) {
        let needed = name.count + value.count + 32
        while count > 0, size + needed > maxSize { evict() }
        guard needed <= maxSize else { return }
        if ring.isEmpty || count == ring.count { grow() }
        compact()
        ring[inserted & (ring.count - 1)] = HPACKEntry(
            start: dropped + bytes.count, nameCount: Int32(name.count), valueCount: Int32(value.count),
            hash: hash, nameHash: nameHash, kind: kind, hasGoodValue: hasGoodValue)
        // The bytes are copied before the closures end.
        unsafe name.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        unsafe value.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
        inserted += 1
        count += 1
        size += needed
    }

    private mutating func evict() {
        size -= entry(number: oldest).size
        count -= 1
    }

    /// Drops the bytes of evicted entries once they are more than a whole table.
    private mutating func compact() {
        let live = count == 0 ? bytes.count : entry(number: oldest).start - dropped
        guard live > maxSize else { return }
        bytes.removeFirst(live)
        dropped += live
    }

    private mutating func grow() {
        let blank = HPACKEntry(
            start: 0, nameCount: 0, valueCount: 0, hash: 0, nameHash: 0, kind: .bad, hasGoodValue: false)
        var larger = [HPACKEntry](repeating: blank, count: max(16, ring.count * 2))
        for number in oldest..<inserted { larger[number & (larger.count - 1)] = entry(number: number) }
        ring = larger
    }
}
