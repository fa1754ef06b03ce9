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
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from domain.errors import EvenkeelError, Unavailable
from domain.events.record import Event
from domain.events.versions import version_of
from gateways.api_v2.answers import Refused, wrong_body, wrong_field, wrong_param
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

    app = FastAPI(title="Evenkeel API", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(EvenkeelError, _failed)
    app.add_api_route("/api/", lambda: RedirectResponse("/api/v2/"), include_in_schema=False)
    root = {name: f"{base_url}/api/v2/{name}.json" for name, each in ENDPOINTS.items() if each.listed}
    for path in ("/api/v2/", "/api/v2/.json", "/api/v2.json"):
        app.add_api_route(path, lambda: OrjsonResponse(root), include_in_schema=False)
    for name, endpoint in ENDPOINTS.items():
        resource = _Resource(endpoint, name, f"{base_url}/api/v2/{name}.json", pool, commands, new_id, throttle)
        methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
        app.add_api_route(f"/api/v2/{name}.json", resource.answer, methods=methods, include_in_schema=False)
        app.add_api_route(f"/api/v2/{name}", _documentation(name), methods=["GET"], include_in_schema=False)
        app.add_api_route(f"/api/v2/{name}/", _documentation(name), methods=["GET"], include_in_schema=False)
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
        body = await _body(request) if request.method == "POST" else {}
        call, found = await run_in_threadpool(self._begin, request, body)
        headers = {"X-Temba-Workspace": call.org}
        if not isinstance(found, Command):
            return OrjsonResponse(found, headers=headers)
        outcome = await self._commands.submit(call, found)
        if not outcome.accepted:
            raise _refusal(outcome)
        status, content = await run_in_threadpool(self._end, found, outcome)
        return Response(status_code=204, headers=headers) if status == 204 else OrjsonResponse(content, status, headers)

    def _begin(self, request: Request, body: dict[str, Any]) -> tuple[Call, Any]:
        with self._pool.reading() as reader:
            caller = authenticate(reader, request.headers)
            self._throttle(caller.org, self._name)
            call = Call(caller, _params(request), self._url, body, self._new_id)
            act = {"GET": self._endpoint.get, "POST": self._endpoint.post, "DELETE": self._endpoint.delete}.get(
                request.method
            )
            if act is None:
                raise Refused(405, {"detail": f'Method "{request.method}" not allowed.'})
            return call, act(reader, call)

    def _end(self, command: Command, outcome: Outcome) -> tuple[int, Any]:
        with self._pool.reading() as reader:
            return command.answer(reader, outcome.result)


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if len(raw) > MAX_BODY:
        raise Refused(413, {"detail": f"The body is larger than {MAX_BODY} bytes."})
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


def _params(request: Request) -> dict[str, str]:
    found = dict(request.query_params)
    for name, value in found.items():
        if "\0" in name or "\0" in value:
            raise wrong_param(NO_NULS)
    return found


def _refusal(outcome: Outcome) -> Refused:
    sentence = outcome.sentence or "The command was refused."
    if outcome.field:
        return wrong_field(outcome.field, sentence)
    return wrong_body(sentence)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return OrjsonResponse(error.body, error.status, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, EvenkeelError)
    return OrjsonResponse(
        {"detail": error.sentence}, 503 if isinstance(error, Unavailable) else 500, {"Retry-After": "2"}
    )


def _documentation(name: str) -> Callable[[], Response]:
    def page() -> Response:
        return PlainTextResponse(f"The endpoint {name} of the Evenkeel API. Its data are at /api/v2/{name}.json\n")

    return page
