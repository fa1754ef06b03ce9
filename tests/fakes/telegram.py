"""Telegram's Bot API, as far as a poller and a sender see it, over real HTTP on loopback.

Updates wait until a higher `offset` confirms them. One poller at a time: a newer one ends the older one's question with 409; none at all
while a webhook is set.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "77:secret"


@dataclass
class Telegram:
    """`time` gives seconds since 1970, for the dates of messages."""

    time: Callable[[], float] = lambda: 1_790_000_000.0
    webhook: str = ""
    next_update: int = 500
    waiting: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    """The forms of getUpdates."""
    sent: list[dict[str, str]] = field(default_factory=list)
    cuts: int = 0
    """So many answers with updates are lost on their way."""
    repeats: bool = False
    """Whether what was confirmed comes once more."""
    refusals: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    """What the next questions are answered instead."""
    sets_webhook_again: bool = False
    conflicts: int = 0
    port: int = 0
    _confirmed: list[dict[str, Any]] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _poller: object = None
    _hurries: bool = False
    _message_id: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def holds_a_question(self) -> bool:
        return self._poller is not None

    async def start(self) -> None:
        application = web.Application()
        application.router.add_post(f"/bot{TOKEN}/{{method}}", self._called)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        self._tell_pollers()
        await self._runner.cleanup()

    def say(self, text: str, sender: int = 5150, **content: Any) -> int:
        """A person writes to the bot; gives the message's id."""
        self._message_id += 1
        person = {"id": sender, "first_name": "Aline", "username": "aline"}
        chat = {"id": sender, "type": "private"}
        message = {"message_id": self._message_id, "from": person, "chat": chat, "date": int(self.time())}
        self.update(message=message | ({"text": text} if text else {}) | content)
        return self._message_id

    def give_up_waiting(self) -> None:
        """The question that is held back is answered, with nothing."""
        self._hurries = True
        self._tell_pollers()

    def update(self, **what: Any) -> None:
        self.waiting.append({"update_id": self.next_update, **what})
        self.next_update += 1
        self._tell_pollers()

    # ---- the API -----------------------------------------------------------------------------------------------------------

    async def _called(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        method = request.match_info["method"]
        if method == "deleteWebhook":
            assert form["drop_pending_updates"] == "false"
            self.webhook = ""
            return _ok(True)
        if method == "getUpdates":
            return await self._get_updates(request, form)
        self._message_id += 1
        self.sent.append(form | {"method": method})
        return _ok({"message_id": self._message_id})

    async def _get_updates(self, request: web.Request, form: dict[str, str]) -> web.StreamResponse:
        self.asked.append(form)
        if self.refusals:
            status, answer = self.refusals.pop(0)
            return web.json_response({"ok": False, "error_code": status, **answer}, status=status)
        if self.sets_webhook_again:
            self.webhook = "https://other.example"
        if self.webhook:
            return self._conflict("can't use getUpdates method while webhook is active; use deleteWebhook first")
        if "offset" in form:
            self._confirm(int(form["offset"]))
        poller = self._poller = object()
        self._tell_pollers()
        await self._until_news(poller, float(form["timeout"]))
        if self._poller is not poller:
            return self._conflict("terminated by other getUpdates request; make sure that only one bot is running")
        self._poller = None
        found = self.waiting[: int(form["limit"])]
        if found and self.cuts:
            self.cuts -= 1
            assert request.transport is not None
            request.transport.abort()
        return _ok(found)

    def _confirm(self, offset: int) -> None:
        done = [each for each in self.waiting if each["update_id"] < offset]
        self.waiting = [each for each in self.waiting if each["update_id"] >= offset]
        if self.repeats and done:
            self.repeats = False
            self.waiting = done + self.waiting

    async def _until_news(self, poller: object, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        self._hurries = False
        while (
            not (self.waiting or self._hurries)
            and self._poller is poller
            and (left := end - asyncio.get_running_loop().time()) > 0
        ):
            self._news.clear()
            try:
                async with asyncio.timeout(left):
                    await self._news.wait()
            except TimeoutError:
                return

    def be_polled_by_another(self) -> None:
        self._poller = object()
        self._tell_pollers()

    def _tell_pollers(self) -> None:
        self._news.set()

    def _conflict(self, why: str) -> web.Response:
        self.conflicts += 1
        answer = {"ok": False, "error_code": 409, "description": f"Conflict: {why}"}
        return web.json_response(answer, status=409)


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})
