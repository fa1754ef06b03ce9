"""Actions that send something to somebody, and those that label what came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.flow.definition.actions.action import INTERACTIVE, ONLINE, VOICE_ONLY, Action
from domain.flow.definition.checks import IS_ATTACHMENT, IS_UUID
from domain.flow.definition.references import (
    ContactReference,
    GroupReference,
    LabelReference,
    TemplateReference,
)
from domain.flow.definition.shapes import nested, nested_list, string, strings

MAX_TEXT = 10_000
MAX_URL = 8192


def message_text() -> str:
    return string(required=True, max_chars=MAX_TEXT, template=True, localizable=True)  # type: ignore[no-any-return]


def attachment_list() -> tuple[str, ...]:
    return strings(  # type: ignore[no-any-return]
        max_items=10, max_chars=MAX_URL, check=IS_ATTACHMENT, template=True, localizable=True
    )


def quick_reply_list() -> tuple[str, ...]:
    return strings(max_items=10, max_chars=1000, template=True, localizable=True)  # type: ignore[no-any-return]


def variable_list() -> tuple[str, ...]:
    return strings(max_items=100, max_chars=MAX_TEXT, template=True)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class SendMsg(Action):
    """Sends the contact a message."""

    type: ClassVar[str] = "send_msg"

    text: str = message_text()
    attachments: tuple[str, ...] = attachment_list()
    quick_replies: tuple[str, ...] = quick_reply_list()
    template: TemplateReference | None = nested(TemplateReference)
    template_variables: tuple[str, ...] = variable_list()


@dataclass(frozen=True, slots=True)
class SendBroadcast(Action):
    """Sends a message to other contacts."""

    type: ClassVar[str] = "send_broadcast"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    groups: tuple[GroupReference, ...] = nested_list(GroupReference, max_items=100)
    contacts: tuple[ContactReference, ...] = nested_list(ContactReference, max_items=100)
    contact_query: str = string(omit_empty=True, max_chars=10_000, template=True)
    urns: tuple[str, ...] = strings(max_items=100)
    legacy_vars: tuple[str, ...] = strings(max_items=100, max_chars=1000, template=True)
    text: str = message_text()
    attachments: tuple[str, ...] = attachment_list()
    quick_replies: tuple[str, ...] = quick_reply_list()
    template: TemplateReference | None = nested(TemplateReference)
    template_variables: tuple[str, ...] = variable_list()


@dataclass(frozen=True, slots=True)
class SendEmail(Action):
    type: ClassVar[str] = "send_email"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    addresses: tuple[str, ...] = strings(min_items=1, max_chars=1000, template=True)
    subject: str = string(required=True, max_chars=1000, template=True, localizable=True)
    body: str = string(required=True, max_chars=10_000, template=True, localizable=True)


@dataclass(frozen=True, slots=True)
class AddInputLabels(Action):
    """Labels the message that came in last."""

    type: ClassVar[str] = "add_input_labels"
    allowed_in: ClassVar[frozenset[str]] = INTERACTIVE

    labels: tuple[LabelReference, ...] = nested_list(LabelReference, max_items=100, omit_empty=False)


@dataclass(frozen=True, slots=True)
class OptIn:
    """What was asked for. Workspaces have no opt-ins any more, so a flow can't depend on one."""

    uuid: str = string(required=True, check=IS_UUID)
    name: str = string(max_chars=64)


@dataclass(frozen=True, slots=True)
class RequestOptIn(Action):
    """Retired: opt-in requests are read, but no longer made."""

    type: ClassVar[str] = "request_optin"
    allowed_in: ClassVar[frozenset[str]] = ONLINE

    optin: OptIn = nested(OptIn, required=True)


@dataclass(frozen=True, slots=True)
class SayMsg(Action):
    """Speaks a text in a call, or plays a recording of it."""

    type: ClassVar[str] = "say_msg"
    allowed_in: ClassVar[frozenset[str]] = VOICE_ONLY

    text: str = message_text()
    audio_url: str = string(omit_empty=True, max_chars=MAX_URL, localizable=True)


@dataclass(frozen=True, slots=True)
class PlayAudio(Action):
    """Plays a recording in a call."""

    type: ClassVar[str] = "play_audio"
    allowed_in: ClassVar[frozenset[str]] = VOICE_ONLY

    audio_url: str = string(required=True, max_chars=MAX_URL, template=True, localizable=True)
