"""Which handles' events the app's stream carries: known once for each connection, made where they are missing, ended when nobody wants them."""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from gateways.channels.contract import Channel
from gateways.channels.json_body import field_items, field_text
from gateways.channels.types.x.api import handle_id
from gateways.connections.x.api import XApi, XRefused

log = logging.getLogger(__name__)

PATH: Final = "/2/activity/subscriptions"
NEEDED: Final = "dm.received"
WELCOME: Final = ("chat.received", "oauth.revoke")
"""What is good to know: an app that may not have them, or has no room for them, does without."""


class Subscriptions:
    """Of one app, whose token is `bearer`."""

    def __init__(self, api: XApi, bearer: str) -> None:
        self._api = api
        self._bearer = bearer
        self._known: dict[tuple[str, str], str] | None = None
        self._tags: dict[str, str] = {}
        self._unwelcome: set[tuple[str, str]] = set()
        self._one_at_a_time = asyncio.Lock()

    def forget(self) -> None:
        """Look again: they may have changed while we were not connected."""
        self._known = None

    async def ensure(self, channel: Channel) -> bool:
        """Whether the needed one had to be made. Raises as XApi does."""
        known = await self._listed()
        made = (NEEDED, handle_id(channel)) not in known
        if made:
            await self._make(NEEDED, channel)
        for event_type in WELCOME:
            key = (event_type, handle_id(channel))
            if key not in known and key not in self._unwelcome:
                try:
                    await self._make(event_type, channel)
                except XRefused as refusal:
                    self._unwelcome.add(key)
                    log.info("%s is not subscribed to: %s", event_type, refusal.sentence)
        return made

    async def _make(self, event_type: str, channel: Channel) -> None:
        """Private events have to be asked for by the user whose they are."""
        wanted = {"event_type": event_type, "filter": {"user_id": handle_id(channel)}, "tag": channel.uuid}
        token = str(channel.config.get("access_token") or "")
        answer = await self._api.call("POST", PATH, token, body=wanted)
        id = field_text(answer, "data.subscription_id")
        (await self._listed())[event_type, handle_id(channel)] = id
        self._tags[id] = channel.uuid

    async def end_those_of_others(self, handles: Collection[str]) -> int:
        """Ends what channels that are gone left behind (they count against the app's limit); gives how many. Only ours have a channel's
        uuid as their tag."""
        ended = 0
        for (event_type, user_id), id in list((await self._listed()).items()):
            if user_id in handles or event_type not in (NEEDED, *WELCOME) or not _is_uuid(self._tags.get(id, "")):
                continue
            await self._api.call("DELETE", f"{PATH}/{id}", self._bearer)
            del (await self._listed())[event_type, user_id]
            ended += 1
        return ended

    async def _listed(self) -> dict[tuple[str, str], str]:
        async with self._one_at_a_time:
            if self._known is None:
                self._known, self._tags = await self._list()
            return self._known

    async def _list(self) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
        known: dict[tuple[str, str], str] = {}
        tags: dict[str, str] = {}
        page = ""
        while True:
            query = {"max_results": "100"} | ({"pagination_token": page} if page else {})
            answer = await self._api.call("GET", PATH, self._bearer, query)
            for each in field_items(answer, "data"):
                id = field_text(each, "subscription_id")
                known[field_text(each, "event_type"), field_text(each, "filter.user_id")] = id
                tags[id] = field_text(each, "tag")
            page = field_text(answer, "meta.next_token")
            if not page:
                return known, tags


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4
