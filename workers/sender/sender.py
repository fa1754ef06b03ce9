"""Sends queued messages to their aggregators, in fair turns, and reports to the log what came of each.

Three things go on at once in one event loop: taking turns from the queue and making attempts; settling what the attempts came to (noted in
the queue, appended to the log, done); and keeping leases. A thread of its own feeds the queue from the log.

What a kill leaves behind: messages that were taken come back when their leases end, within seconds; outcomes that were noted are
appended by whoever starts or looks next. Only a kill between the aggregator's answer and the note repeats a message.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from domain.errors import Unavailable, UnknownEvent
from domain.ports.event_log import EventLog
from domain.ports.fair_queue import FairQueue, MessageKey, Taken
from domain.ports.feed_cursor import FeedCursor
from domain.ports.http_caller import HttpCaller
from domain.ports.relayers import Waiting
from gateways.channels.contract import COLLECTED_TYPES, NO_INSTALLATION, Channel, ChannelType, Installation, SendOutcome
from gateways.channels.log.recorder import Recorder
from workers.sender.attempt import Attempts
from workers.sender.feeder import Channels, Feeder
from workers.sender.outgoing import Outgoing
from workers.sender.returned import Returns
from workers.sender.settlement import Settlement, Settling
from workers.sender.settler import Batch, Settler
from workers.sender.slots import Slots
from workers.sender.stale import StaleMessages
from workers.sender.terms import TermsBook
from workers.sender.unsent import UnsentMessages
from workers.sender.upkeep import Upkeep, stopped_within

log = logging.getLogger(__name__)

R = TypeVar("R")

UNKNOWN_CHANNEL_SECONDS = (
    0.2,
    1.0,
    5.0,
    20.0,
)  # how long to wait for a channel that isn't known yet, then it was removed
IDLE_SECONDS = 0.25  # between looks into an empty queue: other processes may push
GATHERING_SECONDS = 0.005  # after a look that found few, and before an append of few: ten cost little more than one
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
    `recorder` is told of every attempt.

    Counters for /metrics: attempts that were `sent`, `errored`, `failed` or `throttled`, and outcomes that are `settled`.
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
    ) -> None:
        self._queue = queue
        self._channels = channels
        self._now = now
        self._name = name
        self._limits = limits
        self._lease = int(limits.lease_seconds * 1_000_000)
        self._recorder = recorder
        self._attempts = Attempts(http, type_of, now, installation, recorder)
        self._settling = Settling(new_id)
        self._hand_over = hand_over
        self._settler = Settler(event_log, queue, self._micros)
        self._terms = TermsBook()
        self._paused: set[str] = set()  # channels that are paused, as far as the queue didn't know yet
        self._slots = Slots(limits.in_flight, limits.per_channel, self._terms)
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
            claim_seconds=limits.claim_seconds,
        )
        self._held: set[MessageKey] = set()  # taken, and not yet finished in the queue
        self._upkeep = Upkeep(
            name,
            queue,
            self._settler,
            StaleMessages(queue, channels, self._terms, name, self._lease),
            Returns(queue, self._settling, self._settler.append, unsent, now) if unsent else None,
            self._held,
            limits.lease_seconds,
            self._micros,
            self._in_thread,
            lambda: self._feeder.is_feeding,
            self._refuse_stale,
            lambda: self._work.set(),
        )
        self._settlements: list[Settlement] = []
        self._noted: list[Settlement] = []
        self._all_noted = False
        self._more_waits = False  # for a slot, as far as we know; the end of those under way then wakes us
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()
        self._nothing_held = threading.Event()
        self._nothing_held.set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work = asyncio.Event()  # something may be taken
        self._news = asyncio.Event()  # something is to be noted
        self._to_append = asyncio.Event()
        self.sent = self.errored = self.failed = self.throttled = self.settled = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then what is on its way is brought home (as far as log and queue can be reached)."""
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(3, "sender")
        feeding = threading.Thread(target=self._feed, name="sender-feeder", daemon=True)
        feeding.start()
        parts = [
            asyncio.create_task(part(stop))
            for part in (self._take_turns, self._note, self._append, *self._upkeep.parts)
        ]
        waiting = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([*parts, waiting], return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            self._stopping.set()
            self._work.set()
            self._news.set()
            await asyncio.gather(*parts)
        finally:
            waiting.cancel()
            for task in (*parts, *self._tasks):
                task.cancel()
            self._stopping.set()
            await asyncio.gather(*parts, *self._tasks, return_exceptions=True)
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
        while not self._nothing_held.wait(OUTAGE_SECONDS):
            self._feeder.claim()
            if self._stopping.is_set():
                raise Unavailable("The sender is stopping.")

    # ---- taking turns ---------------------------------------------------------------------------------------------------------

    async def _take_turns(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            room = self._room()
            if room <= 0 or not self._feeder.is_filled:
                await self._rest(IDLE_SECONDS)
                continue
            self._work.clear()
            try:
                asked = self._micros()
                taken = await self._in_thread(partial(self._take, room, self._rooms(), asked))
                if taken and self._micros() - asked > self._lease // 2:
                    taken = await self._in_thread(partial(self._still_ours, taken))
                if not taken or not await self._gathered(taken):
                    await self._rest(await self._idle_seconds())
            except Unavailable as outage:
                log.warning("No turns can be taken: %s", outage.sentence, extra={"action": "sender_waits"})
                await self._rest(OUTAGE_SECONDS)
                continue
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=self._limits.lease_seconds)
        self._news.set()

    def _room(self) -> int:
        return min(self._slots.free, self._limits.unsettled - len(self._held))

    async def _gathered(self, taken: Sequence[Taken]) -> bool:
        """Begin with these; whether there is something to be taken already when more may have come together."""
        await self._begin(taken)
        self._more_waits = self._slots.are_short or self._room() <= 0
        if len(taken) < FEW and not self._more_waits:
            await asyncio.sleep(GATHERING_SECONDS)
        return self._work.is_set()

    def _rooms(self) -> Mapping[str, int]:
        rooms = self._slots.rooms()
        if self._paused:
            self._paused = {uuid for uuid in self._paused if (found := self._channels.find(uuid)) and found.paused}
            rooms |= dict.fromkeys(self._paused, 0)
        return rooms

    def _take(self, room: int, rooms: Mapping[str, int], now: int) -> Sequence[Taken]:
        most = self._limits.per_channel
        return self._queue.take(self._name, room, self._lease, now, per_channel=most, rooms=rooms)

    def _still_ours(self, taken: Sequence[Taken]) -> Sequence[Taken]:
        """The process slept before it heard what it took: another may have sent some of it since."""
        until = self._micros() + self._lease
        lost = set(self._queue.extend(self._name, [MessageKey(each.org, each.id) for each in taken], until))
        return [each for each in taken if (each.org, each.id) not in lost]

    async def _idle_seconds(self) -> float:
        now = self._micros()
        soonest = await self._in_thread(partial(self._queue.next_look, now))
        return IDLE_SECONDS if soonest is None else min(IDLE_SECONDS, max((soonest - now) / 1e6, 0.001))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._work.wait()
        except TimeoutError:
            pass
        self._work.clear()

    async def _begin(self, taken: Sequence[Taken]) -> None:
        crowded: list[MessageKey] = []
        collected: list[Outgoing] = []
        now = self._now()
        for each in taken:
            outgoing = Outgoing.read(each.org, each.payload)
            if outgoing.key in self._held:
                continue  # its lease ended while the queue couldn't be reached; its outcome is on its way
            channel = self._channels.find(outgoing.channel)
            if channel is None or self._is_too_old(outgoing, channel, now):
                self._hold(outgoing.key)
                self._bring_home(self._not_tried(outgoing, channel, now))
            elif channel.paused:
                self._paused.add(channel.uuid)
                crowded.append(outgoing.key)
            elif (until := self._quiet_until(outgoing, channel, now)) is not None:
                self._hold(outgoing.key)
                self._bring_home(self._settling.put_off(outgoing, until))
            elif channel.type in COLLECTED_TYPES and self._hand_over is not None:
                self._hold(outgoing.key)
                collected.append(outgoing)
            elif self._slots.take(channel):
                self._hold(outgoing.key)
                task = asyncio.create_task(self._send(outgoing, channel))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                crowded.append(outgoing.key)
        if crowded:
            await self._give_back(crowded)
        if collected:
            await self._let_collect(collected)

    def _is_too_old(self, outgoing: Outgoing, channel: Channel, now: datetime) -> bool:
        return now - datetime.fromisoformat(outgoing.message["created_on"]) > self._terms.of(channel).expires_after

    def _quiet_until(self, outgoing: Outgoing, channel: Channel, now: datetime) -> datetime | None:
        if outgoing.is_urgent or self._terms.of(channel).quiet is None:
            return None
        return self._terms.quiet_until(channel, outgoing.message.get("timezone", ""), now)

    def _not_tried(self, outgoing: Outgoing, channel: Channel | None, now: datetime) -> Settlement:
        if channel is not None:
            self.failed += 1
            minutes = self._terms.of(channel).expires_after // timedelta(minutes=1)
            sentence = f"It waited for more than {minutes} minutes."
            if self._recorder is not None:
                outcome = SendOutcome("failed", error_code="too_old", error_text=sentence)
                self._recorder.sent(channel, None, outgoing.message, (), outcome)
            return self._settling.refuse(outgoing, "too_old", sentence, now)
        looked = outgoing.looked_for
        if looked < len(UNKNOWN_CHANNEL_SECONDS):
            return self._settling.look_again(outgoing.looked_once_more(), UNKNOWN_CHANNEL_SECONDS[looked], now)
        self.failed += 1
        return self._settling.refuse(outgoing, "channel_removed", "Its channel was removed.", now)

    async def _let_collect(self, collected: Sequence[Outgoing]) -> None:
        """They lie where their phone finds them, and have left the queue; what becomes of them the phone reports."""
        assert self._hand_over is not None
        try:
            await self._in_thread(partial(self._hand_over, [each.waiting() for each in collected]))
            settlements = [Settlement(each.key, each.channel) for each in collected]
        except Unavailable as outage:
            log.warning("Messages for phones wait: %s", outage.sentence, extra={"action": "outbox_waits"})
            settlements = [self._settling.look_again(each, OUTAGE_SECONDS, self._now()) for each in collected]
        for settlement in settlements:
            self._bring_home(settlement)

    async def _give_back(self, crowded: Sequence[MessageKey]) -> None:
        """Their channel may have fewer on their way than the queue was told: from now on it is told."""
        try:
            await self._in_thread(partial(self._queue.give_back, crowded, self._micros()))
        except Unavailable:
            log.debug("They come back when their leases end")

    async def _send(self, outgoing: Outgoing, channel: Channel) -> None:
        seconds = 0.0
        try:
            attempt = await self._attempts.make(outgoing, channel)
            seconds = attempt.seconds
            self._count(attempt.outcome.status, attempt.outcome.error_code)
            self._bring_home(self._settling.settle(attempt, self._now()))
        finally:
            self._slots.give_back(channel, seconds)

    def _count(self, status: str, code: str) -> None:
        if code == "connection_throttled":
            self.throttled += 1
        elif status == "errored":
            self.errored += 1
        elif status == "failed":
            self.failed += 1
        else:
            self.sent += 1

    # ---- settling ------------------------------------------------------------------------------------------------------------

    def _hold(self, key: MessageKey) -> None:
        self._held.add(key)
        self._nothing_held.clear()

    def _bring_home(self, settlement: Settlement) -> None:
        self._settlements.append(settlement)
        self._news.set()

    async def _note(self, stop: asyncio.Event) -> None:
        """At once, whatever the log does meanwhile: only what is not noted goes out again if this process dies now."""
        while not (stop.is_set() and not self._settlements and not self._tasks):
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
        """Then append and finish; batches grow by themselves while the one before is on its way."""
        while not (self._all_noted and not self._noted):
            await self._to_append.wait()
            if len(self._noted) < FEW and not self._more_waits:  # else a slot's next message waits for this
                await asyncio.sleep(GATHERING_SECONDS)
            self._to_append.clear()
            batch, self._noted = self._noted, []
            if batch:
                if not await self._insist(partial(self._settler.bring_home, Batch(batch, stage=1)), stop):
                    return
                self._held.difference_update(each.key for each in batch)
                self.settled += len(batch)
                if not self._held:
                    self._nothing_held.set()
                if self._more_waits:
                    self._work.set()

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

    # ---- what is left of long waits ----------------------------------------------------------------------------------------------

    async def _refuse_stale(self, taken: Sequence[Taken]) -> None:
        """They waited too long; those whose channel changed in between go back."""
        young: list[MessageKey] = []
        for each in taken:
            outgoing, now = Outgoing.read(each.org, each.payload), self._now()
            channel = self._channels.find(outgoing.channel)
            if outgoing.key in self._held:
                continue
            if channel is None or not self._is_too_old(outgoing, channel, now):
                young.append(outgoing.key)
                continue
            self._hold(outgoing.key)
            self._bring_home(self._not_tried(outgoing, channel, now))
        if young:
            await self._give_back(young)

    async def _in_thread(self, function: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)

    def _micros(self) -> int:
        return int(self._now().astimezone(UTC).timestamp() * 1_000_000)
