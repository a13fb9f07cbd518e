/// A growable first-in first-out queue of bytes for input and output buffers.
///
/// Bytes are contiguous: readers see all of them as one `Span`. Memory is kept while the queue is in use and
/// given back by `clear()`. The queue has no limit of its own; its owner stops filling at a watermark.
public struct ByteQueue: Sendable {
    // Bytes head..<tail are readable; tail..<storage.count is spare room with whatever the allocator left there,
    // which nothing reads before it is written.
    private var storage: [UInt8] = []
    private var head = 0
    private var tail = 0

    /// An empty queue without memory.
    public init() {}

    /// The number of readable bytes.
    public var count: Int { tail - head }

    /// True when nothing is readable.
    public var isEmpty: Bool { head == tail }

    /// The bytes of memory the queue holds, readable or spare.
    public var capacity: Int { storage.count }

    /// Appends bytes.
    public mutating func append(_ bytes: [UInt8]) {
        append(bytes.span)
    }

    /// Appends bytes.
    public mutating func append(_ span: Span<UInt8>) {
        guard !span.isEmpty else { return }
        reserve(span.count)
        let start = tail
        storage.withUnsafeMutableBytes { target in
            span.withUnsafeBytes { source in
                // In bounds: `reserve` made room for all of `source` after `start`; the rebase checks it.
                UnsafeMutableRawBufferPointer(rebasing: target[start..<start + source.count])
                    .copyMemory(from: source)
            }
        }
        tail += span.count
    }

    /// Appends the text as UTF-8.
    public mutating func append(utf8 text: String) {
        var text = text
        text.withUTF8 { buffer in append(buffer.span) }
    }

    /// Appends one byte.
    public mutating func append(byte: UInt8) {
        reserve(1)
        storage[tail] = byte
        tail += 1
    }

    /// Drops the first `n` readable bytes; `n` must not exceed `count`.
    public mutating func discard(_ n: Int) {
        precondition(n >= 0 && n <= count, "discarding more bytes than are readable")
        head += n
        if head == tail {
            head = 0
            tail = 0
        }
    }

    /// Drops everything and frees the memory.
    public mutating func clear() {
        storage = []
        head = 0
        tail = 0
    }

    /// Lends all readable bytes.
    public func withReadable<R: ~Copyable, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try body(storage.span.extracting(head..<tail))
    }

    /// Lends spare room of at least `minimum` bytes behind the readable ones.
    ///
    /// `body` returns how many bytes it wrote from the start of the room; these become readable. When it
    /// throws, nothing does.
    @discardableResult
    public mutating func withWritable<E: Error>(
        minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
    ) throws(E) -> Int {
        reserve(max(1, minimum))
        let start = tail
        var span = storage.mutableSpan
        let written = try span.withUnsafeMutableBytes { (all) throws(E) -> Int in
            // In bounds: start <= all.count after `reserve`.
            try body(UnsafeMutableRawBufferPointer(rebasing: all[start...]))
        }
        precondition(
            written >= 0 && written <= storage.count - tail, "more bytes written than there was room")
        tail += written
        return written
    }

    /// Takes the first `n` bytes out of the queue, or all of them when there are fewer.
    public mutating func read(_ n: Int) -> [UInt8] {
        let taken = max(0, min(n, count))
        let bytes = Array(storage[head..<head + taken])
        discard(taken)
        return bytes
    }

    /// Takes everything out of the queue.
    public mutating func readAll() -> [UInt8] {
        read(count)
    }

    /// Makes sure that `n` bytes of spare room follow `tail`.
    private mutating func reserve(_ n: Int) {
        if storage.count - tail >= n { return }
        let readable = count
        if head > 0, storage.count - readable >= n, head >= readable {
            // The readable bytes fit into the free room before them, so sliding copies each byte at most once
            // per time the queue is filled.
            storage.withUnsafeMutableBytes { all in
                guard readable > 0 else { return }
                UnsafeMutableRawBufferPointer(rebasing: all[0..<readable])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: all[head..<head + readable]))
            }
        } else {
            let wanted = max(readable + n, storage.count * 2, 256)
            let old = storage
            let range = head..<tail
            storage = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
                // In bounds: wanted >= readable. The rest stays as it is: zeroing it would touch every page of a
                // large buffer, and any bit pattern is a byte.
                _ = buffer[0..<range.count].initialize(fromContentsOf: old[range])
                initialized = wanted
            }
        }
        head = 0
        tail = readable
    }
}
