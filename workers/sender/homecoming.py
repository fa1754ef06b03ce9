"""Brings home what attempts came to: noted in the queue at once, whatever the log does; then appended, and done. So only a kill between an
aggregator's answer and the note repeats a message.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from domain.errors import Unavailable
from domain.ports.fair_queue import MessageKey
from workers.sender.settlement import Settlement
from workers.sender.settler import Batch, Settler
from workers.sender.upkeep import InThread, stopped_within

log = logging.getLogger(__name__)

GATHERING_SECONDS = 0.005  # before an append of few: ten cost little more than one
FEW = 16
OUTAGE_SECONDS = 0.5


class Homecoming:
    """Parts of a sender, in its event loop. `is_sending` says whether attempts are under way, `wake` that something may be taken.

    `held`: what was taken from the queue and is not yet finished there, at any time. `settled` counts what came home.
    """

    def __init__(
        self, settler: Settler, in_thread: InThread, is_sending: Callable[[], bool], wake: Callable[[], None]
    ) -> None:
        self._settler = settler
        self._in_thread = in_thread
        self._is_sending = is_sending
        self._wake = wake
        self._settlements: list[Settlement] = []
        self._noted: list[Settlement] = []
        self._all_noted = False
        self._nothing_held = threading.Event()
        self._nothing_held.set()
        self._news = asyncio.Event()  # something is to be noted
        self._to_append = asyncio.Event()
        self.held: set[MessageKey] = set()
        self.is_awaited = (
            False  # more waits for a slot, as far as we know; the end of those under way then wakes who takes
        )
        self.settled = 0

    @property
    def parts(self) -> tuple[Callable[[asyncio.Event], Coroutine[Any, Any, None]], ...]:
        """Each works until it is told to stop and all is home (as far as queue and log can be reached)."""
        return (self._note, self._append)

    def hold(self, key: MessageKey) -> None:
        self.held.add(key)
        self._nothing_held.clear()

    def bring(self, settlement: Settlement) -> None:
        self._settlements.append(settlement)
        self._news.set()

    def look(self) -> None:
        """Whether that was the last."""
        self._news.set()

    def wait_until_nothing_is_held(self, seconds: float) -> bool:
        """For other threads; says whether it is so."""
        return self._nothing_held.wait(seconds)

    async def _note(self, stop: asyncio.Event) -> None:
        while not (stop.is_set() and not self._settlements and not self._is_sending()):
            await self._news.wait()
            self._news.clear()
            batch, self._settlements = self._settlements, []
            if batch and not await self._insist(partial(self._settler.note, batch), stop):
                break
            self._noted += batch
            self._to_append.set()
        self._all_noted = True
        self._to_append.set()

    async def _append(self, stop: asyncio.Event) -> None:
        """Append and finish; batches grow by themselves while the one before is on its way."""
        while not (self._all_noted and not self._noted):
            await self._to_append.wait()
            if len(self._noted) < FEW and not self.is_awaited:  # else a slot's next message waits for this
                await asyncio.sleep(GATHERING_SECONDS)
            self._to_append.clear()
            batch, self._noted = self._noted, []
            if batch:
                if not await self._insist(partial(self._settler.bring_home, Batch(batch, stage=1)), stop):
                    return
                self.held.difference_update(each.key for each in batch)
                self.settled += len(batch)
                if not self.held:
                    self._nothing_held.set()
                if self.is_awaited:
                    self._wake()

    async def _insist(self, bring_home: Callable[[], None], stop: asyncio.Event) -> bool:
        """Try until it works; when stopping, only once (what was noted is appended by whoever starts next)."""
        while True:
            try:
                await self._in_thread(bring_home)
                return True
            except Unavailable as outage:
                log.warning("Outcomes wait: %s", outage.sentence, extra={"action": "outcomes_wait"})
                if stop.is_set():
                    return False
                await stopped_within(stop, OUTAGE_SECONDS)
