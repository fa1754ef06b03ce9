"""One port, several applications: ingest doors in plain ASGI, the API, and the pages; each gets the paths that are its own."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class FrontDoor:
    """`by_prefix`: applications by the first part of the path ("c", "api"); all else goes to `otherwise`."""

    def __init__(self, by_prefix: Mapping[str, Application], otherwise: Application) -> None:
        self._by_prefix = dict(by_prefix)
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            first = scope["path"][1:].partition("/")[0]
            await self._by_prefix.get(first, self._otherwise)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Start and stop are the composition root's business."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
