public import Bytes
import Document
import HTTPService
public import Reactor
public import Resources
import Synchronization
public import TLS

/// The API server in this process: a durable store in a state directory, served over TLS to `kubectl`, and to
/// controllers of the process without a network.
///
/// The state directory belongs to one server at a time. Beside the objects it holds `admin.kubeconfig` (0600) for
/// the administrator, and `admin/token` for clients without a certificate.
public final class EmbeddedAPIServer: Sendable {
    /// What a server is made of.
    public struct Configuration: Sendable {
        /// Where everything is kept; made when it is not there.
        public var stateDirectory: String
        /// Where it is served; port 0 takes a free one.
        public var address: SocketAddress
        /// The name of the kubeconfig's context.
        public var name: String
        /// The schemas of the kinds.
        public var schemas: SchemaRegistry
        /// The time that is stamped on objects.
        public var clock: @Sendable () -> WallTime
        /// The loop that serves; `nil` runs one of its own.
        public var loop: EventLoop?

        /// A configuration.
        public init(
            stateDirectory: String, address: SocketAddress, name: String, schemas: SchemaRegistry,
            clock: @escaping @Sendable () -> WallTime = { Clock.wall() }, loop: EventLoop? = nil
        ) {
            self.stateDirectory = stateDirectory
            self.address = address
            self.name = name
            self.schemas = schemas
            self.clock = clock
            self.loop = loop
        }
    }

    private let configuration: Configuration
    private let identity: AdminIdentity
    private let service: ObjectService
    private let janitor: Janitor
    private let server: HTTPServer
    private let renewal = Mutex<Task<Void, Never>?>(nil)

    /// Answers requests; also for tests that need no socket.
    public let handler: APIHandler

    /// Opens the state directory and makes what is missing there.
    ///
    /// Blocks while it reads the disk; nothing is served yet.
    public init(_ configuration: Configuration) throws(EmbeddedAPIServerError) {
        self.configuration = configuration
        let store: ObjectStore
        do throws(FileError) {
            store = try ObjectStore(directory: configuration.stateDirectory)
        } catch {
            if error.errno == .wouldBlock { throw .locked(configuration.stateDirectory) }
            throw .storage(error)
        }
        let now = configuration.clock()
        identity = try AdminIdentity(
            directory: "\(configuration.stateDirectory)/admin", name: configuration.name, now: now)
        service = ObjectService(store: store, schemas: configuration.schemas, clock: configuration.clock)
        janitor = Janitor(service: service)
        let handler = APIHandler(
            service: service, token: Array(identity.token.utf8), address: "\(configuration.address)")
        self.handler = handler
        do throws(TLSError) {
            server = HTTPServer(
                address: configuration.address,
                tls: try identity.serverContext(
                    address: configuration.address, name: configuration.name, now: now),
                loop: configuration.loop
            ) { await handler.handle($0) }
        } catch {
            throw .tls(error)
        }
    }

    /// The objects, for controllers of this process.
    ///
    /// Works from `init` to `stop`.
    public var client: any ResourceClient { InProcessClient(service: service) }

    /// The address served, with the port chosen.
    public var boundAddress: SocketAddress { server.boundAddress }

    /// The administrator's kubeconfig, written by `start`.
    public var kubeconfigPath: String { "\(configuration.stateDirectory)/admin.kubeconfig" }

    /// The file with the administrator's bearer token.
    public var tokenPath: String { "\(configuration.stateDirectory)/admin/token" }

    /// The CA that signs administrators and this server.
    public var authority: Certificate { identity.authority }

    /// What was found in the state directory and could not be read, one line each; it was moved to
    /// `quarantine/` there.
    public var quarantined: [String] { service.store.quarantined }

    /// Serves: makes the namespace `default`, takes up unfinished deletions, binds and writes the kubeconfig.
    public func start() async throws(EmbeddedAPIServerError) {
        do throws(ResourceError) {
            let name = "default"
            let key = ObjectKey(namespace: "", name: name)
            if service.store.get(ObjectID(.namespace, key)) == nil {
                _ = try await client.create(Resource(type: .namespace, name: name))
            }
        } catch {
            throw .state(error.message)
        }
        janitor.start()
        do throws(HTTPServerError) {
            try server.start()
        } catch {
            throw .network(error.description)
        }
        try writeKubeconfig()
        let task = Task { [self] in await renew() }
        renewal.withLock { $0 = task }
    }

    private func writeKubeconfig() throws(EmbeddedAPIServerError) {
        do {
            let text = try identity.kubeconfig(address: boundAddress, name: configuration.name)
            try FileSystem.writeAtomically(kubeconfigPath, Array(text.utf8), mode: 0o600)
        } catch let error as FileError {
            throw .storage(error)
        } catch let error as TLSError {
            throw .tls(error)
        } catch {
            throw .state("\(error)")
        }
    }

    /// Gives the server a new certificate long before the old one ends.
    private func renew() async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(90 * 86_400))
                server.updateTLS(
                    try identity.serverContext(
                        address: configuration.address, name: configuration.name, now: configuration.clock()))
            } catch let error as TLSError {
                Log.error("apiserver", "the server's certificate could not be renewed: \(error.message)")
            } catch {
                return
            }
        }
    }

    /// Stops serving, lets writes under way finish, and lets go of the state directory.
    public func stop() async {
        renewal.withLock { $0?.cancel() }
        janitor.stop()
        await server.stop()
        await service.store.close()
    }
}

/// Why an embedded API server does not run.
public enum EmbeddedAPIServerError: Error, Sendable, CustomStringConvertible {
    /// Another process has the state directory.
    case locked(String)
    /// The state directory cannot be read or written.
    case storage(FileError)
    /// Keys or certificates cannot be made or read.
    case tls(TLSError)
    /// The address cannot be had.
    case network(String)
    /// What is in the state directory cannot be used.
    case state(String)

    /// What is wrong, for a person.
    public var description: String {
        switch self {
        case .locked(let directory): "\(directory) is in use by another controller"
        case .storage(let error): error.description
        case .tls(let error): error.message
        case .network(let text), .state(let text): text
        }
    }
}
