"""The sender's way to links: requests to `smpp://<channel>/…` go to the link that this process holds, all others over HTTP."""

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


class LinkCaller:
    """An HttpCaller. `link_of` gives the link of a channel that this process holds."""

    def __init__(self, http: HttpCaller, link_of: Callable[[str], object | None]) -> None:
        self._http = http
        self._link_of = link_of

    async def call(self, call: Call) -> Reply:
        if not call.url.startswith(SCHEME):
            return await self._http.call(call)
        link = self._link_of(call.url.removeprefix(SCHEME).partition("/")[0])
        if not isinstance(link, SendingLink):
            return not_now("This process doesn't hold the link.")
        return await link.submit(orjson.loads(call.body), call.timeout)


def not_now(sentence: str, seconds: int = RETRY_SECONDS) -> Reply:
    """It was not sent; the message goes back to its place and its channel rests."""
    return Reply(429, (("retry-after", str(seconds)),), orjson.dumps({"error": sentence}), "Not now")
