"""API v2: RapidPro's endpoints over the read models, commands over the log.

A GET is answered from the read models. A POST or DELETE becomes a command; its answer is given when the decision is in the read
models, so a client reads what it wrote.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any, Protocol

import orjson
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from domain.errors import EvenkeelError, Unavailable
from domain.events.record import Event
from domain.events.versions import version_of
from gateways.api_v2.answers import Refused, not_found, wrong_body, wrong_field, wrong_param
from gateways.api_v2.authentication import authenticate
from gateways.api_v2.calls import Call, Command
from gateways.api_v2.catalogue import ENDPOINTS, Endpoint
from gateways.api_v2.throttle import Check, no_limit
from gateways.http.read_pool import ReadPool
from projections.command_outcomes.waiting import Outcome, OutcomeListener

log = logging.getLogger(__name__)

MAX_BODY = 1 << 20
MOST_NESTED = 64  # objects and lists in each other: events are written by a library that refuses 255
NO_NULS = "Null characters are not allowed."
OUTCOME_SECONDS = 25.0
METHODS = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"]  # those that are not allowed are told which are


class Appender(Protocol):
    """`gateways.append.group_commit.GroupCommit.append`."""

    def append(self, org: str, kind: Any, actor: str, events: list[Event]) -> "asyncio.Future[None]": ...


class OrjsonResponse(JSONResponse):
    def render(self, content: Any) -> bytes:
        return orjson.dumps(content, default=str)


def create_api(
    *,
    read_database: Callable[[], Any],
    appender: Appender,
    outcomes: OutcomeListener,
    new_id: Callable[[], str],
    base_url: str,
    throttle: Check = no_limit,
) -> FastAPI:
    """`read_database` opens a connection to the read models, `base_url` is what clients call this installation by; `throttle` is asked
    for each call (organization, endpoint) and may refuse it."""
    pool = ReadPool(read_database)
    commands = _Commands(appender, outcomes, new_id)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> Any:
        yield
        pool.close()

    app = FastAPI(
        title="Evenkeel API",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(EvenkeelError, _failed)
    app.add_exception_handler(HTTPException, _not_here)
    for path in ("/api", "/api/"):
        app.add_api_route(path, lambda: RedirectResponse("/api/v2/"), include_in_schema=False)
    root = {name: f"{base_url}/api/v2/{name}.json" for name, each in ENDPOINTS.items() if each.listed}
    for path in ("/api/v2", "/api/v2/", "/api/v2/.json", "/api/v2.json"):
        app.add_api_route(path, lambda: OrjsonResponse(root), include_in_schema=False)
    for name, endpoint in ENDPOINTS.items():
        resource = _Resource(endpoint, name, f"{base_url}/api/v2/{name}.json", pool, commands, new_id, throttle)
        for slash in ("", "/"):
            path = f"/api/v2/{name}.json{slash}"
            app.add_api_route(path, resource.answer, methods=METHODS, include_in_schema=False)
            page = f"/api/v2/{name}{slash}"
            app.add_api_route(page, _documentation(name), methods=["GET"], include_in_schema=False)
    return app


class _Commands:
    def __init__(self, appender: Appender, outcomes: OutcomeListener, new_id: Callable[[], str]) -> None:
        self._appender = appender
        self._outcomes = outcomes
        self._new_id = new_id

    async def submit(self, call: Call, command: Command) -> Outcome:
        """Appends it and waits until the read models show what came of it. Raises Unavailable."""
        event: Event = {
            "type": command.name,
            "version": version_of(command.name),
            "id": self._new_id(),
            "data": command.data,
        }
        expected: Future[Outcome] = self._outcomes.expect(event["id"])
        try:
            await self._appender.append(call.org, "command", f"api:{call.caller.email}", [event])
            return await asyncio.wait_for(asyncio.wrap_future(expected), OUTCOME_SECONDS)
        except TimeoutError:
            raise Unavailable(
                f"The command is recorded as {event['id']} and will be carried out, but not within {OUTCOME_SECONDS:.0f} s."
            ) from None
        finally:
            self._outcomes.forget(event["id"])


class _Resource:
    """Answers the calls of one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        name: str,
        url: str,
        pool: ReadPool,
        commands: _Commands,
        new_id: Callable[[], str],
        throttle: Check,
    ) -> None:
        self._endpoint = endpoint
        self._name = name
        self._throttle = throttle
        self._url = url
        self._pool = pool
        self._commands = commands
        self._new_id = new_id

    async def answer(self, request: Request) -> Response:
        raw = await _read(request) if request.method == "POST" else b""
        call, found = await run_in_threadpool(self._begin, request, raw)
        headers = _workspace(request)
        if not isinstance(found, Command):
            return OrjsonResponse(found, headers=headers)
        outcome = await self._commands.submit(call, found)
        if not outcome.accepted:
            raise _refusal(request.method, outcome)
        status, content = await run_in_threadpool(self._end, found, outcome)
        return Response(status_code=204, headers=headers) if status == 204 else OrjsonResponse(content, status, headers)

    def _begin(self, request: Request, raw: bytes) -> tuple[Call, Any]:
        with self._pool.reading() as reader:
            caller = authenticate(reader, request.headers)
            request.state.workspace = caller.org
            self._throttle(caller.org, self._name)
            acts = {"GET": self._endpoint.get, "POST": self._endpoint.post, "DELETE": self._endpoint.delete}
            act = acts.get(request.method)
            if act is None:
                raise _not_allowed(request, ", ".join(method for method, known in acts.items() if known))
            given = _params(request)
            call = Call(caller, dict(given), self._url, _body(raw), self._new_id, given)
            return call, act(reader, call)

    def _end(self, command: Command, outcome: Outcome) -> tuple[int, Any]:
        with self._pool.reading() as reader:
            return command.answer(reader, outcome.result)


async def _read(request: Request) -> bytes:
    """No more of it than may be."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > MAX_BODY:
            raise Refused(413, {"detail": f"The body is larger than {MAX_BODY} bytes."})
    return bytes(raw)


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refused(400, {"detail": f"JSON parse error - {error}"}) from None
    if not isinstance(body, dict):
        raise wrong_body("Request body should be a single JSON object")
    if b"\\u0000" in raw or raw.count(b"{") + raw.count(b"[") > MOST_NESTED:
        for name, value in body.items():
            _check(name, value)
    return body


def _check(name: str, value: Any) -> None:
    """Refuses what no database's text and no event can hold."""
    field = name.replace("\0", "")
    places = [(name, 1), (value, 1)]
    while places:
        found, depth = places.pop()
        if depth > MOST_NESTED:
            raise wrong_field(field, f"It is nested more than {MOST_NESTED} times.")
        if isinstance(found, str) and "\0" in found:
            raise wrong_field(field, NO_NULS)
        if isinstance(found, dict):
            places += [(key, depth) for key in found] + [(inner, depth + 1) for inner in found.values()]
        elif isinstance(found, list):
            places += [(inner, depth + 1) for inner in found]


def _params(request: Request) -> list[tuple[str, str]]:
    found = request.query_params.multi_items()
    for name, value in found:
        if "\0" in name or "\0" in value:
            raise wrong_param(NO_NULS)
    return found


def _workspace(request: Request) -> dict[str, str]:
    """The header of every answer to somebody who is known."""
    org = getattr(request.state, "workspace", None)
    return {"X-Temba-Workspace": org} if org else {}


def _refusal(method: str, outcome: Outcome) -> Refused:
    """A DELETE has no body whose fields could be named."""
    sentence = outcome.sentence or "The command was refused."
    if method == "DELETE":
        return wrong_param(sentence)
    if outcome.field:
        return wrong_field(outcome.field, sentence)
    return wrong_body(sentence)


def _not_allowed(request: Request, allowed: str) -> Refused:
    return Refused(405, {"detail": f'Method "{request.method}" not allowed.'}, {"Allow": allowed})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return OrjsonResponse(error.body, error.status, {**error.headers, **_workspace(request)})


async def _not_here(request: Request, error: Exception) -> Response:
    """Nothing is at this address, or nothing for this method."""
    assert isinstance(error, HTTPException)
    known = error.status_code == 405
    return await _refused(
        request, _not_allowed(request, (error.headers or {}).get("Allow", "GET")) if known else not_found()
    )


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, EvenkeelError)
    status = 503 if isinstance(error, Unavailable) else 500
    return OrjsonResponse({"detail": error.sentence}, status, {"Retry-After": "2", **_workspace(request)})


def _documentation(name: str) -> Callable[[], Response]:
    def page() -> Response:
        return PlainTextResponse(f"The endpoint {name} of the Evenkeel API. Its data are at /api/v2/{name}.json\n")

    return page
