"""Where the messages of a send queue in memory are: organizations, their channels, and chains of messages to one contact."""

from dataclasses import dataclass, field
from heapq import heappop

from domain.ports.fair_queue import SLACK, ChannelTerms, QueuedMessage

ChainKey = tuple[str, str]
"""A channel and a URN."""
Place = tuple[bool, int, str]
"""Urgent ones first, then the oldest; the id decides between equals."""


@dataclass(slots=True)
class Entry:
    """A message and where it is: `place` if it can be taken (head of its chain), `lease` (worker, end) if it is, `aside` if set aside
    (`is_put_off`: for its channel's quiet hours).
    """

    message: QueuedMessage
    place: Place | None = None
    lease: tuple[str, int] | None = None
    aside: int | None = None
    is_put_off: bool = False


@dataclass(slots=True)
class Channel:
    """`paid` is the time at which all that was sent is paid for (GCRA); `rests` the end of a throttle. `heap` may hold old places."""

    heap: list[Place] = field(default_factory=list)
    terms: ChannelTerms = ChannelTerms()
    paid: float = 0.0
    rests: int = 0
    size: int = 0

    def ready_at(self) -> float:
        return max(self.paid - SLACK, self.rests)

    def spend(self, cost: int, now: int) -> None:
        if self.terms.rate > 0:
            self.paid = max(now, self.paid) + cost * 1_000_000 / self.terms.rate

    def may_send(self, now: int) -> bool:
        return not self.terms.paused and self.ready_at() <= now


@dataclass(slots=True)
class Rooms:
    """How many more messages of each channel one `take` may give out."""

    otherwise: int
    left: dict[str, int]

    def of(self, channel: str) -> int:
        return self.left.get(channel, self.otherwise)

    def spend(self, channel: str) -> None:
        self.left[channel] = self.of(channel) - 1


@dataclass(slots=True)
class Chain:
    """Messages to one URN of a channel, by age; the first may go or is taken."""

    ids: list[str] = field(default_factory=list)
    urgent: bool = False


@dataclass(slots=True)
class Organization:
    served: float = 0.0
    has_turn: bool = False
    entries: dict[str, Entry] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    chains: dict[ChainKey, Chain] = field(default_factory=dict)

    def channel(self, name: str) -> Channel:
        if name not in self.channels:
            self.channels[name] = Channel()
        return self.channels[name]

    def first(self, channel: Channel) -> Place | None:
        """The first that may be taken; drops places that are no longer true."""
        heap = channel.heap
        while heap:
            entry = self.entries.get(heap[0][2])
            if entry is not None and entry.place == heap[0]:
                return heap[0]
            heappop(heap)
        return None
