/// The static table (RFC 7541 appendix A).
struct HPACKStatic: Sendable {
    /// The table, made once.
    static let shared = HPACKStatic()

    /// The last index of the table; the dynamic table follows.
    static let count = 61

    private static let table: [(String, String)] = [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
        (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
        (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"),
        ("accept-charset", ""), ("accept-encoding", "gzip, deflate"), ("accept-language", ""),
        ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""),
        ("allow", ""), ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
        ("content-encoding", ""), ("content-language", ""), ("content-length", ""), ("content-location", ""),
        ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""),
        ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
        ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""),
        ("last-modified", ""), ("link", ""), ("location", ""), ("max-forwards", ""),
        ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""),
        ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""),
        ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""),
        ("via", ""), ("www-authenticate", ""),
    ]

    /// The bytes of all entries.
    let bytes: [UInt8]
    /// The entries; that of index 1 comes first.
    let entries: [HPACKEntry]
    /// For encoders: the first index of each name by its hash, with linear probing; 0 is free.
    private let slots: [UInt8]

    private init() {
        var bytes: [UInt8] = []
        var entries: [HPACKEntry] = []
        var slots = [UInt8](repeating: 0, count: 256)
        for (name, value) in Self.table {
            let start = bytes.count
            bytes += name.utf8
            let nameHash = HPACKHash.of(bytes.span.extracting(start..<bytes.count))
            let kind = HPACKKind(bytes.span, start..<bytes.count)
            bytes += value.utf8
            entries.append(
                HPACKEntry(
                    start: start, nameCount: Int32(name.utf8.count), valueCount: Int32(value.utf8.count),
                    hash: 0, nameHash: nameHash, kind: kind, hasGoodValue: true))
            if entries.count > 1, Self.table[entries.count - 2].0 == name { continue }
            var slot = Int(nameHash & 255)
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(entries.count)
        }
        self.bytes = bytes
        self.entries = entries
        self.slots = slots
    }

    /// The first index with this name; 0 for none.
    func index(ofName name: Span<UInt8>, hash: UInt32) -> Int {
        var slot = Int(hash & 255)
        while slots[slot] != 0 {
            let index = Int(slots[slot])
            let entry = entries[index - 1]
            if entry.nameHash == hash, Int(entry.nameCount) == name.count,
                HPACKHash.areEqual(
                    bytes.span.extracting(entry.start..<entry.start + name.count), name)
            {
                return index
            }
            slot = (slot + 1) & 255
        }
        return 0
    }
}
