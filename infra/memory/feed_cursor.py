"""A feed cursor in memory, for tests and simulations."""

import time
from collections.abc import Callable, Mapping


class MemoryFeedCursor:
    """`now` is a clock in seconds: claims that aren't renewed end by it."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._holder = ""
        self._until = float("-inf")
        self._positions: dict[int, int] = {}

    def claim(self, worker: str, seconds: float) -> bool:
        now = self._now()
        if self._holder != worker and self._until > now:
            return False
        self._holder, self._until = worker, now + seconds
        return True

    def release(self, worker: str) -> None:
        if self._holder == worker:
            self._until = float("-inf")

    def clear(self) -> None:
        """As a Redis that was killed."""
        self._holder, self._until = "", float("-inf")
        self._positions.clear()

    def read(self) -> Mapping[int, int]:
        return dict(self._positions)

    def save(self, worker: str, positions: Mapping[int, int]) -> bool:
        if self._holder != worker or self._until <= self._now():
            return False
        self._positions.update(positions)
        return True
