"""The sender's way to links: requests to `smpp://<channel>/…` go to the link, here or in another process, all others over HTTP."""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import orjson

from domain.ports.http_caller import Call, HttpCaller, Reply

SCHEME = "smpp://"
RETRY_SECONDS = 2


@runtime_checkable
class SendingLink(Protocol):
    async def submit(self, request: dict[str, Any], seconds: float) -> Reply:
        """Sends it, within so long. Never raises but when cancelled."""


class Elsewhere(Protocol):
    async def submit(self, channel: str, request: dict[str, Any], seconds: float) -> Reply:
        """Over the link that another process holds. Never raises but when cancelled."""


class LinkCaller:
    """An HttpCaller. `link_of` gives the link of a channel that this process holds; `elsewhere` reaches those of others."""

    def __init__(
        self, http: HttpCaller, link_of: Callable[[str], object | None], elsewhere: Elsewhere | None = None
    ) -> None:
        self._http = http
        self._link_of = link_of
        self._elsewhere = elsewhere

    async def call(self, call: Call) -> Reply:
        if not call.url.startswith(SCHEME):
            return await self._http.call(call)
        channel = call.url.removeprefix(SCHEME).partition("/")[0]
        link, request = self._link_of(channel), orjson.loads(call.body)
        submit = getattr(link, "submit", None)  # isinstance() of a protocol costs thirty times as much
        if submit is not None:
            reply: Reply = await submit(request, call.timeout)
            return reply
        if self._elsewhere is not None:
            return await self._elsewhere.submit(channel, request, call.timeout)
        return not_now("This process doesn't hold the link.")


def not_now(sentence: str, seconds: int = RETRY_SECONDS) -> Reply:
    """It was not sent; the message goes back to its place and its channel rests."""
    return Reply(429, (("retry-after", str(seconds)),), orjson.dumps({"error": sentence}), "Not now")
