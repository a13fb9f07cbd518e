"""kill -9 of the controller at any moment: what was acknowledged is there, and serving again takes no time."""

import concurrent.futures
import random
import threading
import time

from harness.api import APIClient, APIStatus
from harness.mesh import Mesh
from harness.waiting import eventually

KILLS = 100
WRITERS = 3


class Writer(threading.Thread):
    """Creates, changes and deletes ConfigMaps of its own, and remembers what the server said it did."""

    def __init__(self, mesh, number, seed):
        super().__init__(daemon=True)
        self.mesh, self.number, self.random = mesh, number, random.Random(seed)
        self.acknowledged = {}  # name -> (value or None when deleted, resourceVersion)
        self.in_flight = {}  # name -> values of the writes that got no answer
        self.newest = 0
        self.faults = []
        self.writes = 0
        self.count = 0
        self.running, self.paused = threading.Event(), threading.Event()
        self.ends = False

    def run(self):
        while not self.ends:
            if not self.running.is_set():
                self.paused.set()
                self.running.wait(0.2)
                continue
            try:
                # Long enough that only a kill ends a write: one given up on might still be done, behind the next.
                api = APIClient(self.mesh.kubeconfig, timeout=60)
                while self.running.is_set():
                    self.write(api)
            except OSError:
                time.sleep(0.002)
            except Exception as error:  # noqa: BLE001 - reported by the test
                self.faults.append(repr(error))
                return

    def write(self, api):
        name = f"w{self.number}-{self.random.randrange(12)}"
        have = self.acknowledged.get(name, (None, 0))[0]
        self.count += 1
        value = str(self.count)
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"n": value}}
        deletes = have is not None and self.random.random() < 0.2
        self.in_flight.setdefault(name, set()).add(None if deletes else value)
        try:
            if have is None:
                answer = api.create("configmaps", "churn", body)
            elif deletes:
                answer = api.delete("configmaps", "churn", name)
                value = None
            else:
                answer = api.replace("configmaps", "churn", name, body)
        except APIStatus as error:
            self.faults.append(f"{name}: {error}")
            del self.in_flight[name]
            return
        version = int((answer.get("metadata") or {}).get("resourceVersion") or 0)
        if value is not None:
            if version <= self.newest:
                self.faults.append(f"{name}: version {version} after {self.newest}")
            self.newest = version
        self.acknowledged[name] = (value, version)
        del self.in_flight[name]
        self.writes += 1

    def pause(self):
        # In this order: a pause from before the round may be told only now.
        self.running.clear()
        self.paused.clear()
        assert self.paused.wait(30)

    def check(self, items, round_number):
        """What is stored is what was acknowledged, or a write whose answer was cut off."""
        have = {i["metadata"]["name"]: i for i in items if i["metadata"]["name"].startswith(f"w{self.number}-")}
        for name in set(self.acknowledged) | set(have) | set(self.in_flight):
            value = have[name]["data"]["n"] if name in have else None
            allowed = {self.acknowledged.get(name, (None, 0))[0]}
            if name in self.in_flight:
                allowed |= self.in_flight[name]
            assert value in allowed, f"round {round_number}: {name} is {value}, acknowledged was {allowed}"
            version = int(have[name]["metadata"]["resourceVersion"]) if name in have else 0
            self.acknowledged[name] = (value, version)
            self.newest = max(self.newest, version)
        self.in_flight.clear()


def test_no_acknowledged_write_is_lost_to_kill_9(workdir):
    mesh = Mesh("tallinn", workdir, runs_gateways=False, flags=["--log-level", "warning"])
    mesh.start_controller()
    mesh.hanse("create", "namespace", "churn")
    seed = random.randrange(1 << 30)
    moment = random.Random(seed)
    writers = [Writer(mesh, number, seed + number) for number in range(WRITERS)]
    newest = 0
    try:
        for writer in writers:
            writer.start()
        for round_number in range(KILLS):
            done = sum(writer.writes for writer in writers)
            for writer in writers:
                writer.running.set()
            eventually("a first write of the round", lambda: sum(w.writes for w in writers) > done, pause=0.001)
            time.sleep(moment.uniform(0, 0.05))
            mesh.controller.kill()
            for writer in writers:
                writer.pause()
            newest = max(newest, *(writer.newest for writer in writers))
            mesh.api().close()
            mesh.start_controller()
            answer = mesh.api().request("GET", "/api/v1/namespaces/churn/configmaps")
            assert int(answer["metadata"]["resourceVersion"]) >= newest, f"round {round_number}, seed {seed}"
            newest = int(answer["metadata"]["resourceVersion"])
            for writer in writers:
                assert not writer.faults, (round_number, seed, writer.faults[:3])
                writer.check(answer["items"], round_number)
        assert not list((mesh.state / "quarantine").rglob("*.json")), "nothing is torn"
        assert sum(writer.writes for writer in writers) > KILLS
    finally:
        for writer in writers:
            writer.ends = True
            writer.running.clear()
        mesh.stop()


def fill(mesh, numbers):
    api = APIClient(mesh.kubeconfig)
    for number in numbers:
        api.create("services", "full", {
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s{number}"},
            "spec": {"selector": {"app": f"s{number}"}, "ports": [{"name": "http", "port": 9080}]}})
    api.close()


def test_a_controller_with_1000_objects_serves_again_within_a_second(workdir):
    mesh = Mesh("visby", workdir, runs_gateways=False, flags=["--log-level", "warning"])
    mesh.start_controller()
    try:
        mesh.hanse("create", "namespace", "full")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda first: fill(mesh, range(first, first + 125)), range(0, 1000, 125)))
        # The best of a few: other programs share this machine's processors.
        times = []
        while len(times) < 10 and min(times, default=1) >= 1:
            mesh.controller.kill()
            mesh.api().close()
            began = time.monotonic()
            mesh.start_controller()
            assert len(mesh.api().list("services", "full")) == 1000
            times.append(time.monotonic() - began)
        assert min(times) < 1.0, times
    finally:
        mesh.stop()


def test_a_second_controller_is_kept_off_the_state(workdir):
    mesh = Mesh("reval", workdir, runs_gateways=False)
    mesh.start_controller()
    other = Mesh("reval-too", workdir, runs_gateways=False)
    other.state = mesh.state
    try:
        process = other.start_controller(waits=False)
        assert process.wait(30) == 1
        said = process.text()
        assert "lock" in said.lower() or "in use" in said.lower(), said
        assert mesh.api().list("namespaces")
    finally:
        other.stop()
        mesh.stop()


def test_a_torn_file_is_named_and_set_aside_and_the_rest_loads(workdir):
    mesh = Mesh("gotland", workdir, runs_gateways=False)
    mesh.start_controller()
    try:
        mesh.hanse("create", "namespace", "lab")
        for name in ("whole", "torn"):
            mesh.hanse("create", "configmap", name, "-n", "lab", "--from-literal=a=1")
        mesh.controller.kill()
        mesh.api().close()
        file = next((mesh.state / "objects").rglob("torn.json"))
        file.write_bytes(file.read_bytes()[:40])
        mesh.start_controller()
        names = [item["metadata"]["name"] for item in mesh.api().list("configmaps", "lab")]
        assert "whole" in names and "torn" not in names
        assert "torn.json" in mesh.controller.text()
        assert any("torn" in path.name for path in (mesh.state / "quarantine").rglob("*"))
    finally:
        mesh.stop()


def test_state_and_secrets_are_for_their_owner_alone(workdir):
    mesh = Mesh("danzig", workdir, runs_gateways=False)
    mesh.start_controller()
    try:
        mesh.hanse("create", "namespace", "lab")
        mesh.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: lab}\nstringData: {a: b}\n")
        assert mesh.state.stat().st_mode & 0o777 == 0o700
        assert mesh.kubeconfig.stat().st_mode & 0o777 == 0o600
        secret = next((mesh.state / "objects").rglob("s.json"))
        assert secret.stat().st_mode & 0o777 == 0o600
        assert (mesh.state / "gateway" / "token").stat().st_mode & 0o777 == 0o600
    finally:
        mesh.stop()
