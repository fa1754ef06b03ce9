"""How long some work may take on the machine the tests run on: a slow one has more time, and what others do on it doesn't count."""

from functools import lru_cache
from time import thread_time

_USUAL = 0.007  # seconds of CPU for the yardstick on the machine on which limits were set


def cpu_limit(seconds: float) -> float:
    """Seconds of the thread's CPU, here, for what may take so many on the machine on which limits were set. Compare with `thread_time`."""
    return seconds * max(1.0, _yardstick() / _USUAL)


@lru_cache(maxsize=1)
def _yardstick() -> float:
    """The quickest of several: seconds of CPU for some plain work."""
    return min(_measured() for _ in range(5))


def _measured() -> float:
    began, found = thread_time(), {}
    for number in range(50_000):
        found[str(number)] = number * number
    return thread_time() - began
