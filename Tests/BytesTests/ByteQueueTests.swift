import Bytes
import Testing

@Suite struct ByteQueueTests {
    @Test func bytesComeOutInOrder() {
        var queue = ByteQueue()
        queue.append(utf8: "hello ")
        queue.append(Array("world".utf8))
        queue.append(byte: 33)
        #expect(queue.count == 12)
        #expect(queue.read(6) == Array("hello ".utf8))
        #expect(queue.withReadable { $0.count } == 6)
        #expect(queue.readAll() == Array("world!".utf8))
        #expect(queue.isEmpty)
        #expect(queue.read(3) == [])
    }

    @Test func writableRoomHasAtLeastTheMinimum() {
        var queue = ByteQueue()
        let written = queue.withWritable(minimum: 1000) { room in
            #expect(room.count >= 1000)
            room[0] = 7
            room[1] = 8
            return 2
        }
        #expect(written == 2)
        #expect(queue.readAll() == [7, 8])
    }

    struct Stop: Error {}

    @Test func aThrowingWriterAddsNothing() {
        var queue = ByteQueue()
        queue.append([1])
        #expect(throws: Stop.self) {
            try queue.withWritable(minimum: 8) { room throws(Stop) in
                room[0] = 9
                throw Stop()
            }
        }
        #expect(queue.readAll() == [1])
    }

    @Test func clearGivesTheMemoryBack() {
        var queue = ByteQueue()
        queue.append([UInt8](repeating: 1, count: 100_000))
        queue.clear()
        #expect(queue.capacity == 0)
        #expect(queue.isEmpty)
    }

    @Test func aSteadyFlowDoesNotGrowTheQueue() {
        var queue = ByteQueue()
        for round in 0..<10_000 {
            queue.append([UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 100))
            #expect(queue.read(100) == [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 100))
        }
        #expect(queue.capacity <= 1024)
    }

    @Test func randomWalksMatchAnArray() {
        var random = SystemRandomNumberGenerator()
        var queue = ByteQueue()
        var shadow: [UInt8] = []
        for _ in 0..<5000 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let bytes = (0..<Int.random(in: 0..<300, using: &random)).map { _ in UInt8.random(in: 0...255)
                }
                queue.append(bytes)
                shadow += bytes
            case 2:
                let n = Int.random(in: 0...400, using: &random)
                let taken = Array(shadow.prefix(n))
                shadow.removeFirst(taken.count)
                #expect(queue.read(n) == taken)
            default:
                let n = Int.random(in: 0...shadow.count, using: &random)
                queue.discard(n)
                shadow.removeFirst(n)
            }
            #expect(queue.count == shadow.count)
        }
        #expect(queue.readAll() == shadow)
    }

    @Test func copiesAreIndependent() {
        var first = ByteQueue()
        first.append([1, 2, 3])
        var second = first
        second.append([4])
        first.discard(1)
        #expect(first.readAll() == [2, 3])
        #expect(second.readAll() == [1, 2, 3, 4])
    }

    @Test func scanFindsTheFirstOfEveryPlace() {
        for count in 0..<40 {
            for place in 0..<count {
                var bytes = [UInt8](repeating: 0x80, count: count)
                bytes[place] = 0x81
                #expect(Scan.firstIndex(of: 0x81, in: bytes.span) == place)
                #expect(Scan.firstIndex(of: 0x81, in: bytes.span, from: place) == place)
                #expect(Scan.firstIndex(of: 0x81, in: bytes.span, from: place + 1) == nil)
            }
        }
        let zeros: [UInt8] = [1, 0, 1, 0, 0, 1, 1, 1, 1]
        #expect(Scan.firstIndex(of: 0, in: zeros.span) == 1)
    }
}
