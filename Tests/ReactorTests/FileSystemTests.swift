import Bytes
import Reactor
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct FileSystemTests {
    @Test func writesAndReadsBack() async throws {
        try await withDirectory { directory in
            let path = directory + "/a"
            try FileSystem.writeAtomically(path, Array("one".utf8), mode: 0o640)
            try FileSystem.writeAtomically(path, Array("two".utf8), mode: 0o600)
            #expect(text(try FileSystem.read(path)) == "two")
            #expect(FileSystem.info(path)?.mode == 0o600)
            #expect(try FileSystem.list(directory) == ["a"])
        }
    }

    @Test func leavesNothingBehindWhenAWriteFails() async throws {
        try await withDirectory { directory in
            try FileSystem.makeDirectory(directory + "/a/b")
            // A directory cannot be replaced by a file.
            #expect(throws: FileError.self) { try FileSystem.writeAtomically(directory + "/a", [1]) }
            #expect(try FileSystem.list(directory) == ["a"])
            #expect(throws: FileError.self) { try FileSystem.writeAtomically(directory + "/none/x", [1]) }
        }
    }

    @Test func refusesFilesAboveTheLimit() async throws {
        try await withDirectory { directory in
            try FileSystem.writeAtomically(directory + "/big", [UInt8](repeating: 1, count: 101))
            #expect(throws: FileError.self) { try FileSystem.read(directory + "/big", limit: 100) }
            #expect(try FileSystem.read(directory + "/big", limit: 101).count == 101)
        }
    }

    @Test func namesThePathAndTheReason() {
        let error = #expect(throws: FileError.self) { try FileSystem.read("/nonexistent/file") }
        #expect(error?.description == "/nonexistent/file: cannot read: No such file or directory")
        #expect(error?.errno == .noEntry)
    }

    @Test func listsSortedAndRemovesTrees() async throws {
        try await withDirectory { directory in
            for name in ["b", "a", "C"] { try FileSystem.writeAtomically("\(directory)/d/../\(name)", []) }
        } catching: { error in
            #expect(error is FileError)
        }
        try await withDirectory { directory in
            try FileSystem.makeDirectory(directory + "/x/y/z")
            for name in ["b", "a", "C"] { try FileSystem.writeAtomically("\(directory)/\(name)", []) }
            #expect(try FileSystem.list(directory) == ["C", "a", "b", "x"])
            try FileSystem.removeTree(directory + "/x")
            #expect(!FileSystem.exists(directory + "/x"))
            #expect(try FileSystem.remove(directory + "/a"))
            #expect(try !FileSystem.remove(directory + "/a"))
        }
    }

    @Test func onlyOneHoldsALock() async throws {
        try await withDirectory { directory in
            let path = directory + "/lock"
            let lock = try FileSystem.lock(path)
            let error = #expect(throws: FileError.self) { try FileSystem.lock(path) }
            #expect(error?.errno == .wouldBlock)
            lock.release()
            _ = try FileSystem.lock(path)
        }
    }

    @Test func splitsPaths() {
        #expect(FileSystem.parent(of: "/a/b/c") == "/a/b")
        #expect(FileSystem.parent(of: "/a") == "/")
        #expect(FileSystem.parent(of: "a") == ".")
        #expect(FileSystem.parent(of: "/a//b/") == "/a")
        #expect(FileSystem.name(of: "/a/b/") == "b")
    }

    @Test func watchesADirectoryThatWasMadeAnew() async throws {
        try await withDirectory { directory in
            try await withLoop { loop in
                let path = directory + "/d/secret.json"
                try FileSystem.makeDirectory(directory + "/d")
                let reports = Mutex(0)
                let isWatching = await onLoop(loop) {
                    let watcher = try? FileWatcher(loop: loop) { _ in reports.withLock { $0 += 1 } }
                    return (try? watcher?.watch(path)) != nil
                }
                #expect(isWatching)
                try FileSystem.removeTree(directory + "/d")
                while reports.withLock({ $0 }) == 0 { await Task.yield() }
                try FileSystem.makeDirectory(directory + "/d")
                let before = reports.withLock { $0 }
                try FileSystem.writeAtomically(path, [1])
                while reports.withLock({ $0 }) == before { await Task.yield() }
            }
        }
    }

    @Test func seesAFileReplacedByRename() async throws {
        try await withDirectory { directory in
            try await withLoop { loop in
                let path = directory + "/secret.json"
                try FileSystem.writeAtomically(path, [1])
                let seen: String = await withCheckedContinuation { continuation in
                    loop.submit {
                        let once = Mutex(false)
                        let watcher = try? FileWatcher(loop: loop) { path in
                            let isFirst = once.withLock { seen in
                                defer { seen = true }
                                return !seen
                            }
                            if isFirst { continuation.resume(returning: path) }
                        }
                        try? watcher?.watch(path)
                        try? FileSystem.writeAtomically(directory + "/other", [3])
                        try? FileSystem.writeAtomically(path, [2])
                    }
                }
                #expect(seen == path)
            }
        }
    }
}

func withDirectory(
    _ body: (String) async throws -> Void, catching: (any Error) -> Void
) async throws {
    do { try await withDirectory(body) } catch { catching(error) }
}
