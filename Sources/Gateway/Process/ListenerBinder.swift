internal import Bytes
internal import EnvoyConfig
internal import Reactor

/// Listening sockets made for an update, one per worker and listener.
struct BoundSockets {
    /// Of each worker: descriptors by listener, owned by whoever takes them.
    var descriptors: [[String: Int32]]
    /// Where every listener of the new configuration accepts.
    var addresses: [String: SocketAddress]

    /// Closes all of them, when they are not used after all.
    func close() {
        for own in descriptors {
            for descriptor in own.values { _ = Socket(owning: descriptor) }
        }
    }
}

/// Binds what an update needs before any of it takes effect.
enum ListenerBinder {
    static func bind(
        _ listeners: [CompiledListener], replacing old: [CompiledListener], existing: [String: SocketAddress],
        workers: Int
    ) throws(ConfigError) -> BoundSockets {
        var bound = BoundSockets(descriptors: Array(repeating: [:], count: workers), addresses: [:])
        var findings: [ConfigFinding] = []
        var names: [SocketAddress: String] = [:]
        for listener in listeners {
            if listener.address.port != 0,
                let other = names.updateValue(listener.name, forKey: listener.address)
            {
                findings.append(
                    finding(listener, "\(listener.address) is the address of listener '\(other)'"))
                continue
            }
            if let previous = old.first(where: { $0.name == listener.name }),
                previous.address == listener.address, let address = existing[listener.name]
            {
                bound.addresses[listener.name] = address
                continue
            }
            do throws(Errno) {
                var address = listener.address
                for worker in 0..<workers {
                    let socket = try Socket.listening(on: address, reusePort: true)
                    // Port 0: the first socket finds a port, the others share it.
                    address = socket.localAddress ?? address
                    bound.descriptors[worker][listener.name] = socket.release()
                }
                bound.addresses[listener.name] = address
            } catch {
                findings.append(finding(listener, "cannot bind \(listener.address): \(error)"))
            }
        }
        guard findings.isEmpty else {
            bound.close()
            throw ConfigError(findings: findings)
        }
        return bound
    }

    private static func finding(_ listener: CompiledListener, _ reason: String) -> ConfigFinding {
        ConfigFinding(
            resourceType: "Listener", resourceName: listener.name, path: "address", reason: reason)
    }
}
