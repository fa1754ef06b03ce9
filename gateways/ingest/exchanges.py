"""An aggregator's request and our response, as the channel's log and figures want them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from domain.events.record import Event
from domain.ports.channel_log import ExchangeKind
from gateways.channels.contract import Answer, Channel, ChannelType, HttpRequest, HttpResponse, Received, Refused, Route
from gateways.channels.facts import names_of
from gateways.channels.log.figures import Figure
from gateways.channels.log.recorder import Incoming, Recorder

_BY_ROUTE: Mapping[str, ExchangeKind] = MappingProxyType(
    {
        "message": "message_receive",
        "status": "message_status",
        "event": "event_receive",
        "several": "multi_receive",
        "challenge": "webhook_verify",
    }
)


def record(
    recorder: Recorder,
    kind: ChannelType,
    channel: Channel,
    action: str,
    request: HttpRequest,
    answer: Answer | None,
    response: HttpResponse,
    events: Sequence[Event],
    elapsed_ms: int,
    error: str = "",
) -> None:
    """`answer` is None if the type wasn't asked. `events` are those that were appended; without any the request repeated an earlier one."""
    if isinstance(answer, Refused):
        error = error or answer.reason or "refused"
    for figure, by in _figures(answer, bool(events), error):
        recorder.figures.count(channel, figure, by)
    received = answer if isinstance(answer, Received) else None
    incoming = Incoming(
        request,
        response,
        _kind_of(received) or _kind_of_route(kind.actions, action, request.method),
        elapsed_ms,
        error,
        answer.log if answer is not None else (),
        _messages(received, events),
        _urns(received),
        _secrets(received),
    )
    recorder.received(channel, kind, incoming)


def _figures(answer: Answer | None, is_new: bool, error: str) -> Iterator[tuple[Figure, int]]:
    if error:
        yield "refused", 1
    elif isinstance(answer, Received):
        if not is_new and (answer.messages or answer.statuses or answer.events or answer.parts):
            yield "repeated", 1
            return
        if answer.messages or answer.parts:
            yield "received", len(answer.messages) + len(answer.parts)
        if answer.events:
            yield "events", len(answer.events)
        if answer.statuses:
            yield "statuses", len(answer.statuses)


def _kind_of(received: Received | None) -> ExchangeKind | None:
    """By what was in it."""
    if received is None:
        return None
    found: list[ExchangeKind] = []
    if received.messages or received.parts:
        found.append("message_receive")
    if received.statuses:
        found.append("message_status")
    if received.events:
        found.append("event_receive")
    return found[0] if len(found) == 1 else "multi_receive" if found else None


def _kind_of_route(routes: Iterable[Route], action: str, method: str) -> ExchangeKind:
    gives = (each.gives for each in routes if each.action == action and method in each.methods)
    return _BY_ROUTE.get(next(gives, ""), "unknown")


def _messages(received: Received | None, events: Sequence[Event]) -> Iterator[str]:
    yield from names_of(events)
    if not events and received is not None:
        yield from (f"external:{each.external_id}" for each in received.messages if each.external_id)


def _urns(received: Received | None) -> Iterator[str]:
    if received is not None:
        for group in (received.messages, received.parts, received.events):
            yield from (each.urn for each in group)


def _secrets(received: Received | None) -> Iterator[str]:
    """What the aggregator told us that nobody else may know."""
    if received is not None:
        for group in (received.messages, received.events):
            for each in group:
                yield from (each.auth_tokens or {}).values()
