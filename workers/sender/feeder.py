"""Feeds the send queue from the log: every message that the decider queued, once.

One of the senders' processes feeds at a time. Its position is kept beside the queue and saved after what was read is pushed; reading again
after a crash is harmless, because the queue knows what it has. A queue that was lost (it has no generation) is filled anew:
with the messages that the read model shows without outcome, and with what the log says since.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from domain.errors import Fenced, Unavailable
from domain.events.record import Event, StoredRecord
from domain.ports.event_log import EventLog, Follower
from domain.ports.fair_queue import FairQueue, MessageKey, QueuedMessage
from domain.ports.feed_cursor import FeedCursor
from gateways.channels.contract import Channel
from workers.sender.outgoing import Outgoing, micros
from workers.sender.terms import Telling, TermsBook
from workers.sender.unsent import Unsent, UnsentMessages

log = logging.getLogger(__name__)

LOOKS_PER_CLAIM = 5  # how often, while a claim lasts, it is renewed and looked whether the queue is still there
TOLD_ANEW_SECONDS = (
    30.0  # a feeder that slept through its claim may tell the queue what was true before; it doesn't stay so
)
AT_ONCE = 1_000
MOST_GAP = (
    1_000  # offsets without records that may stand behind the last one; a cursor that is further on is of another log
)
_OVER = frozenset({"wired", "sent", "delivered", "read", "failed"})


@dataclass(slots=True)
class _Since:
    """What the log says about messages after the read model's positions."""

    created: dict[str, Outgoing] = field(default_factory=dict)
    over: set[str | None] = field(default_factory=set)
    over_ids: set[int | None] = field(default_factory=set)
    errored: dict[str, tuple[int, str]] = field(default_factory=dict)

    def take(self, org: str, event: Event) -> None:
        name, data = event["type"], event["data"]
        if name == "message_created":
            outgoing = Outgoing.created(org, data["message"])
            if outgoing is not None:
                self.created[outgoing.message["uuid"]] = outgoing
        elif name in ("message_sent", "delivery_reported") and data["status"] in _OVER:
            self.over.add(data.get("message"))
            self.over_ids.add(data.get("message_id"))
        elif name == "message_sent" and data["status"] == "errored":
            self.errored[data["message"]] = (data["error_count"], data.get("next_attempt_on", ""))

    def is_over(self, outgoing: Outgoing) -> bool:
        return outgoing.message["uuid"] in self.over or outgoing.message["id"] in self.over_ids


class Channels(Protocol):
    """What is known of channels, as they are now."""

    def find(self, uuid: str) -> Channel | None: ...

    def channels(self) -> Iterable[Channel]: ...


class Feeder:
    """Tells the queue the terms of `channels` too. `micros` is the time. `unsent` opens the read model; without it a lost queue is filled from the
    start of the log. Not thread-safe: one thread calls `step` and `close`. `settle` is called before a lost queue is filled: it returns
    when nothing is under way that the log doesn't know. `catch_up` is called with the offsets, by partition, at which something was
    configured, before what was decided since is pushed: it returns when `channels` knows it (or won't in time).
    """

    def __init__(
        self,
        event_log: EventLog,
        queue: FairQueue,
        cursor: FeedCursor,
        channels: Channels,
        terms: TermsBook,
        *,
        name: str,
        micros: Callable[[], int],
        unsent: Callable[[], AbstractContextManager[UnsentMessages]] | None = None,
        settle: Callable[[], None] = lambda: None,
        catch_up: Callable[[Mapping[int, int]], object] | None = None,
        claim_seconds: float = 5.0,
    ) -> None:
        self._log = event_log
        self._queue = queue
        self._cursor = cursor
        self._channels = channels
        self._terms = terms
        self._telling = Telling(queue, terms)
        self._name = name
        self._micros = micros
        self._unsent = unsent
        self._settle = settle
        self._catch_up = catch_up
        self._claim_seconds = claim_seconds
        self._look_every = int(claim_seconds * 1_000_000) // LOOKS_PER_CLAIM
        self._follower: Follower | None = None
        self._looked = self._told_anew = 0
        self._saved: dict[int, int] = {}
        self._unpushed: list[QueuedMessage] = []
        self._generation: str | None = None  # of the queue's contents, when we looked last
        self.is_filled = self.is_feeding = False
        self.pushed = 0

    def step(self, timeout: float) -> int:
        """Push what the log has, waiting up to `timeout` seconds for it; returns how many were new. Raises Unavailable."""
        try:
            return self._step(timeout)
        except Unavailable:
            self._looked = 0
            raise

    def claim(self) -> bool:
        """Be, or go on being, the one that feeds."""
        return self._cursor.claim(self._name, self._claim_seconds)

    def close(self) -> None:
        self._let_go()
        try:
            self._cursor.release(self._name)
        except Unavailable:
            log.debug("The feeder's claim ends by itself")

    def _step(self, timeout: float) -> int:
        now = self._micros()
        is_due = now - self._looked >= self._look_every
        if is_due:
            self.is_feeding = self.claim()
            self._look(self._queue.generation())
            self._looked = now
        if not self.is_feeding:
            self._let_go()
            return 0
        if not self.is_filled:
            self._fill()
        if is_due:
            if now - self._told_anew > TOLD_ANEW_SECONDS * 1_000_000:
                self._telling.forget()
                self._told_anew = now
            self._telling.tell(self._channels.channels(), now)
        if self._follower is None and not self._follow():
            return 0
        return self._feed(timeout)

    def _look(self, generation: str | None) -> None:
        """Contents that others began are followed from where these others came to."""
        if generation != self._generation:
            self._let_go()
        self._generation, self.is_filled = generation, generation is not None

    def _let_go(self) -> None:
        if self._follower is not None:
            self._follower.close()
        self._follower = None
        self._unpushed = []
        self._telling.forget()

    def _follow(self) -> bool:
        """Begin to follow where the cursor stands. A queue that was fed from another log is emptied, to be filled anew."""
        after = dict(self._cursor.read())
        if any(after.get(number, -1) > head + MOST_GAP for number, head in self._log.heads().items()):
            log.warning("The send queue is of another log; it is filled again", extra={"action": "send_queue_foreign"})
            self._queue.clear()
            self.is_filled, self._looked = False, 0
            return False
        self._saved = after
        positions = {number: after.get(number, -1) for number in range(self._log.partitions)}
        self._follower = self._log.follow(positions, ("decision", "configuration") if self._catch_up else ("decision",))
        return True

    def _feed(self, timeout: float) -> int:
        assert self._follower is not None
        if not self._unpushed:
            records = self._follower.poll(timeout, AT_ONCE)
            configured = {each.partition: each.offset for each in records if each.record.kind == "configuration"}
            if configured and self._catch_up:
                self._catch_up(configured)
            self._unpushed = list(self._queued_of(records))
        try:
            added = self._push_queued(self._unpushed, self._generation) if self._unpushed else 0
        except Fenced:  # while we slept the queue was lost, and with it what it knew to be done
            self._let_go()
            self._looked = 0
            return 0
        self._unpushed = []
        reached = dict(self._follower.positions())
        if reached != self._saved:
            if not self._cursor.save(self._name, reached):
                self._let_go()
                self.is_feeding, self._looked = False, 0
                return added
            self._saved = reached
        return added

    def _push_queued(self, queued: Sequence[QueuedMessage], generation: str | None = None) -> int:
        """The queue knows the terms of a channel before it has messages of it."""
        now = self._micros()
        uuids = {each.channel for each in queued}
        self._telling.tell_of((found for uuid in uuids if (found := self._channels.find(uuid)) is not None), now)
        added = self._queue.push(queued, now, generation=generation)
        self.pushed += added
        return added

    def _queued_of(self, records: Sequence[StoredRecord]) -> Iterator[QueuedMessage]:
        """The messages that the decider queued. One that can't be read stays queued in the read model and holds up nobody."""
        for stored in records:
            for event in stored.record.events:
                if event["type"] == "message_created":
                    try:
                        outgoing = Outgoing.created(stored.record.org, event["data"]["message"])
                        if outgoing is not None:
                            yield self._queued(outgoing)
                    except (KeyError, TypeError, ValueError):
                        log.exception("A queued message can't be read", extra={"action": "message_unreadable"})

    def _queued(self, outgoing: Outgoing) -> QueuedMessage:
        """Its channel may not be known yet: the sender looks for it."""
        channel = self._channels.find(outgoing.channel)
        if channel is None or outgoing.is_urgent or self._terms.of(channel).quiet is None:
            return outgoing.queued()
        at = datetime.fromtimestamp(self._micros() / 1_000_000, UTC)
        until = self._terms.quiet_until(channel, outgoing.message.get("timezone", ""), at)
        return outgoing.queued(0 if until is None else int(until.timestamp() * 1_000_000))

    # ---- filling a lost queue ------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        self._let_go()
        self._settle()
        begun = self._micros()
        self._telling.tell(self._channels.channels(), begun)
        if self._unsent is None:
            reached = self._push_unsent({}, ())
        else:
            with self._unsent() as view:
                reached = self._push_unsent(view.positions, view.batches())
        generation = f"{self._name} {begun}"
        if self._cursor.save(self._name, reached) and self._queue.begin_generation(generation):
            self._generation, self.is_filled = generation, True
            log.info("The send queue was filled from the log", extra={"action": "send_queue_filled"})

    def _push_unsent(self, positions: Mapping[int, int], batches: Iterable[Sequence[Unsent]]) -> dict[int, int]:
        since, reached = self._read_since(positions)
        for batch in batches:
            self._push([(_of_row(each), each.error_count, each.next_attempt_on) for each in batch], since)
        created = list(since.created.values())
        for start in range(0, len(created), AT_ONCE):
            self._push([(each, 0, "") for each in created[start : start + AT_ONCE]], since)
        return reached

    def _push(self, messages: Iterable[tuple[Outgoing | None, int, str]], since: _Since) -> None:
        self.claim()
        now = self._micros()
        queued: list[QueuedMessage] = []
        later: list[tuple[MessageKey, int]] = []
        for outgoing, errors, next_on in messages:
            if outgoing is None or since.is_over(outgoing):
                continue
            errors, next_on = since.errored.get(outgoing.message["uuid"], (errors, next_on))
            outgoing = outgoing.after_attempt((), errors)
            queued.append(self._queued(outgoing))
            if next_on and micros(next_on) > now:
                later.append((outgoing.key, micros(next_on)))
        self._push_queued(queued)
        for key, when in later:
            self._queue.retry_at([key], when, now)

    def _read_since(self, positions: Mapping[int, int]) -> tuple[_Since, dict[int, int]]:
        since = _Since()
        reached = {}
        for partition, head in self._log.heads().items():
            after = positions.get(partition, -1)
            while after < head:
                records = self._log.read(partition, after, AT_ONCE, ("decision", "report"))
                for stored in records:
                    for event in stored.record.events:
                        since.take(stored.record.org, event)
                last = records[-1].offset if records else after
                after = last if len(records) == AT_ONCE else max(head, last)
                self.claim()
            reached[partition] = after
        return since, reached


def _of_row(unsent: Unsent) -> Outgoing | None:
    return Outgoing.created(unsent.org, unsent.message)
