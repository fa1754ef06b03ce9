"""The phone simulator: phones of people who don't exist, on the demo channels, in a browser.

A phone writes to its channel's own door, as an aggregator would; what comes back is delivered here (`phones.py`).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from domain.errors import Unavailable
from gateways.pages.phones import Phones, phone_number, read_fields

Workspaces = Callable[[], Sequence[dict[str, Any]]]
"""As in demo.json: [{uuid, name, channels: [{uuid, type, address, receive_url}]}]; other keys are never shown."""

Messages = Callable[[str, str, str, int], Sequence[dict[str, Any]]]
"""(organization, channel uuid, URN, how many at most) -> the newest messages, oldest first: [{id, uuid, direction: "in" | "out", text,
attachments: ["type:url"], quick_replies: [{text}], created_on}]."""

HISTORY = 50
MAX_BODY = 256 * 1024
FRESH_SECONDS = 2.0

Demo = list[dict[str, Any]]
Message = dict[str, Any]


class Simulator:
    def __init__(
        self, workspaces: Workspaces, messages: Messages, phones: Phones, clock: Callable[[], float] = monotonic
    ) -> None:
        self._read = workspaces
        self._messages = messages
        self.phones = phones
        self._clock = clock
        self._demo: Demo = []
        self._organizations: dict[str, str] = {}
        self._read_at = -FRESH_SECONDS

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/simulator/workspaces", self._list),
            Route("/simulator/messages", self._history),
            Route("/simulator/events", self._events),
            Mount("/simulator/deliver", app=self._deliver),
        ]

    async def workspaces(self) -> Demo:
        """What a page may show of the workspaces: no secrets, and paths instead of addresses, so that a browser stays on its origin."""
        if self._clock() - self._read_at >= FRESH_SECONDS:
            self._demo = [_shown(workspace) for workspace in await run_in_threadpool(self._read)]
            self._organizations = {
                channel["uuid"]: workspace["uuid"] for workspace in self._demo for channel in workspace["channels"]
            }
            self._read_at = self._clock()
        return self._demo

    async def _organization_of(self, channel: str) -> str | None:
        await self.workspaces()
        return self._organizations.get(channel)

    async def _list(self, request: Request) -> Response:
        return JSONResponse(await self.workspaces(), headers={"cache-control": "no-store"})

    async def _history(self, request: Request) -> Response:
        """What was said between a phone and a channel."""
        channel = request.query_params.get("channel", "")
        phone = phone_number(request.query_params.get("phone", ""))
        organization = await self._organization_of(channel)
        if organization is None:
            return _refused(404, "There is no such demo channel.")
        if not phone:
            return _refused(400, "phone: expected a number such as +250788123123.")
        try:
            kept = await run_in_threadpool(self._messages, organization, channel, f"tel:{phone}", HISTORY)
        except Unavailable:  # what was delivered of late is shown all the same
            kept = ()
        shown = together(
            [_message(each) for each in kept], self.phones.messages(channel, phone), full=len(kept) >= HISTORY
        )
        return JSONResponse(shown, headers=_NOT_KEPT)

    async def _events(self, request: Request) -> Response:
        """What is delivered from now on to phones on these channels."""
        streams = self.phones.streams
        if streams.full:
            return _refused(503, "Too many pages watch the phones; close some.")
        wanted = frozenset(request.query_params.getlist("channel"))
        return streams.respond(lambda message: message["channel"] in wanted)

    async def _deliver(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The aggregator's door, in plain ASGI."""
        await (await self._delivered(scope, receive))(scope, receive, send)

    async def _delivered(self, scope: Scope, receive: Receive) -> Response:
        request = Request(scope, receive)
        if request.method not in ("GET", "POST", "PUT"):
            return PlainTextResponse("Method not allowed", 405)
        channel = scope["path"].rstrip("/").rpartition("/")[2]
        if await self._organization_of(channel) is None:
            return PlainTextResponse("There is no such demo channel.", 404)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                return PlainTextResponse("Too large", 413)
        try:
            fields = read_fields(request.headers.get("content-type", ""), scope["query_string"], body)
        except (ValueError, orjson.JSONDecodeError) as error:
            return PlainTextResponse(f"The body can't be read: {error}", 400)
        if self.phones.deliver(channel, fields) is None:
            return PlainTextResponse("to: expected a phone number", 400)
        return PlainTextResponse("0: Accepted for delivery", 202)


def together(kept: list[Message], delivered: list[Message], *, full: bool) -> list[Message]:
    """What the read model has kept and what was delivered, in order, each message once.

    A delivery is known by id or uuid, whichever its aggregator was given, or else by its text: the parts of a long message share an id,
    and a history may know messages by another name. A `full` history has more before it, which is not shown.
    """
    names = {name for message in kept for name in (message["id"], message["uuid"]) if name}
    texts = Counter(message["text"] for message in kept if message["direction"] == "out")
    begin = _moment(kept[0]) if full and kept else None
    fresh = []
    for message in delivered:
        if message["id"] in names or (begin is not None and _moment(message) < begin):
            continue
        if texts[message["text"]] > 0:
            texts[message["text"]] -= 1
            continue
        fresh.append(message)
    return sorted(kept + fresh, key=_moment)


def _moment(message: Message) -> datetime:
    try:
        moment = datetime.fromisoformat(message["created_on"])
    except ValueError:
        return _LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_NOT_KEPT = {"cache-control": "no-store"}


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status, headers=_NOT_KEPT)


def _shown(workspace: dict[str, Any]) -> dict[str, Any]:
    channels = [
        {
            "uuid": channel["uuid"],
            "type": channel["type"],
            "address": channel.get("address", ""),
            "receive_path": urlsplit(channel["receive_url"]).path,
        }
        for channel in workspace.get("channels") or ()
    ]
    return {"uuid": workspace["uuid"], "name": workspace["name"], "channels": channels}


def _message(kept: Message) -> Message:
    replies = [
        reply.get("text", "") if isinstance(reply, dict) else str(reply) for reply in kept.get("quick_replies") or ()
    ]
    return {
        "id": str(kept.get("id") or ""),
        "uuid": str(kept.get("uuid") or ""),
        "direction": kept["direction"],
        "text": kept.get("text") or "",
        "attachments": [str(each) for each in kept.get("attachments") or ()],
        "quick_replies": [reply for reply in replies if reply],
        "created_on": str(kept.get("created_on") or ""),
    }
