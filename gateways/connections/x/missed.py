"""What the stream did not bring: a handle's direct messages back to the last one that is known, oldest first."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from gateways.channels.contract import Channel, IncomingMessage, NewId
from gateways.channels.json_body import field_items, field_text
from gateways.channels.log.recorder import Heard
from gateways.channels.replies import parse_rfc3339
from gateways.channels.sending import as_text
from gateways.channels.types.x.receiving import read_event, sent_at
from gateways.connections.link import LinkLost
from gateways.connections.x.api import XApi, XThrottled
from gateways.connections.x.back_off import BackOff

log = logging.getLogger(__name__)

PATH: Final = "/2/dm_events"
MOST_PAGES: Final = 1_000
_QUERY: Final = {
    "max_results": "100",
    "event_types": "MessageCreate",
    "dm_event.fields": "id,text,event_type,created_at,sender_id,dm_conversation_id,attachments,entities",
    "expansions": "sender_id,attachments.media_keys",
    "user.fields": "username,name",
    "media.fields": "url,preview_image_url,type,variants",
}


class Missed:
    """`tell` shows an operator why it takes long; `pause` waits for so many seconds; `heard` is told what can't be read."""

    def __init__(
        self,
        api: XApi,
        new_id: NewId,
        tell: Callable[[str], None],
        pause: Callable[[float], Awaitable[None]],
        heard: Callable[[Heard], None],
    ) -> None:
        self._api = api
        self._new_id = new_id
        self._heard = heard
        self._tell = tell
        self._pause = pause

    async def messages(self, channel: Channel, since: datetime) -> list[IncomingMessage]:
        """Those sent since then. Raises XRefused; waits out everything else."""
        found: list[IncomingMessage] = []
        async for page in self._pages(channel):
            events = field_items(page, "data")
            users = {field_text(each, "id"): each for each in field_items(page, "includes.users")}
            media = {field_text(each, "media_key"): each for each in field_items(page, "includes.media")}
            for event in events:
                message = self._read(channel, event, users, media)
                if message is not None and not _is_before(event, since):
                    found.append(message)
            if any(_is_before(each, since) for each in events):
                break
        return found[::-1]

    def _read(
        self, channel: Channel, event: Any, users: Mapping[str, Any], media: Mapping[str, Any]
    ) -> IncomingMessage | None:
        try:
            return read_event(channel, event, users, media, self._new_id)
        except Exception as fault:  # it would hold up all others of the handle
            log.exception("A message of X can't be read", extra={"action": "event_unreadable"})
            error = f"It can't be read: {fault!r}"
            self._heard(Heard("A direct message that was missed", "unknown", orjson.dumps(event), "refused", error))
            return None

    async def _pages(self, channel: Channel) -> AsyncIterator[Any]:
        back_off, page = BackOff(), ""
        for _ in range(MOST_PAGES):
            query = _QUERY | ({"pagination_token": page} if page else {})
            answer = await self._patiently(channel, query, back_off)
            yield answer
            page = field_text(answer, "meta.next_token")
            if not page:
                return

    async def _patiently(self, channel: Channel, query: dict[str, str], back_off: BackOff) -> Any:
        while True:
            try:
                answer = await self._api.call("GET", PATH, as_text(channel.config.get("access_token")), query)
                back_off.connected()
                return answer
            except XThrottled as wish:
                self._tell(f"{wish.sentence} Then it tells what was missed.")
                await self._pause(wish.seconds)
            except LinkLost as lost:
                if lost.final:
                    raise
                self._tell(f"What was missed can't be asked for yet: {lost.sentence}")
                await self._pause(back_off.after("http"))


def _is_before(event: Any, since: datetime) -> bool:
    sent = sent_at(field_text(event, "id")) or parse_rfc3339(field_text(event, "created_at"))
    return sent is not None and sent.astimezone(UTC) < since
