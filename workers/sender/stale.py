"""Finds messages that wait longer than their channel's `expire_minutes` allow, also where nothing is taken: on a paused channel, behind a
long rest, at the end of a slow queue. They are leased like any other, so that a kill in between loses nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from domain.ports.fair_queue import ChannelTerms, FairQueue, Taken
from gateways.channels.contract import Channel
from workers.sender.terms import TermsBook

AT_ONCE = 200


class Directory(Protocol):
    def find(self, uuid: str) -> Channel | None: ...


class StaleMessages:
    """`name` is the sender's, `lease` in microseconds."""

    def __init__(self, queue: FairQueue, channels: Directory, terms: TermsBook, name: str, lease: int) -> None:
        self._queue = queue
        self._channels = channels
        self._terms = terms
        self._name = name
        self._lease = lease

    def take(self, now: int) -> list[Taken]:
        """Up to `AT_ONCE` of each channel. Raises Unavailable."""
        return [taken for org, channels in self._queue.sizes().items() for taken in self._of(org, channels, now)]

    def _of(self, org: str, channels: Iterable[str], now: int) -> Iterator[Taken]:
        for uuid in channels:
            channel = self._channels.find(uuid)
            if channel is None:
                # It was removed, maybe while it was paused and nobody fed: what waits is to be taken, and fails.
                self._queue.set_terms(org, {uuid: ChannelTerms()}, now)
                continue
            before = now - int(self._terms.of(channel).expires_after.total_seconds() * 1_000_000)
            yield from self._queue.take_stale(self._name, org, uuid, before, AT_ONCE, self._lease, now)
