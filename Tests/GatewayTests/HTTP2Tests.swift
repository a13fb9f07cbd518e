import Bytes
import EnvoyConfig
import Foundation
import HTTPCodec
import Testing

@testable import Gateway

/// HTTP/2 on either side, over clear connections; curl is the client.
struct HTTP2Tests {
    private func cluster(
        _ backend: HTTP2Backend, _ change: (inout HTTP2ProtocolOptions) -> Void = { _ in }
    ) -> Cluster {
        var options = HTTP2ProtocolOptions.bounded
        change(&options)
        var cluster = Configs.cluster("b", backend.address)
        cluster.httpProtocol = .http2(options)
        return cluster
    }

    private func gateway(
        _ cluster: Cluster, _ change: (inout RouteAction) -> Void = { _ in },
        manager: (inout HTTPConnectionManager) -> Void = { _ in }
    ) async throws -> TestGateway {
        try await TestGateway(
            [Configs.listener("l", [Configs.http([Configs.route(to: "b", change)], manager)])], [cluster])
    }

    private func ask(_ gateway: TestGateway, _ path: String, _ more: String...) async -> String {
        await Shell.run(
            "curl",
            ["-s", "-i", "-m", "10", "--noproxy", "*", "--http2-prior-knowledge"] + more
                + [gateway.url("l", path)]
        ).output
    }

    @Test func servesBothVersionsOnOnePort() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await gateway(Configs.cluster("b", backend.address))
        let new = await ask(gateway, "/x?y=1", "-d", "hello")
        #expect(new.hasPrefix("HTTP/2 200"))
        #expect(new.contains("b POST /x?y=1\n"))
        #expect(new.contains("body 5\n"))
        #expect(backend.lastHead?.headers["host"] == "127.0.0.1:\(gateway.port())")
        let old = await Shell.curl("-i", gateway.url("l", "/x"))
        #expect(old.output.hasPrefix("HTTP/1.1 200"))
        #expect(await gateway.waits(for: "http.test.downstream_rq_2xx", 2))
        await gateway.process.stop()
    }

    @Test func streamsLargeBodiesBothWaysThroughSmallWindows() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await gateway(
            Configs.cluster("b", backend.address), manager: { $0.http2ProtocolOptions = .bounded })
        let down = await Shell.curl(
            "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{size_download}",
            gateway.url("l", "/big/5000000"))
        #expect(down.output == "5000000")
        let up = await Shell.run(
            "sh",
            [
                "-c",
                "head -c 3000000 /dev/zero | "
                    + "curl -s -m 10 --noproxy '*' --http2-prior-knowledge -T - '\(gateway.url())'",
            ])
        #expect(up.output.contains("body 3000000\n"))
        await gateway.process.stop()
    }

    @Test func passesTrailersBetweenHTTP2Sides() async throws {
        let backend = try await HTTP2Backend()
        let gateway = try await gateway(cluster(backend))
        let answer = await ask(gateway, "/trailers")
        #expect(answer.contains("GET /trailers body 0\n"))
        #expect(answer.contains("grpc-status: 0\r\n"))
        #expect(answer.contains("x-late: 1\r\n"))
        // HTTP/1.1 clients get the body alone.
        let old = await Shell.curl("-i", gateway.url("l", "/trailers"))
        #expect(old.output.contains("transfer-encoding: chunked\r\n"))
        #expect(!old.output.contains("x-late"))
        await gateway.process.stop()
        await backend.stop()
    }

    @Test func endsAHeadThatCameAloneWithItsFrame() async throws {
        let backend = try await HTTP2Backend()
        let gateway = try await gateway(cluster(backend))
        // A gRPC status counts only in a head that ends its stream: as trailers, or as all there is.
        let client = await Shell.run(
            "python3", ["-c", Self.frames, "\(gateway.port())", "/trailers-only"])
        #expect(client.output == "HEADERS END\n")
        await gateway.process.stop()
        await backend.stop()
    }

    /// Asks by prior knowledge, and names the frames of stream 1 that come back.
    private static let frames = """
        import socket, sys
        s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 20)
        s.settimeout(20)
        def literal(name, value):
            return b'\\x00' + bytes([len(name)]) + name + bytes([len(value)]) + value
        block = b'\\x82\\x86' + literal(b':path', sys.argv[2].encode()) + literal(b':authority', b'x')
        s.sendall(b'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n' + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
            + bytes([0, 0, len(block), 1, 5, 0, 0, 0, 1]) + block)
        data = b''
        while True:
            while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], 'big'):
                piece = s.recv(65536)
                if not piece: sys.exit()
                data += piece
            length, kind, flags = int.from_bytes(data[:3], 'big'), data[3], data[4]
            stream = int.from_bytes(data[5:9], 'big')
            data = data[9 + length:]
            if stream != 1: continue
            name = {0: 'DATA', 1: 'HEADERS', 3: 'RESET'}.get(kind, str(kind))
            print(name + (' END' if kind < 2 and flags & 1 else ''))
            if kind == 3 or flags & 1: break
        """

    @Test func tellsHTTP1ClientsThatNothingFollows() async throws {
        let backend = try await HTTP2Backend()
        let gateway = try await gateway(cluster(backend))
        for _ in 0..<2 {
            let answer = await Shell.curl("-i", gateway.url("l", "/empty"))
            #expect(answer.status == 0)
            #expect(answer.output.contains("content-length: 0\r\n"))
        }
        let posted = await Shell.curl("-i", "-X", "POST", gateway.url("l", "/post"))
        #expect(posted.output.contains("POST /post body 0\n"))
        await gateway.process.stop()
        await backend.stop()
    }

    @Test func sharesAConnectionUpToThePeersLimit() async throws {
        let backend = try await HTTP2Backend()
        let gateway = try await gateway(cluster(backend))
        await withTaskGroup(of: String.self) { group in
            for number in 0..<8 { group.addTask { await ask(gateway, "/\(number)") } }
            for await answer in group { #expect(answer.hasPrefix("HTTP/2 200")) }
        }
        #expect(backend.record.connections == 1)
        #expect(await gateway.stat("cluster.b.upstream_cx_total") == 1)
        await gateway.process.stop()
        await backend.stop()
    }

    @Test func triesAgainWhatTheEndpointDidNotProcess() async throws {
        let backend = try await HTTP2Backend()
        let gateway = try await gateway(cluster(backend))
        #expect(await ask(gateway, "/refuse").contains("GET /refuse body 0\n"))
        #expect(backend.record.connections == 1)
        #expect(await ask(gateway, "/goaway").contains("GET /goaway body 0\n"))
        #expect(backend.record.connections == 2)
        #expect(backend.record.paths == ["/refuse", "/refuse", "/goaway", "/goaway"])
        await gateway.process.stop()
        await backend.stop()
    }

    @Test func answersForAnEndpointThatResets() async throws {
        let backend = try await HTTP2Backend()
        let gateway = try await gateway(cluster(backend))
        let answer = await ask(gateway, "/reset")
        #expect(answer.hasPrefix("HTTP/2 503"))
        #expect(answer.contains("reset reason: remote reset"))
        let grpc = await ask(gateway, "/reset", "-H", "content-type: application/grpc", "-d", "x")
        #expect(grpc.hasPrefix("HTTP/2 200"))
        #expect(grpc.contains("grpc-status: 14\r\n"))
        #expect(grpc.contains("grpc-message: upstream connect error"))
        await gateway.process.stop()
        await backend.stop()
    }

    @Test func resetsMalformedStreams() async throws {
        let backend = try await EchoBackend("b")
        let gateway = try await gateway(Configs.cluster("b", backend.address))
        let client = await Shell.run("python3", ["-c", Self.frames, "\(gateway.port())", "no-slash"])
        #expect(client.output == "RESET\n")
        #expect(backend.requests == 0)
        await gateway.process.stop()
    }

    @Test func passesHTTP1ToHTTP2AndBack() async throws {
        let backend = try await EchoBackend("b")
        let inner = try await gateway(Configs.cluster("b", backend.address))
        var outer = Configs.cluster("b", inner.addresses["l"] ?? backend.address)
        outer.httpProtocol = .http2(.bounded)
        let gateway = try await gateway(outer)
        let answer = await Shell.curl("-i", "-d", "hello", gateway.url("l", "/deep"))
        #expect(answer.output.hasPrefix("HTTP/1.1 200"))
        #expect(answer.output.contains("b POST /deep\n"))
        #expect(answer.output.contains("body 5\n"))
        let head = await Shell.curl("-I", gateway.url("l", "/deep"))
        #expect(head.output.hasPrefix("HTTP/1.1 200"))
        let big = await Shell.curl(
            "-o", "/dev/null", "-w", "%{size_download}", gateway.url("l", "/big/2000000"))
        #expect(big.output == "2000000")
        await gateway.process.stop()
        await inner.process.stop()
    }
}
