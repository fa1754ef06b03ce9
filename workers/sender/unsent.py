"""What the sender asks of the read model: messages without outcome, and those that aggregators gave back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Unsent:
    """A queued message without final outcome: `message` in the shape of message_created."""

    org: str
    message: dict[str, Any]
    error_count: int = 0
    next_attempt_on: str = ""


@dataclass(frozen=True, slots=True)
class ReturnedMessage:
    """One that its aggregator took, and has said so many `times` since that it could not deliver it."""

    unsent: Unsent
    times: int


class UnsentMessages(Protocol):
    """One consistent view of the read model."""

    @property
    def positions(self) -> Mapping[int, int]:
        """Per partition, the offset up to which the view has taken in the log."""

    def batches(self) -> Iterator[Sequence[Unsent]]: ...

    def returned(self, limit: int) -> Sequence[ReturnedMessage]:
        """Those that the sender doesn't know of yet, the longest waiting first."""
