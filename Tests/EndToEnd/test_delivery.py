"""Dynamic resources by files and REST: ours and stock Envoy run the same cases."""

import json

import pytest

from harness import xds_resources as xds
from harness.control_planes import RESTControlPlane
from harness.data_plane import OURS, STOCK, Backend, DataPlane, Load, get, memory_kib, rename_onto, settle
from harness.ranges import AddressRange
from harness.sites import Site
from harness.waiting import eventually

both = pytest.mark.parametrize("kind", [OURS, STOCK])


@pytest.fixture(scope="module")
def addresses():
    addresses = AddressRange()
    yield addresses
    addresses.release()


@pytest.fixture(scope="module")
def backends(addresses):
    servers = [Backend(name, addresses.address(10)) for name in ("a", "b")]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def site(kind, tmp_path, addresses, backends):
    site = Site(kind, tmp_path, addresses, backends)
    yield site
    if site.plane:
        site.plane.stop()


@both
def test_files_are_in_force_at_start(site):
    plane = site.start(site.write_all())
    assert eventually("served", lambda: site.body() == "a")
    for name in ("listener_manager.lds", "cluster_manager.cds", "http.dyn.rds.dyn", "cluster.a"):
        eventually(name, lambda: plane.stat(name + ".update_success") >= 1)


@both
def test_rename_takes_effect_and_writing_in_place_does_not(site):
    site.start(site.write_all())
    eventually("served", lambda: site.revision() == "1")
    changed = json.dumps(xds.response("routes", "2", xds.routes("dyn", "a", "2")))
    (site.directory / "rds.json").write_text(changed)
    settle(0.3)
    assert site.revision() == "1"
    site.file("rds.json", xds.response("routes", "3", xds.routes("dyn", "a", "3")))
    eventually("the renamed file", lambda: site.revision() == "3")


@both
def test_watched_directory_takes_effect_by_a_rename_inside(site):
    at = site.directory
    bootstrap = site.write_all()
    (at / "mount").mkdir()
    for number in ("1", "2"):
        (at / "mount" / f"..{number}").mkdir()
        rename_onto(at / "mount" / f"..{number}" / "rds.json",
                    xds.response("routes", number, xds.routes("dyn", "a", number)))
    (at / "mount" / "..data").symlink_to("..1")
    (at / "mount" / "rds.json").symlink_to("..data/rds.json")
    site.file("lds.json", xds.response("listeners", "1", xds.listener(
        "dyn", site.host, 8080, xds.path(at / "mount" / "rds.json", at / "mount"))))
    site.start(bootstrap)
    eventually("served", lambda: site.revision() == "1")
    (at / "mount" / "..data_tmp").symlink_to("..2")
    (at / "mount" / "..data_tmp").rename(at / "mount" / "..data")
    eventually("the swapped volume", lambda: site.revision() == "2")


@both
def test_endpoints_follow_their_file(site):
    site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    site.file("eds.json", xds.response("endpoints", "2", xds.endpoints("svc-a", site.b)))
    eventually("the other endpoint", lambda: site.body() == "b")
    site.file("eds.json", xds.response("endpoints", "3", xds.endpoints("svc-a")))
    eventually("no endpoint", lambda: get(site.url)[0] == 503)


@both
@pytest.mark.parametrize("what, content", [
    ("unparsable", "{"), ("empty", ""),
    ("without domains", xds.response("routes", "9", {"name": "dyn", "virtual_hosts": [
        {"name": "all", "domains": [], "routes": []}]})),
    ("with an unknown field", xds.response("routes", "9", {**xds.routes("dyn", "a", "9"), "bogus": 1})),
    ("of another name", xds.response("routes", "9", xds.routes("other", "a", "9"))),
    ("of another type", xds.response("clusters", "9", xds.cluster("dyn", None, ("127.0.0.1", 1)))),
    ("without the resource", {"version_info": "9", "resources": []}),
], ids=lambda value: value.replace(" ", "-") if isinstance(value, str) and " " in value else None)
def test_bad_file_is_kept_out_and_the_next_good_one_applies(site, what, content):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.revision() == "1")
    attempts = plane.stat("http.dyn.rds.dyn.update_attempt")
    site.file("rds.json", content)
    eventually("the attempt", lambda: plane.stat("http.dyn.rds.dyn.update_attempt") > attempts)
    assert site.revision() == "1"
    site.file("rds.json", xds.response("routes", "10", xds.routes("dyn", "a", "10")))
    eventually("the next good one", lambda: site.revision() == "10")


@pytest.mark.parametrize("kind", [OURS])
def test_refusal_names_resource_and_field(site):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    site.file("rds.json", xds.response("routes", "9", {"name": "dyn", "virtual_hosts": [
        {"name": "all", "domains": [], "routes": []}]}))
    eventually("named in the log", lambda: (
        "RouteConfiguration 'dyn': virtual_hosts[0].domains: at least 1 item" in plane.log()))
    eventually("counted", lambda: plane.stat("http.dyn.rds.dyn.update_rejected") == 1)


@both
def test_list_of_clusters_is_taken_whole_or_not_at_all(site):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    bad = xds.cluster("bad", None, site.b) | {"connect_timeout": "0s"}
    site.file("cds.json", xds.response("clusters", "2", xds.cluster("good", None, site.b), bad))
    eventually("refused", lambda: plane.stat("cluster_manager.cds.update_rejected") == 1)
    assert site.body() == "a"
    names = [item["cluster"]["name"] for item in plane.dump()["ClustersConfigDump"]["dynamic_active_clusters"]]
    assert names == ["a"]


@both
def test_missing_file_of_the_bootstrap_ends_the_start(site):
    plane = DataPlane(site.kind, site.directory, site.host, {"dynamic_resources": {
        "cds_config": xds.path(site.directory / "absent.json")}})
    code, text = plane.refusal()
    assert code not in (0, None) and "absent.json" in text


@both
def test_resource_that_names_a_missing_file_is_refused(site):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    site.file("lds.json", xds.response("listeners", "2", xds.listener(
        "dyn", site.host, 8080, xds.path(site.directory / "absent.json"))))
    eventually("refused", lambda: plane.stat("listener_manager.lds.update_rejected") == 1)
    assert site.body() == "a"


@both
def test_removed_listener_closes_its_port(site):
    site.start(site.write_all())
    eventually("open", site.is_open)
    site.file("lds.json", xds.response("listeners", "2"))
    eventually("closed", lambda: not site.is_open())


@both
def test_config_dump_shows_what_is_dynamic(site):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    dump = plane.dump()
    listeners = dump["ListenersConfigDump"]
    assert listeners["version_info"] == "1"
    state = listeners["dynamic_listeners"][0]
    assert state["name"] == "dyn" and state["active_state"]["version_info"] == "1"
    assert state["active_state"]["listener"]["@type"] == xds.LISTENER
    assert state["active_state"]["last_updated"]
    clusters = dump["ClustersConfigDump"]["dynamic_active_clusters"]
    assert clusters[0]["version_info"] == "1" and clusters[0]["cluster"]["name"] == "a"
    routes = dump["RoutesConfigDump"]["dynamic_route_configs"]
    assert routes[0]["version_info"] == "1" and routes[0]["route_config"]["name"] == "dyn"
    assert dump["BootstrapConfigDump"]["bootstrap"]["node"]["id"] == "test-node"


@pytest.mark.parametrize("kind", [OURS])
def test_config_dump_shows_a_refused_listener(site):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    bad = xds.listener("dyn", site.host, 8080, xds.path(site.directory / "rds.json"))
    bad["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"] = []
    site.file("lds.json", xds.response("listeners", "2", bad))

    def details():
        states = plane.dump()["ListenersConfigDump"]["dynamic_listeners"]
        return [state["error_state"]["details"] for state in states if "error_state" in state]
    assert eventually("the error state", details)[0]


@pytest.fixture
def rest(addresses):
    plane = RESTControlPlane(addresses.address(11))
    yield plane
    plane.stop()


def rest_bootstrap(control, timeout="5s"):
    return {
        "node": {"id": "rest-node", "cluster": "gateway", "locality": {"region": "r1"}, "metadata": {"MESH": "m"}},
        "dynamic_resources": {"lds_config": xds.rest(timeout), "cds_config": xds.rest(timeout)},
        "static_resources": {"clusters": [xds.cluster("xds", None, (control.address, control.port))]}}


@both
def test_rest_asks_in_order_and_repeats_what_it_has(site, rest):
    site.offer_all(rest, xds.rest())
    site.start(rest_bootstrap(rest))
    eventually("served", lambda: site.body() == "a")
    first = {}
    for request in list(rest.requests):
        first.setdefault(request.kind, request)
    assert list(first) == ["clusters", "endpoints", "listeners", "routes"]
    for request in first.values():
        assert "version_info" not in request.body and request.host == "xds"
        assert request.content_type == "application/json"
        assert request.body["node"]["id"] == "rest-node" and request.body["node"]["metadata"] == {"MESH": "m"}
        assert request.body["type_url"] == xds.KINDS[request.kind]
    assert first["endpoints"].body["resource_names"] == ["svc-a"]
    assert first["routes"].body["resource_names"] == ["dyn"]
    assert "resource_names" not in first["clusters"].body
    eventually("the accepted version", lambda: rest.last("routes").body.get("version_info") == "r1")


@both
def test_rest_change_is_applied_and_refusal_repeats_the_old_version(site, rest):
    site.offer_all(rest, xds.rest())
    plane = site.start(rest_bootstrap(rest))
    eventually("served", lambda: site.revision() == "1")
    rest.set("routes", "r2", {"name": "dyn", "virtual_hosts": [{"name": "all", "domains": [], "routes": []}]})
    eventually("refused", lambda: plane.stat("http.dyn.rds.dyn.update_rejected") >= 1)
    eventually("the old version again", lambda: rest.last("routes").body.get("version_info") == "r1")
    if site.kind == OURS:
        detail = eventually("the reason", lambda: rest.last("routes").body.get("error_detail"))
        assert detail == {
            "code": 13, "message": "RouteConfiguration 'dyn': virtual_hosts[0].domains: at least 1 item"}
    assert site.revision() == "1"
    rest.set("routes", "r3", xds.routes("dyn", "a", "3"))
    eventually("the next good one", lambda: site.revision() == "3")
    eventually("acknowledged", lambda: rest.last("routes").body.get("version_info") == "r3")
    assert "error_detail" not in rest.last("routes").body


@both
def test_rest_control_plane_that_goes_keeps_everything(site, rest):
    site.offer_all(rest, xds.rest())
    site.start(rest_bootstrap(rest))
    eventually("served", lambda: site.body() == "a")
    rest.is_failing = True
    settle(0.6)
    assert site.body() == "a"
    rest.set("routes", "r2", xds.routes("dyn", "a", "2"))
    rest.is_failing = False
    eventually("followed again", lambda: site.revision() == "2")


@both
def test_listener_opens_without_routes_after_its_time(site, rest):
    site.offer_all(rest, xds.rest("3s"))
    rest.forget("routes")
    site.start(rest_bootstrap(rest), ready=False)
    eventually("asked for its routes", lambda: rest.last("routes"), pause=0.01)
    assert not site.is_open()
    eventually("open after its time", site.is_open)
    assert get(site.url)[0] == 404
    rest.set("routes", "r1", xds.routes("dyn", "a", "1"))
    eventually("served", lambda: site.body() == "a")


@both
def test_without_a_control_plane_it_runs_and_keeps_trying(site, rest):
    rest.is_failing = True
    plane = site.start(rest_bootstrap(rest, "1s"), ready=False)
    eventually("several attempts", lambda: plane.stat("cluster_manager.cds.update_failure") >= 2)
    site.offer_all(rest, xds.rest())
    rest.is_failing = False
    eventually("served", lambda: site.body() == "a")


@both
def test_empty_list_removes_all(site, rest):
    site.offer_all(rest, xds.rest())
    site.start(rest_bootstrap(rest))
    eventually("served", lambda: site.body() == "a")
    rest.set("listeners", "l2")
    eventually("closed", lambda: not site.is_open())


@pytest.mark.parametrize("kind", [OURS])
def test_two_hundred_reloads_under_load_lose_nothing(site, backends):
    plane = site.start(site.write_all())
    eventually("served", lambda: site.body() == "a")
    load = Load(site.host, 8080, threads=64)
    eds, rds = site.directory / "eds.json", site.directory / "rds.json"
    warm = None
    for number in range(200):
        revision = str(number)
        target = (site.a, site.b)[number // 4 % 2]
        match number % 4:
            case 0:
                site.file("rds.json", xds.response("routes", revision, xds.routes("dyn", "a", revision)))
            case 1:
                site.file("eds.json", xds.response("endpoints", revision, xds.endpoints("svc-a", target)))
            case 2:
                site.file("lds.json", xds.response("listeners", revision, xds.listener(
                    "dyn", site.host, 8080, xds.path(rds), log=f"gateway-{number}")))
            case _:
                changed = xds.cluster("a", xds.path(eds)) | {"connect_timeout": f"{1 + number % 3}s"}
                site.file("cds.json", xds.response("clusters", revision, changed, xds.cluster(
                    f"extra-{number}", None, site.b)))
        settle(0.02)
        if number == 60:
            eventually("all callers are at work", lambda: load.calls > 500, 60)
            warm = memory_kib(plane.process.pid)
    eventually("the last listener", lambda: get(site.url)[2].get("server") == "gateway-198")
    eventually("a thousand calls", lambda: load.calls > 1000, 60)
    load.stop()
    assert load.failures == []
    assert memory_kib(plane.process.pid) < warm * 1.3 + 4096
