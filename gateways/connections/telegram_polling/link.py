"""Long polling of a Telegram bot.

Telegram keeps an update (for 24 hours) until a question with a higher `offset` confirms it. We confirm what is durable, and nothing else: the
offset moves on after the append. So whatever is cut or killed, an update comes again until it is in the log; messages that come twice
are known by their id, here and by the decider. The offset is noted for the next holder, so that it needn't take in again what was
durable and not yet confirmed.

An offset is only sent until an answer shows that it was heard: after a week without updates Telegram goes on with any number, which may be
a lower one, and an old offset would confirm what nobody has read.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import orjson

from domain.errors import Unavailable
from domain.ports.http_caller import HttpCaller
from gateways.channels.contract import Channel
from gateways.channels.facts import Facts
from gateways.channels.media_addresses import MediaAddresses
from gateways.channels.types.telegram.api import token
from gateways.connections.link import LinkLost, LinkTools, LinkType
from gateways.connections.telegram_polling.bot_api import SlowDown, WebhookIsSet, ask
from gateways.connections.telegram_polling.updates import Updates

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 25
KEEP_SECONDS: Final = 24 * 3600.0  # of a noted offset: for so long Telegram keeps what isn't confirmed
WEBHOOK_SECONDS: Final = 60.0  # a webhook that is set again sooner than this was set by somebody else
LEAVE_SECONDS: Final = 2.0
AT_ONCE: Final = 100
ALLOWED: Final = orjson.dumps(["message"]).decode()


class TelegramPolling:
    """A Link. `counts` are for /metrics."""

    def __init__(self, channel: Channel, tools: LinkTools, http: HttpCaller, media: MediaAddresses | None) -> None:
        self._channel = channel
        self._tools = tools
        self._http = http
        self._updates = Updates(channel, Facts(tools.new_id, tools.now, media), tools.heard)
        self._note = f"offset:{token(channel).partition(':')[0]}"  # of this bot: each has numbers of its own
        self._offset: int | None = None
        self._looked = False
        self._webhook_ended = float("-inf")
        self._polls = 0

    @property
    def counts(self) -> Mapping[str, int]:
        return {**self._updates.counts, "polls": self._polls}

    async def run(self, stop: asyncio.Event) -> None:
        """See `Link`."""
        if not self._looked:
            self._offset, self._looked = await self._noted(), True
        await self._end_webhook()
        held_back = 0  # the first answer comes at once: it shows that we are connected
        while not stop.is_set():
            try:
                updates = await _unless(stop, self._poll(held_back))
            except WebhookIsSet as conflict:
                await self._end_webhook_again(conflict)
                continue
            except SlowDown as wish:
                self._tools.show("connected", wish.sentence)
                await _unless(stop, asyncio.sleep(wish.seconds))
                continue
            if updates is not None:
                self._tools.show("connected", "Asks for updates.")
                held_back = POLL_SECONDS
                await self._take(updates)
        await self._confirm()

    # ---- asking --------------------------------------------------------------------------------------------------------------

    async def _poll(self, held_back: int, most: int = AT_ONCE) -> list[Any]:
        self._polls += 1
        form = {"timeout": str(held_back), "limit": str(most), "allowed_updates": ALLOWED}
        if self._offset is not None:
            form["offset"] = str(self._offset)
        result = await ask(self._http, self._channel, "getUpdates", form, held_back)
        if not isinstance(result, list) or not all(_is_update(each) for each in result):
            raise LinkLost("Telegram's answer holds something else than updates.")
        return result

    async def _take(self, updates: list[Any]) -> None:
        if not updates:
            self._offset = None
            return
        facts = self._updates.read(updates)
        if facts:
            await self._tools.append("fact", facts)
        self._updates.took(updates)
        self._offset = max(each["update_id"] for each in updates) + 1
        with suppress(Unavailable):
            await asyncio.to_thread(
                self._tools.notes.write, self._channel.uuid, self._note, str(self._offset), KEEP_SECONDS
            )

    async def _noted(self) -> int | None:
        try:
            noted = await asyncio.to_thread(self._tools.notes.read, self._channel.uuid, self._note)
        except Unavailable:
            return None
        return None if noted is None else int(noted)

    async def _confirm(self) -> None:
        """On leave: so nobody has to take in again what we took."""
        if self._offset is None:
            return
        with suppress(TimeoutError, LinkLost, SlowDown, WebhookIsSet):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._poll(0, most=1)

    # ---- the webhook ---------------------------------------------------------------------------------------------------------

    async def _end_webhook(self) -> None:
        """Whoever chose polling wants none. What waits for it stays, and is asked for."""
        while True:
            try:
                await ask(self._http, self._channel, "deleteWebhook", {"drop_pending_updates": "false"})
            except SlowDown as wish:
                self._tools.show("binding", wish.sentence)
                await asyncio.sleep(wish.seconds)
            else:
                self._webhook_ended = asyncio.get_running_loop().time()
                return

    async def _end_webhook_again(self, conflict: WebhookIsSet) -> None:
        if asyncio.get_running_loop().time() - self._webhook_ended < WEBHOOK_SECONDS:
            raise LinkLost(f"Another program sets a webhook for this bot: {conflict.sentence}")
        await self._end_webhook()


def _is_update(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("update_id"), int)


def polls(channel: Channel) -> bool:
    return channel.config.get("receive_by") == "polling"


def telegram_links(http: HttpCaller, media: MediaAddresses | None = None) -> LinkType:
    """`http` is of the event loop in which the links run; `media` gives files that only the bot's token opens addresses of ours."""
    return LinkType(lambda channel, tools: TelegramPolling(channel, tools, http, media), wants=polls)


async def _unless(stop: asyncio.Event, work: Any) -> Any:
    """What `work` gives; None, and `work` is cancelled, if `stop` is set before."""
    task, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((task, stopping), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        stopping.cancel()
