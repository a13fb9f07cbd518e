"""Subprocesses that end with this one and are stopped by pid."""

import ctypes
import os
import pathlib
import resource
import signal
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """A running program with a log file; starts at once."""

    def __init__(self, name, command, directory, env=None, cwd=None, descriptors=None):
        """`descriptors` bounds how many files the program may have open."""
        self.name = name
        self.command = [str(part) for part in command]
        self.log = pathlib.Path(directory) / f"{name}.log"

        def prepare():
            _die_with_parent()
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **(env or {})}, cwd=cwd, preexec_fn=prepare)

    @property
    def pid(self):
        return self._popen.pid

    @property
    def is_running(self):
        return self._popen.poll() is None

    def text(self):
        return self.log.read_text(errors="replace")

    def kill(self):
        """SIGKILL, and the corpse collected."""
        self._popen.kill()
        return self._popen.wait(30)

    def stop(self, seconds=10):
        """SIGTERM; SIGKILL to one that does not end in time. Returns the exit code."""
        if self.is_running:
            self._popen.terminate()
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait(30)
                return None
        return self._popen.returncode

    def wait(self, seconds):
        return self._popen.wait(seconds)


def children_of(pid):
    """The pids of the processes whose parent is `pid`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        if int(stat.rsplit(")", 1)[1].split()[1]) == pid:
            found.append(int(entry.name))
    return found


def is_alive(pid):
    """True for a process that runs; a zombie does not."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] not in ("Z", "X")


class Result:
    """How a finished command ended."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    def __repr__(self):
        return f"{' '.join(self.command)}\nexit code {self.code}\nstdout: {self.out}\nstderr: {self.err}"


def run(command, input=None, env=None, timeout=60, cwd=None):
    """Runs a command to its end; whether it succeeded is for the caller to say."""
    command = [str(part) for part in command]
    done = subprocess.run(
        command, input=input, stdin=None if input is not None else subprocess.DEVNULL, text=True,
        capture_output=True, env={**os.environ, **(env or {})}, timeout=timeout, cwd=cwd)
    return Result(command, done.returncode, done.stdout, done.stderr)
