"""Resumes: what wakes a session that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.contact.timestamps import normalised
from domain.errors import Invalid
from domain.flow.engine.document_shapes import RESUME, check_shape
from domain.flow.engine.inputs import MessageInput
from domain.flow.engine.triggers import read_event

MSG, DIAL, WAIT_EXPIRATION, WAIT_TIMEOUT = "msg", "dial", "wait_expiration", "wait_timeout"

EVENT_OF_TYPE = {
    MSG: "msg_received",
    DIAL: "dial_ended",
    WAIT_EXPIRATION: "wait_expired",
    WAIT_TIMEOUT: "wait_timed_out",
}
"""The resume types, and the event that each carries."""

DIAL_STATUSES = ("answered", "no_answer", "busy", "failed")


@dataclass(frozen=True, slots=True)
class Resume:
    """What woke a session. Only a `msg` has input, only a `dial` has `dial`: {status, duration}."""

    type: str
    resumed_on: str
    event: Mapping[str, Any]
    input: MessageInput | None = None

    @property
    def dial(self) -> Mapping[str, Any] | None:
        dial: Mapping[str, Any] | None = self.event.get("dial")
        return dial

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "event": self.event, "resumed_on": self.resumed_on}


def read_resume(document: Mapping[str, Any]) -> Resume:
    """Reads a resume of any type.

    Raises:
        Invalid: a required field is absent, one is not what it must be, or the event is not the one of this type.
    """
    check_shape(document, RESUME)
    kind = document.get("type")
    if kind not in EVENT_OF_TYPE:
        raise Invalid("field 'type' is required" if not kind else f"unknown type: '{kind}'", field="type")
    if not document.get("resumed_on"):
        raise Invalid("field 'resumed_on' is required", field="resumed_on")
    event = document.get("event")
    if not event:
        raise Invalid("field 'event' is required", field="event")
    if event.get("type") != EVENT_OF_TYPE[kind]:
        raise Invalid(f"{kind} resume event must be of type {EVENT_OF_TYPE[kind]}", field="event")
    event = read_event(event)
    if kind == DIAL and (event.get("dial") or {}).get("status") not in DIAL_STATUSES:
        raise Invalid(f"field 'event.dial.status' must be one of {', '.join(DIAL_STATUSES)}", field="event.dial.status")
    received = MessageInput.from_event(event) if kind == MSG else None
    return Resume(kind, normalised(document["resumed_on"]), event, received)
