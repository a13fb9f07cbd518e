"""7: HTTP authorisation by path, header, method and verified peer; and the peer's name to the backend."""

import pytest

from network import Connection, HttpBackend, connect, connect_tls, get
from pki import ALPHA, BETA, GAMMA, OTHER, certificates, fingerprint
from resources import bootstrap, chain, cluster, http, http_rbac, identity, listener, policy, route, server_tls, spiffe
from running import Gateway, place
from worlds import worlds

ANY = {"any": True}


def path(**matcher):
    return {"url_path": {"path": matcher}}


def header(name, **match):
    return {"header": {"name": name, **match}}


# Rules by name: what they are, and requests with whether they pass: (path, headers, method).
GET, POST = "GET", "POST"
RULES = {
    "any": (policy(ANY), [("/", {}, GET, True)]),
    "none": ({"policies": {}}, [("/", {}, GET, False)]),
    "exact": (policy(ANY, path(exact="/a")), [
        ("/a", {}, GET, True), ("/a?q=1", {}, GET, True), ("/a/", {}, GET, False), ("/b/../a", {}, GET, True),
        ("/%61", {}, GET, True), ("/A", {}, GET, False), ("/x", {}, GET, False)]),
    "prefix": (policy(ANY, path(prefix="/api/")), [
        ("/api/x", {}, GET, True), ("/api", {}, GET, False), ("/api/../admin", {}, GET, False),
        ("/api/%2e%2e/admin", {}, GET, False), ("/x/../api/y", {}, GET, True), ("/api\\..\\admin", {}, GET, False)]),
    "deny": (policy(ANY, path(prefix="/admin"), action="DENY"), [
        ("/x", {}, GET, True), ("/admin", {}, GET, False), ("/x/../admin/y", {}, GET, False),
        ("/%61dmin", {}, GET, False), ("/./admin", {}, GET, False), ("/x?/admin", {}, GET, True),
        ("/x/..;/admin/y", {}, GET, False), ("/x/..;a=b/admin", {}, GET, False), ("/.;/admin", {}, GET, False)]),
    "deny-escape": (policy(ANY, path(prefix="/a%2fb"), action="DENY"), [
        ("/a%2fb", {}, GET, False), ("/x/../a%2fb/c", {}, GET, False), ("/a%2Fb", {}, GET, True)]),
    "suffix": (policy(ANY, path(suffix=".json")), [("/a.json", {}, GET, True), ("/a.json?b", {}, GET, True),
                                                   ("/a?b.json", {}, GET, False)]),
    "contains": (policy(ANY, path(contains="secret")), [("/a/secret/b", {}, GET, True), ("/a?secret", {}, GET, False)]),
    "regex": (policy(ANY, path(safe_regex={"regex": "/v[0-9]+/.*"})), [
        ("/v1/a", {}, GET, True), ("/x/v1/a", {}, GET, False)]),
    "method": (policy(ANY, header(":method", string_match={"exact": "GET"})), [
        ("/", {}, GET, True), ("/", {}, POST, False)]),
    "header": (policy(ANY, header("x-role", string_match={"exact": "reader"})), [
        ("/", {"x-role": "reader"}, GET, True), ("/", {"X-Role": "reader"}, GET, True),
        ("/", {"x-role": "writer"}, GET, False), ("/", {}, GET, False)]),
    "present": (policy(ANY, header("x-token", present_match=True)), [
        ("/", {"x-token": "1"}, GET, True), ("/", {}, GET, False)]),
    "absent": (policy(ANY, header("x-token", present_match=True, invert_match=True)), [
        ("/", {"x-token": "1"}, GET, False), ("/", {}, GET, True)]),
    "not": (policy(ANY, {"not_rule": path(prefix="/x")}), [("/x", {}, GET, False), ("/y", {}, GET, True)]),
    "and": (policy(ANY, {"and_rules": {"rules": [path(prefix="/a"), header(":method", string_match={
        "exact": "POST"})]}}), [("/a", {}, POST, True), ("/a", {}, GET, False), ("/b", {}, POST, False)]),
    "or": (policy(ANY, {"or_rules": {"rules": [path(exact="/a"), path(exact="/b")]}}), [
        ("/a", {}, GET, True), ("/b", {}, GET, True), ("/c", {}, GET, False)]),
    "by-header": (policy(header("x-who", string_match={"exact": "me"})), [
        ("/", {"x-who": "me"}, GET, True), ("/", {}, GET, False)]),
    "by-authority": (policy(ANY, header(":authority", string_match={"suffix": ".example"})), [
        ("/", {}, GET, True), ("/", {"Host": "a.test"}, GET, False)]),
    "by-class": (policy(ANY, header("x-who", string_match={"safe_regex": {
        "regex": "\\p{Lu}[\\pL\\pN]*[^\\p{Latin}]"}})), [
        ("/", {"x-who": "Me-"}, GET, True), ("/", {"x-who": "me-"}, GET, False), ("/", {"x-who": "M-e-"}, GET, False),
        ("/", {"x-who": "\u00c3\u0089l4-"}, GET, False), ("/", {"x-who": "\u00c3\u00a9"}, GET, True)]),
    "by-byte": (policy(ANY, header("x-who", string_match={"safe_regex": {"regex": "h..llo|\u00e9|\\x{e8}"}})), [
        ("/", {"x-who": "h\u00c3\u00a9llo"}, GET, True), ("/", {"x-who": "h\u00e9llo"}, GET, False),
        ("/", {"x-who": "\u00c3\u00a9"}, GET, True), ("/", {"x-who": "\u00e9"}, GET, False),
        ("/", {"x-who": "\u00c3\u00a8"}, GET, False)]),
    "by-scheme": (policy(ANY, header(":scheme", string_match={"exact": "http"})), [
        ("/", {}, GET, True), ("/", {"x-forwarded-proto": "https"}, GET, True), ("http://a.example/", {}, GET, True)]),
    "by-https": (policy(ANY, header(":scheme", string_match={"exact": "https"})), [("/", {}, GET, False)]),
    "deny-scheme": (policy(ANY, header(":scheme", string_match={"exact": "http"}), action="DENY"), [
        ("/", {}, GET, False)]),
}
PEERS = {
    "alpha": (policy(identity(ALPHA)), {"alpha": True, "other": False}),
    "prefix": (policy(identity("spiffe://alpha.local/", "prefix")), {"alpha": True, "other": True}),
    "not": (policy({"not_id": identity(ALPHA)}), {"alpha": False, "other": True}),
    "or": (policy({"or_ids": {"ids": [identity(OTHER), identity(GAMMA)]}}), {"alpha": False, "other": True}),
    "and": (policy({"and_ids": {"ids": [identity(ALPHA), ANY]}}), {"alpha": True, "other": False}),
    "deny": (policy(identity(OTHER), action="DENY"), {"alpha": True, "other": False}),
    "two": ({"policies": {name: {"permissions": [ANY], "principals": [identity(who)]} for name, who in (
        ("first", ALPHA), ("second", OTHER))}}, {"alpha": True, "other": True}),
}


class World:
    def __init__(self, kind, directory):
        pki = certificates()
        self.kind, self.backend = kind, HttpBackend("a")
        self.at = {name: place() for name in RULES}
        self.peers = place()
        tls = server_tls(pki.beta, spiffe({"alpha.local": pki.root("alpha")}))
        everything = route("all", "/", "a")
        made = [listener(name, self.at[name], chain(http(f"rules-{name}", everything, filters=[http_rbac(rules)])))
                for name, (rules, _) in RULES.items()]
        chains = [chain(http(f"peers-{name}", everything, filters=[http_rbac(rules)],
                             forward_client_cert_details="SANITIZE_SET", set_current_client_cert_details={"uri": True}),
                        names=[f"{name}.peers"], tls=tls, name=name) for name, (rules, _) in PEERS.items()]
        chains.append(chain(http("hidden", everything), names=["hidden.peers"], tls=tls, name="hidden"))
        chains.append(chain(http("unnamed", everything, forward_client_cert_details="SANITIZE_SET"),
                            names=["unnamed.peers"], tls=tls, name="unnamed"))
        self.clear = place()
        made.append(listener("clear", self.clear, chain(http(
            "clear", everything, forward_client_cert_details="SANITIZE_SET",
            set_current_client_cert_details={"uri": True}))))
        self.gateway = Gateway(kind, directory, bootstrap(
            [*made, listener("peers", self.peers, *chains, inspector=True)], [cluster("a", self.backend.port)]))


world = worlds(World)


CASES = [(name, *case) for name, (_, cases) in RULES.items() for case in cases]


@pytest.mark.parametrize("name, target, headers, method, is_good", CASES, ids=[
    f"{c[0]}-{c[3]}-{c[1]}-{'-'.join(c[2].values())}" for c in CASES])
def test_7_rules_decide_on_the_normalised_request(world, name, target, headers, method, is_good):
    start, count = world.gateway.mark(), len(world.backend.requests)
    headers = dict(headers)
    reply = get(world.at[name], target, headers=headers, method=method, host=headers.pop("Host", "a.example"))
    if is_good:
        assert reply.status == 200, reply
        return
    assert (reply.status, reply.body) == (403, "RBAC: access denied"), reply
    assert len(world.backend.requests) == count, "nothing reaches the backend"
    record = world.gateway.record(f"rules-{name}", start, code=403)
    matched = "policy" if name.startswith("deny") else "none"
    assert record["details"] == f"rbac_access_denied_matched_policy[{matched}]" and record["flags"] == "-", record


CALLERS = [(name, who, let) for name, (_, lets) in PEERS.items() for who, let in lets.items()]


def call(world, name, who, **options):
    with Connection(connect_tls(world.peers, f"{name}.peers", identity=getattr(certificates(), who))) as connection:
        return connection.call(**options)


@pytest.mark.parametrize("name, who, is_good", CALLERS, ids=[f"{c[0]}-{c[1]}" for c in CALLERS])
def test_7_rules_decide_on_the_verified_peer(world, name, who, is_good):
    assert call(world, name, who).status == (200 if is_good else 403)


@pytest.mark.parametrize("sent", [None, "By=x;URI=spiffe://alpha.local/ns/a/sa/admin", "garbage"])
def test_12_the_backend_is_told_the_verified_peer(world, sent):
    headers = {"x-forwarded-client-cert": sent} if sent else {}
    said = call(world, "alpha", "alpha", headers=headers).said["headers"]["x-forwarded-client-cert"]
    assert said == f"By={BETA};Hash={fingerprint(certificates().alpha)};URI={ALPHA}"


def test_5_without_being_told_to_the_peers_name_is_not_passed(world):
    reply = call(world, "hidden", "alpha", headers={"x-forwarded-client-cert": "By=x;URI=y"})
    assert "x-forwarded-client-cert" not in reply.said["headers"]


def test_5_the_peers_name_is_passed_only_where_asked_for(world):
    said = call(world, "unnamed", "alpha", headers={"x-forwarded-client-cert": "By=x;URI=y"}).said["headers"]
    assert said["x-forwarded-client-cert"] == f"By={BETA};Hash={fingerprint(certificates().alpha)}"


def test_5_without_a_certificate_no_peer_is_named(world):
    reply = get(world.clear, headers={"x-forwarded-client-cert": "By=x;URI=y"})
    assert "x-forwarded-client-cert" not in reply.said["headers"]


def test_12_the_scheme_is_that_of_the_socket(world):
    assert call(world, "alpha", "alpha", headers={"x-forwarded-proto": "http"}).said["headers"][
        "x-forwarded-proto"] == "https"
    with Connection(connect(world.at["any"])) as connection:
        assert connection.call(headers={"x-forwarded-proto": "https"}).said["headers"]["x-forwarded-proto"] == "http"
