"""A feed cursor in memory, for tests that don't need Redis."""

from collections.abc import Mapping


class MemoryFeedCursor:
    """Claims never end by themselves: call `release`, or `forget` for a holder that died."""

    def __init__(self) -> None:
        self._holder: str | None = None
        self._positions: dict[int, int] = {}

    def claim(self, worker: str, seconds: float) -> bool:
        if self._holder in (None, worker):
            self._holder = worker
        return self._holder == worker

    def release(self, worker: str) -> None:
        if self._holder == worker:
            self._holder = None

    def forget(self) -> None:
        self._holder = None

    def read(self) -> dict[int, int]:
        return dict(self._positions)

    def save(self, worker: str, positions: Mapping[int, int]) -> bool:
        if self._holder != worker:
            return False
        self._positions.update(positions)
        return True
