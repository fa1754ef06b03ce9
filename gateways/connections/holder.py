"""Holds links: follows the channels, takes leases, runs what it holds, takes over from who died.

Every round (`ROUND_SECONDS`) it asks for the leases of all channels that need a link; a lease lasts `LEASE_SECONDS`, so that a dead holder's
links are with another after at most the sum of both. Who can't renew drops its links before the lease can have ended (`MARGIN_SECONDS`).
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any, Protocol, TypeVar

from domain.errors import Unavailable
from domain.events.record import Event
from domain.events.versions import new_event
from domain.ports.fair_queue import FairQueue
from gateways.append.group_commit import GroupCommit
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel
from gateways.channels.log.recorder import Heard, Recorder
from gateways.connections.held_link import HeldLink
from gateways.connections.lease import Leases
from gateways.connections.link import Link, LinkKind, LinkTools, LinkType
from gateways.connections.link_caller import SendingLink
from gateways.connections.notes import Notes

log = logging.getLogger(__name__)

R = TypeVar("R")

LEASE_SECONDS = 6.0
ROUND_SECONDS = 1.5
MARGIN_SECONDS = 1.0
SHOWN_SECONDS = 15.0  # how long a state is shown that nobody renews


class Channels(Protocol):
    def channels(self) -> Iterable[Channel]:
        """All channels there are now."""


class Holder:
    """An asynchronous worker. `name` is of this life of the process (a restarted one has another); `types` gives
    the link type of a channel type's code.

    `queue` is the send queue, for links that also send; `recorder` takes in what is heard, for the channel log. Counters for /metrics:
    `held` links, `connected` ones.
    """

    def __init__(
        self,
        channels: Channels,
        types: Mapping[str, LinkType],
        leases: Leases,
        notes: Notes,
        commit: GroupCommit,
        *,
        name: str,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        queue: FairQueue | None = None,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = monotonic,
        lease_seconds: float = LEASE_SECONDS,
        round_seconds: float = ROUND_SECONDS,
    ) -> None:
        self._channels = channels
        self._types = types
        self._leases = leases
        self._notes = notes
        self._commit = commit
        self._name = name
        self._now = now
        self._new_id = new_id
        self._queue = queue
        self._recorder = recorder
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._round_seconds = round_seconds
        self._links: dict[str, HeldLink] = {}
        self._sure_until = 0.0

    @property
    def held(self) -> int:
        return len(self._links)

    @property
    def connected(self) -> int:
        return sum(each.state == "connected" for each in self._links.values())

    def link_of(self, channel: str) -> Link | None:
        """The link of a channel, if this process holds it and it runs."""
        held = self._links.get(channel)
        return None if held is None else held.link

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; then take leave and let others take the leases."""
        self._threads = ThreadPoolExecutor(2, "links")
        try:
            while not stop.is_set():
                await self._round()
                await _stopped_within(stop, self._next_pause())
            await self._end(list(self._links))
        finally:
            for held in self._links.values():
                held.drop()
            self._threads.shutdown(wait=False)

    # ---- rounds --------------------------------------------------------------------------------------------------------------

    async def _round(self) -> None:
        wanted = {each.uuid: each for each in self._channels.channels() if self._wants(each)}
        try:
            await self._end([uuid for uuid, held in self._links.items() if wanted.get(uuid) != held.channel])
            begun = self._clock()
            names = list({self._lease_of(each) for each in wanted.values()})
            fences = await self._in_thread(partial(self._leases.take, self._name, names, self._lease_seconds))
            self._sure_until = begun + self._lease_seconds - MARGIN_SECONDS * min(1.0, self._lease_seconds / 6)
            self._keep(wanted, fences)
            self._hold_back()
            await self._in_thread(partial(self._notes.show, self._states(), SHOWN_SECONDS))
        except Unavailable as outage:
            log.warning("Leases of links can't be renewed: %s", outage.sentence, extra={"action": "links_wait"})
            if self._clock() >= self._sure_until:
                self._drop(list(self._links))

    def _wants(self, channel: Channel) -> bool:
        kind = self._types.get(channel.type)
        return kind is not None and kind.wants(channel)

    def _lease_of(self, channel: Channel) -> str:
        return self._types[channel.type].lease_of(channel)

    def _keep(self, wanted: Mapping[str, Channel], fences: Mapping[str, int]) -> None:
        """Run what is held, drop what was lost (or got a new fence: somebody else had it in between)."""
        lost = [uuid for uuid, held in self._links.items() if fences.get(self._lease_of(held.channel)) != held.fence]
        self._drop(lost)
        for uuid, channel in wanted.items():
            fence = fences.get(self._lease_of(channel))
            if fence is not None and uuid not in self._links:
                self._links[uuid] = self._hold(channel, fence)

    def _hold(self, channel: Channel, fence: int) -> HeldLink:
        heard = partial(self._heard, channel)
        held = HeldLink(channel, fence, self._now, self._clock, heard)
        tools = LinkTools(
            append=partial(self._append, channel),
            notes=self._notes,
            now=self._now,
            new_id=self._new_id,
            show=held.show,
            change=partial(self._change, channel),
            heard=heard,
            fence=fence,
            may_send=partial(self._may_send, channel),
        )
        held.start(self._types[channel.type].make(channel, tools))
        return held

    def _hold_back(self) -> None:
        """What is to be sent over links that aren't connected stays in its place."""
        for held in self._links.values():
            if held.state != "connected" and isinstance(held.link, SendingLink):
                self._may_send(held.channel, False)

    def _next_pause(self) -> float:
        """Until the next round; sooner if links must be dropped before."""
        left = self._sure_until - self._clock()
        return min(self._round_seconds, max(left, 0.05)) if self._links else self._round_seconds

    async def _end(self, channels: Sequence[str]) -> None:
        """Let links take their leave, then give up their leases."""
        ending = [self._links.pop(uuid) for uuid in channels]
        if not ending:
            return
        await asyncio.gather(*(held.end() for held in ending))
        kept = {self._lease_of(held.channel) for held in self._links.values()}
        given_up = {self._lease_of(held.channel) for held in ending} - kept
        try:
            await self._in_thread(partial(self._leases.release, self._name, list(given_up)))
        except Unavailable:
            log.debug("The leases end by themselves")

    def _drop(self, channels: Sequence[str]) -> None:
        for uuid in channels:
            log.warning("A link was dropped: its lease is lost", extra={"action": "link_dropped", "channel": uuid})
            self._links.pop(uuid).drop()

    def _states(self) -> dict[str, dict[str, object]]:
        return {uuid: {**held.as_state(), "holder": self._name} for uuid, held in self._links.items()}

    # ---- what links are given --------------------------------------------------------------------------------------------------

    async def _append(self, channel: Channel, kind: LinkKind, events: Sequence[Event]) -> None:
        await self._commit.append(channel.org_uuid, kind, f"link:{channel.type}", events)

    def _heard(self, channel: Channel, heard: Heard) -> None:
        if self._recorder is not None:
            self._recorder.heard(channel, type_of(channel), heard)

    async def _change(self, channel: Channel, settings: Mapping[str, Any]) -> None:
        changes = {"config": {**channel.config, **settings}}
        data = {"channel": channel.uuid, "changes": changes}
        command = new_event("change_channel", self._new_id(), data)
        await self._commit.append(channel.org_uuid, "command", f"link:{channel.type}", (command,))

    def _may_send(self, channel: Channel, may: bool) -> None:
        """Nothing of the channel is given out for a while; renewed by the link, so that a dead one holds up nobody for long."""
        if self._queue is not None:
            self._threads.submit(self._set_rest, self._queue, channel, may)

    def _set_rest(self, queue: FairQueue, channel: Channel, may: bool) -> None:
        now = int(self._now().astimezone(UTC).timestamp() * 1_000_000)
        until = now if may else now + int(self._lease_seconds * 1_000_000)
        try:
            queue.throttle(channel.org_uuid, channel.uuid, until, now)
        except Unavailable as outage:
            log.debug("The queue does not know: %s", outage.sentence)

    async def _in_thread(self, function: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until `stop` is set; says whether it is."""
    try:
        async with asyncio.timeout(seconds):
            return await stop.wait()
    except TimeoutError:
        return False
