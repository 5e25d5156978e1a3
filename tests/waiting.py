"""Waiting for a state, never for a time."""
import time


def until(holds, seconds=60, every=0.02):
    """How long it took until it held."""
    since = time.monotonic()
    while not holds():
        assert time.monotonic() - since < seconds, "it does not come to hold"
        time.sleep(every)
    return time.monotonic() - since
