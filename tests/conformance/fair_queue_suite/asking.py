"""What the cases say to a queue, and how they name what it gave."""

from collections.abc import Iterable
from itertools import count

import pytest

from domain.ports.fair_queue import FairQueue, MessageKey, QueuedMessage, Taken

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
LEASE = 5 * SECOND
BIG, SMALL, OTHER = (f"0192fc2e-0000-7000-8000-00000000000{n}" for n in (1, 2, 3))
NUMBERS = count(1)


def message(org: str = SMALL, channel: str = "ch-1", urn: str | None = None, **details) -> QueuedMessage:
    """A message to a contact of its own, younger than the last, unless told otherwise."""
    number = next(NUMBERS)
    details.setdefault("queued_on", START + number)
    return QueuedMessage(
        org=org,
        id=f"0192fc2e-6d9c-7bd5-8f5c-{number:012d}",
        channel=channel,
        urn=urn or f"tel:+{number}",
        payload=b"\x00message %d" % number,
        **details,
    )


def key(message: QueuedMessage | Taken) -> MessageKey:
    return MessageKey(message.org, message.id)


def ids(messages: Iterable[QueuedMessage | Taken]) -> list[str]:
    return [each.id for each in messages]


class EmptyQueue:
    @pytest.fixture
    def queue(self) -> FairQueue:
        raise NotImplementedError("bind the suite to an adapter: override the fixture `queue`")

    @staticmethod
    def take(queue: FairQueue, limit: int = 100, now: int = START, worker: str = "worker-1") -> list[Taken]:
        return queue.take(worker, limit, LEASE, now)
