"""Wakes phones: at once when something waits for them, now and then when they have been silent; and gives up what waited too long.

A push that can't be made is no loss: phones poll every ten minutes by themselves.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from domain.errors import Unavailable
from domain.events.record import Record
from domain.events.versions import version_of
from domain.ports.relayers import Relayers, Waiting

log = logging.getLogger(__name__)

TOGETHER_SECONDS = 0.5  # pushes for messages that come in quick succession are one
LOOK_SECONDS = 60.0
AGAIN_SECONDS = 600
SILENT_SECONDS = 15 * 60
GIVEN_UP_SECONDS = 7 * 86_400
TOO_OLD = timedelta(days=7)
AT_ONCE = 500
PUSHES_AT_ONCE = 8


class Push(Protocol):
    def sync(self, token: str) -> bool:
        """Tell a phone to sync; False if the token is not known. Raises Unavailable."""


class Waking:
    """`push` None: the installation has no FCM account, phones only poll. Counters for /metrics: `pushed`, `unknown`, `expired`."""

    def __init__(
        self,
        relayers: Relayers,
        push: Push | None,
        append: Callable[[Sequence[Record]], Any],
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._relayers = relayers
        self._push = push
        self._append = append
        self._now = now
        self._new_id = new_id
        self._look_seconds = look_seconds
        self._wanted: set[str] = set()
        self._lock = threading.Lock()
        self.pushed = self.unknown = self.expired = 0

    def hand_over(self, messages: Sequence[Waiting]) -> None:
        """For the sender: what it would send goes into the phones' outboxes, and the phones are told. Raises Unavailable."""
        self._relayers.hand_over(messages)
        with self._lock:
            self._wanted.update(each.channel for each in messages)

    async def run(self, stop: asyncio.Event) -> None:
        looked = -self._look_seconds
        clock = asyncio.get_running_loop().time
        while not stop.is_set():
            try:
                await self._wake_wanted()
                if clock() - looked >= self._look_seconds:
                    looked = clock()
                    await self._look()
            except Unavailable as outage:
                log.warning("Phones are not woken: %s", outage.sentence, extra={"action": "waking_waits"})
            try:
                async with asyncio.timeout(TOGETHER_SECONDS):
                    await stop.wait()
            except TimeoutError:
                pass

    async def _wake_wanted(self) -> None:
        with self._lock:
            wanted, self._wanted = self._wanted, set()
        if wanted and self._push is not None:
            await self._wake(await asyncio.to_thread(self._relayers.to_wake, wanted))

    async def _look(self) -> None:
        if self._push is not None:
            sleeping = self._relayers.sleeping
            await self._wake(await asyncio.to_thread(sleeping, AGAIN_SECONDS, SILENT_SECONDS, GIVEN_UP_SECONDS))
        await asyncio.to_thread(self.expire)

    async def _wake(self, tokens: Mapping[str, str]) -> None:
        hands = asyncio.Semaphore(PUSHES_AT_ONCE)

        async def one(token: str) -> None:
            async with hands:
                await asyncio.to_thread(self._sync, token)

        await asyncio.gather(*(one(token) for token in set(tokens.values())))

    def _sync(self, token: str) -> None:
        assert self._push is not None
        try:
            if self._push.sync(token):
                self.pushed += 1
            else:
                self.unknown += 1
                self._relayers.forget_token(token)
        except Unavailable as outage:
            log.warning("A phone was not woken: %s", outage.sentence, extra={"action": "push_failed"})

    def expire(self) -> int:
        """Messages that waited for a week have failed. Reported first, then forgotten: a report that is made twice changes nothing."""
        expired = 0
        while old := self._relayers.waiting_since_before(self._now() - TOO_OLD, AT_ONCE):
            self._append(self._reports(old))
            for channel in {each.channel for each in old}:
                self._relayers.reported(channel, [each.id for each in old if each.channel == channel])
            expired += len(old)
        self.expired += expired
        return expired

    def _reports(self, old: Collection[Waiting]) -> list[Record]:
        now = int(self._now().astimezone(UTC).timestamp() * 1_000_000)
        by_org: dict[str, list[dict[str, Any]]] = {}
        for each in old:
            data = {
                "message": each.uuid, "id": each.id, "channel": each.channel, "contact": each.contact, "status": "failed",
                "external_ids": [], "error_count": 0, "failed_reason": "too_old",
            }  # fmt: skip
            event = {"type": "message_sent", "version": version_of("message_sent"), "id": self._new_id(), "data": data}
            by_org.setdefault(each.org, []).append(event)
        return [Record(org, "report", tuple(events), now, "waking") for org, events in by_org.items()]
