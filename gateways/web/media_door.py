"""`GET /media/<channel>/<signature>/<reference>`: a file that a contact sent, fetched from the aggregator with the channel's key."""

from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any

from domain.errors import NotFound
from domain.ports.http_caller import Call, HttpCaller, Reply
from gateways.channels.contract import Channel, ChannelType, HttpRequest, HttpResponse, Installation, SendOptions
from gateways.channels.log.recorder import Recorder
from gateways.channels.media_addresses import attachment_of

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_LOOKUP_BYTES = 256 << 10
MAX_FILE_BYTES = 25 << 20
MAX_LOOKUPS = 5
REDIRECTS = 5
SECONDS = 30.0
SHOWN_AS_THEY_ARE = ("image/", "audio/", "video/", "application/pdf")
RUNS_SCRIPTS = "+xml"
"""Other types, and pictures that are documents (SVG), are only offered for download: a page of a stranger must not run as ours."""


class MediaDoor:
    """An ASGI application. `find` gives a channel by its uuid, `type_of` its type, `caller` the HTTP client of the running loop. `recorder` is
    told of what it took."""

    def __init__(
        self,
        find: Callable[[str], Channel | None],
        type_of: Callable[[Channel], ChannelType],
        caller: Callable[[], HttpCaller],
        now: Callable[[], datetime],
        installation: Installation,
        recorder: Recorder | None = None,
    ) -> None:
        self._find = find
        self._type_of = type_of
        self._caller = caller
        self._now = now
        self._installation = installation
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, content_type, body = await self._answer(scope)
        headers = [
            (b"content-type", content_type.encode("latin-1", "replace")),
            (b"x-content-type-options", b"nosniff"),
        ]
        headers.append((b"content-length", str(len(body)).encode()))
        if status == 200 and not _may_be_shown(content_type):
            headers.append((b"content-disposition", b"attachment"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] != "HEAD" else b""})

    async def _answer(self, scope: Scope) -> tuple[int, str, bytes]:
        parts = scope["path"].strip("/").split("/")
        if scope["method"] not in ("GET", "HEAD"):
            return _said(405, "Expected GET.")
        channel = self._find(parts[1]) if len(parts) == 4 else None
        attachment = attachment_of(channel, parts[2], parts[3]) if channel else None
        if channel is None or attachment is None:
            return _said(404, "There is no such file.")
        exchanges: list[tuple[HttpRequest, Reply]] = []
        try:
            kind = self._type_of(channel)
            reply = await self._fetched(kind, channel, attachment, exchanges)
        except NotFound:
            return _said(404, "There is no such file.")
        answer = _answer(reply)
        if self._recorder is not None:
            error = "" if answer[0] == 200 else answer[2].decode().strip()
            self._recorder.fetched(channel, kind, exchanges, error)
        return answer

    async def _fetched(
        self, kind: ChannelType, channel: Channel, attachment: str, exchanges: list[tuple[HttpRequest, Reply]]
    ) -> Reply | None:
        """The download, after the look-ups it takes; None when the file is gone. `exchanges` is told of each call."""
        options = SendOptions(now=self._now(), installation=self._installation)
        plan, caller = kind.plan_fetch(channel, attachment, options), self._caller()
        try:
            request = next(plan)
            for _ in range(MAX_LOOKUPS):
                reply = await caller.call(_call(request, MAX_LOOKUP_BYTES))
                exchanges.append((request, reply))
                request = plan.send(HttpResponse(reply.status, dict(reply.headers), reply.body))
        except StopIteration as end:
            if end.value is None:
                return None
            reply = await caller.call(_call(end.value, MAX_FILE_BYTES))
            exchanges.append((end.value, reply._replace(body=b"")))
            return reply
        plan.close()
        return None


def _may_be_shown(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind.startswith(SHOWN_AS_THEY_ARE) and not kind.endswith(RUNS_SCRIPTS)


def _answer(reply: Reply | None) -> tuple[int, str, bytes]:
    """(status, content type, body) for whoever asked for the file."""
    if reply is None or reply.status in (404, 410):
        return _said(404, "The aggregator has no such file any more.")
    if reply.too_large:
        return _said(413, f"The file is larger than {MAX_FILE_BYTES} bytes.")
    if reply.status != 200:
        return _said(502, f"The aggregator answered {reply.status}." if reply.status else reply.error)
    found = next((value for name, value in reply.headers if name.lower() == "content-type"), "application/octet-stream")
    return 200, found, reply.body


def _call(request: HttpRequest, most: int) -> Call:
    """Any header may be the channel's key, which is not for where the aggregator sends us on to."""
    headers = tuple(request.headers.items())
    keys = frozenset(name.lower() for name in request.headers)
    return Call(request.method, request.url, headers, request.body, SECONDS, most, REDIRECTS, keys)


def _said(status: int, sentence: str) -> tuple[int, str, bytes]:
    return status, "text/plain; charset=utf-8", (sentence + "\n").encode()
