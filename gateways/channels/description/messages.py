"""Taking from a request what a contact said or did: a message, a part of a long one, an event."""

from typing import Any

from gateways.channels.channel_type import Inbound, RefuseRequest
from gateways.channels.contract import ChannelEvent, IncomingMessage, MessagePart
from gateways.channels.description.dates import number_or_none
from gateways.channels.description.fields import getter, text_of
from gateways.channels.description.found import Found, Take
from gateways.channels.description.section import Section
from gateways.channels.description.values import (
    attachments_getter,
    date_getter,
    optional_getter,
    text_getter,
    urn_getter,
)


def message_taker(section: Section, parse: str) -> Take:
    """What takes a message that came in, with what it carries.

    Where the id is the whole request's (`^`), those after the first get a number behind it: else they would be repetitions.
    """
    urn_of, text_in = urn_getter(section, parse), text_getter(section, parse)
    id_fields = section.texts("external_id")
    external_id = getter(parse, id_fields) if id_fields else None
    name = optional_getter(section, "name", parse)
    date = date_getter(section, parse)
    attachments = attachments_getter(section, parse)
    need_content = section.flag("need_content")
    shared_id = bool(external_id) and all(each.startswith("^") for each in id_fields)

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        text, files = text_in(inbound, item, whole), attachments(item, whole)
        if need_content and not text and not files:
            raise RefuseRequest("there is neither a text nor an attachment")
        given_id = text_of(external_id, item, whole) if external_id else ""
        if shared_id and given_id and found.messages:
            given_id = f"{given_id}.{len(found.messages) + 1}"
        found.messages.append(
            IncomingMessage(
                urn_of(inbound, item, whole),
                text,
                given_id if given_id not in ("", "0") else None,
                files,
                date(item, whole),
                (text_of(name, item, whole) or None) if name else None,
                inbound.new_id(),
            )
        )

    return take


def part_taker(section: Section, parse: str) -> Take:
    """One piece of a long message, as far as the request says so; the rule's `when` has made sure of that."""
    urn_of, text_in = urn_getter(section, parse), text_getter(section, parse)
    reference = getter(parse, section.texts("reference"))
    number, count = getter(parse, section.texts("number")), getter(parse, section.texts("count"))
    external_id = optional_getter(section, "external_id", parse)
    keep = section.number("keep_seconds") or 300

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        place, total = number_or_none(number(item, whole)), number_or_none(count(item, whole))
        if place is None or total is None or not 1 <= place <= total <= 255:
            raise RefuseRequest("the place of the part in its message can't be read")
        found.parts.append(
            MessagePart(
                urn_of(inbound, item, whole),
                text_in(inbound, item, whole),
                text_of(reference, item, whole),
                place,
                total,
                text_of(external_id, item, whole) if external_id else None,
                keep,
            )
        )

    return take


def event_taker(section: Section, parse: str) -> Take:
    """What takes something else a contact did: stopping, beginning a conversation."""
    kind = section.one_of("type", ("stop_contact", "new_conversation", "referral", "welcome_message"))
    urn_of = urn_getter(section, parse)

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        found.events.append(ChannelEvent(kind, urn_of(inbound, item, whole)))

    return take
