import APIServer
import Bytes
import Document
import Glibc
import Reactor
import Resources
import TLS

/// A server or a writer in a process of its own, for tests that kill it.
///
///     apiserver-harness serve STATE ADDRESS PORT NAME    prints "ready ADDRESS:PORT"; ends when stdin does
///     apiserver-harness churn STATE WRITERS SEED         writes for ever; prints every acknowledged change
@main
struct Harness {
    static func main() async {
        let arguments = Environment.arguments
        switch arguments.count > 1 ? arguments[1] : "" {
        case "serve" where arguments.count == 6: await serve(arguments)
        case "churn" where arguments.count == 5: await churn(arguments)
        default: fail("usage: apiserver-harness serve STATE ADDRESS PORT NAME | churn STATE WRITERS SEED")
        }
    }

    static func fail(_ text: String) -> Never {
        _ = Output.stderr(text + "\n")
        Glibc.exit(2)
    }

    static func serve(_ arguments: [String]) async {
        guard let port = UInt16(arguments[4]), let address = SocketAddress(ip: arguments[3], port: port)
        else {
            fail("\(arguments[3]):\(arguments[4]) is not an address")
        }
        do {
            let server = try EmbeddedAPIServer(
                EmbeddedAPIServer.Configuration(
                    stateDirectory: arguments[2], address: address, name: arguments[5],
                    schemas: try SchemaRegistry.embedded()))
            try await server.start()
            _ = Output.stdout("ready \(server.boundAddress)\n")
            _ = await BlockingPool.files.run { Output.readStandardInput(limit: 1 << 20) }
            await server.stop()
        } catch {
            fail("\(error)")
        }
    }

    static func churn(_ arguments: [String]) async {
        guard let writers = Int(arguments[3]), let seed = UInt64(arguments[4]) else { fail("bad numbers") }
        do {
            let store = try ObjectStore(directory: arguments[2])
            let service = ObjectService(
                store: store, schemas: try SchemaRegistry.embedded(), clock: { Clock.wall() })
            if store.list(.namespace, namespace: nil).objects.isEmpty {
                _ = try await service.create(
                    .namespace, namespace: "", body: ["metadata": ["name": "churn"]], options: WriteOptions())
            }
            _ = Output.stdout("ready \(store.version)\n")
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask { await Writer(service: service, number: writer, seed: seed).run() }
                }
            }
        } catch {
            fail("\(error)")
        }
    }
}

/// Makes, changes and deletes its own few objects in turn and says so after each acknowledgement.
///
/// An object's `data.n` counts its changes; the kind of each change follows from the state it was in, so a reader of
/// the output knows what the one change that was under way would have made of it.
struct Writer {
    let service: ObjectService
    let number: Int
    let seed: UInt64

    func run() async {
        var random = SplitMix(state: seed &+ UInt64(number) &* 977)
        while true {
            let key = ObjectKey(namespace: "churn", name: "w\(number)-\(random.next() % 5)")
            do throws(ResourceError) {
                try await step(key, random.next())
            } catch {
                Harness.fail("\(key.name): \(error.message)")
            }
        }
    }

    private func step(_ key: ObjectKey, _ choice: UInt64) async throws(ResourceError) {
        guard let current = service.store.get(ObjectID(.configMap, key)) else {
            let pad = String(repeating: "x", count: Int(choice % 3000))
            let answer = try await service.create(
                .configMap, namespace: key.namespace,
                body: ["metadata": ["name": Node(key.name)], "data": ["n": "1", "pad": Node(pad)]],
                options: WriteOptions())
            say("put", key, "1", answer.node)
            return
        }
        if choice % 4 == 0 {
            let answer = try await service.delete(.configMap, key, options: DeleteOptions())
            say("del", key, "0", answer.node)
            return
        }
        let next = String((current.node.at("data", "n")?.string.flatMap { Int($0) } ?? 0) + 1)
        let answer = try await service.patch(
            .configMap, key, kind: .merge, patch: ["data": ["n": Node(next)]], options: WriteOptions())
        say("put", key, next, answer.node)
    }

    private func say(_ verb: String, _ key: ObjectKey, _ n: String, _ node: Node) {
        let version = node.at("metadata", "resourceVersion")?.string ?? "?"
        _ = Output.stdout("\(verb) \(key.name) \(n) \(version)\n")
    }
}

/// A small generator whose run a seed fixes.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
