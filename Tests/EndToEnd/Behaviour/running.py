"""Gateways under test: ours and stock Envoy, each with a configuration of its own on addresses of its own."""

import collections
import http.client
import itertools
import json
import os
import pathlib
import re
import socket

from harness.processes import Process
from harness.programs import ENVOY, HANSE
from harness.waiting import eventually

KINDS = ("hanse", "envoy")
Place = collections.namedtuple("Place", "host port")
_numbers = itertools.count(1)


def host():
    """A loopback address that nothing else of this machine uses."""
    number = next(_numbers)
    return f"127.{110 + os.getpid() % 100}.{os.getpid() // 100 % 250}.{number % 250 + 1}"


def place(at=None):
    """A free port of `at`, or of a loopback address of its own."""
    at = at or host()
    with socket.socket() as probe:
        probe.bind((at, 0))
        return Place(*probe.getsockname())


def is_listening(place):
    """True when some process listens there; asks the kernel, so that no connection is made."""
    packed = socket.inet_aton(place.host)[::-1].hex().upper()
    wanted = f"{packed}:{place.port:04X}"
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any(fields[1] == wanted and fields[3] == "0A" for fields in map(str.split, lines))


def listener_places(config):
    found = [item["address"] for item in config.get("static_resources", {}).get("listeners", [])]
    if "admin" in config:
        found.append(config["admin"]["address"])
    return [Place(a["socket_address"]["address"], int(a["socket_address"]["port_value"])) for a in found]


class Gateway:
    """A gateway process. `start` returns when its static listeners, and those of `places`, are open."""

    def __init__(self, kind, directory, config, name=None, options=(), places=(), descriptors=None, level="info",
                 workers=1):
        self.kind, self.config = kind, config
        self.name = name or f"{kind}-{next(_numbers)}"
        self.directory = pathlib.Path(directory)
        self.file = self.directory / f"{self.name}.json"
        self.file.write_text(json.dumps(config, indent=1))
        self.places = [*listener_places(config), *places]
        self.descriptors = descriptors
        if kind == "hanse":
            self.command = [HANSE, "gateway", "--bootstrap", self.file, "--concurrency", workers, "--drain-time", "2s",
                            "--drain-time-s", "2", "--log-level", level, *options]
        else:
            self.command = [ENVOY, "-c", self.file, "--concurrency", workers, "--disable-hot-restart",
                            "--reject-unknown-dynamic-fields", "--drain-time-s", "2", "--file-flush-interval-msec",
                            "10", "-l", level, *options]
        self.process = None

    def start(self):
        self.launch()

        try:
            eventually(f"{self.name} opens {self.places}", lambda: not self.process.is_running
                       or all(map(is_listening, self.places)), 20, pause=0.02)
            assert self.process.is_running, self.process.text()[-3000:]
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self):
        """Starts the process without waiting for its ports."""
        self.process = Process(self.name, self.command, self.directory, cwd=self.directory,
                               descriptors=self.descriptors)
        return self

    def stop(self):
        if self.process:
            if self.kind == "envoy":
                return self.process.stop(5)
            self.process.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def records(self, kind=None, start=0):
        """The access log's records of a kind, from byte `start` of the log."""
        with open(self.process.log, "rb") as log:
            log.seek(start)
            lines = log.read().decode(errors="replace").splitlines()
        found = []
        for line in lines:
            if line.startswith('{"'):
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if kind in (None, record.get("kind")):
                    found.append(record)
        return found

    def mark(self):
        """Where the log ends now."""
        return self.process.log.stat().st_size

    def record(self, kind, start, seconds=10, **wanted):
        """The first record of a kind behind `start` whose fields are as wanted."""
        def find():
            found = [r for r in self.records(kind, start)
                     if all(r.get(key) == value for key, value in wanted.items())]
            return found[0] if found else None
        return eventually(f"{self.name} logs {kind} {wanted}", find, seconds, pause=0.02)

    def admin(self, path):
        """The status and text of an admin page."""
        at = self.config["admin"]["address"]["socket_address"]
        connection = http.client.HTTPConnection(at["address"], at["port_value"], timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def stat(self, name):
        """A counter's value; 0 where the gateway has not made it yet."""
        text = self.admin(f"/stats?filter=^{re.escape(name)}$")[1]
        found = re.search(rf"^{re.escape(name)}: (\d+)$", text, re.M)
        return int(found.group(1)) if found else 0

    @property
    def memory(self):
        """Resident bytes of its own: the pages of the program come and go."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", text).group(1)) * 1024
