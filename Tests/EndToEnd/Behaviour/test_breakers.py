"""8: limits that all worker threads keep together, retry budgets, and the finer rules of outlier detection."""

import threading

import pytest

from ejections import heard
from harness.waiting import eventually, holds
from http2_backend import HTTP2Backend
from network import HttpBackend, Scripted, connect, get, reset
from resources import bootstrap, chain, cluster, http, http2, limits, listener, route, tcp
from running import Gateway, place
from worlds import both, ids, shortfall

WORKERS = 4
QUICK = {"update_merge_window": "0s"}


class Crowd:
    """So many requests at once, each on a connection of its own."""

    def __init__(self, at, path, count):
        self.replies = []
        self.threads = [threading.Thread(target=lambda: self.replies.append(get(at, path, timeout=15)))
                        for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()
        return sorted(reply.status for reply in self.replies)


NAMES = ("modern", "connections", "pending", "requests", "retries", "budget", "lone", "pipe")


class Shared:
    def __init__(self, kind, directory):
        self.kind, self.http, self.pipe = kind, place(), place()
        self.backends = {name: HttpBackend(name) for name in NAMES if name != "modern"}
        self.backends["modern"] = HTTP2Backend()
        breakers = {
            "connections": limits(max_connections=2), "pending": limits(max_connections=2, max_pending_requests=3),
            "requests": limits(max_requests=2), "lone": limits(max_requests=1), "retries": limits(max_retries=2),
            "budget": limits(retry_budget={"budget_percent": {"value": 50}, "min_retry_concurrency": 1}),
            "pipe": limits(max_connections=2), "modern": limits(max_connections=1)}
        clusters = [cluster(name, self.backends[name].port, circuit_breakers=breakers[name], **({
            "typed_extension_protocol_options": http2()} if name == "modern" else {})) for name in NAMES]
        back_off = {"base_interval": "1s", "max_interval": "1s"}
        retried = {"retry_policy": {"retry_on": "5xx", "num_retries": 1, "retry_back_off": back_off}}
        routes = [route(name, "/" + name, name, {
            "timeout": "10s", **(retried if name in ("retries", "budget") else {})}) for name in NAMES]
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http("http", *routes))),
             listener("pipe", self.pipe, chain(tcp("pipe", "pipe")))], clusters, admin=place()), workers=WORKERS)

    def stat(self, name, what):
        return self.gateway.stat(f"cluster.{name}.{what}")

    def stop(self):
        for backend in self.backends.values():
            backend.stop()


@both()
def shared(request, workdir):
    made = Shared(request.param, workdir)
    with made.gateway:
        yield made
    made.stop()


def test_8_workers_share_the_connection_limit_and_all_are_served(shared):
    """Whatever worker has the connections, requests of the others get their turn."""
    backend = shared.backends["connections"]
    for _ in range(4):
        backend.gate = threading.Event()
        crowd = Crowd(shared.http, "/connections", 40)
        eventually("the connections are busy", lambda: backend.waiting >= 2, 10)
        try:
            holds("no more are made", lambda: backend.waiting == 2, 0.2)
        except AssertionError:
            shortfall(shared, "each worker may have one connection whatever the limit")
            raise
        finally:
            backend.open_gate()
        assert crowd.join() == [200] * 40
    active = shared.stat("connections", "upstream_cx_active")
    if active > 2:
        shortfall(shared, "each worker may have one connection whatever the limit")
    assert active <= 2


def test_8_workers_take_turns_on_a_shared_connection(shared):
    """One HTTP/2 connection for four workers: it changes hands, and all are served."""
    backend = shared.backends["modern"]
    for _ in range(4):
        backend.gate = gate = threading.Event()
        crowd = Crowd(shared.http, "/modern", 40)
        # It changes hands only while nothing is under way on it; an end may be seen after the next beginning.
        eventually("requests are under way", lambda: backend.waiting >= 1, 10)
        try:
            holds("on no other", lambda: backend.waiting == 1, 0.2)
        except AssertionError:
            shortfall(shared, "each worker may have one connection whatever the limit")
            raise
        finally:
            backend.gate = None
            gate.set()
        assert crowd.join() == [200] * 40
        if backend.open > 1:
            shortfall(shared, "each worker may have one connection whatever the limit")
        eventually("one is left", lambda: backend.open == 1, 10)


def test_8_workers_share_the_pending_limit(shared):
    """Two are under way before the rest comes: who waits for a connection to be made counts as pending too."""
    backend = shared.backends["pending"]
    backend.gate = threading.Event()
    busy = Crowd(shared.http, "/pending", 2)
    eventually("the connections are busy", lambda: backend.waiting == 2, 10)
    crowd = Crowd(shared.http, "/pending", 28)
    eventually("the rest is refused", lambda: len(crowd.replies) >= 25 or (
        shared.kind == "envoy" and len(crowd.replies) >= 21), 10)
    assert all(r.status == 503 and r.headers.get("x-envoy-overloaded") == "true" for r in crowd.replies)
    backend.open_gate()
    assert busy.join() == [200] * 2
    statuses = crowd.join()
    if statuses.count(200) > 3:
        shortfall(shared, "each worker may have one connection whatever the limit")
    assert statuses == [200] * 3 + [503] * 25
    assert shared.stat("pending", "upstream_rq_pending_overflow") == 25


@pytest.mark.parametrize("name, limit", [("requests", 2), ("lone", 1)])
def test_8_workers_share_the_request_limit(shared, name, limit):
    backend = shared.backends[name]
    backend.gate = threading.Event()
    crowd = Crowd(shared.http, f"/{name}", 12)
    eventually("all are held or refused", lambda: backend.waiting + len(crowd.replies) == 12, 10)
    held = backend.waiting
    backend.open_gate()
    statuses = crowd.join()
    if held > limit:
        shortfall(shared, "workers may all see room for the last request")
    assert statuses == [200] * limit + [503] * (12 - limit)
    assert [r.headers.get("x-envoy-overloaded") for r in crowd.replies if r.status == 503] == ["true"] * (12 - limit)
    assert shared.stat(name, "upstream_rq_active_overflow") == 12 - limit
    assert get(shared.http, f"/{name}").status == 200, "room again"


def fail(backend, at, path, count):
    """So many requests that all fail at the same time; returns while those that are tried again are held.

    The pause before a retry is drawn from 0 to 1 s: one that ended early would make room for another.
    """
    backend.status, backend.gate = 503, threading.Event()
    first, crowd = backend.gate, Crowd(at, path, count)
    eventually("all are under way", lambda: backend.waiting == count, 10)
    backend.gate = threading.Event()
    first.set()
    eventually("all failed or are tried again", lambda: len(backend.requests) + len(crowd.replies) == 2 * count, 10)
    return crowd


def test_8_workers_share_the_retry_limit(shared):
    backend = shared.backends["retries"]
    crowd = fail(backend, shared.http, "/retries", 12)
    retried = len(backend.requests) - 12
    backend.open_gate()
    assert crowd.join() == [503] * 12
    if retried > 2:
        shortfall(shared, "workers may all see room for the last retry")
    assert retried == 2 and len(backend.requests) == 14
    assert shared.stat("retries", "upstream_rq_retry") == 2
    assert shared.stat("retries", "upstream_rq_retry_overflow") == 10


def test_8_a_retry_budget_is_a_share_of_the_requests_under_way(shared):
    """Of eight at once half may be retried, fewer as they end: three, by either gateway's reckoning about that."""
    backend = shared.backends["budget"]
    crowd = fail(backend, shared.http, "/budget", 8)
    backend.open_gate()
    assert crowd.join() == [503] * 8
    assert 2 <= shared.stat("budget", "upstream_rq_retry") <= 4
    assert shared.stat("budget", "upstream_rq_retry") + shared.stat("budget", "upstream_rq_retry_overflow") == 8
    before = shared.stat("budget", "upstream_rq_retry")
    assert get(shared.http, "/budget", timeout=15).status == 503
    assert shared.stat("budget", "upstream_rq_retry") == before + 1, "one is always allowed"


def test_8_workers_share_the_limit_of_pipes(shared):
    socks = []
    for _ in range(12):
        sock = connect(shared.pipe)
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        socks.append(sock)
    answered = 0
    for sock in socks:
        sock.settimeout(10)
        try:
            answered += bool(sock.recv(10))
        except ConnectionError:
            pass
    if answered > 2:
        shortfall(shared, "workers may all see room for the last connection")
    assert answered == 2
    assert shared.stat("pipe", "upstream_cx_overflow") == 10
    for sock in socks:
        sock.close()


OUTLIER = {"interval": "0.2s", "base_ejection_time": "2s", "max_ejection_percent": 100, "enforcing_success_rate": 0,
           "enforcing_failure_percentage": 0, "enforcing_local_origin_success_rate": 0}
GATEWAY = {**OUTLIER, "consecutive_5xx": 50, "consecutive_gateway_failure": 2,
           "enforcing_consecutive_gateway_failure": 100}
SPLIT = {**OUTLIER, "consecutive_5xx": 50, "consecutive_gateway_failure": 50, "consecutive_local_origin_failure": 2,
         "split_external_local_origin_errors": True}
# name, rule, status of the endpoint (None: it closes at once), whether it is ejected, by which rule
RULES = [
    ("gateway-503", GATEWAY, 503, "consecutive_gateway_failure"), ("gateway-500", GATEWAY, 500, None),
    ("gateway-reset", GATEWAY, None, "consecutive_gateway_failure"),
    ("gateway-lenient", {**GATEWAY, "enforcing_consecutive_gateway_failure": 0}, 503, None),
    ("split-503", SPLIT, 503, None), ("split-dead", SPLIT, "dead", "consecutive_local_origin_failure"),
    ("split-lenient", {**SPLIT, "enforcing_consecutive_local_origin_failure": 0}, "dead", None),
    ("together-dead", {**OUTLIER, "consecutive_5xx": 2}, "dead", "consecutive_5xx"),
]


class Outliers:
    def __init__(self, kind, directory):
        self.kind, self.http, self.dead = kind, place(), place()
        self.good = HttpBackend("good")
        self.bad = {}
        for name, _, status, _ in RULES:
            if status is None:
                self.bad[name] = Scripted(lambda sock: (sock.recv(9), reset(sock)), name=name)
            elif status != "dead":
                self.bad[name] = HttpBackend(name)
                self.bad[name].status = status
        clusters, routes = [], []
        for name, rule, _, _ in RULES:
            port = self.bad[name].port if name in self.bad else self.dead
            clusters.append(cluster(name, port, self.good.port, outlier_detection=rule, common_lb_config=QUICK))
            routes.append(route(name, f"/{name}", name, {"timeout": "3s"}))
        self.gateway = Gateway(kind, directory, bootstrap(
            [listener("http", self.http, chain(http("http", *routes)))], clusters, admin=place()))

    def stop(self):
        for backend in (self.good, *self.bad.values()):
            backend.stop()


@both()
def outliers(request, workdir):
    made = Outliers(request.param, workdir)
    with made.gateway:
        yield made
    made.stop()


@pytest.mark.parametrize("name, rule, status, by", RULES, ids=ids(RULES))
def test_8_what_ejects_an_endpoint(outliers, name, rule, status, by):
    def ask(count):
        return [get(outliers.http, f"/{name}").backend for _ in range(count)]

    def stat(what):
        return outliers.gateway.stat(f"cluster.{name}.outlier_detection.ejections_{what}")
    assert ask(4).count("good") == 2
    if by:
        heard(outliers, "it is ejected", lambda: ask(2) == ["good"] * 2)
        assert ask(2) == ["good"] * 2
        assert (stat(f"detected_{by}"), stat(f"enforced_{by}"), stat("enforced_total")) == (1, 1, 1)
        eventually("it comes back", lambda: stat("active") == 0, 10)
    else:
        assert ask(4).count("good") == 2
        assert stat("enforced_total") == 0
    assert stat("overflow") == 0
