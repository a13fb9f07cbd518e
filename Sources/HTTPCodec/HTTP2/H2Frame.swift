/// The types of frames (RFC 9113 6).
enum H2FrameType {
    static let data: UInt8 = 0
    static let headers: UInt8 = 1
    static let priority: UInt8 = 2
    static let resetStream: UInt8 = 3
    static let settings: UInt8 = 4
    static let pushPromise: UInt8 = 5
    static let ping: UInt8 = 6
    static let goAway: UInt8 = 7
    static let windowUpdate: UInt8 = 8
    static let continuation: UInt8 = 9
}

/// The flags of frames; their meaning hinges on the type.
enum H2Flags {
    static let acknowledge: UInt8 = 0x1
    static let endStream: UInt8 = 0x1
    static let endHeaders: UInt8 = 0x4
    static let padded: UInt8 = 0x8
    static let priority: UInt8 = 0x20
}

/// The nine bytes before each frame's payload (RFC 9113 4.1).
struct H2FrameHeader {
    static let size = 9

    var length: Int
    var type: UInt8
    var flags: UInt8
    var stream: UInt32

    /// Reads the header at `at`; nine bytes are there.
    init(_ input: Span<UInt8>, at: Int) {
        length = Int(input[at]) << 16 | Int(input[at + 1]) << 8 | Int(input[at + 2])
        type = input[at + 3]
        flags = input[at + 4]
        stream = input.number(at: at + 5) & 0x7FFF_FFFF
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

extension Span<UInt8> {
    /// The 32-bit number at `at`.
    func number(at: Int) -> UInt32 {
        UInt32(self[at]) << 24 | UInt32(self[at + 1]) << 16 | UInt32(self[at + 2]) << 8
            | UInt32(self[at + 3])
    }
}
