"""8: active health checks and locality weights."""

import pytest

from harness.waiting import eventually
from network import Backend, HttpBackend, get
from resources import cluster, endpoint, group
from running import place
from worlds import ClusterWorld, both

# A slow answer must not look like a bad one.
CHECK = {"timeout": "5s", "interval": "0.1s", "no_traffic_interval": "0.1s", "unhealthy_threshold": 2,
         "healthy_threshold": 1, "initial_jitter": "0.01s"}
HTTP = {**CHECK, "http_health_check": {"path": "/healthz", "host": "check.local"}}
RANGE = {**CHECK, "http_health_check": {"path": "/healthz", "expected_statuses": [
    {"start": 200, "end": 201}, {"start": 300, "end": 305}]}}
TCP = {**CHECK, "tcp_health_check": {}}
SLOW = {**HTTP, "interval": "1s", "no_traffic_interval": "1s", "healthy_threshold": 3, "unhealthy_threshold": 4}
NEVER = {"healthy_panic_threshold": {"value": 0}, "update_merge_window": "0s"}
QUICK = {"update_merge_window": "0s"}


class Checked(ClusterWorld):
    def __init__(self, kind, directory):
        names = ["a", "b", "c", "d", "e", "f", "g", "h", "spare"]
        self.backends = {name: HttpBackend(name) for name in names}
        self.mute = Backend("mute")
        ports = {name: backend.port for name, backend in self.backends.items()}
        self.dead = place()
        spare = group(ports["spare"], priority=1)
        super().__init__(kind, directory, [
            cluster("turns", ports["a"], ports["b"], health_checks=[HTTP], common_lb_config=NEVER),
            cluster("over", group(ports["c"]), spare, health_checks=[HTTP], common_lb_config=QUICK),
            cluster("half", group(ports["d"], ports["e"]), spare, health_checks=[HTTP], common_lb_config=QUICK),
            cluster("tcp", group(ports["f"]), spare, health_checks=[TCP], common_lb_config=NEVER),
            cluster("range", ports["g"], health_checks=[RANGE], common_lb_config=NEVER),
            cluster("slow", ports["h"], health_checks=[SLOW], common_lb_config=NEVER),
            cluster("gone", self.dead, health_checks=[TCP], common_lb_config=NEVER),
            cluster("mute", self.mute.port, health_checks=[{**HTTP, "timeout": "0.3s"}], common_lb_config=NEVER),
            cluster("panic", self.dead, ports["a"], ports["b"], health_checks=[TCP], common_lb_config=QUICK),
            cluster("all-dead", self.dead, health_checks=[TCP], common_lb_config=QUICK),
        ], place())


@both()
def checked(request, workdir):
    made = Checked(request.param, workdir)
    with made.gateway:
        yield made
    for backend in (*made.backends.values(), made.mute):
        backend.stop()


@pytest.fixture
def well(checked):
    """The checked world, all of whose backends are well again after the case."""
    yield checked
    for backend in checked.backends.values():
        backend.health = 200


def test_8_checked_endpoints_serve_once_they_passed(well):
    well.becomes("turns", {"a": 5, "b": 5})


def test_8_a_check_is_a_get_of_its_path_and_host(well):
    check = eventually("a check comes", lambda: well.backends["a"].checks, 10)[-1]
    assert (check.method, check.path, check.headers["host"]) == ("GET", "/healthz", "check.local")
    if well.kind == "envoy":
        assert check.headers["user-agent"] == "Envoy/HC"
    else:
        assert check.headers["user-agent"]


def test_8_checks_go_on_in_their_interval(well):
    """Twenty take two seconds; a check a second would take twice the bound."""
    count = len(well.backends["b"].checks)
    eventually("twenty more checks", lambda: len(well.backends["b"].checks) >= count + 20, 10)


def test_8_a_failing_endpoint_leaves_and_comes_back(well):
    well.becomes("turns", {"a": 5, "b": 5})
    well.backends["a"].health = 503
    well.becomes("turns", {"b": 10})
    well.backends["a"].health = 200
    well.becomes("turns", {"a": 5, "b": 5})


def test_8_membership_healthy_counts(well):
    well.becomes("turns", {"a": 5, "b": 5})
    eventually("both count", lambda: well.gateway.stat("cluster.turns.membership_healthy") == 2, 10)
    well.backends["a"].health = 500
    eventually("one is left", lambda: well.gateway.stat("cluster.turns.membership_healthy") == 1, 10)


def test_8_without_a_healthy_endpoint_nothing_serves(well):
    for name in ("a", "b"):
        well.backends[name].health = 503
    eventually("no healthy upstream", lambda: get(well.http, "/turns").body == "no healthy upstream", 10)


def test_8_checks_fail_over_to_the_next_priority_and_back(well):
    well.becomes("over", {"c": 10})
    well.backends["c"].health = 503
    well.becomes("over", {"spare": 10})
    well.backends["c"].health = 200
    well.becomes("over", {"c": 10})


def test_8_half_of_a_priority_keeps_70_percent(well):
    """400 draws of 70 %: outside 60..80 % less often than once in 50,000 runs."""
    well.becomes("half", {"d": 5, "e": 5})
    well.backends["d"].health = 503
    well.becomes("half", {"e", "spare"}, 20)
    found = well.shares("half", 400)
    assert 240 <= found["e"] <= 320 and found["e"] + found["spare"] == 400, found


def test_8_a_connect_is_a_tcp_check(well):
    well.becomes("tcp", {"f": 10})
    well.backends["f"].stop()
    well.becomes("tcp", {"spare": 10})
    well.backends["f"].start()
    well.becomes("tcp", {"f": 10})


@pytest.mark.parametrize("status, is_good", [(200, True), (204, False), (304, True), (305, False), (503, False)])
def test_8_expected_statuses_are_half_open_ranges(well, status, is_good):
    well.backends["g"].health = status
    if is_good:
        well.becomes("range", {"g": 10})
    else:
        well.becomes("range", {503: 10})


def test_8_a_status_not_expected_counts_at_once(well):
    """Envoy's rule: the threshold is for checks that fail, not for an endpoint that says it is not well.

    A check a second: another may come before a slow machine sees the effect, a fourth may not.
    """
    well.becomes("slow", {"h": 10})
    checks = well.backends["h"].checks
    start = len(checks)
    well.backends["h"].health = 503
    eventually("out", lambda: get(well.http, "/slow").status == 503, 10, pause=0.005)
    # None, where the check that ended it was noted already and answered after that.
    assert len(checks) - start <= 2


def test_8_an_endpoint_starts_unhealthy(well):
    assert get(well.http, "/gone").body == "no healthy upstream"
    assert get(well.http, "/mute").body == "no healthy upstream"


def test_8_two_of_three_healthy_is_no_panic(well):
    well.becomes("panic", {"a", "b"})


def test_8_panic_tries_what_is_unhealthy(well):
    """With no healthy endpoint at all and the threshold of 50 %, all are used: the refusal is the endpoint's."""
    assert "remote connection failure" in get(well.http, "/all-dead").body


class Weighted(ClusterWorld):
    def __init__(self, kind, directory):
        self.backends = {name: HttpBackend(name) for name in ("a", "b")}
        a, b = (backend.port for backend in self.backends.values())
        super().__init__(kind, directory, [cluster(
            "localities", group(a, locality={"region": "r", "zone": "a"}, load_balancing_weight=3),
            group(b, locality={"region": "r", "zone": "b"}, load_balancing_weight=1),
            common_lb_config={"locality_weighted_lb_config": {}})], place())


@both()
def weighted(request, workdir):
    made = Weighted(request.param, workdir)
    with made.gateway:
        yield made
    for backend in made.backends.values():
        backend.stop()


def test_8_localities_share_by_weight(weighted):
    """400 requests of 3 to 1: a draw outside 65..85 % is one in 10^5."""
    found = weighted.shares("localities", 400)
    assert 260 <= found["a"] <= 340 and found["a"] + found["b"] == 400, found
