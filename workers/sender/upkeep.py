"""What a sender does now and then, beside sending: it keeps its leases, brings home what dead senders noted, refuses what waited too long, and
takes up again what aggregators gave back.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from domain.errors import Unavailable
from domain.ports.fair_queue import FairQueue, MessageKey, Taken
from workers.sender.returned import Returns
from workers.sender.settler import Settler
from workers.sender.stale import StaleMessages

log = logging.getLogger(__name__)

R = TypeVar("R")

STALE_SECONDS = 60.0  # between looks for messages that waited too long
RETURNED_SECONDS = 30.0  # between looks for messages that aggregators gave back


class InThread(Protocol):
    async def __call__(self, function: Callable[[], R]) -> R:
        """The result of a function that waits for others."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Parts of the sender of this `name`, in its event loop. `held` is what it has under way, at any time; `lease_seconds` its leases."""

    name: str
    queue: FairQueue
    settler: Settler
    stale: StaleMessages
    returns: Returns | None
    held: set[MessageKey]
    lease_seconds: float
    micros: Callable[[], int]
    in_thread: InThread
    is_feeding: Callable[[], bool]
    refuse: Callable[[Sequence[Taken]], Awaitable[None]]
    """Brings home what is too old, gives back what isn't after all."""
    wake: Callable[[], None]
    """Something may be taken from the queue."""

    @property
    def parts(self) -> tuple[Callable[[asyncio.Event], Coroutine[Any, Any, None]], ...]:
        """Each works until it is told to stop."""
        return (self.keep, self.expire, self.take_back)

    async def keep(self, stop: asyncio.Event) -> None:
        """Renew leases, and append what dead senders noted."""
        while not stop.is_set():
            try:
                await self.in_thread(partial(self.settler.recover, self.name, self.held))
                held = list(self.held)
                if held:
                    until = self.micros() + int(self.lease_seconds * 1_000_000)
                    await self.in_thread(partial(self.queue.extend, self.name, held, until))
            except Unavailable as outage:
                log.warning("Leases can't be renewed: %s", outage.sentence, extra={"action": "leases_wait"})
            await stopped_within(stop, self.lease_seconds / 4)

    async def expire(self, stop: asyncio.Event) -> None:
        """Whoever feeds looks for messages that nobody takes because their channel may not send."""
        while not await stopped_within(stop, STALE_SECONDS):
            taken = await self._look(partial(self.stale.take, self.micros()))
            if taken:
                await self.refuse(taken)

    async def take_back(self, stop: asyncio.Event) -> None:
        """Whoever feeds looks for messages that aggregators took and gave back."""
        while self.returns is not None and not await stopped_within(stop, RETURNED_SECONDS):
            if await self._look(self.returns.take_up):
                self.wake()
        await stop.wait()

    async def _look(self, look: Callable[[], R]) -> R | None:
        """None if another process feeds, or it couldn't be done: it is done again. (While a release is rolled out the read model may be
        older than this program.)"""
        if not self.is_feeding():
            return None
        try:
            return await self.in_thread(look)
        except Unavailable as outage:
            log.debug("A look at what waits failed: %s", outage.sentence)
        except Exception:
            log.exception("A look at what waits failed", extra={"action": "look_failed"})
        return None


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until `stop` is set; says whether it is."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
