"""How far a worker that reads the log for everybody has got, and which of several workers is the one that reads.

Several processes may offer to do the work (feed the send queue, call outside services); one at a time holds the *claim*. A claim ends when
it isn't renewed, so that another takes over from a process that died. Positions are saved by the holder only: one that was replaced
can't turn them back. Losing the cursor loses time, never a message: the worker then works it out again from the log.
"""

from collections.abc import Mapping
from typing import Protocol


class FeedCursor(Protocol):
    """Thread-safe. All methods raise Unavailable if the store can't be reached."""

    def claim(self, worker: str, seconds: float) -> bool:
        """Be the one, or go on being it, for so long; False while another is."""

    def release(self, worker: str) -> None:
        """Let another take over at once."""

    def read(self) -> Mapping[int, int]:
        """Per partition, the offset up to which everything is done; {} if it was never saved, or lost."""

    def save(self, worker: str, positions: Mapping[int, int]) -> bool:
        """Keep these, if `worker` holds the claim; says whether it did."""
