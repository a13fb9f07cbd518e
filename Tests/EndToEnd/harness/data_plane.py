"""A gateway process, ours or stock Envoy, with a bootstrap of the test's own."""

import json
import pathlib
import re
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.processes import Process, run
from harness.programs import ENVOY, HANSE
from harness.waiting import eventually

OURS, STOCK = "hanse", "envoy"


class Backend:
    """An HTTP server that answers every GET with its name."""

    def __init__(self, name, address):
        self.name, self.address = name, address

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = name.encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            # With the usual five, a burst of connections waits a second for its second SYN.
            request_queue_size = 1024
            daemon_threads = True

        self._server = Server((address, 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def get(url, headers=None, timeout=10):
    """(status, body, headers); status 0 when there was no answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=timeout) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)
    except OSError:
        return 0, "", {}


class DataPlane:
    """The process; its files lie in `directory`, which is its working directory in what the bootstrap names."""

    def __init__(self, kind, directory, address, bootstrap):
        self.kind, self.address = kind, address
        self.directory = pathlib.Path(directory)
        self.admin = f"http://{address}:15000"
        bootstrap = dict(bootstrap)
        bootstrap.setdefault("node", {"id": "test-node", "cluster": "test-cluster"})
        bootstrap["admin"] = {"address": {"socket_address": {"address": address, "port_value": 15000}}}
        self.file = self.directory / "bootstrap.json"
        self.file.write_text(json.dumps(bootstrap))
        self.process = None

    def command(self):
        if self.kind == OURS:
            return [HANSE, "gateway", "--bootstrap", self.file, "--concurrency", "2"]
        return [ENVOY, "-c", self.file, "--concurrency", "2", "--disable-hot-restart", "-l", "warning",
                "--reject-unknown-dynamic-fields", "--file-flush-interval-msec", "100"]

    def start(self, ready=True):
        self.process = Process(self.kind, self.command(), self.directory)
        eventually(f"{self.kind} answers on its admin port",
                   lambda: get(self.admin + ("/ready" if ready else "/stats"))[0] == 200, 60)
        return self

    def refusal(self):
        """(exit code, what it said) of a start that must fail."""
        result = run(self.command())
        return result.code, result.out + result.err

    def stat(self, name):
        """A number; 0 where there is none yet."""
        status, text, _ = get(self.admin + "/stats", timeout=60)
        assert status == 200, f"/stats: {status}"
        found = re.search(rf"^{re.escape(name)}: (\d+)$", text, re.M)
        return int(found.group(1)) if found else 0

    def dump(self):
        """{last part of @type: section} of /config_dump."""
        configs = json.loads(get(self.admin + "/config_dump?include_eds")[1])["configs"]
        return {config["@type"].rsplit(".", 1)[-1]: config for config in configs}

    def log(self):
        return self.process.text()

    def stop(self):
        if self.process:
            self.process.stop()


def rename_onto(path, content):
    """Replaces a file as a careful writer does."""
    path = pathlib.Path(path)
    part = path.with_name(path.name + ".part")
    part.write_text(content if isinstance(content, str) else json.dumps(content))
    part.rename(path)


class Load:
    """Calls a URL from several threads until it is stopped, and keeps what was not a 200."""

    def __init__(self, host, port, threads=8, path="/"):
        import http.client
        self.calls, self.failures = 0, []
        self._stop = threading.Event()

        def work():
            connection = http.client.HTTPConnection(host, port, timeout=20)
            while not self._stop.is_set():
                try:
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    body = answer.read()
                    self.calls += 1
                    if answer.status != 200:
                        self.failures.append(f"status {answer.status}: {body[:200]}")
                    if answer.will_close:
                        connection.close()
                except Exception as error:  # noqa: BLE001 - every failure is counted
                    self.failures.append(f"{type(error).__name__}: {error}")
                    connection.close()

        self._threads = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
        return self


def memory_kib(pid):
    """Resident memory of its own: the pages of the program come and go."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1])
    raise AssertionError("no RssAnon")


def settle(seconds):
    """Time that must pass without an effect."""
    time.sleep(seconds)
