"""One good configuration and every way of the contract's section 13 to spoil it.

A row names where it spoils: a path into the bootstrap. The refusal has to name the resource and that path.
"""

import copy
import json
import re

from resources import (
    AFTER_HANDSHAKE, bootstrap, chain, cluster, downstream_limit, endpoint, group, http, http_rbac, identity, limits,
    listener, network_rbac, policy, route, server_tls, spiffe, tcp)
from pki import ALPHA, certificates

MANAGER = "static_resources.listeners[0].filter_chains[0].filters[0].typed_config"
HOSTS = MANAGER + ".route_config.virtual_hosts"
ROUTES = HOSTS + "[0].routes"
INGRESS = "static_resources.listeners[1]"
TLS = INGRESS + ".filter_chains[0].transport_socket.typed_config.common_tls_context"
CLUSTERS = "static_resources.clusters"
FIRST = CLUSTERS + "[0]"
ADDRESS = FIRST + ".load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address"
ANY = "type.googleapis.com/envoy."


def good():
    """A configuration of every kind of resource, which both gateways accept."""
    pki = certificates()
    server = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}, [ALPHA]))
    routes = [
        route("regex", {"safe_regex": {"regex": "/a/[0-9]+"}, "headers": [
            {"name": "x-user", "string_match": {"exact": "one"}}]}, "one"),
        route("split", "/split", action={"weighted_clusters": {"clusters": [
            {"name": "one", "weight": 1}, {"name": "two", "weight": 2}]}}),
        {"name": "direct", "match": {"path": "/direct"}, "direct_response": {"status": 200, "body": {
            "inline_string": "here"}}},
        {"name": "away", "match": {"path": "/away"}, "redirect": {"host_redirect": "there"}},
        route("all", "/", "one", {"timeout": "3s", "retry_policy": {"retry_on": "5xx", "num_retries": 2}},
              request_headers_to_add=[{"header": {"key": "x-added", "value": "1"}}])]
    manager = http("egress", *routes, filters=[http_rbac(policy({"any": True}))], stream_idle_timeout="300s")
    manager["typed_config"]["route_config"]["virtual_hosts"].append({
        "name": "second", "domains": ["second", "second:80"], "routes": [route("second", "/", "two")]})
    return copy.deepcopy(bootstrap(
        [listener("egress", 0, chain(manager)),
         listener(
             "ingress", 0,
             chain(network_rbac("first", policy(identity(ALPHA))), tcp("first", "one", **AFTER_HANDSHAKE),
                   names=["first.example"], tls=server, name="first"),
             chain(tcp("second", "two", **AFTER_HANDSHAKE), names=["second.example", "*.second.example"],
                   tls=copy.deepcopy(server), name="second"),
             inspector=True)],
        [cluster("one", 9, lb_policy="ROUND_ROBIN", circuit_breakers=limits(max_connections=10)),
         cluster("two", group(9, priority=0), group(10, priority=1), outlier_detection={"consecutive_5xx": 5, "enforcing_success_rate": 0}),
         cluster("names", group(endpoint(9, "localhost")), type="STRICT_DNS")],
        overload_manager=downstream_limit(1000)))


def steps(path):
    return [int(part) if part.isdigit() else part for part in re.findall(r"@?[A-Za-z_0-9]+", path)]


def at(config, path):
    for step in steps(path):
        config = config[step]
    return config


def put(path, value):
    """Sets the field at `path`."""
    def change(config):
        *front, last = steps(path)
        for step in front:
            config = config[step]
        config[last] = value
    return change


def drop(path):
    """Removes the field at `path`."""
    def change(config):
        *front, last = steps(path)
        for step in front:
            config = config[step]
        del config[last]
    return change


def again(path, index=0, **fields):
    """Appends a copy of an item of the list at `path`, with other fields."""
    def change(config):
        items = at(config, path)
        items.append({**copy.deepcopy(items[index]), **fields})
    return change


def two_sources(config):
    """Two listeners ask for routes of one name, each from a file of its own."""
    again("static_resources.listeners", name="other")(config)
    for index, file in (0, "/etc/passwd"), (2, "/etc/group"):
        manager = at(config, MANAGER.replace("[0]", f"[{index}]", 1))
        del manager["route_config"]
        manager["rds"] = {"route_config_name": "routes", "config_source": {
            "path_config_source": {"path": file}, "resource_api_version": "V3"}}


class Bad:
    """A way to spoil: what to do, the path that the refusal names, and what Envoy's refusal contains.

    `envoy` is a word of Envoy's message, "" where any refusal will do, None where Envoy accepts the configuration.
    """

    def __init__(self, name, change, path, envoy="", reason=""):
        self.name, self.change, self.path, self.envoy, self.reason = name, change, path, envoy, reason

    def config(self):
        config = good()
        self.change(config)
        return config

    def resource(self):
        """How the refusal names what is refused, and the path inside it."""
        found = re.match(r"static_resources\.(listeners|clusters)\[(\d+)\]\.?(.*)", self.path)
        if not found:
            return None, self.path
        kind = {"listeners": "Listener", "clusters": "Cluster"}[found.group(1)]
        name = self.config()["static_resources"][found.group(1)][int(found.group(2))]["name"]
        # Control characters are escaped: a refusal is one line.
        name = json.dumps(name, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f") if isinstance(name, str) else ""
        return f"{kind} '{name}'", found.group(3)


def _set(name, path, value, envoy="", named=None, reason=""):
    return Bad(name, put(path, value), named or path, envoy, reason)


def _lacks(name, path, envoy="", named=None, reason=""):
    return Bad(name, drop(path), named or path, envoy, reason)


def rows():
    pki = certificates()
    return [
        # Section 1: encoding.
        _set("unknown field of a cluster", FIRST + ".bogus", 1, "bogus"),
        _set("unknown field inside an Any", MANAGER + ".nope", 1, "nope"),
        _set("unknown field of a route", ROUTES + "[0].match.bogus", 1, "bogus"),
        _set("unknown field of a listener", INGRESS + ".bogus", 1, "bogus"),
        _set("unknown field of the bootstrap", "bogus", 1, "bogus"),
        _set("unknown type of a filter", MANAGER + ".@type", ANY + "extensions.filters.network.nothing.v3.NoSuch",
             "NoSuch"),
        _set("unknown type of a socket", INGRESS + ".filter_chains[0].transport_socket.typed_config.@type",
             ANY + "extensions.transport_sockets.nothing.v3.NoSuch", "NoSuch"),
        _set("unknown name of an enum", FIRST + ".lb_policy", "NOT_A_POLICY", "NOT_A_POLICY"),
        _set("enum number out of range", FIRST + ".lb_policy", 99),
        _set("unknown TLS version", TLS + ".tls_params.tls_minimum_protocol_version", "TLSv9", "TLSv9"),
        _set("bare number as duration", FIRST + ".connect_timeout", 1, "connect"),
        _set("duration without its s", FIRST + ".connect_timeout", "1", "connect"),
        _set("duration with another unit", FIRST + ".connect_timeout", "5ms", "connect"),
        _set("duration that is a word", ROUTES + "[4].route.timeout", "soon", "timeout"),
        _set("text where a number belongs", ADDRESS + ".port_value", "many", "port"),
        _set("number where text belongs", FIRST + ".name", {"a": 1}),
        _set("object where a list belongs", HOSTS, {"a": 1}),
        _set("list where an object belongs", ROUTES + "[0].match", ["/"]),
        _set("number where a boolean belongs", MANAGER + ".normalize_path", 7),
        _set("negative number of an unsigned field", MANAGER + ".max_request_headers_kb", -1),
        _set("fraction in a whole number", MANAGER + ".max_request_headers_kb", 1.5),
        _set("two of a oneof in a match", ROUTES + "[0].match.prefix", "/", "oneof", named=ROUTES + "[0].match"),
        _set("two of a oneof in a route", ROUTES + "[4].redirect", {"host_redirect": "x"}, "oneof",
             named=ROUTES + "[4]"),
        _set("two of a oneof in an action", ROUTES + "[1].route.cluster", "one", "oneof", named=ROUTES + "[1].route"),
        _set("string matcher with two forms", ROUTES + "[0].match.headers[0].string_match.prefix", "o", "oneof",
             named=ROUTES + "[0].match.headers[0].string_match"),
        _set("string matcher without a form", ROUTES + "[0].match.headers[0].string_match", {"ignore_case": True}),
        # Section 2: bootstrap.
        _set("admin without an address", "admin", {"address": {"socket_address": {"port_value": 0}}},
             named="admin.address"),
        _set("unknown resource monitor", "overload_manager.resource_monitors[0].typed_config.@type",
             ANY + "extensions.resource_monitors.nothing.v3.NoSuch", "NoSuch"),
        _set("connection limit of zero",
             "overload_manager.resource_monitors[0].typed_config.max_active_downstream_connections", 0),
        # Section 3: listeners.
        _lacks("listener without an address", INGRESS + ".address"),
        _set("port out of range", INGRESS + ".address.socket_address.port_value", 70000, "port"),
        _set("host name as a listener's address", INGRESS + ".address.socket_address.address", "example.com",
             "malformed IP"),
        _set("listener without chains", INGRESS + ".filter_chains", []),
        _set("chain without filters", MANAGER.rsplit(".filters", 1)[0] + ".filters", [], None),
        Bad("listener name twice", again("static_resources.listeners", 0), "static_resources.listeners[0].name", None),
        Bad("same match in two chains", put(INGRESS + ".filter_chains[1].filter_chain_match.server_names",
                                            ["first.example"]), INGRESS + ".filter_chains[1].filter_chain_match",
            "matching rules"),
        Bad("same match but for case", put(INGRESS + ".filter_chains[1].filter_chain_match.server_names",
                                           ["FIRST.example"]), INGRESS + ".filter_chains[1].filter_chain_match", None),
        _set("wildcard in the middle of a name", INGRESS + ".filter_chains[1].filter_chain_match.server_names",
             ["a.*.example"]),
        Bad("chain without a terminal filter", lambda c: at(c, INGRESS + ".filter_chains[0].filters").pop(),
            INGRESS + ".filter_chains[0].filters"),
        Bad("filter behind the terminal one", lambda c: at(c, INGRESS + ".filter_chains[0].filters").reverse(),
            INGRESS + ".filter_chains[0].filters"),
        _set("filter without a name", INGRESS + ".filter_chains[0].filters[0].name", ""),
        _set("unknown listener filter", INGRESS + ".listener_filters[0].typed_config.@type",
             ANY + "extensions.filters.listener.nothing.v3.NoSuch", "NoSuch"),
        # Section 4: TLS.
        _set("certificate file that is not there", TLS + ".tls_certificates[0].certificate_chain.filename",
             "missing.pem", "missing.pem"),
        _set("key file that is not there", TLS + ".tls_certificates[0].private_key.filename", "missing.key",
             "missing.key"),
        _set("key of another certificate", TLS + ".tls_certificates[0].private_key.filename", str(pki.alpha.key),
             "", named=TLS + ".tls_certificates[0]"),
        _set("certificate that is no PEM", TLS + ".tls_certificates[0].certificate_chain",
             {"inline_string": "not a certificate"}, named=TLS + ".tls_certificates[0]"),
        _set("trust bundle that is not there",
             TLS + ".validation_context.custom_validator_config.typed_config.trust_domains[0].trust_bundle.filename",
             "missing-ca.pem", "missing-ca.pem"),
        _set("trust bundle that is no PEM",
             TLS + ".validation_context.custom_validator_config.typed_config.trust_domains[0].trust_bundle",
             {"inline_string": "nothing"}),
        _set("validator without trust domains",
             TLS + ".validation_context.custom_validator_config.typed_config.trust_domains", [], None),
        Bad("trust domain twice", again(
            TLS + ".validation_context.custom_validator_config.typed_config.trust_domains"),
            TLS + ".validation_context.custom_validator_config.typed_config.trust_domains"),
        _set("subject name without a type", TLS + ".validation_context.match_typed_subject_alt_names[0].san_type",
             "SAN_TYPE_UNSPECIFIED"),
        _set("minimum version above the maximum", TLS + ".tls_params",
             {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_2"}, None),
        # Section 5: connection manager.
        _lacks("manager without a stat prefix", MANAGER + ".stat_prefix"),
        Bad("router not last", lambda c: at(c, MANAGER + ".http_filters").pop(), MANAGER + ".http_filters",
            "terminal"),
        _set("no HTTP filters", MANAGER + ".http_filters", [], None),
        Bad("filter behind the router", lambda c: at(c, MANAGER + ".http_filters").reverse(),
            MANAGER + ".http_filters", "terminal"),
        _lacks("manager without routes", MANAGER + ".route_config", named=MANAGER, reason="route_config"),
        _set("header limit above the largest", MANAGER + ".max_request_headers_kb", 100000),
        _set("zero headers allowed", MANAGER + ".common_http_protocol_options", {"max_headers_count": 0},
             named=MANAGER + ".common_http_protocol_options.max_headers_count"),
        Bad("routes of one name from two sources", two_sources,
            MANAGER.replace("[0]", "[2]", 1) + ".rds.config_source", None, reason="a name has one source"),
        # Section 6: routes.
        _set("virtual host without domains", HOSTS + "[0].domains", [], "omains"),
        _set("virtual host without a name", HOSTS + "[0].name", ""),
        _set("domain of two virtual hosts", HOSTS + "[1].domains", ["*"], "nly"),
        Bad("domain twice but for case", put(HOSTS + "[1].domains", ["a.example", "A.example"]),
            HOSTS + "[1].domains"),
        Bad("virtual host twice", again(HOSTS, 1, domains=["third"]), HOSTS + "[2].name", None),
        _set("regex that does not compile", ROUTES + "[0].match.safe_regex.regex", "(", "missing )"),
        _set("regex with a look-ahead", ROUTES + "[0].match.safe_regex.regex", "(?=a)"),
        _set("regex with a back reference", ROUTES + "[0].match.safe_regex.regex", "(a)\\1"),
        _set("header regex that does not compile", ROUTES + "[0].match.headers[0].string_match",
             {"safe_regex": {"regex": "["}}, "missing ]"),
        _lacks("route without a match", ROUTES + "[0].match"),
        _set("match without a path", ROUTES + "[0].match", {"headers": [{"name": "x", "present_match": True}]}),
        _lacks("route without an action", ROUTES + "[0].route", named=ROUTES + "[0]"),
        Bad("weights that sum to zero", lambda c: [entry.update(weight=0) for entry in at(
            c, ROUTES + "[1].route.weighted_clusters.clusters")], ROUTES + "[1].route.weighted_clusters", "weight"),
        _set("weighted clusters without an entry", ROUTES + "[1].route.weighted_clusters.clusters", []),
        _set("inline route to an unknown cluster", ROUTES + "[0].route.cluster", "not-there", "not-there",
             named="static_resources.listeners[0]", reason="not-there"),
        _set("status of a direct response out of range", ROUTES + "[2].direct_response.status", 99),
        _set("redirect code that is none", ROUTES + "[3].redirect.response_code", "TEAPOT", "TEAPOT"),
        _set("invalid name of an added header", ROUTES + "[4].request_headers_to_add[0].header.key", "a b", None),
        _set("invalid value of an added header", ROUTES + "[4].request_headers_to_add[0].header.value", "a\nb"),
        _set("operator that is none", ROUTES + "[4].request_headers_to_add[0].header.value", "%NO_SUCH%"),
        _set("operator on a pseudo-header that is none", ROUTES + "[4].request_headers_to_add[0].header.value",
             "%REQ(:other)%", None),
        _set("operator on a pseudo-header of a response", ROUTES + "[4].request_headers_to_add[0].header.value",
             "%RESP(:path)%", None),
        _set("header matcher without a name", ROUTES + "[0].match.headers[0].name", ""),
        _set("header matcher on a pseudo-header that is none", ROUTES + "[0].match.headers[0].name", ":other", None),
        _set("fault of more than all requests", ROUTES + "[4].typed_per_filter_config", {
            "envoy.filters.http.fault": {"@type": ANY + "extensions.filters.http.fault.v3.HTTPFault", "abort": {
                "http_status": 999, "percentage": {"numerator": 100}}}}),
        # Section 7: authorisation.
        _set("policy without permissions", MANAGER + ".http_filters[0].typed_config.rules.policies.policy.permissions",
             []),
        _set("policy without principals", MANAGER + ".http_filters[0].typed_config.rules.policies.policy.principals",
             []),
        _set("policy on a pseudo-header that is none",
             MANAGER + ".http_filters[0].typed_config.rules.policies.policy.permissions",
             [{"header": {"name": ":status", "present_match": True}}], None,
             named=MANAGER + ".http_filters[0].typed_config.rules.policies.policy.permissions[0].header.name"),
        _set("action of rules that is none", MANAGER + ".http_filters[0].typed_config.rules.action", "MAYBE", "MAYBE"),
        _lacks("network rules without a stat prefix",
               INGRESS + ".filter_chains[0].filters[0].typed_config.stat_prefix"),
        _lacks("tcp proxy without a cluster", INGRESS + ".filter_chains[1].filters[0].typed_config.cluster",
               named=INGRESS + ".filter_chains[1].filters[0].typed_config"),
        Bad("weight of zero in a tcp proxy", put(
            INGRESS + ".filter_chains[1].filters[0].typed_config", {
                "@type": ANY + "extensions.filters.network.tcp_proxy.v3.TcpProxy", "stat_prefix": "second",
                "weighted_clusters": {"clusters": [{"name": "one", "weight": 0}]}}),
            INGRESS + ".filter_chains[1].filters[0].typed_config.weighted_clusters.clusters[0].weight"),
        # Section 8: clusters.
        Bad("cluster name twice", again(CLUSTERS), FIRST + ".name", "one"),
        _set("cluster without a name", FIRST + ".name", ""),
        _set("connect timeout of zero", FIRST + ".connect_timeout", "0s", "ConnectTimeout"),
        _set("host name in a static cluster", ADDRESS + ".address", "not-an-ip", "malformed IP"),
        _set("endpoint's port out of range", ADDRESS + ".port_value", 65536, "port"),
        _set("priority that leaves a gap", CLUSTERS + "[1].load_assignment.endpoints[1].priority", 200),
        _set("unknown type of a cluster", FIRST + ".type", "SOMETIMES", "SOMETIMES"),
        _set("panic threshold above all", FIRST + ".common_lb_config", {"healthy_panic_threshold": {"value": 101}},
             named=FIRST + ".common_lb_config.healthy_panic_threshold"),
        _set("ejection of more than all", CLUSTERS + "[1].outlier_detection.max_ejection_percent", 101),
        _set("health check without a kind", FIRST + ".health_checks", [
            {"timeout": "1s", "interval": "1s", "unhealthy_threshold": 1, "healthy_threshold": 1}],
             named=FIRST + ".health_checks[0]"),
        _set("health check without thresholds", FIRST + ".health_checks", [
            {"timeout": "1s", "interval": "1s", "tcp_health_check": {}}], named=FIRST + ".health_checks[0]"),
        _set("assignment of another cluster", FIRST + ".load_assignment.cluster_name", "", None),
        _set("EDS cluster without a source", FIRST + ".type", "EDS", named=FIRST),
        _set("endpoint without an address", ADDRESS.replace(".address.socket_address", ".address"), {}),
        _set("weight of an endpoint of zero",
             FIRST + ".load_assignment.endpoints[0].lb_endpoints[0].load_balancing_weight", 0),
    ]
