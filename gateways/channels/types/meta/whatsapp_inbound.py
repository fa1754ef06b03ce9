"""Reading what WhatsApp sends: `contacts`, `messages`, `statuses` and `errors`, as Cloud, 360Dialog and Turn wrap them.

A message that can't be read is left out with a remark in the answer, the others count (`strict` readers refuse the lot).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from gateways.channels.channel_type import Inbound, RefuseRequest
from gateways.channels.contract import Answer, Ignored, IncomingMessage, LogLine, Received, StatusName, StatusReport
from gateways.channels.forms import clean
from gateways.channels.json_body import location
from gateways.channels.replies import envelope, message_item, status_item
from gateways.channels.senders import sender_urn
from gateways.channels.sending import as_text
from gateways.channels.types.meta.webhook import objects, part, read_moment

STATUSES: Final[dict[str, StatusName]] = {"sent": "sent", "delivered": "delivered", "read": "read", "failed": "failed"}
IGNORED_STATUSES: Final = frozenset({"deleted"})
MEDIA: Final = frozenset({"image", "video", "document", "audio", "voice"})

Content = tuple[str, str, Mapping[str, Any] | None]
"""Text, attachment ("" for none) and what a form sent back."""


@dataclass(slots=True)
class Batch:
    """What one request holds, collected piece by piece.

    `second` names the field of a message with the sender's business-scoped id.
    """

    inbound: Inbound
    second: str = "from_user_id"
    strict: bool = False
    known: Mapping[str, StatusName] = field(default_factory=lambda: STATUSES)
    messages: list[IncomingMessage] = field(default_factory=list)
    statuses: list[StatusReport] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)

    def add(self, value: Mapping[str, Any]) -> None:
        """Takes in one `contacts` / `messages` / `statuses` / `errors`."""
        names = contact_names(value)
        for raw in objects(value, "messages"):
            try:
                self._add_message(raw, names)
            except RefuseRequest as problem:
                if self.strict:
                    raise
                self.remark(problem.reason)
        for raw in objects(value, "statuses"):
            self._add_status(raw)
        self._log_errors(value)

    def remark(self, reason: str) -> None:
        """Says in the answer and in the log why something was left out."""
        self.remarks.append(reason)
        self.log.append(LogLine("ignored", reason))

    def answer(self) -> Answer:
        """The facts, or that there were none."""
        uuid = self.inbound.channel.uuid
        data = [message_item(uuid, each) for each in self.messages]
        data += [status_item(uuid, each) for each in self.statuses]
        data += [{"type": "info", "info": each} for each in self.remarks]
        response = envelope(200, "Events Handled", data)
        if not self.messages and not self.statuses:
            return Ignored(response, "; ".join(self.remarks) or "nothing of interest", tuple(self.log))
        return Received(tuple(self.messages), tuple(self.statuses), response=response, log=tuple(self.log))

    def _add_message(self, raw: dict[str, Any], names: Mapping[str, str]) -> None:
        self._log_errors(raw)
        external_id = as_text(raw.get("id"))
        if external_id and external_id in self.seen:
            return
        if raw.get("group_id"):
            self.remark("ignoring group message")
            return
        received_on = read_moment(raw.get("timestamp"))
        if received_on is None:
            raise RefuseRequest(f"invalid timestamp: {as_text(raw.get('timestamp'))[:40]}")
        ids = self._ids(raw)
        urn, other = self._senders(ids)
        content = read_content(raw)
        if content is None:
            self.remark(f"ignoring message of type '{as_text(raw.get('type'))[:40]}'")
            return
        text, attachment, payload = content
        if not (text or attachment or payload):
            self.remark("ignoring message without text or attachments")
            return
        message = IncomingMessage(
            urn,
            clean(text),
            external_id or None,
            (attachment,) if attachment else (),
            received_on,
            next((names[each] for each in ids if each in names), None),
            self.inbound.new_id(),
            payload,
            other,
        )
        self.seen.add(external_id)
        self.messages.append(message)

    def _ids(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        found = (as_text(raw.get("from")), as_text(raw.get(self.second)))
        return tuple(each for each in found if each)

    def _senders(self, ids: tuple[str, ...]) -> tuple[str, str | None]:
        """The URN of the sender, and the second one when the message has both and the second can be one."""
        first, *more = ids or ("",)
        urn = sender_urn("whatsapp", first)
        try:
            return urn, sender_urn("whatsapp", more[0]) if more else None
        except RefuseRequest as problem:
            self.log.append(LogLine("ignored", problem.reason))
            return urn, None

    def _add_status(self, raw: dict[str, Any]) -> None:
        self._log_errors(raw)
        name, external_id = as_text(raw.get("status")), as_text(raw.get("id"))
        status = self.known.get(name)
        if status is None or not external_id:
            known = name in IGNORED_STATUSES
            self.remark(f"ignoring status: {name}" if known else f"unknown status: {name[:40]}")
            return
        self.statuses.append(StatusReport(None, None, external_id, status))

    def _log_errors(self, value: Mapping[str, Any]) -> None:
        for error in objects(value, "errors"):
            self.log.append(LogLine(as_text(error.get("code")), as_text(error.get("title") or error.get("message"))))


def contact_names(value: Mapping[str, Any]) -> dict[str, str]:
    """Names by WhatsApp id and by business-scoped id."""
    names: dict[str, str] = {}
    for contact in objects(value, "contacts"):
        name = clean(as_text(part(contact, "profile").get("name")))
        if name:
            names.update((as_text(contact[key]), name) for key in ("wa_id", "user_id") if contact.get(key))
    return names


def read_content(raw: dict[str, Any]) -> Content | None:
    """What a message says; None for kinds that can't be a message of ours."""
    kind = as_text(raw.get("type"))
    if kind == "text":
        return as_text(part(raw, "text").get("body")), "", None
    if kind in MEDIA:
        media = part(raw, kind)
        caption, reference = as_text(media.get("caption")), as_text(media.get("id"))
        return (caption, f"media:{reference}" if reference else "", None) if caption or reference else None
    if kind == "location":
        place = part(raw, "location")
        point = location(place.get("latitude"), place.get("longitude"))
        return ("", point, None) if point else None
    if kind == "button":
        return as_text(part(raw, "button").get("text")), "", None
    return _interactive(part(raw, "interactive")) if kind == "interactive" else None


def _interactive(answer: dict[str, Any]) -> Content | None:
    kind = answer.get("type")
    if kind in ("button_reply", "list_reply"):
        return as_text(part(answer, kind).get("title")), "", None
    if kind != "nfm_reply":
        return None
    reply = part(answer, kind)
    return as_text(reply.get("body")), "", _form_answers(as_text(reply.get("response_json")))


def _form_answers(text: str) -> dict[str, Any] | None:
    """A form's answers, without the NULs that no database takes; None when it is no JSON object."""
    try:
        found = orjson.loads(text.replace("\\u0000", ""))
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
