"""The ingest door, in plain ASGI: an aggregator's request becomes facts, the facts become durable, then it gets its answer.

`/c/<type>/<channel uuid>/<action>`. Wrong requests get a 4xx that says what is wrong and change nothing; when neither log nor spool can
take a fact the answer is 503, so that the aggregator repeats it.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from domain.errors import EvenkeelError, NotFound
from domain.events.record import Event
from gateways.append.group_commit import GroupCommit
from gateways.channels.catalogue import channel_type, type_of
from gateways.channels.contract import (
    Answer,
    Channel,
    ChannelType,
    HttpRequest,
    HttpResponse,
    Installation,
    Received,
)
from gateways.channels.facts import Facts
from gateways.channels.log.recorder import Recorder
from gateways.channels.media_addresses import MediaAddresses
from gateways.channels.replies import ignored
from gateways.ingest.asgi import MAX_BODY, Receive, Scope, Send, body_of, error_response, request_of, send_response
from gateways.ingest.channel_directory import ChannelDirectory
from gateways.ingest.exchanges import record
from gateways.ingest.registrations import ContactOf, answer_to

log = logging.getLogger(__name__)

TOO_LARGE = f"The body is larger than {MAX_BODY} bytes."
UNKNOWN_CHANNEL_LOOKS = 4  # times a channel is looked for again ...
UNKNOWN_CHANNEL_PAUSE = 0.05  # ... after so many seconds
TYPES_BY_ADDRESS = frozenset({"WAC", "FBA", "IG"})  # Meta calls one address for all channels of a type
REMEMBERED = 10_000  # external ids whose answer is repeated without writing again; beyond, the decider still knows them


class IngestDoor:
    """An ASGI application. `new_id` gives uuid7 texts, `now` the time in UTC; `recorder` is told of every exchange with a channel.

    `contact_of` finds who has a URN, for the answers to registrations.
    """

    def __init__(
        self,
        directory: ChannelDirectory,
        commit: GroupCommit,
        new_id: Callable[[], str],
        now: Callable[[], datetime],
        installation: Installation | None = None,
        media: MediaAddresses | None = None,
        recorder: Recorder | None = None,
        contact_of: ContactOf | None = None,
    ) -> None:
        self._directory = directory
        self._commit = commit
        self._new_id = new_id
        self._installation = installation or Installation()
        self._facts = Facts(new_id, now, media)
        self._recorder = recorder
        self._contact_of = contact_of
        self._answered: OrderedDict[str, tuple[HttpResponse, asyncio.Future[None]]] = OrderedDict()
        self.counts: dict[str, int] = {"messages": 0, "statuses": 0, "events": 0, "repeated": 0, "refused": 0}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(scope, receive)
        except NotFound as error:
            response = error_response(404, error.sentence)
        except EvenkeelError as error:
            response = error_response(503, error.sentence)
        except Exception:
            log.exception("An ingest request failed", extra={"action": "ingest_failed", "path": scope["path"]})
            response = error_response(500, "The request could not be handled; it was not recorded.")
        await send_response(response, send)

    async def _answer(self, scope: Scope, receive: Receive) -> HttpResponse:
        found = await self._patient_route(scope)
        if isinstance(found, HttpResponse):
            self.counts["refused"] += 1
            return found
        kind, channel, action = found
        body = await body_of(receive)
        request = request_of(scope, body or b"")
        if channel is not None:
            return await self._exchange(kind, channel, action, request, is_whole=body is not None)
        channels = await self._addressed(kind, request) if body is not None else _too_large()
        if isinstance(channels, HttpResponse):
            self.counts["refused"] += 1
            return channels
        responses = [await self._exchange(kind, each, action, request, is_whole=body is not None) for each in channels]
        return next((each for each in responses if each.status != 200), responses[0])

    async def _exchange(
        self, kind: ChannelType, channel: Channel, action: str, request: HttpRequest, *, is_whole: bool
    ) -> HttpResponse:
        """What a request says to a channel, handled and told to the recorder."""
        handled = _Handled()
        begun = monotonic()
        response = await self._handle(kind, channel, action, request, handled, is_whole=is_whole)
        if self._recorder is not None and channel.uuid:
            ms = int((monotonic() - begun) * 1_000)
            record(
                self._recorder,
                kind,
                channel,
                action,
                request,
                handled.answer,
                response,
                handled.events,
                ms,
                handled.error,
            )
        return response

    async def _handle(
        self,
        kind: ChannelType,
        channel: Channel,
        action: str,
        request: HttpRequest,
        handled: "_Handled",
        *,
        is_whole: bool,
    ) -> HttpResponse:
        """Our response; `handled` tells what became of the request, also if it went wrong."""
        try:
            if not is_whole:
                self.counts["refused"] += 1
                handled.error = TOO_LARGE
                return _too_large()
            answer = kind.receive(action, channel, request, installation=self._installation, new_id=self._new_id)
            handled.answer = answer
            if not isinstance(answer, Received):
                self.counts["refused"] += 1
                return answer.response
            return await self._record(kind, channel, answer, handled)
        except EvenkeelError as error:
            handled.error = error.sentence
            return error_response(503, error.sentence)
        except Exception:
            log.exception("An ingest request failed", extra={"action": "ingest_failed", "path": request.url})
            handled.error = "The request could not be handled; it was not recorded."
            return error_response(500, handled.error)

    async def _addressed(self, kind: ChannelType, request: HttpRequest) -> list[Channel] | HttpResponse:
        """The channels that the request itself names. A challenge names none: it is asked of the installation.

        What is for nobody here is ignored, as these types answer errors with 200.
        """
        if request.method == "GET":
            return [Channel("", "", kind.code, "")]
        addresses = kind.channel_addresses(request)
        channels: dict[str, Channel] = {}
        for look in range(1 + UNKNOWN_CHANNEL_LOOKS):
            found = (self._directory.find_by_address(kind.code, each) for each in addresses)
            channels = {each.uuid: each for each in found if each is not None}
            if len(channels) == len(addresses):
                break
            await asyncio.sleep(UNKNOWN_CHANNEL_PAUSE * (look < UNKNOWN_CHANNEL_LOOKS))
        else:
            if not self._directory.caught_up.is_set():
                return _not_ready()
        if channels:
            return list(channels.values())
        return ignored("channel not found").response

    async def _patient_route(self, scope: Scope) -> tuple[ChannelType, Channel | None, str] | HttpResponse:
        """A channel that was added a moment ago may not be known yet; while the door starts, none need be."""
        found = self._route(scope)
        if not isinstance(found, HttpResponse):
            return found
        for _ in range(UNKNOWN_CHANNEL_LOOKS):
            if not isinstance(found, HttpResponse) or found.status != 400:
                return found
            await asyncio.sleep(UNKNOWN_CHANNEL_PAUSE)
            found = self._route(scope)
        if isinstance(found, HttpResponse) and found.status == 400 and not self._directory.caught_up.is_set():
            return _not_ready()
        return found

    def _route(self, scope: Scope) -> tuple[ChannelType, Channel | None, str] | HttpResponse:
        parts = scope["path"].strip("/").split("/")
        if len(parts) == 3 and parts[0] == "c" and parts[1].upper() in TYPES_BY_ADDRESS:
            return self._action(scope, channel_type(parts[1].upper()), None, parts[2])
        if len(parts) < 3 or parts[0] != "c":
            return error_response(404, "Not found: expected /c/<type>/<channel uuid>/<action>.")
        channel = self._directory.find(parts[2])
        if channel is None or channel.type.lower() != parts[1]:
            return error_response(400, "channel not found")
        return self._action(scope, type_of(channel), channel, "/".join(parts[3:]))

    def _action(
        self, scope: Scope, kind: ChannelType, channel: Channel | None, action: str
    ) -> tuple[ChannelType, Channel | None, str] | HttpResponse:
        methods = kind.methods.get(action)
        if methods is None:
            return error_response(404, f"Channels of type {kind.code} have no '{action}'.")
        if scope["method"] not in methods:
            return error_response(405, f"method {scope['method']} is not allowed here")
        return kind, channel, action

    async def _record(
        self, kind: ChannelType, channel: Channel, received: Received, handled: "_Handled"
    ) -> HttpResponse:
        repeated = self._repeated(channel, received)
        if repeated is not None:
            self.counts["repeated"] += 1
            response, durable = repeated
            await asyncio.shield(durable)
            return response
        facts, reports = self._facts.of(kind, channel, received), self._facts.reports_of(channel, received)
        self.counts["messages"] += len(received.messages)
        self.counts["events"] += len(received.events)
        self.counts["statuses"] += len(reports)
        handled.events = [*facts, *reports]
        actor = f"door:{channel.type}"
        waits = []
        if facts:
            waits.append(self._commit.append(channel.org_uuid, "fact", actor, facts))
        if reports:
            waits.append(self._commit.append(channel.org_uuid, "report", actor, reports))
        self._remember(channel, received, waits)
        for wait in waits:
            await wait
        if self._contact_of is not None and received.events:
            return await answer_to(channel, received, self._contact_of, asyncio.sleep)
        return received.response

    def _repeated(self, channel: Channel, received: Received) -> tuple[HttpResponse, asyncio.Future[None]] | None:
        if (
            len(received.messages) != 1
            or not received.messages[0].external_id
            or received.statuses
            or received.events
            or received.parts
        ):
            return None
        return self._answered.get(_repetition(channel, received))

    def _remember(self, channel: Channel, received: Received, waits: list[asyncio.Future[None]]) -> None:
        if len(received.messages) != 1 or not received.messages[0].external_id or len(waits) != 1:
            return
        key = _repetition(channel, received)
        self._answered[key] = (received.response, waits[0])
        waits[0].add_done_callback(lambda future: self._forget_failed(key, future))
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)

    def _forget_failed(self, key: str, future: asyncio.Future[None]) -> None:
        if future.cancelled() or future.exception() is not None:
            self._answered.pop(key, None)


@dataclass(slots=True)
class _Handled:
    """What became of a request: the type's answer, the events that were appended, and what went wrong."""

    answer: Answer | None = None
    events: Sequence[Event] = ()
    error: str = ""


def _too_large() -> HttpResponse:
    return error_response(413, TOO_LARGE)


def _not_ready() -> HttpResponse:
    return error_response(503, "The door has not read its channels yet; try again.")


def _repetition(channel: Channel, received: Received) -> str:
    message = received.messages[0]
    return f"{channel.uuid}|{message.urn}|{message.external_id}"
