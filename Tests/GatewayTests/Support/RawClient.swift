import Foundation

/// A client that sends exactly what it is told, through python's sockets.
enum RawClient {
    /// Sends `text`, then (after a first answer) `then`; returns what came until the end or until 0.4 s of silence.
    static func exchange(
        port: UInt16, _ text: String, then: String? = nil, untilClose: Bool = true
    ) async throws -> String {
        let script = """
            import socket, sys, base64
            s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 20)
            s.settimeout(20 if sys.argv[2] == '1' else 0.4)
            first, then = sys.stdin.read().split('\\n')
            s.sendall(base64.b64decode(first))
            data = b''
            if then:
                data += s.recv(65536)
                s.sendall(base64.b64decode(then))
            try:
                while True:
                    piece = s.recv(65536)
                    if not piece: break
                    data += piece
            except (TimeoutError, ConnectionError):
                pass
            sys.stdout.buffer.write(data)
            """
        func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        let result = await Shell.run(
            "python3", ["-c", script, "\(port)", untilClose ? "1" : "0"],
            input: encoded(text) + "\n" + (then.map(encoded) ?? ""))
        return result.output
    }
}
