"""12: connections of a listener that was changed or removed, and the time that `--drain-time-s` gives them."""

import ssl
import threading
import time

import pytest

from control_plane import Files
from harness.waiting import eventually
from network import Backend, Connection, HttpBackend, connect, is_closed
from resources import bootstrap, chain, cluster, http, listener, route, tcp
from running import Gateway, is_listening, place
from worlds import both

# What the harness gives both gateways, how late a busy machine may be, and a time that no case waits for.
DRAIN_TIME, SLACK, LONG = 2, 8, 60


def hello(name):
    """A ClientHello for a server name, as bytes."""
    out = ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return out.read()


class World:
    """Listener `web` serves HTTP; listener `pipe` has a chain of bytes for each of two server names."""

    def __init__(self, kind, directory, drain_time):
        self.kind, self.web, self.pipe = kind, place(), place()
        self.backend, self.echo = HttpBackend("a"), Backend("echo")
        self.files = Files(directory / f"{kind}-{drain_time}-xds")
        self.files.put("lds", "listeners", self.listener(), self.pipes())
        self.gateway = Gateway(kind, directory, bootstrap(
            [], [cluster("a", self.backend.port), cluster("echo", self.echo.port)], admin=place(),
            dynamic_resources={"lds_config": self.files.source("lds")}), places=[self.web, self.pipe])
        command = self.gateway.command
        command[command.index("--drain-time-s") + 1] = drain_time

    def apply(self, *listeners):
        """Replaces the listeners, and waits until the gateway has taken them over."""
        def count():
            return self.gateway.stat("listener_manager.lds.update_success")
        before = count()
        self.files.put("lds", "listeners", *listeners)
        eventually("the update is in force", lambda: count() > before, 10)

    def listener(self, **fields):
        return listener("web", self.web, chain(http(
            "web", route("all", "/", "a", {"timeout": "0s"}), **fields)))

    def pipes(self, **fields):
        return listener("pipe", self.pipe, chain(tcp("kept", "echo"), names=["kept.example"], name="kept"),
                        chain(tcp("changed", "echo", **fields), names=["changed.example"], name="changed"),
                        inspector=True)

    def tunnel(self, name):
        """A connection that the echo behind the chain of `name` has answered."""
        sock, text = connect(self.pipe), hello(name)
        sock.sendall(text)
        answer = b""
        while len(answer) < len(text):
            data = sock.recv(65536)
            assert data, f"the tunnel to {name} ends"
            answer += data
        return sock

    def busy(self):
        """A request that its backend holds back: its connection, and what came of it."""
        connection, outcome = Connection(connect(self.web), 20), []
        assert connection.call().backend == "a"
        self.backend.gate = threading.Event()

        def call():
            try:
                outcome.append(connection.call().status)
            except Exception as error:  # noqa: BLE001
                outcome.append(error)
        thread = threading.Thread(target=call)
        thread.start()
        eventually("it is in flight", lambda: self.backend.waiting == 1, 10)
        return connection, outcome, thread


def running(kind, directory, drain_time):
    world = World(kind, directory, drain_time)
    with world.gateway:
        yield world
    world.backend.stop()
    world.echo.stop()


@both()
def made(request, workdir):
    yield from running(request.param, workdir, DRAIN_TIME)


@both()
def made_patient(request, workdir):
    yield from running(request.param, workdir, LONG)


def ready(made):
    made.apply(made.listener(), made.pipes())
    eventually("both ports are open", lambda: is_listening(made.web) and is_listening(made.pipe), 10)

    def serves():
        with Connection(connect(made.web)) as connection:
            return connection.call().status == 200 and made.gateway.stat("listener_manager.total_listeners_active") == 2
    eventually("it serves", serves, 10)
    yield made
    made.backend.open_gate()
    eventually("no request is held", lambda: made.backend.waiting == 0, 10)


@pytest.fixture
def world(made):
    yield from ready(made)


@pytest.fixture
def patient(made_patient):
    """One whose drain time is longer than any case takes."""
    yield from ready(made_patient)


def within_the_drain_time(sock):
    """True when the connection is closed by the end of the drain time."""
    return is_closed(sock, DRAIN_TIME + SLACK)


# What becomes of listener `web`.
CHANGES = {"removed": lambda world: [world.pipes()],
           "changed": lambda world: [world.listener(stream_idle_timeout="7s"), world.pipes()]}


@pytest.mark.parametrize("change", CHANGES)
def test_12_an_idle_connection_is_closed_within_the_drain_time(world, change):
    with Connection(connect(world.web)) as connection:
        assert connection.call().status == 200
        world.apply(*CHANGES[change](world))
        assert within_the_drain_time(connection.sock)


@pytest.mark.parametrize("change", CHANGES)
def test_12_a_request_that_does_not_end_is_cut_at_the_end_of_the_drain_time(world, change):
    connection, outcome, thread = world.busy()
    began = time.monotonic()
    world.apply(*CHANGES[change](world))
    thread.join(DRAIN_TIME + SLACK)
    assert outcome and outcome != [200] and time.monotonic() - began >= DRAIN_TIME - 0.5
    connection.close()


@pytest.mark.parametrize("change", CHANGES)
def test_12_a_request_that_ends_in_time_is_answered(patient, change):
    connection, outcome, thread = patient.busy()
    patient.apply(*CHANGES[change](patient))
    if change == "removed":
        eventually("the port is closed", lambda: not is_listening(patient.web), 10)
    patient.backend.open_gate()
    thread.join(10)
    assert outcome == [200]
    connection.close()


def test_12_a_tunnel_of_a_changed_chain_is_closed_and_others_are_left_alone(world):
    kept, changed = world.tunnel("kept.example"), world.tunnel("changed.example")
    world.apply(world.listener(), world.pipes(idle_timeout="77s"))
    assert within_the_drain_time(changed)
    kept.sendall(b"still here")
    assert kept.recv(100) == b"still here"
    kept.close()


def test_12_a_tunnel_of_a_removed_listener_is_closed_within_the_drain_time(world):
    tunnel = world.tunnel("kept.example")
    world.apply(world.listener())
    assert within_the_drain_time(tunnel)
    tunnel.close()


def test_12_a_removed_listeners_port_is_closed_at_once(patient):
    with Connection(connect(patient.web)) as connection:
        assert connection.call().status == 200
        patient.apply(patient.pipes())
        eventually("the port is closed", lambda: not is_listening(patient.web), LONG / 6)
