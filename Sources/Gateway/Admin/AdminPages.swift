internal import Bytes
internal import EnvoyConfig
internal import Reactor
internal import TLS

/// Which pages a listener of the process serves.
enum AdminScope: Sendable {
    case all
    case readiness
    case metrics
}

/// The pages of the admin listener, with Envoy's paths and forms.
enum AdminPages {
    private static let json = "application/json"

    static func answer(_ request: AdminRequest, scope: AdminScope, control: GatewayControl) async
        -> AdminReply
    {
        switch scope {
        case .readiness:
            guard ["/ready", "/healthz/ready"].contains(request.path) else { return notFound }
        case .metrics:
            guard ["/metrics", "/stats/prometheus"].contains(request.path) else { return notFound }
            return await prometheus(control)
        case .all: break
        }
        switch request.path {
        case "/ready", "/healthz/ready": return await ready(control)
        case "/config_dump":
            var dump = await control.dump()
            dump.includesEndpoints = request.query["include_eds"] != nil
            return AdminReply(status: 200, contentType: json, text: dump.text)
        case "/clusters": return await clusters(request, control)
        case "/stats": return stats(request, await control.stats())
        case "/stats/prometheus", "/metrics":
            return await prometheus(control)
        case "/certs": return await certificates(control)
        case "/server_info": return await serverInfo(control)
        case "/listeners": return await listeners(control)
        case "/drain_listeners":
            guard request.method == "POST" else {
                return AdminReply(status: 405, text: "Method Not Allowed: use POST\n")
            }
            await control.drain()
            return AdminReply(status: 200, text: "OK\n")
        case "/", "/help":
            return AdminReply(
                status: 200,
                text:
                    "/certs\n/clusters\n/config_dump\n/drain_listeners (POST)\n/listeners\n/ready\n/server_info\n"
                    + "/stats\n/stats/prometheus\n")
        default: return notFound
        }
    }

    private static var notFound: AdminReply { AdminReply(status: 404, text: "no such page\n") }

    private static func ready(_ control: GatewayControl) async -> AdminReply {
        if await control.isDraining { return AdminReply(status: 503, text: "DRAINING\n") }
        let isStarting = await control.isInitializing()
        if await !control.isStarted || isStarting { return AdminReply(status: 503, text: "INITIALIZING\n") }
        return AdminReply(status: 200, text: "LIVE\n")
    }

    private static func stats(_ request: AdminRequest, _ table: StatTable) -> AdminReply {
        var lines = table.values.map { ($0.key.text, $0.value) }.sorted { $0.0 < $1.0 }
        if let filter = request.query["filter"] {
            do {
                let program = RegexProgram(try RegexPattern(filter))
                lines = lines.filter { line in
                    var machine = RegexMachine(program, Array(line.0.utf8)[...], keepsGroups: false)
                    return machine.search(from: 0) != nil
                }
            } catch {
                return AdminReply(status: 400, text: "filter: \(error)\n")
            }
        }
        return AdminReply(status: 200, text: lines.map { "\($0.0): \($0.1)\n" }.joined())
    }

    private static func prometheus(_ control: GatewayControl) async -> AdminReply {
        var text = PrometheusText()
        text.add(await control.stats())
        text.add(await control.services(), mesh: await control.bootstrap.identity.mesh)
        return AdminReply(status: 200, contentType: "text/plain; version=0.0.4", text: text.text)
    }

    private static func clusters(_ request: AdminRequest, _ control: GatewayControl) async -> AdminReply {
        let snapshot = await control.current
        var active: [String: [SocketAddress: Int]] = [:]
        for worker in await control.workers {
            for (name, endpoints) in await worker.run({ $0.endpoints() }) {
                for (address, count) in endpoints { active[name, default: [:]][address, default: 0] += count }
            }
        }
        var text = ""
        var statuses: [String] = []
        for (name, cluster) in snapshot.clusters.sorted(by: { $0.key < $1.key }) {
            let limits = cluster.config.circuitBreakers
            text += "\(name)::default_priority::max_connections::\(limits.maxConnections)\n"
            text += "\(name)::default_priority::max_pending_requests::\(limits.maxPendingRequests)\n"
            let outliers = cluster.state.outlierTable
            var hosts: [String] = []
            let usable = Dictionary(
                cluster.priorities.joined().map { ($0.target, $0.isUsable) }, uniquingKeysWith: { a, _ in a })
            for (address, count) in (active[name] ?? [:]).sorted(by: {
                $0.key.description < $1.key.description
            }) {
                let isUsable = usable[.address(address)] ?? true
                text += "\(name)::\(address)::rq_active::\(count)\n"
                let isEjected = outliers.isEjected(address)
                let flags =
                    (isEjected ? "/failed_outlier_check" : "") + (isUsable ? "" : "/failed_eds_health")
                text += "\(name)::\(address)::health_flags::\(flags.isEmpty ? "healthy" : flags)\n"
                hosts.append(
                    JSONText.object([
                        (
                            "address",
                            JSONText.object([
                                (
                                    "socket_address",
                                    JSONText.object([
                                        ("address", JSONText.string(address.ip.description)),
                                        ("port_value", String(address.port)),
                                    ])
                                )
                            ])
                        ),
                        (
                            "health_status",
                            JSONText.object([
                                ("eds_health_status", isUsable ? "\"HEALTHY\"" : "\"UNHEALTHY\""),
                                ("failed_outlier_check", isEjected ? "true" : "false"),
                            ])
                        ),
                        (
                            "stats",
                            JSONText.array([
                                JSONText.object([
                                    ("name", "\"rq_active\""), ("type", "\"GAUGE\""),
                                    ("value", "\"\(count)\""),
                                ])
                            ])
                        ),
                    ]))
            }
            statuses.append(
                JSONText.object([("name", JSONText.string(name)), ("host_statuses", JSONText.array(hosts))]))
        }
        if request.query["format"] == "json" {
            return AdminReply(
                status: 200, contentType: json,
                text: JSONText.object([("cluster_statuses", JSONText.array(statuses))]))
        }
        return AdminReply(status: 200, text: text)
    }

    private static func listeners(_ control: GatewayControl) async -> AdminReply {
        let lines = await control.addresses.sorted { $0.key < $1.key }.map { "\($0.key)::\($0.value)\n" }
        return AdminReply(status: 200, text: lines.joined())
    }

    private static func certificates(_ control: GatewayControl) async -> AdminReply {
        let snapshot = await control.current
        var all: [[Certificate]] = snapshot.serverSlots.map(\.material.certificates)
        all += snapshot.clientSlots.map(\.material.certificates)
        var seen: Set<[UInt8]> = []
        let now = Clock.wall()
        let items = all.joined().filter { seen.insert($0.sha256).inserted }.map { certificate in
            let names = certificate.uriSANs.map { JSONText.object([("uri", JSONText.string($0))]) }
            let days = (certificate.notAfter.seconds - now.seconds) / 86_400
            return JSONText.object([
                (
                    "cert_chain",
                    JSONText.array([
                        JSONText.object([
                            ("serial_number", JSONText.string(certificate.serialNumberHex)),
                            ("subject_alt_names", JSONText.array(names)),
                            ("days_until_expiration", "\"\(max(0, days))\""),
                            ("valid_from", JSONText.string(certificate.notBefore.rfc3339)),
                            ("expiration_time", JSONText.string(certificate.notAfter.rfc3339)),
                        ])
                    ])
                )
            ])
        }
        return AdminReply(
            status: 200, contentType: json, text: JSONText.object([("certificates", JSONText.array(items))]))
    }

    private static func serverInfo(_ control: GatewayControl) async -> AdminReply {
        let bootstrap = await control.bootstrap
        let uptime = (Clock.monotonic() - control.startTime).inMilliseconds / 1000
        let state = await control.isDraining ? "DRAINING" : "LIVE"
        let text = JSONText.object([
            ("version", JSONText.string(control.options.version)), ("state", "\"\(state)\""),
            ("uptime_current_epoch", "\"\(uptime)s\""),
            (
                "command_line_options",
                JSONText.object([("concurrency", String(control.options.concurrency))])
            ),
            (
                "node",
                JSONText.object([
                    ("id", JSONText.string(bootstrap.identity.id)),
                    ("cluster", JSONText.string(bootstrap.identity.cluster)),
                ])
            ),
        ])
        return AdminReply(status: 200, contentType: json, text: text)
    }
}
