import Bytes
import Reactor
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProcessTests {
    @Test func reportsHowAChildEnded() async throws {
        try await withLoop { loop in
            let child = try await ChildProcess.spawn(
                .init(executable: "/bin/sh", arguments: ["-c", "exit 7"]), on: loop)
            #expect(await child.wait() == .exited(7))
            let sleeper = try await ChildProcess.spawn(
                .init(executable: "/bin/sleep", arguments: ["600"]), on: loop)
            sleeper.send(.terminate)
            #expect(await sleeper.wait() == .signaled(15))
            #expect(sleeper.exitStatus == .signaled(15))
        }
    }

    @Test func reportsAProgramThatCannotStart() async throws {
        try await withLoop { loop in
            let error = await #expect(throws: FileError.self) {
                try await ChildProcess.spawn(.init(executable: "/nonexistent", arguments: []), on: loop)
            }
            #expect(error?.errno == .noEntry)
        }
    }

    @Test func givesTheChildItsStreamsEnvironmentAndDirectory() async throws {
        try await withLoop { loop in
            try await withDirectory { directory in
                let child = try await ChildProcess.spawn(
                    .init(
                        executable: "/bin/sh",
                        arguments: ["-c", "pwd; echo $X; cat; echo err >&2; ls /proc/self/fd | wc -l"],
                        environment: ["X=a b", "PATH=/usr/bin:/bin"], directory: directory,
                        output: .file(directory + "/out"),
                        error: .file(directory + "/err")), on: loop)
                #expect(await child.wait() == .exited(0))
                #expect(text(try FileSystem.read(directory + "/out")) == "\(directory)\na b\n4\n")
                #expect(text(try FileSystem.read(directory + "/err")) == "err\n")
            }
        }
    }

    @Test func grandchildrenOfAKilledParentDie() async throws {
        // This process stays; the exit test's process starts a child and is killed.
        try await withDirectory { directory in
            let pidFile = directory + "/pid"
            await #expect(processExitsWith: .signal(9)) { [pidFile = pidFile as String] in
                let loop = EventLoop.started(name: "parent")
                let child = try await ChildProcess.spawn(
                    .init(executable: "/bin/sleep", arguments: ["600"]), on: loop)
                try FileSystem.writeAtomically(pidFile, Array("\(child.pid)".utf8))
                Signals.send(.kill, to: Environment.processID)
                _ = await child.wait()
            }
            let pid = try #require(Int32(text(try FileSystem.read(pidFile))))
            let deadline = Clock.monotonic() + .seconds(10)
            var isGone = false
            while !isGone, Clock.monotonic() < deadline {
                // Gone, or a zombie nobody reaps in this container.
                let status = (try? FileSystem.read("/proc/\(pid)/stat")).map(text) ?? ""
                isGone = status.isEmpty || status.contains(") Z ")
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(isGone)
        }
    }

    @Test func deliversSignalsOnTheLoop() async throws {
        try await withLoop { loop in
            let signal: Signal = await withCheckedContinuation { continuation in
                let once = Mutex(false)
                do {
                    try Signals.handle([.user1], on: loop) { signal in
                        #expect(loop.isOnLoop)
                        let isFirst = once.withLock { seen in
                            defer { seen = true }
                            return !seen
                        }
                        if isFirst { continuation.resume(returning: signal) }
                    }
                } catch { Issue.record(error) }
                Signals.send(.user1, to: Environment.processID)
            }
            Signals.ignore(.user1)
            #expect(signal == .user1)
        }
    }
}

@Suite(.timeLimit(.minutes(1)))
struct SystemTests {
    @Test func resolvesNamesAndAddresses() async throws {
        #expect(try await DNS.resolve("127.0.0.9").get() == [.v4(0x7F00_0009)])
        #expect(try await DNS.resolve("localhost").get().contains { $0.isLoopback })
        #expect(await DNS.resolve("no such host").isFailure)
        #expect(await DNS.resolve("").isFailure)
    }

    @Test func poolRunsWorkAndCarriesErrors() async throws {
        let results = await withTaskGroup(of: Int.self) { group in
            for i in 0..<200 { group.addTask { await BlockingPool.files.run { i } } }
            return await group.reduce(0, +)
        }
        #expect(results == 19_900)
        await #expect(throws: FileError.self) {
            try await BlockingPool.run { () throws(FileError) in try FileSystem.read("/nonexistent") }
        }
    }
}

extension Result {
    var isFailure: Bool {
        if case .failure = self { return true }
        return false
    }
}
