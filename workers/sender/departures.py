"""What becomes of each message that was taken from the queue: an attempt, a place in a phone's outbox, a later time, a refusal, or back."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from domain.errors import Unavailable
from domain.ports.fair_queue import FairQueue, MessageKey, Taken
from domain.ports.relayers import Waiting
from gateways.channels.contract import COLLECTED_TYPES, Channel, SendOutcome
from gateways.channels.log.recorder import Recorder
from workers.sender.attempt import Attempts
from workers.sender.feeder import Channels
from workers.sender.homecoming import Homecoming
from workers.sender.outgoing import Outgoing
from workers.sender.settlement import Settlement, Settling
from workers.sender.slots import Slots
from workers.sender.terms import TermsBook
from workers.sender.upkeep import InThread

log = logging.getLogger(__name__)

UNKNOWN_CHANNEL_SECONDS = (
    0.2,
    1.0,
    5.0,
    20.0,
)  # how long to wait for a channel that isn't known yet, then it was removed
OUTAGE_SECONDS = 0.5


class Departures:
    """In a sender's event loop; all of it comes home by `homecoming`. `tasks` are the attempts under way. `hand_over` takes messages that
    are collected by phones, `recorder` is told of every attempt.

    Counters: attempts that were `sent`, `errored`, `failed` or `throttled`.
    """

    def __init__(
        self,
        queue: FairQueue,
        channels: Channels,
        terms: TermsBook,
        slots: Slots,
        attempts: Attempts,
        settling: Settling,
        homecoming: Homecoming,
        in_thread: InThread,
        now: Callable[[], datetime],
        micros: Callable[[], int],
        hand_over: Callable[[Sequence[Waiting]], None] | None,
        recorder: Recorder | None,
    ) -> None:
        self._queue = queue
        self._channels = channels
        self._terms = terms
        self._slots = slots
        self._attempts = attempts
        self._settling = settling
        self._homecoming = homecoming
        self._in_thread = in_thread
        self._now = now
        self._micros = micros
        self._hand_over = hand_over
        self._recorder = recorder
        self._paused: set[str] = set()  # channels that are paused, as far as the queue didn't know yet
        self.tasks: set[asyncio.Task[None]] = set()
        self.sent = self.errored = self.failed = self.throttled = 0

    def rooms(self) -> Mapping[str, int]:
        """Channels that may have other than the usual number of messages more, and how many more."""
        rooms = self._slots.rooms()
        if self._paused:
            self._paused = {uuid for uuid in self._paused if (found := self._channels.find(uuid)) and found.paused}
            rooms |= dict.fromkeys(self._paused, 0)
        return rooms

    async def begin(self, taken: Sequence[Taken], asked: datetime) -> None:
        """`asked`: as of when the queue gave them. If it was quiet then, it is still: what was put off until the end of it goes first."""
        crowded: list[MessageKey] = []
        collected: list[Outgoing] = []
        now = self._now()
        for each in taken:
            outgoing = Outgoing.read(each.org, each.payload)
            if outgoing.key in self._homecoming.held:
                continue  # its lease ended while the queue couldn't be reached; its outcome is on its way
            channel = self._channels.find(outgoing.channel)
            if channel is None or self._is_too_old(outgoing, channel, now):
                self._settle(outgoing, self._not_tried(outgoing, channel, now))
            elif channel.paused:
                self._paused.add(channel.uuid)
                crowded.append(outgoing.key)
            elif (until := self._quiet_until(outgoing, channel, asked, now)) is not None:
                self._settle(outgoing, self._settling.put_off(outgoing, until))
            elif channel.type in COLLECTED_TYPES and self._hand_over is not None:
                self._homecoming.hold(outgoing.key)
                collected.append(outgoing)
            elif self._slots.take(channel):
                self._attempt(outgoing, channel)
            else:
                crowded.append(outgoing.key)
        if crowded:
            await self._give_back(crowded)
        if collected:
            await self._let_collect(collected)

    async def refuse_stale(self, taken: Sequence[Taken]) -> None:
        """They waited too long; those whose channel changed in between go back."""
        young: list[MessageKey] = []
        for each in taken:
            outgoing, now = Outgoing.read(each.org, each.payload), self._now()
            channel = self._channels.find(outgoing.channel)
            if outgoing.key in self._homecoming.held:
                continue
            if channel is None or not self._is_too_old(outgoing, channel, now):
                young.append(outgoing.key)
                continue
            self._settle(outgoing, self._not_tried(outgoing, channel, now))
        if young:
            await self._give_back(young)

    # ---- without an attempt --------------------------------------------------------------------------------------------------

    def _settle(self, outgoing: Outgoing, settlement: Settlement) -> None:
        self._homecoming.hold(outgoing.key)
        self._homecoming.bring(settlement)

    def _is_too_old(self, outgoing: Outgoing, channel: Channel, now: datetime) -> bool:
        return now - datetime.fromisoformat(outgoing.message["created_on"]) > self._terms.of(channel).expires_after

    def _quiet_until(self, outgoing: Outgoing, channel: Channel, *times: datetime) -> datetime | None:
        """By the first of these times that is in quiet hours."""
        if outgoing.is_urgent or self._terms.of(channel).quiet is None:
            return None
        zone = outgoing.message.get("timezone", "")
        ends = (self._terms.quiet_until(channel, zone, at) for at in times)
        return next((end for end in ends if end is not None), None)

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
            self._homecoming.bring(settlement)

    async def _give_back(self, crowded: Sequence[MessageKey]) -> None:
        """Their channel may have fewer on their way than the queue was told: from now on it is told."""
        try:
            await self._in_thread(partial(self._queue.give_back, crowded, self._micros()))
        except Unavailable:
            log.debug("They come back when their leases end")

    # ---- attempts ------------------------------------------------------------------------------------------------------------

    def _attempt(self, outgoing: Outgoing, channel: Channel) -> None:
        """The channel's slot is taken."""
        self._homecoming.hold(outgoing.key)
        task = asyncio.create_task(self._send(outgoing, channel))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _send(self, outgoing: Outgoing, channel: Channel) -> None:
        seconds = 0.0
        try:
            attempt = await self._attempts.make(outgoing, channel)
            seconds = attempt.seconds
            self._count(attempt.outcome.status, attempt.outcome.error_code)
            self._homecoming.bring(self._settling.settle(attempt, self._now()))
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
