"""Control planes of other makes: REST by the standard library."""

import collections
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import xds_resources as xds

Request = collections.namedtuple("Request", "kind body host content_type")


class RESTControlPlane:
    """Answers `POST /v3/discovery:KIND` with what was set: 200 when the version is another, else 304."""

    def __init__(self, address):
        self.address = address
        self.requests = []
        self.is_failing = False
        self._resources = {}
        plane = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status, answer = plane.answer(self.path.rsplit(":", 1)[-1], body, self.headers)
                data = json.dumps(answer).encode() if answer else b""
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            # With the usual five, a burst of connections waits a second for its second SYN.
            request_queue_size = 1024
            daemon_threads = True

        self._server = Server((address, 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def set(self, kind, version, *resources):
        self._resources[kind] = (version, resources)

    def forget(self, kind):
        self._resources.pop(kind, None)

    def answer(self, kind, body, headers):
        self.requests.append(Request(kind, body, headers["host"], headers["content-type"]))
        if self.is_failing:
            return 503, None
        version, resources = self._resources.get(kind, (None, ()))
        if version is None or body.get("version_info") == version:
            return 304, None
        names = body.get("resource_names")
        key = "cluster_name" if kind == "endpoints" else "name"
        found = [item for item in resources if not names or item[key] in names]
        return 200, {**xds.response(kind, version, *found), "nonce": "unused"}

    def last(self, kind):
        found = [request for request in list(self.requests) if request.kind == kind]
        return found[-1] if found else None

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
