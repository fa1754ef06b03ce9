"""Reading what Facebook and Instagram send: `entry[].messaging[]`, each a message, a report or something a person did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gateways.channels.channel_type import IgnoreRequest, Inbound, RefuseRequest
from gateways.channels.contract import Answer, ChannelEvent, Ignored, IncomingMessage, LogLine, Received, StatusReport
from gateways.channels.forms import clean
from gateways.channels.json_body import location
from gateways.channels.replies import envelope, event_item, message_item, status_item
from gateways.channels.senders import sender_urn
from gateways.channels.sending import as_text
from gateways.channels.types.meta.webhook import objects, part, read_moment

STICKERS: Final = {"369239263222822": "👍", "369239343222814": "👍", "369239383222810": "👍"}
"""The thumb of Messenger in its three sizes."""
HEART: Final = "❤️"
UNFETCHED: Final = frozenset({"fallback"})
"""Previews of links: the link stands in the text."""


@dataclass(slots=True)
class PageBatch:
    """What one request holds. `scheme` is that of the senders' URNs; `legacy` is what the old Facebook type did."""

    inbound: Inbound
    scheme: str
    legacy: bool = False
    messages: list[IncomingMessage] = field(default_factory=list)
    statuses: list[StatusReport] = field(default_factory=list)
    events: list[ChannelEvent] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)

    def add_all(self, payload: Mapping[str, Any]) -> None:
        """Takes in all entries. Raises IgnoreRequest when there are none."""
        entries = objects(payload, "entry")
        if not entries:
            raise IgnoreRequest("ignoring request, no entries found")
        for entry in entries:
            for item in objects(entry, "messaging"):
                try:
                    self._add(item)
                except RefuseRequest as problem:
                    if self.legacy:
                        raise
                    self.remarks.append(problem.reason)

    def answer(self) -> Answer:
        """The facts, or that there were none."""
        uuid = self.inbound.channel.uuid
        data = [message_item(uuid, each) for each in self.messages]
        data += [event_item(uuid, each) for each in self.events]
        data += [status_item(uuid, each) for each in self.statuses]
        data += [{"type": "info", "info": each} for each in self.remarks]
        response = envelope(200, "Events Handled", data)
        log = tuple(LogLine("ignored", each) for each in self.remarks)
        if not (self.messages or self.events or self.statuses):
            return Ignored(response, "; ".join(self.remarks) or "nothing of interest", log)
        return Received(tuple(self.messages), tuple(self.statuses), tuple(self.events), response, log=log)

    def _add(self, item: dict[str, Any]) -> None:
        """Only what is addressed to the channel's own page counts: a webhook may serve several."""
        if as_text(part(item, "recipient").get("id")) != self.inbound.channel.address:
            return
        moment = read_moment(item.get("timestamp"))
        if "optin" in item:
            self._add_optin(item, part(item, "optin"), moment)
        elif "postback" in item:
            self._add_postback(item, part(item, "postback"), moment)
        elif "referral" in item:
            self._add_event("referral", item, moment, _referral(part(item, "referral")))
        elif "message" in item:
            self._add_message(item, part(item, "message"), moment)
        elif "delivery" in item:
            mids = part(item, "delivery").get("mids")
            found = [as_text(each) for each in mids] if isinstance(mids, list) else []
            self.statuses += [StatusReport(None, None, each, "delivered") for each in found if each]
        else:
            self.remarks.append("ignoring unknown messaging entry")

    def _sender(self, item: Mapping[str, Any]) -> str:
        """Who wrote: by id, or by the reference of the checkbox by which somebody came who has no id yet."""
        sender = part(item, "sender")
        reference = clean(as_text(sender.get("user_ref")))
        return sender_urn(self.scheme, as_text(sender.get("id")) or (f"ref:{reference}" if reference else ""))

    def _add_optin(self, item: dict[str, Any], optin: dict[str, Any], moment: datetime | None) -> None:
        if optin.get("type") == "notification_messages" and not self.legacy:
            self.remarks.append("ignoring optin for notification messages")
            return
        user_ref = clean(as_text(optin.get("user_ref")))
        urn = sender_urn(self.scheme, f"ref:{user_ref}") if user_ref else None
        self._add_event("referral", item, moment, _texts(referrer_id=optin.get("ref")), urn)

    def _add_postback(self, item: dict[str, Any], postback: dict[str, Any], moment: datetime | None) -> None:
        extra = _texts(title=postback.get("title"), payload=postback.get("payload"))
        referral = part(postback, "referral")
        kind = "referral" if referral.get("ref") else "new_conversation"
        self._add_event(kind, item, moment, extra | _referral(referral))

    def _add_event(
        self, kind: str, item: dict[str, Any], moment: datetime | None, extra: dict[str, str], urn: str | None = None
    ) -> None:
        self.events.append(ChannelEvent(kind, urn or self._sender(item), extra, moment))

    def _add_message(self, item: dict[str, Any], message: dict[str, Any], moment: datetime | None) -> None:
        external_id = as_text(message.get("mid"))
        if message.get("is_echo"):
            self.remarks.append("ignoring echo")
            return
        if message.get("is_deleted") and not self.legacy:
            self._add_deletion(item, external_id, moment)
            return
        if external_id and external_id in self.seen:
            return
        text, attachments = self._content(message)
        if text or attachments:
            urn = self._sender(item)
            self.seen.add(external_id)
            self.messages.append(
                IncomingMessage(
                    urn, clean(text), external_id or None, tuple(attachments), moment, uuid=self.inbound.new_id()
                )
            )
        else:
            self.remarks.append("ignoring message without text or attachments")

    def _add_deletion(self, item: dict[str, Any], external_id: str, moment: datetime | None) -> None:
        if external_id:
            extra = {"external_id": external_id}
            self.events.append(ChannelEvent("delete_message", self._sender(item), extra, moment))

    def _content(self, message: Mapping[str, Any]) -> tuple[str, list[str]]:
        text, found = as_text(message.get("text")), []
        for raw in objects(message, "attachments"):
            kind, payload = as_text(raw.get("type")), part(raw, "payload")
            sign = STICKERS.get(as_text(payload.get("sticker_id"))) or (HEART if kind == "like_heart" else "")
            if sign:
                text = text or sign
            elif kind == "story_mention":
                self.remarks.append("ignoring story_mention")
            elif kind == "location":
                point = part(payload, "coordinates")
                place = location(point.get("lat"), point.get("long"))
                found += [place] if place else []
            elif kind not in UNFETCHED and as_text(payload.get("url")).startswith(("http://", "https://")):
                found.append(clean(as_text(payload["url"])))
        return text, found


def _referral(referral: Mapping[str, Any]) -> dict[str, str]:
    return _texts(
        referrer_id=referral.get("ref"),
        source=referral.get("source"),
        type=referral.get("type"),
        ad_id=referral.get("ad_id"),
    )


def _texts(**values: Any) -> dict[str, str]:
    """The values that are set, as texts."""
    return {name: clean(as_text(value)) for name, value in values.items() if as_text(value)}
