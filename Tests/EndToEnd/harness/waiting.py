"""Waiting for conditions instead of times."""

import time


class NotYet(AssertionError):
    """A condition that did not come true before its deadline."""


def eventually(what, condition, seconds=40.0, pause=0.05):
    """Calls `condition` until it answers something true, and returns that.

    Exceptions count as "not yet"; the last one is part of the failure.
    """
    deadline = time.monotonic() + seconds
    last = None
    while True:
        # What begins behind the deadline is the last: a slow call may have looked long before it answered.
        is_last = time.monotonic() > deadline
        try:
            value = condition()
            if value:
                return value
            last = f"last answer: {value!r}"
        except Exception as error:  # noqa: BLE001 - any failure may pass with time
            last = f"last error: {type(error).__name__}: {error}"
        if is_last:
            raise NotYet(f"{what}: not within {seconds:g} s; {last}")
        time.sleep(pause)


def holds(what, condition, seconds):
    """Fails as soon as `condition` is false within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), f"{what}: no longer true"
        time.sleep(0.05)
