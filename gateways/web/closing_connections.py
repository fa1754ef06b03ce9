"""A server that is about to leave says so: every answer ends its connection, so the client's next request goes to the successor.

To close a connection that only looks idle could cross with a request on its way; a client that is told loses nothing.
"""

from collections.abc import MutableMapping
from typing import Any

from gateways.web.front_door import Application, Receive, Scope, Send

_CLOSE = (b"connection", b"close")


class ClosingConnections:
    """Until `begin` it costs a look."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._closing = False

    def begin(self) -> None:
        """From the next request on. A connection whose request is under way is served once more, and told then."""
        self._closing = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._closing:
            await self._application(scope, receive, send)
            return

        async def tell(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), _CLOSE]
            await send(message)

        await self._application(scope, receive, tell)
