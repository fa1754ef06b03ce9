"""Sends queued messages to their aggregators, in fair turns, and reports to the log what came of each.

Three things go on at once in one event loop: taking turns from the queue and making attempts (`departures`); settling what the attempts came
to (`homecoming`: noted in the queue, appended to the log, done); and keeping leases (`upkeep`). A thread of its own feeds the queue from the log.

What a kill leaves behind: messages that were taken come back when their leases end, within seconds; outcomes that were noted are
appended by whoever starts or looks next. Only a kill between the aggregator's answer and the note repeats a message.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from domain.errors import Unavailable, UnknownEvent
from domain.ports.event_log import EventLog
from domain.ports.fair_queue import FairQueue, MessageKey, Taken
from domain.ports.feed_cursor import FeedCursor
from domain.ports.http_caller import HttpCaller
from domain.ports.relayers import Waiting
from gateways.channels.contract import NO_INSTALLATION, Channel, ChannelType, Installation
from gateways.channels.log.recorder import Recorder
from workers.sender.attempt import Attempts
from workers.sender.departures import Departures
from workers.sender.feeder import Channels, Feeder
from workers.sender.homecoming import Homecoming
from workers.sender.returned import Returns
from workers.sender.settlement import Settling
from workers.sender.settler import Settler
from workers.sender.slots import Slots
from workers.sender.stale import StaleMessages
from workers.sender.terms import TermsBook
from workers.sender.unsent import UnsentMessages
from workers.sender.upkeep import Upkeep

log = logging.getLogger(__name__)

R = TypeVar("R")

IDLE_SECONDS = 0.25  # between looks into an empty queue: other processes may push
IDLE_LONG = 1.0  # at most, where another process feeds: it takes itself what it pushes
GATHERING_SECONDS = 0.005  # after a look that found few: ten cost little more than one
FEW = 16
TOO_OLD_SECONDS = 5.0  # between looks whether it still stands before what a newer program wrote
OUTAGE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class SenderLimits:
    in_flight: int = 512
    """Messages on their way at once."""
    per_channel: int = 128
    """Of these, for one channel that doesn't say `max_concurrent`."""
    unsettled: int = 5_000
    """Outcomes that may wait for the log; beyond, nothing more is sent."""
    lease_seconds: float = 10.0
    """For which a message is a sender's own; renewed. What a killed one had taken is taken up after this time."""
    claim_seconds: float = 5.0
    """For which a process is the one that feeds; renewed."""


class Sender:
    """`name` is the process's own; `now` gives the time in UTC, `new_id` ids of events; `type_of` the type of a channel
    (raises NotFound). `unsent` opens the read model of messages without outcome. `hand_over` takes those that are collected by phones,
    `recorder` is told of every attempt, `catch_up` lets `channels` know what was configured (see `Feeder`).

    Counts attempts that were `throttled`, and outcomes that are `settled`.
    """

    def __init__(
        self,
        event_log: EventLog,
        queue: FairQueue,
        cursor: FeedCursor,
        channels: Channels,
        http: HttpCaller,
        type_of: Callable[[Channel], ChannelType],
        *,
        name: str,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        unsent: Callable[[], AbstractContextManager[UnsentMessages]] | None = None,
        limits: SenderLimits = SenderLimits(),
        installation: Installation = NO_INSTALLATION,
        hand_over: Callable[[Sequence[Waiting]], None] | None = None,
        recorder: Recorder | None = None,
        catch_up: Callable[[Mapping[int, int]], object] | None = None,
    ) -> None:
        self._queue = queue
        self._now = now
        self._name = name
        self._limits = limits
        self._lease = int(limits.lease_seconds * 1_000_000)
        self._attempts = Attempts(http, type_of, now, installation, recorder)
        self._settling = Settling(new_id)
        self._settler = Settler(event_log, queue, self._micros)
        self._terms = TermsBook()
        self._slots = Slots(limits.in_flight, limits.per_channel, self._terms)
        self._work = asyncio.Event()  # something may be taken
        self._homecoming = Homecoming(
            self._settler, self._in_thread, lambda: bool(self._departures.tasks), self._work.set
        )
        self._departures = Departures(
            queue, channels, self._terms, self._slots, self._attempts, self._settling, self._homecoming, self._in_thread,
            now, self._micros, hand_over, recorder,
        )  # fmt: skip
        self._feeder = Feeder(
            event_log,
            queue,
            cursor,
            channels,
            self._terms,
            name=name,
            micros=self._micros,
            unsent=unsent,
            settle=self._wait_until_settled,
            catch_up=catch_up,
            claim_seconds=limits.claim_seconds,
        )
        self._upkeep = Upkeep(
            name,
            queue,
            self._settler,
            StaleMessages(queue, channels, self._terms, name, self._lease),
            Returns(queue, self._settling, self._settler.append, unsent, now) if unsent else None,
            self._homecoming.held,
            limits.lease_seconds,
            self._micros,
            self._in_thread,
            lambda: self._feeder.is_feeding,
            self._departures.refuse_stale,
            self._work.set,
        )
        self._stopping = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def parts(self) -> tuple[Callable[[asyncio.Event], Coroutine[Any, Any, None]], ...]:
        """What goes on at once in the event loop; each works until it is told to stop."""
        return (self._take_turns, *self._homecoming.parts, *self._upkeep.parts)

    @property
    def throttled(self) -> int:
        return self._departures.throttled

    @property
    def settled(self) -> int:
        return self._homecoming.settled

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then what is on its way is brought home (as far as log and queue can be reached)."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(3, "sender")
        feeding = threading.Thread(target=self._feed, name="sender-feeder", daemon=True)
        feeding.start()
        parts = [asyncio.create_task(part(stop)) for part in self.parts]
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*parts, waiting], return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            self._stopping.set()
            self._work.set()
            self._homecoming.look()
            await asyncio.gather(*parts)
        finally:
            waiting.cancel()
            for task in (*parts, *self._departures.tasks):
                task.cancel()
            self._stopping.set()
            await asyncio.gather(*parts, *self._departures.tasks, return_exceptions=True)
            await asyncio.to_thread(feeding.join, 5)
            self._threads.shutdown(wait=False)

    # ---- feeding -------------------------------------------------------------------------------------------------------------

    def _feed(self) -> None:
        assert self._loop is not None
        while not self._stopping.is_set():
            try:
                if self._feeder.step(min(OUTAGE_SECONDS, self._limits.claim_seconds / 2)):
                    self._loop.call_soon_threadsafe(self._work.set)
                if not self._feeder.is_feeding:
                    self._stopping.wait(min(OUTAGE_SECONDS, self._limits.claim_seconds / 2))
            except Unavailable as outage:
                log.warning("The send queue isn't fed: %s", outage.sentence, extra={"action": "feeder_waits"})
                self._stopping.wait(OUTAGE_SECONDS)
            except UnknownEvent as newer:
                log.error("%s", newer.sentence, extra={"action": "too_old"})
                self._stopping.wait(TOO_OLD_SECONDS)
            except Exception:
                log.exception("Feeding the send queue failed", extra={"action": "feeder_failed"})
                self._stopping.wait(OUTAGE_SECONDS)
        self._feeder.close()

    def _wait_until_settled(self) -> None:
        """Before a lost queue is filled: what this process has under way must be in the log, or it would be sent again."""
        while not self._homecoming.wait_until_nothing_is_held(OUTAGE_SECONDS):
            self._feeder.claim()
            if self._stopping.is_set():
                raise Unavailable("The sender is stopping.")

    # ---- taking turns ---------------------------------------------------------------------------------------------------------

    async def _take_turns(self, stop: asyncio.Event) -> None:
        idle = IDLE_SECONDS
        while not stop.is_set():
            room = self._room()
            if room <= 0 or not self._feeder.is_filled:
                await self._rest(IDLE_SECONDS)
                continue
            self._work.clear()
            try:
                asked = self._micros()
                taken = await self._in_thread(partial(self._take, room, self._departures.rooms(), asked))
                if taken and self._micros() - asked > self._lease // 2:
                    taken = await self._in_thread(partial(self._still_ours, taken))
                idle = IDLE_SECONDS if taken or self._feeder.is_feeding else min(2 * idle, IDLE_LONG)
                if not taken or not await self._gathered(taken, asked):
                    await self._rest(await self._soonest_within(idle))
            except Unavailable as outage:
                log.warning("No turns can be taken: %s", outage.sentence, extra={"action": "sender_waits"})
                await self._rest(OUTAGE_SECONDS)
                continue
        if self._departures.tasks:
            await asyncio.wait(set(self._departures.tasks), timeout=self._limits.lease_seconds)
        self._homecoming.look()

    def _room(self) -> int:
        return min(self._slots.free, self._limits.unsettled - len(self._homecoming.held))

    async def _gathered(self, taken: Sequence[Taken], asked: int) -> bool:
        """Begin with these; whether there is something to be taken already when more may have come together."""
        await self._departures.begin(taken, datetime.fromtimestamp(asked / 1_000_000, UTC))
        self._homecoming.is_awaited = self._slots.are_short or self._room() <= 0
        if len(taken) < FEW and not self._homecoming.is_awaited:
            await asyncio.sleep(GATHERING_SECONDS)
        return self._work.is_set()

    def _take(self, room: int, rooms: Mapping[str, int], now: int) -> Sequence[Taken]:
        most = self._limits.per_channel
        return self._queue.take(self._name, room, self._lease, now, per_channel=most, rooms=rooms)

    def _still_ours(self, taken: Sequence[Taken]) -> Sequence[Taken]:
        """The process slept before it heard what it took: another may have sent some of it since."""
        until = self._micros() + self._lease
        lost = set(self._queue.extend(self._name, [MessageKey(each.org, each.id) for each in taken], until))
        return [each for each in taken if (each.org, each.id) not in lost]

    async def _soonest_within(self, seconds: float) -> float:
        """Until something falls due in the queue, at most so long."""
        now = self._micros()
        soonest = await self._in_thread(partial(self._queue.next_look, now))
        return seconds if soonest is None else min(seconds, max((soonest - now) / 1e6, 0.001))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._work.wait()
        except TimeoutError:
            pass
        self._work.clear()

    # ---- threads and time ------------------------------------------------------------------------------------------------------

    async def _in_thread(self, function: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    def _micros(self) -> int:
        return int(self._now().astimezone(UTC).timestamp() * 1_000_000)
