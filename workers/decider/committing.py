"""Committing one batch while the next is decided.

At most one commit is under way, and nobody touches the session meanwhile: it is not thread-safe. So `settle` comes before every
other use of it. Without a thread of its own a commit takes place when it is settled, in the same order: the next batch is then
decided upon decisions that the log may yet refuse, in the tests as in earnest.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

from domain.events.record import Position, Record


@dataclass(frozen=True, slots=True)
class Batch:
    """What was decided in one go: so many inputs of a partition, their outputs, and the cursor behind them. `owned` is the owner's."""

    owned: Any
    inputs: int
    outputs: list[Record]
    cursor: bytes


Commit = Callable[[Batch], list[Position]]


class Committing:
    """`beside`: runs commits while others work; None: `settle` runs them."""

    def __init__(self, beside: Executor | None = None) -> None:
        self._beside = beside
        self._batch: Batch | None = None
        self._result: Callable[[], list[Position]] | None = None
        self._future: Future[list[Position]] | None = None

    def begin(self, commit: Commit, batch: Batch) -> None:
        """The one before must be settled."""
        self._batch = batch
        if self._beside is None:
            self._result = lambda: commit(batch)
        else:
            self._future = self._beside.submit(commit, batch)
            self._result = self._future.result

    @property
    def under_way(self) -> Batch | None:
        return self._batch

    def settle(self) -> list[Position]:
        """Wait for what is under way. Raises what the commit raised."""
        result = self._result
        self._batch = self._result = self._future = None
        return result() if result else []

    def abandon(self) -> None:
        """Something else failed: what runs comes to its end, whichever it is; what did not begin does not."""
        future, self._batch, self._result, self._future = self._future, None, None, None
        if future is not None:
            future.exception()
