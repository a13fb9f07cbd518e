"""Two control planes of our own: files that are renamed into place, and a REST server."""

import collections
import http.server
import json
import os
import pathlib
import threading
import time

from resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET, files, response

TYPES = {"clusters": CLUSTER, "endpoints": ENDPOINTS, "listeners": LISTENER, "routes": ROUTES, "secrets": SECRET}


class Files:
    """A directory of discovery responses."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self._count = 0

    def path(self, name):
        return self.directory / f"{name}.json"

    def source(self, name, **fields):
        return files(self.path(name), **fields)

    def text(self, name, text, in_place=False):
        """Puts a text at a path: by rename, or by writing into the file that is there."""
        if in_place:
            self.path(name).write_text(text)
            return
        part = self.directory / f".{name}.part"
        part.write_text(text)
        os.rename(part, self.path(name))

    def put(self, name, kind, *resources, version=None):
        self._count += 1
        self.text(name, json.dumps(response(TYPES[kind], *resources, version=version or str(self._count))))


Asked = collections.namedtuple("Asked", "path headers body at")


class RestPlane:
    """Answers `POST /v3/discovery:<kind>` from `resources`, 304 where the client has the version already."""

    def __init__(self, place=("127.0.0.1", 0)):
        self.asked = []
        self.resources = {kind: ("1", {}) for kind in TYPES}
        self.status, self.gate, self.always = None, None, False
        plane = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                headers = {k.lower(): v for k, v in self.headers.items()}
                plane.asked.append(Asked(self.path, headers, body, time.monotonic()))
                if plane.gate:
                    plane.gate.wait(20)
                status, text = plane.answer(self.path.rpartition(":")[2], body)
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self._server = Server(tuple(place), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def put(self, kind, version, *resources):
        key = "cluster_name" if kind == "endpoints" else "name"
        self.resources[kind] = (version, {r[key]: r for r in resources})

    def answer(self, kind, body):
        if self.status:
            return self.status, b"{}"
        version, resources = self.resources[kind]
        names = body.get("resource_names") or list(resources)
        if body.get("version_info") == version and not self.always:
            return 304, b""
        found = [resources[name] for name in names if name in resources]
        return 200, json.dumps({**response(TYPES[kind], *found, version=version), "type_url": TYPES[kind]}).encode()

    def requests(self, kind):
        return [asked for asked in self.asked if asked.path == f"/v3/discovery:{kind}"]

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
