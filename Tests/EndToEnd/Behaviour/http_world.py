"""A gateway with a route for each thing that routes can do, and backends that record what reaches them."""

import uuid

from network import Backend
from resources import access_log, bootstrap, chain, cluster, http, listener, named
from running import Gateway, place
from wire import Recorder, exchange, request


def to(name, match, cluster="backend", fields=None, **action):
    """A route; `match` is a prefix or a whole match."""
    match = {"prefix": match} if isinstance(match, str) else match
    return {"name": name, "match": match, "route": {"cluster": cluster, **action}, **(fields or {})}


def when(prefix, **rest):
    return {"prefix": prefix, **rest}


def header(name, how=None, **fields):
    return {"name": name, **({"string_match": how} if how else {}), **fields}


def by_header(word, name, how=None, **fields):
    return to(f"h-{word}", when(f"/h/{word}", headers=[header(name, how, **fields)]))


def by_query(word, name, how=None, **fields):
    return to(f"q-{word}", when(f"/q/{word}", query_parameters=[header(name, how, **fields)]))


def redirect(word, **fields):
    return {"name": f"r-{word}", "match": {"prefix": f"/r/{word}"}, "redirect": fields}


def added(key, value, action=None):
    return {"header": {"key": key, "value": value}, **({"append_action": action} if action else {})}


def fault(**fields):
    return {"typed_per_filter_config": {"envoy.filters.http.fault": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault", **fields}}}


ALWAYS = {"numerator": 100, "denominator": "HUNDRED"}
NEVER = {"numerator": 0, "denominator": "HUNDRED"}
HEADERS = {
    "request_headers_to_add": [
        added("x-plain", "1"), added("x-second", "gateway"), added("x-absent", "gateway", "ADD_IF_ABSENT"),
        added("x-over", "gateway", "OVERWRITE_IF_EXISTS_OR_ADD"), added("x-if", "gateway", "OVERWRITE_IF_EXISTS"),
        added("x-operator", "%REQ(x-from)%"), added("x-percent", "100%%"), added("x-protocol", "%PROTOCOL%")],
    "request_headers_to_remove": ["x-remove"],
    "response_headers_to_add": [added("x-set", "gateway", "OVERWRITE_IF_EXISTS_OR_ADD"), added("x-new", "gateway"),
                                added("x-code", "%RESPONSE_CODE%")],
    "response_headers_to_remove": ["x-drop"]}

ROUTES = [
    to("exact", {"path": "/exact"}), to("first", "/order/a"), to("second", "/order"),
    to("separated", {"path_separated_prefix": "/api"}), to("regex", {"safe_regex": {"regex": "/re/[a-z]+/\\d+"}}),
    to("any-case", {"path": "/AnyCase", "case_sensitive": False}),
    to("any-case-prefix", {"prefix": "/AnyPre", "case_sensitive": False}),
    by_header("exact", "X-Word", {"exact": "One"}), by_header("prefix", "x-word", {"prefix": "On"}),
    by_header("suffix", "x-word", {"suffix": "ne"}), by_header("contains", "x-word", {"contains": "n"}),
    by_header("regex", "x-word", {"safe_regex": {"regex": "O.."}}),
    by_header("half-regex", "x-word", {"safe_regex": {"regex": "O."}}),
    by_header("ignore", "x-word", {"exact": "oNE", "ignore_case": True}),
    by_header("present", "x-word", present_match=True), by_header("absent", "x-word", present_match=False),
    by_header("invert", "x-word", {"exact": "Two"}, invert_match=True),
    by_header("method", ":method", {"exact": "PUT"}), by_header("authority", ":authority", {"prefix": "a."}),
    by_header("path", ":path", {"suffix": "?z"}),
    to("h-two", when("/h/two", headers=[header("x-word", {"exact": "One"}), header("x-more", present_match=True)])),
    to("cookie", when("/h/cookie", headers=[header("cookie", {"contains": "canary=yes"})])),
    to("mixed", when("/mixed", headers=[header("x-a", present_match=True)], query_parameters=[
        header("c", present_match=True)])),
    by_query("exact", "k", {"exact": "v"}), by_query("prefix", "k", {"prefix": "v"}),
    by_query("present", "debug", present_match=True), by_query("regex", "k", {"safe_regex": {"regex": "v\\d"}}),
    to("q-two", when("/q/two", query_parameters=[header("a", {"exact": "1"}), header("b", {"exact": "2"})])),
    to("w-root", "/rewrite/", prefix_rewrite="/"), to("w-mount", "/mount", prefix_rewrite="/base"),
    to("w-regex", "/groups/", regex_rewrite={"pattern": {"regex": "/groups/([a-z]+)/(\\d+)"},
                                            "substitution": "/\\2/\\1"}),
    to("w-host", "/host", host_rewrite_literal="other.example:81"),
    redirect("host", host_redirect="new.example"), redirect("https", https_redirect=True),
    redirect("port", port_redirect=8443), redirect("path", path_redirect="/elsewhere"),
    redirect("prefix", prefix_rewrite="/moved"), redirect("strip", path_redirect="/bare", strip_query=True),
    redirect("found", host_redirect="n.example", response_code="FOUND"),
    redirect("see", host_redirect="n.example", response_code="SEE_OTHER"),
    redirect("temporary", host_redirect="n.example", response_code="TEMPORARY_REDIRECT"),
    redirect("permanent", host_redirect="n.example", response_code="PERMANENT_REDIRECT"),
    {"name": "direct", "match": {"path": "/direct"}, "direct_response": {
        "status": 418, "body": {"inline_string": "short and stout"}}},
    {"name": "direct-teapot", "match": {"path": "/direct-teapot"}, "direct_response": {"status": 418}},
    {"name": "direct-empty", "match": {"path": "/direct-empty"}, "direct_response": {"status": 204}},
    to("nc", "/missing", "nowhere"),
    to("nc-404", "/absent-404", "nowhere", cluster_not_found_response_code="NOT_FOUND"),
    to("uh", "/empty", "empty"), to("uf", "/dead", "dead"),
    to("late", "/late", timeout="0.2s"), to("idle", "/idle", timeout="0s", idle_timeout="0.2s"),
    to("longest", "/longest", timeout="0s", max_stream_duration={"max_stream_duration": "0.2s"}),
    to("headers", "/headers", fields=HEADERS),
    to("abort", "/abort", fields=fault(abort={"http_status": 555, "percentage": ALWAYS})),
    to("abort-never", "/unharmed", fields=fault(abort={"http_status": 555, "percentage": NEVER})),
    to("delay", "/delay", fields=fault(delay={"fixed_delay": "0.2s", "percentage": ALWAYS})),
    to("retry-5xx", "/retry/5xx", retry_policy={"retry_on": "5xx", "num_retries": 2}),
    to("retry-gateway", "/retry/gateway", retry_policy={"retry_on": "gateway-error"}),
    to("retry-codes", "/retry/codes", retry_policy={
        "retry_on": "retriable-status-codes", "retriable_status_codes": [418, 409], "num_retries": 3}),
    to("retry-reset", "/retry/reset", retry_policy={"retry_on": "reset", "num_retries": 1}),
    to("retry-slow", "/retry/slow", retry_policy={
        "retry_on": "5xx", "num_retries": 1, "per_try_timeout": "0.5s"}),
    to("mirror", "/mirror", request_mirror_policies=[{"cluster": "shadow"}]),
    to("mirror-slow", "/spared-slow", request_mirror_policies=[{"cluster": "silent"}]),
    to("mirror-two", "/twice-mirrored", request_mirror_policies=[{"cluster": "shadow"}, {"cluster": "silent"}]),
    to("mirror-dead", "/spared-dead", request_mirror_policies=[{"cluster": "dead"}]),
    to("mirror-never", "/spared-never", request_mirror_policies=[
        {"cluster": "shadow", "runtime_fraction": {"default_value": NEVER}}]),
    {"name": "weighted", "match": {"prefix": "/weighted"}, "route": {"weighted_clusters": {"clusters": [
        {"name": "backend", "weight": 60, "request_headers_to_add": [added("x-leg", "first")],
         "host_rewrite_literal": "leg.example"}, {"name": "shadow", "weight": 40},
        {"name": "empty", "weight": 0}]}}},
    to("plain", "/plain"), to("no-timeout", "/no-timeout", timeout="0s"),
]


class Silent(Backend):
    """A backend that reads on and never answers."""

    def serve(self, sock):
        while sock.recv(65536):
            pass


class World:
    def __init__(self, kind, directory):
        self.kind = kind
        self.backend, self.shadow = Recorder("backend"), Recorder("shadow")
        self.silent = Silent("silent")
        self.place, self.hosts, self.dead = place(), place(), place()
        filter = named("envoy.filters.http.fault", "extensions.filters.http.fault.v3.HTTPFault")
        fields = {"attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%", "route": "%ROUTE_NAME%", "id": "%REQ(X-CASE)%",
                  "method": "%REQ(:METHOD)%", "protocol": "%PROTOCOL%", "authority": "%REQ(:AUTHORITY)%",
                  "either": "%REQ(X-NONE?X-CASE)%", "none": "%REQ(X-NONE)%", "text": "<%REQ(X-NONE)%>",
                  "mixed": "%RESPONSE_CODE% of %PROTOCOL%", "type": "%RESP(CONTENT-TYPE)%", "start": "%START_TIME%",
                  "address": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
        hosts = [self._host(name, *domains) for name, domains in {
            "a": ["a.example"], "b-port": ["b.example:81"], "suffix": ["*.wild.example"],
            "longer": ["*.long.wild.example"], "exact-over-wild": ["exact.wild.example"], "prefix": ["pre.*"],
            "longer-prefix": ["pre.long.*"]}.items()]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("routes", self.place, chain(http(
                "routes", filters=[filter], access_log=access_log("routes", **fields), route_config={
                    "name": "routes", "validate_clusters": False, "virtual_hosts": [{
                        "name": "all", "domains": ["*"], "routes": ROUTES, "include_request_attempt_count": True,
                        "request_headers_to_add": [added("x-host-list", "1")]}]}))),
             listener("hosts", self.hosts, chain(http("hosts", route_config={
                 "name": "hosts", "virtual_hosts": hosts})))],
            [cluster("backend", self.backend.port), cluster("shadow", self.shadow.port),
             cluster("dead", self.dead), cluster("silent", self.silent.port),
             cluster("empty", load_assignment={"cluster_name": "empty"})]))

    @staticmethod
    def _host(name, *domains):
        return {"name": name, "domains": list(domains), "routes": [
            {"name": name, "match": {"prefix": "/"}, "direct_response": {
                "status": 200, "body": {"inline_string": name}}}]}

    def call(self, target, *lines, **options):
        """The answer, what the backend saw of this call, and its record in the log."""
        case = uuid.uuid4().hex
        answer = exchange(self.place, request(target, f"X-Case: {case}", *lines, **options),
                          options.get("method", "GET"))
        record = self.gateway.record("routes", 0, id=case)
        return answer, self.seen(case), record

    def seen(self, case, backend=None):
        return [r for r in (backend or self.backend).requests if ("x-case", case) in lowered(r)]


def lowered(seen):
    return [(key.lower(), value) for key, value in seen.headers]
