"""Calls through gateways, one by one or under load."""

import collections
import http.client
import json
import re
import threading
import time


class Answer:
    """The status and body of one call; status 0 is a call that got no answer."""

    def __init__(self, status, body, headers=None, error=None):
        self.status, self.body, self.headers, self.error = status, body, headers or {}, error

    def __repr__(self):
        return f"{self.status} {self.error or self.body[:200]!r}"

    @property
    def version(self):
        """The version of `details` that took part."""
        try:
            return json.loads(self.body)["version"]
        except (ValueError, KeyError, TypeError):
            found = re.search(r"details (v\d+)", self.body)
            return found.group(1) if found else None


class Caller:
    """An application of the mesh: keep-alive calls by name through the mesh gateway at `address`."""

    def __init__(self, address, port=15080, timeout=15):
        self.address, self.port, self.timeout = address, port, timeout
        self._connection = None

    def call(self, url, method="GET", headers=None, body=None):
        host = url.split("://", 1)[1].split("/", 1)[0]
        if self._connection is None:
            self._connection = http.client.HTTPConnection(self.address, self.port, timeout=self.timeout)
        try:
            self._connection.request(method, url, body, {"Host": host, **(headers or {})})
            response = self._connection.getresponse()
            text = response.read().decode(errors="replace")
            answer = Answer(response.status, text, dict(response.getheaders()))
            if response.will_close:
                self.close()
            return answer
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, "", error=f"{type(error).__name__}: {error}")

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None


def shares(address, url, count, workers=8):
    """How many of `count` calls each version answered; `failed` holds what was no 200."""
    counts, failed, lock = collections.Counter(), [], threading.Lock()

    def work(number):
        caller = Caller(address)
        for _ in range(number):
            answer = caller.call(url)
            with lock:
                if answer.status == 200:
                    counts[answer.version] += 1
                else:
                    failed.append(answer)
        caller.close()

    threads = [threading.Thread(target=work, args=(count // workers,)) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counts, failed


def assert_split(address, url, wanted, points=3.0):
    """Every call is answered 200, and every version's share is the wanted one at 2,000 calls.

    The draw is random: one honest split in a hundred is off by more. Such a one is judged by 8,000 calls.
    """
    counts = collections.Counter()
    for number in (2000, 6000):
        more, failed = shares(address, url, number)
        assert not failed, failed[:5]
        counts += more
        total = sum(counts.values())
        if all(abs(100 * counts[version] / total - share) <= points for version, share in wanted.items()):
            break
    else:
        raise AssertionError(f"wanted {wanted} %, measured {dict(counts)} of {total}")
    assert set(counts) == set(wanted), counts


class Load:
    """Calls without pause in the background, until `stop`; counts what failed."""

    def __init__(self, address, url, workers=2, pause=0.002):
        self.good, self.failed, self.versions = 0, [], collections.Counter()
        self._lock, self._ends = threading.Lock(), threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(address, url, pause), daemon=True)
            for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def _work(self, address, url, pause):
        caller = Caller(address)
        while not self._ends.is_set():
            answer = caller.call(url)
            with self._lock:
                if answer.status == 200:
                    self.good += 1
                    self.versions[answer.version] += 1
                else:
                    self.failed.append((time.time(), answer))
            time.sleep(pause)
        caller.close()

    def stop(self):
        self._ends.set()
        for thread in self._threads:
            thread.join(30)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
