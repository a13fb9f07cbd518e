/// One stream as its connection knows it.
struct H2Stream: Sendable {
    /// 0 marks a free slot.
    var id: UInt32
    /// The peer sent END_STREAM.
    var peerEnded = false
    /// We sent END_STREAM.
    var selfEnded = false
    /// The peer's final head came.
    var headSeen = false
    /// Our head, possibly an interim one, was sent.
    var headSent = false
    /// `sendData` took less than it was given.
    var isBlocked = false
    /// A request whose response has no body: HEAD.
    var isHEAD = false
    /// A request that becomes a tunnel: CONNECT.
    var isConnect = false
    /// What we may send; below 0 after the peer made its windows smaller.
    var sendWindow: Int
    /// What the peer may send.
    var receiveWindow: Int
    /// Bytes of `data` events that were not yet consumed.
    var unconsumed = 0
    /// Bytes consumed and not yet given back by a WINDOW_UPDATE.
    var credit = 0
    /// Bytes of body that content-length still wants; -1 without one.
    var bodyLeft: Int64 = -1

    init(id: UInt32, sendWindow: Int, receiveWindow: Int) {
        self.id = id
        self.sendWindow = sendWindow
        self.receiveWindow = receiveWindow
    }
}

/// The open streams of a connection: a table with open addressing, keyed by number.
struct StreamTable: Sendable {
    private var slots: [H2Stream] = []
    /// How many streams are in the table.
    private(set) var count = 0

    /// How many slots there are; those with id 0 are free.
    var slotCount: Int { slots.count }

    /// The stream in a slot.
    subscript(slot: Int) -> H2Stream {
        get { slots[slot] }
        _modify { yield &slots[slot] }
    }

    /// The slot of a stream; valid until the next insertion or removal.
    func find(_ id: UInt32) -> Int? {
        guard count > 0 else { return nil }
        let mask = slots.count - 1
        var slot = home(id)
        while slots[slot].id != 0 {
            if slots[slot].id == id { return slot }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Inserts a stream whose number is not in the table; returns its slot.
    @discardableResult
    mutating func insert(_ stream: H2Stream) -> Int {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        count += 1
        return place(stream)
    }

    /// Removes the stream in a slot.
    mutating func remove(at slot: Int) {
        let mask = slots.count - 1
        var hole = slot
        var next = (slot + 1) & mask
        // What comes behind moves up unless its home lies after the hole.
        while slots[next].id != 0 {
            if (next - home(slots[next].id)) & mask >= (next - hole) & mask {
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        slots[hole].id = 0
        count -= 1
    }

    private func home(_ id: UInt32) -> Int {
        Int(truncatingIfNeeded: (id >> 1) &* 0x9E37_79B1 >> 7) & (slots.count - 1)
    }

    private mutating func place(_ stream: H2Stream) -> Int {
        var slot = home(stream.id)
        while slots[slot].id != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = stream
        return slot
    }

    private mutating func grow() {
        let old = slots
        slots = [H2Stream](
            repeating: H2Stream(id: 0, sendWindow: 0, receiveWindow: 0), count: max(8, old.count * 2))
        for stream in old where stream.id != 0 { _ = place(stream) }
    }
}

/// How the streams closed last were closed, so that late frames are judged right (RFC 9113 5.1).
struct ClosedStreams: Sendable {
    enum Cause: UInt32, Sendable {
        /// Both sides ended it.
        case ended
        /// We reset it: the peer may not know yet.
        case resetByUs
        /// The peer reset it.
        case resetByPeer
    }

    private static let capacity = 256
    // `id << 1` would overflow nothing: numbers have 31 bits, and all of one table are odd, or all even.
    private var ring: [UInt32] = []
    private var next = 0

    mutating func add(_ id: UInt32, _ cause: Cause) {
        let entry = (id >> 1) << 2 | cause.rawValue
        if ring.count < Self.capacity {
            ring.append(entry)
        } else {
            ring[next] = entry
            next = (next + 1) & (Self.capacity - 1)
        }
    }

    /// How a stream was closed; nil when that is long ago or it never was open.
    func cause(of id: UInt32) -> Cause? {
        for entry in ring.reversed() where entry >> 2 == id >> 1 { return Cause(rawValue: entry & 3) }
        return nil
    }
}
