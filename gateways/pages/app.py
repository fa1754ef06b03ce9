"""The pages of an installation: home, phone simulator, the log as it moves, and what machines ask (`/healthz`, `/readyz`, `/metrics`).

Plain HTML with a little script of its own: nothing is built, nothing is loaded from elsewhere, and a strict content security policy says
so to the browser.
"""

from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateways.pages.escaping import Markup, fill, joined, template
from gateways.pages.log_watch import LogWatch
from gateways.pages.metrics import Figures
from gateways.pages.passing_records import Records
from gateways.pages.phones import Phones
from gateways.pages.simulator import Messages, Simulator, Workspaces
from gateways.pages.status import Status, StatusBoard
from infra.clock import now as utc_now

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_STATIC = {
    "simulator.js": "text/javascript",
    "log.js": "text/javascript",
    "channel_log.js": "text/javascript",
    "pages.css": "text/css",
}

_WORKSPACE = '<li><strong>{{name}}</strong><ul class="channels">{{channels}}</ul></li>'
_CHANNEL = "<li>{{type}} {{address}}</li>"


def create_pages(
    *,
    workspaces: Workspaces,
    status: Callable[[], Status],
    records: Records,
    messages: Messages,
    figures: Callable[[], Figures] = dict,
    now: Callable[[], datetime] = utc_now,
) -> Starlette:
    """The pages. What they need is asked for in threads, so it may block.

    `workspaces`, `status`, `records`, `messages`, `figures`: see `Workspaces`, `Status`, `Records` (`PassingRecords(log)` is one), `Messages`
    and `Figures`.
    `app.state.end_streams()` lets all watching browsers go; call it (in the event loop) before the server stops, which would
    otherwise wait for them.
    """
    board = StatusBoard(status, figures)
    simulator = Simulator(workspaces, messages, Phones(now))
    watch = LogWatch(board, records)

    async def home(request: Request) -> Response:
        return _page("home.html", workspaces=_listed(await simulator.workspaces()))

    def end_streams() -> None:
        simulator.phones.streams.end()
        watch.streams.end()

    routes = [
        Route("/", home),
        Route("/simulator", _plain_page("simulator.html")),
        Route("/log", _plain_page("log.html")),
        Route("/channels/log/", _plain_page("channel_log.html")),
        Route("/channels/log/{channel}", _plain_page("channel_log.html")),
        Route("/pages/{name}", _static),
        *simulator.routes(),
        *watch.routes(),
        *board.routes(),
    ]
    app = Starlette(
        routes=routes, middleware=[Middleware(_SafeHeaders)], exception_handlers={HTTPException: _not_found}
    )
    app.state.end_streams = end_streams
    return app


def _plain_page(name: str) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        return _page(name)

    return page


def _page(name: str, **values: str) -> Response:
    content = fill(template(name), values)
    return HTMLResponse(fill(template("frame.html"), {"content": content, "title": _title(content)}))


def _title(content: str) -> str:
    """The page's heading."""
    return content.partition("<h1>")[2].partition("</h1>")[0]


def _listed(workspaces: list[dict[str, Any]]) -> Markup:
    return joined(
        fill(_WORKSPACE, {"name": each["name"], "channels": joined(fill(_CHANNEL, c) for c in each["channels"])})
        for each in workspaces
    )


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    kind = _STATIC.get(name)
    if kind is None:
        raise HTTPException(404)
    text = files("gateways.pages").joinpath("static", name).read_text(encoding="utf-8")
    return Response(text, media_type=kind, headers={"cache-control": "no-cache"})


async def _not_found(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse("There is no such page.\n" if status == 404 else "Not allowed.\n", status)


class _SafeHeaders:
    """What every answer says to browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["content-security-policy"] = POLICY
                headers["x-content-type-options"] = "nosniff"
                headers["referrer-policy"] = "no-referrer"
                headers["cross-origin-opener-policy"] = "same-origin"
            await send(message)

        await self._app(scope, receive, send_safely if scope["type"] == "http" else send)
