"""Faults of number and size: too many, too long, given twice, or from a place that cannot give them."""

import copy

from bad_configs import ANY, CLUSTERS, FIRST, HOSTS, INGRESS, MANAGER, ROUTES, TLS, Bad, at, put
from bad_texts import check

DETECTION = CLUSTERS + "[1].outlier_detection"
FORMAT = MANAGER + ".access_log[0].typed_config.log_format"
WEIGHT = ROUTES + "[1].route.weighted_clusters.clusters[0]"
CHAIN = INGRESS + ".filter_chains[1]"
CHECK = FIRST + ".health_checks[0]"
FAULT = "envoy.filters.http.fault"
NODE = {"id": "gateway", "cluster": "gateways"}

# The longest duration is just below this.
TOO_LONG = "9223372036s"
WEBSOCKETS = [{"upgrade_type": "websocket"}, {"upgrade_type": "WebSocket"}]


def rest(cluster):
    return {"resource_api_version": "V3", "api_config_source": {
        "api_type": "REST", "transport_api_version": "V3", "cluster_names": [cluster], "refresh_delay": "1s"}}


def eds(through):
    """The first cluster by EDS."""
    return {"name": "one", "type": "EDS", "connect_timeout": "1s", "eds_cluster_config": {"eds_config": rest(through)}}


def node(value):
    def change(config):
        config.pop("node", None)
        if value:
            config["node"] = value
    return change


def rds(through):
    def change(config):
        manager = at(config, MANAGER)
        del manager["route_config"]
        manager["rds"] = {"route_config_name": "routes", "config_source": rest(through)}
    return change


def sds(config):
    context = at(config, TLS)
    del context["tls_certificates"]
    context["tls_certificate_sds_secret_configs"] = [{"name": "own", "sds_config": rest("two")}]


def both(*changes):
    def change(config):
        for each in changes:
            each(config)
    return change


def _headers(count):
    return [{"header": {"key": "x-a", "value": "1"}}] * count


def _long():
    """Every kind of duration, each just too long."""
    fields = [ROUTES + "[4].route.timeout", ROUTES + "[4].route.idle_timeout",
              ROUTES + "[4].route.retry_policy.per_try_timeout", MANAGER + ".stream_idle_timeout",
              MANAGER + ".request_timeout", MANAGER + ".request_headers_timeout", MANAGER + ".drain_timeout",
              INGRESS + ".listener_filters_timeout", CHAIN + ".filters[0].typed_config.idle_timeout",
              CHAIN + ".filters[0].typed_config.max_downstream_connection_duration", FIRST + ".connect_timeout",
              DETECTION + ".interval", DETECTION + ".max_ejection_time", CLUSTERS + "[2].dns_refresh_rate"]
    found = [Bad(f"duration too long in {path.rsplit('.', 1)[1]} of {path.split('.')[1]}", put(path, TOO_LONG), path,
                 "out-of-range") for path in fields]
    for field in "timeout", "interval", "no_traffic_interval":
        path = f"{CHECK}.{field}"
        found.append(Bad(f"duration too long in {field} of a health check", check(
            tcp_health_check={}, **{field: TOO_LONG}), path, "out-of-range"))
    return [*found, Bad("duration too long for any field", put(FIRST + ".connect_timeout", "315576000001s"),
                        FIRST + ".connect_timeout")]


def _formats():
    operators = ["RESPONSE_CODE:3", "RESPONSE_CODE():3", "PROTOCOL:3", "START_TIME:3", "ROUTE_NAME:3",
                 "UPSTREAM_CLUSTER:3", "REQUESTED_SERVER_NAME:3", "GRPC_STATUS:3", "DOWNSTREAM_PEER_URI_SAN:3",
                 "PROTOCOL(x)", "ROUTE_NAME(x)"]
    return [Bad(f"operator {text}", put(FORMAT, {"json_format": {"k": f"%{text}%"}}), FORMAT + ".json_format.k",
                text[:8]) for text in operators]


def rows():
    anonymous = {"no node": None, "no id": {"cluster": "gateways"}, "no cluster": {"id": "gateway"}}
    found = [
        Bad("upgrade twice in a manager", put(MANAGER + ".upgrade_configs", copy.deepcopy(WEBSOCKETS)),
            MANAGER + ".upgrade_configs[1].upgrade_type", "multiple upgrade configs"),
        Bad("upgrade twice in a route", put(ROUTES + "[4].route.upgrade_configs", copy.deepcopy(WEBSOCKETS)),
            ROUTES + "[4].route.upgrade_configs[1].upgrade_type", "Duplicate upgrade"),
        Bad("server name twice in a chain", put(CHAIN + ".filter_chain_match.server_names", ["a", "a"]),
            CHAIN + ".filter_chain_match.server_names[1]", "overlapping"),
        Bad("server name twice but for case", put(CHAIN + ".filter_chain_match.server_names", ["a", "A"]),
            CHAIN + ".filter_chain_match.server_names[1]", "overlapping"),
        Bad("longest ejection below the first", put(DETECTION, {
            "base_ejection_time": "60s", "max_ejection_time": "50s"}), DETECTION + ".max_ejection_time",
            "max_ejection_time"),
        Bad("longest ejection below the usual first", put(DETECTION, {"max_ejection_time": "5s"}),
            DETECTION + ".max_ejection_time", "max_ejection_time"),
        Bad("log format that is none", put(FORMAT, {}), FORMAT, "required"),
        Bad("name of an added header too long", put(ROUTES + "[4].request_headers_to_add[0].header.key", "a" * 16385),
            ROUTES + "[4].request_headers_to_add[0].header.key", "16384"),
        Bad("value of an added header too long", put(
            ROUTES + "[4].request_headers_to_add[0].header.value", "a" * 16385),
            ROUTES + "[4].request_headers_to_add[0].header.value", "16384"),
        Bad("name of a query parameter too long", put(ROUTES + "[0].match.query_parameters", [
            {"name": "\u00e9" * 513, "present_match": True}]), ROUTES + "[0].match.query_parameters[0].name", "1024"),
        Bad("endpoints through a cluster without any", both(node(NODE), put(FIRST, eds("one"))),
            FIRST + ".eds_cluster_config.eds_config.api_config_source", "EDS"),
        Bad("routes through an EDS cluster", both(node(NODE), rds("one"), put(FIRST, eds("two"))),
            MANAGER + ".rds.config_source.api_config_source", "EDS"),
    ]
    for owner in ROUTES + "[4]", WEIGHT, HOSTS + "[0]":
        for field in "request_headers_to_add", "response_headers_to_add":
            path = f"{owner}.{field}"
            found.append(Bad(f"too many {field} of {owner.rsplit('.', 1)[1]}", put(path, _headers(1001)), path, "1000"))
    for what, value in anonymous.items():
        path = "node.cluster" if what == "no cluster" else "node.id"
        found += [Bad(f"{what} and {kind}", both(node(value), change), path, "node 'id' and 'cluster'")
                  for kind, change in {
                      "secrets from elsewhere": sds, "routes from elsewhere": rds("two"),
                      "endpoints from elsewhere": put(FIRST, eds("two"))}.items()]
    return found + _long() + _formats()


def good():
    """The last value before each limit."""
    return {
        "longest duration": put(FIRST + ".connect_timeout", "9223372035.999999999s"),
        "longest header": put(ROUTES + "[4].request_headers_to_add[0].header", {
            "key": "a" * 16384, "value": "b" * 16384}),
        "most headers": put(ROUTES + "[4].request_headers_to_add", _headers(1000)),
        "longest query parameter": put(ROUTES + "[0].match.query_parameters", [
            {"name": "a" * 1024, "present_match": True}]),
        "first ejection above the usual longest": put(DETECTION, {"base_ejection_time": "400s"}),
        "length of a header's value": put(FORMAT, {"json_format": {"k": "%REQ(A?B):3% %RESP(A):1%"}}),
        "endpoints through another cluster": both(node(NODE), put(FIRST, eds("two"))),
    }
