import Bytes
import EnvoyConfig
import Foundation
import Testing

@testable import Gateway

struct TCPTests {
    /// Python on both ends of a tunnel; `server` serves one connection `c`, `client` uses `s`, both print.
    private func talk(server: String, client: String, _ change: @escaping (inout TCPProxy) -> Void = { _ in })
        async throws -> (server: String, client: String, gateway: TestGateway)
    {
        let directory = try temporaryDirectory()
        let portFile = directory + "/port"
        let listen = """
            import socket, os, sys
            done = '\(directory)/done'
            l = socket.create_server(('127.0.0.1', 0))
            open('\(portFile).tmp', 'w').write(str(l.getsockname()[1]))
            os.rename('\(portFile).tmp', '\(portFile)')
            c, _ = l.accept()
            c.settimeout(30)
            \(server)
            """
        async let served = Shell.run("python3", ["-c", listen])
        var port: UInt16?
        while port == nil {
            port = (try? String(contentsOfFile: portFile, encoding: .utf8)).flatMap { UInt16($0) }
            try await Task.sleep(for: .milliseconds(5))
        }
        let address = try #require(SocketAddress(ip: "127.0.0.1", port: port ?? 0))
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.tcp("c", change)])], [Configs.cluster("c", address)])
        let connect = """
            import socket, os, sys, time
            done = '\(directory)/done'
            s = socket.create_connection(('127.0.0.1', \(gateway.port())), 20)
            s.settimeout(30)
            \(client)
            """
        let asked = await Shell.run("python3", ["-c", connect])
        return (await served.output, asked.output, gateway)
    }

    @Test func passesHalfCloseBothWays() async throws {
        let result = try await talk(
            server: """
                data = b''
                while True:
                    piece = c.recv(4096)
                    if not piece: break
                    data += piece
                c.sendall(b'got ' + data)
                c.close()
                """,
            client: """
                s.sendall(b'question')
                s.shutdown(socket.SHUT_WR)
                data = b''
                while True:
                    piece = s.recv(4096)
                    if not piece: break
                    data += piece
                print(data.decode(), end='')
                """)
        #expect(result.client == "got question")
        #expect(await result.gateway.waits(for: "tcp.tcp.downstream_cx_active", 0))
        await result.gateway.process.stop()
    }

    @Test func holdsBackASourceWhoseSinkIsSlow() async throws {
        let result = try await talk(
            server: """
                sent = 0
                c.settimeout(1)
                try:
                    while sent < 200_000_000: sent += c.send(b'x' * 65536)
                except TimeoutError: pass
                open(done, 'w').close()
                print('stuck' if sent < 100_000_000 else 'swallowed', end='')
                c.close()
                """,
            client: """
                while not os.path.exists(done): time.sleep(0.01)
                n = 0
                while True:
                    piece = s.recv(1 << 20)
                    if not piece: break
                    n += len(piece)
                print('some' if n > 0 else 'none', end='')
                """)
        #expect(result.server == "stuck")
        #expect(result.client == "some")
        await result.gateway.process.stop()
    }

    @Test func closesWhatHasBeenSilentTooLong() async throws {
        let result = try await talk(
            server: "print(len(c.recv(10)), end='')", client: "print(len(s.recv(10)), end='')"
        ) { $0.idleTimeout = .milliseconds(200) }
        #expect(result.server == "0")
        #expect(result.client == "0")
        await result.gateway.process.stop()
    }

    @Test func closesTheClientWhenNobodyAnswers() async throws {
        let gateway = try await TestGateway(
            [Configs.listener("l", [Configs.tcp("dead")]), Configs.listener("m", [Configs.tcp("missing")])],
            [Configs.cluster("dead", try #require(SocketAddress("127.0.0.1:1")))])
        #expect(try await RawClient.exchange(port: gateway.port("l"), "hello") == "")
        #expect(try await RawClient.exchange(port: gateway.port("m"), "hello") == "")
        #expect(await gateway.waits(for: "cluster.dead.upstream_cx_connect_fail", 1))
        #expect(await gateway.waits(for: "tcp.tcp.downstream_cx_no_route", 1))
        await gateway.process.stop()
    }
}
