"""Requests that have no answer yet: in fair turns, and with the position up to which everything is answered. Pure."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]

KEPT_PER_ORG = (
    500  # requests of an organization that are kept whole; of those behind only the place is, and they are read again
)


@dataclass(slots=True)
class Waiting:
    """A request. `request` is None when only its place in the log is kept."""

    org: str
    contact: str
    uuid: str
    partition: int
    offset: int
    asked_on: int
    """Microseconds since 1970."""
    request: Data | None


@dataclass(slots=True)
class _Organization:
    waiting: deque[Waiting] = field(default_factory=deque)
    under_way: int = 0


class Unanswered:
    """At most `per_org` of an organization's and `in_all` requests are under way at once."""

    def __init__(self, *, in_all: int, per_org: int) -> None:
        self._in_all = in_all
        self._per_org = per_org
        self._orgs: OrderedDict[str, _Organization] = OrderedDict()  # in the order of their turns
        self._open: dict[str, Waiting] = {}
        self._offsets: dict[int, OrderedDict[int, int]] = {}  # partition -> offset -> requests there, ascending
        self.under_way = 0

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, uuid: str) -> bool:
        return uuid in self._open

    def add(self, waiting: Waiting) -> None:
        """Requests of a partition are added in the order of their offsets."""
        if waiting.uuid in self._open:
            return
        org = self._orgs.setdefault(waiting.org, _Organization())
        if len(org.waiting) >= KEPT_PER_ORG:
            waiting.request = None
        org.waiting.append(waiting)
        self._open[waiting.uuid] = waiting
        offsets = self._offsets.setdefault(waiting.partition, OrderedDict())
        offsets[waiting.offset] = offsets.get(waiting.offset, 0) + 1

    def next(self) -> Waiting | None:
        """The next whose turn it is; None if nobody may go now. Call `answered` when it is through."""
        if self.under_way >= self._in_all:
            return None
        for name in list(self._orgs):
            org = self._orgs[name]
            self._orgs.move_to_end(name)
            while org.waiting and org.under_way < self._per_org:
                waiting = org.waiting.popleft()
                if waiting.uuid in self._open:  # else its call ended meanwhile
                    org.under_way += 1
                    self.under_way += 1
                    return waiting
            self._forget_if_idle(name, org)
        return None

    def _forget_if_idle(self, name: str, org: _Organization) -> None:
        if not org.waiting and not org.under_way:
            del self._orgs[name]

    def answered(self, waiting: Waiting) -> None:
        """It was under way, and its answer is in the log."""
        org = self._orgs[waiting.org]
        org.under_way -= 1
        self.under_way -= 1
        self.drop(waiting.uuid)
        self._forget_if_idle(waiting.org, org)

    def drop(self, uuid: str) -> None:
        """It needs no answer any more."""
        waiting = self._open.pop(uuid, None)
        if waiting is None:
            return
        offsets = self._offsets[waiting.partition]
        offsets[waiting.offset] -= 1
        if not offsets[waiting.offset]:
            del offsets[waiting.offset]

    def done_up_to(self, partition: int, read_up_to: int) -> int:
        """The offset up to which everything is answered, of a partition that was read so far."""
        offsets = self._offsets.get(partition)
        return next(iter(offsets)) - 1 if offsets else read_up_to
