"""Triggers: what starts a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.contact.timestamps import normalised
from domain.errors import Invalid
from domain.flow.engine.document_shapes import TRIGGER, check_shape
from domain.flow.engine.inputs import MessageInput, Reference

EVENTS_OF_TYPE: dict[str, tuple[str, ...]] = {
    "manual": (),
    "msg": ("msg_received",),
    "call": ("call_received", "call_missed"),
    "campaign": ("campaign_fired",),
    "chat": ("chat_started",),
    "channel": (),
    "flow_action": (),
    "ticket": ("ticket_closed",),
}
"""The trigger types, and the events that each may carry."""

_KEYWORD_MATCHES = ("first_word", "only_word")
_REQUIRED = ("flow", "triggered_on")
_REQUIRED_OF_TYPE = {
    "channel": (*_REQUIRED, "event"),
    "flow_action": (*_REQUIRED, "run_summary"),
    "ticket": (*_REQUIRED, "ticket"),
}


@dataclass(frozen=True, slots=True)
class Trigger:
    """What started a session. Attributes that a type doesn't have are empty.

    `flow`, `user` and `ticket` are references as they were given; what they refer to is looked up when it is needed.
    """

    type: str
    flow: Reference
    triggered_on: str
    batch: bool = False
    """Whether this is one of many sessions of one start, in which a flow must not start or open more."""
    event: Mapping[str, Any] | None = None
    params: Any = None
    history: Mapping[str, Any] | None = None
    user: Reference | None = None
    origin: str = ""
    keyword_match: Mapping[str, str] | None = None
    run_summary: Mapping[str, Any] | None = None
    ticket: Mapping[str, Any] | None = None
    input: MessageInput | None = None

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"type": self.type}
        if self.event is not None:
            document["event"] = self.event
        document["flow"] = self.flow
        if self.batch:
            document["batch"] = True
        for name in ("params", "history", "user", "keyword_match", "run_summary", "ticket"):
            value = getattr(self, name)
            if value is not None:
                document[name] = value
        if self.origin:
            document["origin"] = self.origin
        document["triggered_on"] = self.triggered_on
        return document

    @property
    def known_params(self) -> Any:
        """What expressions see as the params: those of the event that began a chat, where one did."""
        return (self.event or {}).get("params") if self.type == "chat" else self.params

    @property
    def keyword(self) -> str:
        """The keyword that the message was matched by."""
        return self.keyword_match["keyword"] if self.keyword_match else ""


def read_trigger(document: Mapping[str, Any], assets: object = None) -> Trigger:
    """Reads a trigger of any type.

    Args:
        document: the trigger as JSON.
        assets: not needed; what a trigger refers to is looked up when it is used, and is null when it is gone.

    Raises:
        Invalid: a required field is absent, one is not what it must be, or the event is not one that this type can have.
    """
    check_shape(document, TRIGGER)
    return stored_trigger(document)


def stored_trigger(document: Mapping[str, Any]) -> Trigger:
    """Reads a trigger whose shape needs no check: one that a session was stored with."""
    kind = document.get("type")
    if kind not in EVENTS_OF_TYPE:
        raise Invalid("field 'type' is required" if not kind else f"unknown type: '{kind}'", field="type")
    _require(document, _REQUIRED_OF_TYPE.get(kind, _REQUIRED))
    _require(document["flow"], ("uuid",), "flow.")
    event = _read_event(kind, document.get("event"))
    return Trigger(
        type=kind,
        flow=dict(document["flow"]),
        triggered_on=normalised(document["triggered_on"]),
        batch=bool(document.get("batch")),
        event=event,
        params=document.get("params"),
        history=document.get("history"),
        user=document.get("user"),
        origin=document.get("origin") or "",
        keyword_match=_read_keyword_match(document.get("keyword_match")),
        run_summary=_read_run_summary(kind, document.get("run_summary")),
        ticket=_read_ticket(kind, document.get("ticket")),
        input=MessageInput.from_event(event) if event is not None and event.get("type") == "msg_received" else None,
    )


def _require(document: Mapping[str, Any], names: tuple[str, ...], prefix: str = "") -> None:
    """Names every field that is absent. Raises Invalid, its `field` is the first of them."""
    absent = [prefix + name for name in names if not document.get(name)]
    if absent:
        raise Invalid(", ".join(f"field '{name}' is required" for name in absent), field=absent[0])


def _read_event(kind: str, event: Any) -> Mapping[str, Any] | None:
    allowed = EVENTS_OF_TYPE[kind]
    if allowed and (not isinstance(event, Mapping) or event.get("type") not in allowed):
        raise Invalid(f"{kind} trigger event must be of type {' or '.join(allowed)}", field="event")
    return read_event(event) if event else None


def read_event(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with its time as state holds it."""
    created_on = event.get("created_on")
    if not created_on:
        return event
    text = normalised(created_on)
    return event if text == created_on else {**event, "created_on": text}


def _read_keyword_match(match: Any) -> Mapping[str, str] | None:
    if match is None:
        return None
    _require(match, ("type", "keyword"), "keyword_match.")
    if match["type"] not in _KEYWORD_MATCHES:
        raise Invalid("field 'keyword_match.type' must be first_word or only_word", field="keyword_match.type")
    return {"type": match["type"], "keyword": match["keyword"]}


def _read_run_summary(kind: str, summary: Any) -> Mapping[str, Any] | None:
    if kind != "flow_action":
        return None
    _require(summary, ("uuid",), "run_summary.")
    return dict(summary)


def _read_ticket(kind: str, ticket: Any) -> Mapping[str, Any] | None:
    return dict(ticket) if kind == "ticket" else None
