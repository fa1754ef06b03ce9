"""X, as far as a link and a sender see it, over real HTTP on loopback: the app's stream, subscriptions, messages that are asked for and sent,
uploads, tokens. One connection per app; a stream tells again what was said within the last minutes; ids say when they were made.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from aiohttp import web

APP = "app-token"
_EPOCH = 1_288_834_974_657
Answer = tuple[int, dict[str, Any], dict[str, str]]


@dataclass
class FakeX:
    """`time` gives seconds since 1970. `users`: the handle of each user token that holds."""

    time: Callable[[], float] = lambda: 1_790_000_000.0
    users: dict[str, str] = field(default_factory=lambda: {"user-token": "900"})
    beat: float = 0.02
    port: int = 0
    page: int = 100
    limit: int = 1_500
    refusals: list[Answer] = field(default_factory=list)
    """What the next connections are answered instead."""
    event_refusals: list[Answer] = field(default_factory=list)
    """What the next questions for missed messages are answered instead."""
    loses: bool = False
    """Whether the stream brings nothing, now and later."""
    connected: list[dict[str, str]] = field(default_factory=list)
    """The queries of the connections."""
    most_at_once: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    """The queries for missed messages."""
    sent: list[dict[str, Any]] = field(default_factory=list)
    sent_with: list[str] = field(default_factory=list)
    """The tokens of what was sent."""
    uploads: list[tuple[str, int]] = field(default_factory=list)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)
    refreshed: list[str] = field(default_factory=list)
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    """Those that are good, with the handle."""
    send_refusal: Answer | None = None
    _said: list[tuple[float, str, dict[str, Any]]] = field(default_factory=list)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _open: dict[int, tuple[web.Request, asyncio.Queue[bytes]]] = field(default_factory=dict)
    _number: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_heard(self) -> bool:
        return bool(self._open)

    async def start(self) -> None:
        application = web.Application(client_max_size=32 << 20)
        routes = application.router
        routes.add_get("/2/activity/stream", self._stream)
        routes.add_route("*", "/2/activity/subscriptions", self._subscriptions)
        routes.add_delete("/2/activity/subscriptions/{id}", self._unsubscribe)
        routes.add_get("/2/dm_events", self._dm_events)
        routes.add_post("/2/dm_conversations/with/{id}/messages", self._send)
        routes.add_post("/2/media/upload", self._upload)
        routes.add_post("/2/oauth2/token", self._token)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        self.cut()
        await self._runner.cleanup()

    # ---- what happens ----------------------------------------------------------------------------------------------------------

    def say(self, text: str, sender: str = "5150", to: str = "900", *, heard: bool = True, **data: Any) -> str:
        """Somebody writes to a handle; gives the message's id. With `heard` the stream brings it."""
        id = self._new_id()
        at = self.time()
        self._keep(id, text, sender, to)
        created = {"id": id, "type": "message_create", "created_timestamp": str(int(at * 1000))}
        content = {"text": text, "entities": {"urls": []}} | data
        message = {"target": {"recipient_id": to}, "sender_id": sender, "message_data": content}
        users = {sender: {"data": {"id": sender, "username": f"User{sender}", "name": f"User {sender}"}}}
        payload = {"direct_message_events": [created | {"message_create": message}], "users": users}
        if heard:
            self.happen("dm.received", to, payload)
        return id

    def happen(self, event_type: str, user_id: str, payload: Any) -> None:
        """An event, if it is subscribed to."""
        event = {"event_uuid": f"event {self._number}", "filter": {"user_id": user_id}, "event_type": event_type}
        if self._is_subscribed(event_type, user_id):
            self._said.append((self.time(), event_type, event | {"payload": payload}))
            self.tell(event | {"payload": payload})

    def tell(self, event: dict[str, Any]) -> None:
        if not self.loses:
            self.write(orjson.dumps({"data": event}) + b"\r\n")

    def write(self, raw: bytes) -> None:
        for _, queue in self._open.values():
            queue.put_nowait(raw)

    def disconnect(self) -> None:
        """In-band, as X does it before it restarts a server."""
        self.write(orjson.dumps({"errors": [{"title": "operational-disconnect", "detail": "Back soon."}]}) + b"\r\n")

    def cut(self) -> None:
        for request, _ in self._open.values():
            if request.transport is not None:
                request.transport.abort()
        self._open.clear()

    def _keep(self, id: str, text: str, sender: str, other: str) -> None:
        created = datetime.fromtimestamp(self.time(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        event = {"id": id, "event_type": "MessageCreate", "text": text, "sender_id": sender}
        event |= {"dm_conversation_id": f"{sender}-{other}", "created_at": created}
        self._events.append(event)

    def _new_id(self) -> str:
        self._number += 1
        return str((int(self.time() * 1000) - _EPOCH << 22) + self._number)

    # ---- the stream ------------------------------------------------------------------------------------------------------------

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("authorization") != f"Bearer {APP}":
            return _problem(401, "Unauthorized")
        if self.refusals:
            status, body, headers = self.refusals.pop(0)
            return web.json_response(body, status=status, headers=headers)
        for key, (other, _) in list(self._open.items()):
            if other.transport is None or other.transport.is_closing():
                del self._open[key]
        if self._open:
            return web.json_response(
                {"title": "ConnectionException", "connection_issue": "TooManyConnections", "detail": "Too many."},
                status=429,
            )
        self.connected.append(dict(request.query))
        response = web.StreamResponse(headers={"content-type": "application/json"})
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        key = id(request)
        self._open[key] = request, queue
        self.most_at_once = max(self.most_at_once, len(self._open))
        try:
            await response.prepare(request)
            for at, _, event in list(self._said):
                if not self.loses and at >= self.time() - 60 * int(request.query["backfill_minutes"]):
                    await response.write(orjson.dumps({"data": event}) + b"\r\n")
            while key in self._open:
                try:
                    await response.write(await asyncio.wait_for(queue.get(), self.beat))
                except TimeoutError:
                    await response.write(b"\r\n")
        except ConnectionError:
            pass
        finally:
            self._open.pop(key, None)
        return response

    # ---- subscriptions ---------------------------------------------------------------------------------------------------------

    def _is_subscribed(self, event_type: str, user_id: str) -> bool:
        return any(
            each["event_type"] == event_type and each["filter"]["user_id"] == user_id for each in self.subscriptions
        )

    async def _subscriptions(self, request: web.Request) -> web.Response:
        if request.method == "GET":
            if request.headers["authorization"] != f"Bearer {APP}":
                return _problem(401, "Unauthorized")
            start = int(request.query.get("pagination_token", "0"))
            some = self.subscriptions[start : start + self.page]
            more = {"next_token": str(start + self.page)} if len(self.subscriptions) > start + self.page else {}
            return web.json_response({"data": some, "meta": {"result_count": len(some), **more}})
        wanted = await request.json()
        if self._user(request) is None:
            return _problem(401, "Unauthorized")
        if self._user(request) != wanted["filter"]["user_id"]:
            return _problem(403, "The user has not authorised the app.")
        if len(self.subscriptions) >= self.limit:
            return _problem(400, "The app has too many subscriptions.")
        self._number += 1
        made = {"subscription_id": f"s{self._number}", **wanted}
        self.subscriptions.append(made)
        return web.json_response({"data": made}, status=201)

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        self.subscriptions = [each for each in self.subscriptions if each["subscription_id"] != id]
        return web.json_response({"data": {"deleted": True}})

    # ---- requests of users -----------------------------------------------------------------------------------------------------

    def _user(self, request: web.Request) -> str | None:
        return self.users.get(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def _dm_events(self, request: web.Request) -> web.Response:
        user = self._user(request)
        if user is None:
            return _problem(401, "Unauthorized")
        self.asked.append(dict(request.query))
        if self.event_refusals:
            status, body, headers = self.event_refusals.pop(0)
            return web.json_response(body, status=status, headers=headers)
        own = [each for each in reversed(self._events) if user in each["dm_conversation_id"].split("-")]
        start = int(request.query.get("pagination_token", "0"))
        some = own[start : start + self.page]
        senders = {each["sender_id"] for each in some}
        users = [{"id": each, "username": f"User{each}", "name": f"User {each}"} for each in senders]
        more = {"next_token": str(start + self.page)} if len(own) > start + self.page else {}
        return web.json_response(
            {"data": some, "includes": {"users": users}, "meta": {"result_count": len(some), **more}}
        )

    async def _send(self, request: web.Request) -> web.Response:
        user = self._user(request)
        if user is None:
            return _problem(401, "Unauthorized")
        if self.send_refusal is not None:
            status, body, headers = self.send_refusal
            return web.json_response(body, status=status, headers=headers)
        payload, to, id = await request.json(), request.match_info["id"], self._new_id()
        self.sent.append({"to": to, **payload})
        self.sent_with.append(request.headers["authorization"].removeprefix("Bearer "))
        self._keep(id, payload.get("text", ""), user, to)
        return web.json_response({"data": {"dm_conversation_id": f"{to}-{user}", "dm_event_id": id}}, status=201)

    async def _upload(self, request: web.Request) -> web.Response:
        if self._user(request) is None:
            return _problem(401, "Unauthorized")
        form = await request.post()
        file = form["media"]
        assert isinstance(file, web.FileField)
        self.uploads.append((str(form["media_category"]), len(file.file.read())))
        return web.json_response({"data": {"id": f"media {len(self.uploads)}", "expires_after_secs": 86_400}})

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        handle = self.refresh_tokens.pop(str(form["refresh_token"]), None)
        if handle is None:
            return web.json_response({"error": "invalid_grant", "error_description": "It was used."}, status=400)
        self.refreshed.append(str(form["refresh_token"]))
        access, refresh = f"access {len(self.refreshed)}", f"refresh {len(self.refreshed)}"
        self.users[access], self.refresh_tokens[refresh] = handle, handle
        return web.json_response({"access_token": access, "refresh_token": refresh, "expires_in": 7_200})


def _problem(status: int, detail: str) -> web.Response:
    return web.json_response({"title": "Problem", "detail": detail, "status": status}, status=status)
