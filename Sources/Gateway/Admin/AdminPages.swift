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
            return await prometheus(request, control)
        case .all: break
        }
        switch request.path {
        case "/ready", "/healthz/ready": return await ready(control)
        case "/config_dump":
            return configuration(request, await control.dump())
        case "/clusters": return await clusters(request, control)
        case "/stats": return stats(request, await control.stats())
        case "/stats/prometheus", "/metrics":
            return await prometheus(request, control)
        case "/certs": return await certificates(control)
        case "/server_info": return await serverInfo(control)
        case "/listeners": return await listeners(request, control)
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

    // MARK: Configuration

    private static func configuration(_ request: AdminRequest, _ dump: ConfigDump) -> AdminReply {
        var query = ConfigDumpQuery()
        query.resource = request.query["resource"]
        query.mask = request.query["mask"]?.split(separator: ",").map(String.init) ?? []
        query.includesEndpoints = request.query["include_eds"] != nil
        if let pattern = request.query["name_regex"] {
            do throws(RegexPattern.SyntaxError) {
                let program = RegexProgram(try RegexPattern(pattern))
                query.matchesName = { program.matchesWhole(Array($0.utf8)[...]) }
            } catch {
                return AdminReply(status: 400, text: "name_regex: \(error)\n")
            }
        }
        switch dump.answer(query) {
        case .text(let text): return AdminReply(status: 200, contentType: json, text: text)
        case .notFound(let reason): return AdminReply(status: 404, text: reason + "\n")
        case .invalid(let reason): return AdminReply(status: 400, text: reason + "\n")
        }
    }

    // MARK: Counters

    /// The counters that `filter`, a regular expression, is found in; all of them without one.
    private static func selected(
        _ request: AdminRequest, _ table: StatTable
    ) throws(RegexPattern.SyntaxError) -> StatTable {
        guard let filter = request.query["filter"] else { return table }
        let program = RegexProgram(try RegexPattern(filter))
        var selected = StatTable()
        for (key, value) in table.values {
            let machine = RegexMachine(program, Array(key.text.utf8)[...], keepsGroups: false)
            if machine.search(from: 0) != nil { selected.add(key, value) }
        }
        return selected
    }

    private static func stats(_ request: AdminRequest, _ table: StatTable) -> AdminReply {
        let selected: StatTable
        do throws(RegexPattern.SyntaxError) {
            selected = try self.selected(request, table)
        } catch {
            return AdminReply(status: 400, text: "filter: \(error)\n")
        }
        let lines = selected.values.map { ($0.key.text, $0.value) }.sorted { $0.0 < $1.0 }
        guard request.query["format"] == "json" else {
            return AdminReply(status: 200, text: lines.map { "\($0.0): \($0.1)\n" }.joined())
        }
        let items = lines.map { JSONText.object([("name", JSONText.string($0.0)), ("value", String($0.1))]) }
        return AdminReply(
            status: 200, contentType: json, text: JSONText.object([("stats", JSONText.array(items))]))
    }

    private static func prometheus(_ request: AdminRequest, _ control: GatewayControl) async -> AdminReply {
        var text = PrometheusText()
        do throws(RegexPattern.SyntaxError) {
            text.add(try selected(request, await control.stats()))
        } catch {
            return AdminReply(status: 400, text: "filter: \(error)\n")
        }
        if request.query["filter"] == nil {
            text.add(await control.services(), mesh: await control.bootstrap.identity.mesh)
        }
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
                        ("address", JSONText.address(address)),
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

    private static func listeners(_ request: AdminRequest, _ control: GatewayControl) async -> AdminReply {
        let all = await control.addresses.sorted { $0.key < $1.key }
        guard request.query["format"] == "json" else {
            return AdminReply(status: 200, text: all.map { "\($0.key)::\($0.value)\n" }.joined())
        }
        let items = all.map { name, address in
            JSONText.object([("name", JSONText.string(name)), ("local_address", JSONText.address(address))])
        }
        return AdminReply(
            status: 200, contentType: json,
            text: JSONText.object([("listener_statuses", JSONText.array(items))]))
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
