"""A handle's link: its place on the app's stream, its subscription, what it missed, and its tokens.

**Gaps.** While a gap is open, what the stream brings waits: people's messages keep their order. Messages come more than once for certain
(the stream tells again, the gap's pages overlap); they are known by their id, here and by the decider.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from typing import Any

from domain.ports.http_caller import HttpCaller
from domain.ports.http_stream import HttpStreams
from gateways.channels.contract import Channel
from gateways.channels.facts import Facts
from gateways.channels.media_addresses import MediaAddresses
from gateways.channels.types.x.api import api_url, handle_id
from gateways.connections.link import LinkLost, LinkTools, LinkType, StateName
from gateways.connections.x.api import XApi, XRefused, XThrottled
from gateways.connections.x.app_stream import AppStream
from gateways.connections.x.back_off import BackOff
from gateways.connections.x.inbox import Inbox
from gateways.connections.x.lines import Delivered
from gateways.connections.x.missed import Missed
from gateways.connections.x.subscriptions import Subscriptions
from gateways.connections.x.tokens import Tokens

SETTLE_SECONDS = 2.0  # on leave
TOKEN_LOOK_SECONDS = 60.0
CALLS_AT_ONCE = 16  # of all handles together

Pause = Callable[[float], Awaitable[None]]


class XLink:
    """A Link, and a Handle of its app's stream. `counts` are for /metrics."""

    def __init__(
        self,
        channel: Channel,
        tools: LinkTools,
        stream: AppStream,
        api: XApi,
        inbox: Callable[[Callable[[str], None]], Inbox],
        pause: Pause,
    ) -> None:
        self._channel = channel
        self._tools = tools
        self._stream = stream
        self._pause = pause
        self._inbox = inbox(self._trouble)
        self._missed = Missed(api, tools.new_id, self._note, pause, tools.heard)
        self._tokens = Tokens(api, tools)
        self._stream_state: tuple[StateName, str] = ("binding", "")
        self._look_again = asyncio.Event()

    @property
    def counts(self) -> Mapping[str, int]:
        return {**self._inbox.counts, **self._stream.counts}

    async def run(self, stop: asyncio.Event) -> None:
        """See `Link`."""
        try:
            self._channel = await self._tokens.fresh(await self._tokens.adopted(self._channel), self._note)
            self._stream.join(handle_id(self._channel), self)
            try:
                await self._work(stop)
            finally:
                self._stream.leave(handle_id(self._channel), self)
        except XRefused as refusal:
            may_be_renewed = refusal.status == 401 and self._tokens.are_kept_for(self._channel)
            if may_be_renewed:
                self._tokens.refused()
            raise LinkLost(f"X refuses: {refusal.sentence}", final=not may_be_renewed) from None

    async def _work(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        work = [asyncio.create_task(each) for each in (self._subscribe(), self._take(), self._keep_fresh())]
        pending: set[asyncio.Task[Any]] = {stopping, *work}
        try:
            while not stop.is_set():
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    await task
            with suppress(TimeoutError):
                await asyncio.wait_for(self._inbox.all_settled(), SETTLE_SECONDS)
        finally:
            for task in (stopping, *work):
                task.cancel()

    # ---- what the stream calls -------------------------------------------------------------------------------------------------

    def hear(self, delivered: Delivered) -> None:
        self._inbox.hear(delivered)

    def missed(self, since: datetime | None) -> None:
        self._inbox.missed(since)

    def stream_is(self, state: StateName, text: str) -> None:
        if state == "connected":
            self._look_again.set()
        self._stream_state = state, text
        self._tools.show(state, text)

    def unsettled_since(self) -> datetime | None:
        return self._inbox.unsettled_since()

    def _trouble(self, sentence: str) -> None:
        self._tools.show("failed", sentence)

    def _note(self, sentence: str) -> None:
        self._tools.show(self._stream_state[0], sentence)

    # ---- work --------------------------------------------------------------------------------------------------------------------

    async def _take(self) -> None:
        while True:
            await self._inbox.something_to_do()
            if self._inbox.has_gap:
                await self._inbox.fill_gap(lambda since: self._missed.messages(self._channel, since))
            else:
                await self._inbox.take_what_waits()
            self._tools.show(*self._stream_state)

    async def _subscribe(self) -> None:
        """At once, and each time the stream is connected: somebody may have ended the subscription meanwhile."""
        while True:
            self._look_again.clear()
            await self._subscribed()
            await self._look_again.wait()

    async def _subscribed(self) -> None:
        back_off = BackOff()
        while True:
            try:
                if await self._stream.subscriptions.ensure(self._channel):
                    self.missed(None)
                return
            except XThrottled as wish:
                self._note(wish.sentence)
                await self._pause(wish.seconds)
            except LinkLost as lost:
                if lost.final:
                    raise
                self._note(f"It is not subscribed yet: {lost.sentence}")
                await self._pause(back_off.after("http"))

    async def _keep_fresh(self) -> None:
        """New tokens come with new settings, which start the link anew."""
        while self._tokens.are_kept_for(self._channel):
            await self._pause(TOKEN_LOOK_SECONDS)
            self._channel = await self._tokens.fresh(self._channel, self._note)


class _Apps:
    """The streams of this process, one for each app."""

    def __init__(self, http: HttpCaller, streams: HttpStreams, pause: Pause) -> None:
        self._http = http
        self._streams = streams
        self._pause = pause
        self._known: dict[str, AppStream] = {}
        self._room = asyncio.Semaphore(CALLS_AT_ONCE)

    def api(self, channel: Channel, tools: LinkTools) -> XApi:
        return XApi(self._http, api_url(channel), tools.now, self._room)

    def stream(self, channel: Channel, tools: LinkTools) -> AppStream:
        name, bearer = app_of(channel), str(channel.config.get("bearer_token") or "")
        if name not in self._known:
            subscriptions = Subscriptions(self.api(channel, tools), bearer)
            self._known[name] = AppStream(
                name, api_url(channel), bearer, self._streams, subscriptions, tools.notes, tools.now, self._pause
            )
        return self._known[name]


def app_of(channel: Channel) -> str:
    """The lease of the channel's app: its token, which may not be read, names it."""
    named = f"{api_url(channel)} {channel.config.get('bearer_token') or ''}"
    return f"x-app-{blake2b(named.encode(), digest_size=12).hexdigest()}"


def x_links(
    http: HttpCaller,
    streams: HttpStreams,
    last_received: Callable[[Channel], str | None],
    media: MediaAddresses | None = None,
    pause: Pause = asyncio.sleep,
) -> LinkType:
    """`http` and `streams` are of the event loop in which the links run. `last_received` gives the aggregator's id of a channel's last
    message, as far as the read models know (in a thread; raises Unavailable); `pause` waits for so many seconds."""
    apps = _Apps(http, streams, pause)

    def make(channel: Channel, tools: LinkTools) -> XLink:
        def inbox(tell: Callable[[str], None]) -> Inbox:
            facts = Facts(tools.new_id, tools.now, media)
            return Inbox(channel, tools, facts, last_received, tell, pause)

        return XLink(channel, tools, apps.stream(channel, tools), apps.api(channel, tools), inbox, pause)

    return LinkType(make, lease_of=app_of)
