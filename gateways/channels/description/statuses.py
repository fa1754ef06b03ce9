"""Taking from a request what became of a message of ours."""

from collections.abc import Callable
from typing import Any, Final

from gateways.channels.channel_type import IgnoreRequest, Inbound, RefuseRequest
from gateways.channels.contract import LogLine, StatusReport
from gateways.channels.description.conditions import condition
from gateways.channels.description.dates import number_or_none
from gateways.channels.description.fields import getter, text_of
from gateways.channels.description.found import Found, Take
from gateways.channels.description.section import Section
from gateways.channels.description.values import optional_getter
from gateways.channels.message_ids import uuid_of
from gateways.channels.sending import as_text

STATUSES: Final = ("wired", "sent", "delivered", "read", "failed", "errored", "ignore")


def status_taker(section: Section, parse: str) -> Take:
    """What takes a status of a message, named by its uuid or by the aggregator's id, and what the aggregator says of it for the log.

    `log_code` and `log_text` are fields; `log_words` says what codes mean where the aggregator doesn't.
    """
    by_uuid = section.has("uuid")
    key = getter(parse, section.texts("uuid" if by_uuid else "id"))
    state = _state(section, parse)
    log_code = optional_getter(section, "log_code", parse)
    log_text = optional_getter(section, "log_text", parse)
    log_prefix, log_words = section.text("log_prefix", ""), section.table("log_words")

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        if log_code and (code := text_of(log_code, item, whole)) not in ("", "0"):
            words = text_of(log_text, item, whole) if log_text else str(log_words.get(code, ""))
            found.log.append(LogLine(log_prefix + code, words))
        status = state(inbound, item, whole)
        named = text_of(key, item, whole)
        if not named:
            raise RefuseRequest("there is nothing that says which message this is about")
        if not by_uuid:
            found.statuses.append(StatusReport(None, None, named, status))
            return
        message_uuid = uuid_of(named.partition(".")[0])
        if message_uuid is None:
            raise RefuseRequest(f"'{named[:64]}' is not the uuid of a message")
        found.statuses.append(StatusReport(None, message_uuid, None, status))

    return take


def _state(section: Section, parse: str) -> Callable[[Inbound, Any, Any], Any]:
    find = getter(parse, section.texts("value")) if section.has("value") else None
    fixed, default = section.optional_text("fixed"), section.optional_text("default")
    fold = section.flag("any_case")
    table = {name.upper() if fold else name: each for name, each in section.table("map").items()}
    ranges = section.raw("ranges") or []
    unknown = section.one_of("unknown", ("refuse", "ignore"), "refuse")
    fallbacks = [(condition(parse, section, each["when"]), each["status"]) for each in section.tables("fallbacks")]
    drop_sent = section.optional_text("ignore_sent_if")
    named = {*table.values(), fixed, default, *(each[2] for each in ranges), *(each[1] for each in fallbacks)} - {None}
    if not named <= set(STATUSES):
        raise section.wrong("map", f"statuses are {', '.join(STATUSES)}")

    def of_value(value: Any) -> str | None:
        if ranges:
            number = number_or_none(value)
            return None if number is None else next((to for low, high, to in ranges if low <= number <= high), None)
        text = as_text(value)
        return table.get(text.upper() if fold else text, default)

    def state(inbound: Inbound, item: Any, whole: Any) -> str:
        value = find(item, whole) if find else None
        found = fixed or of_value(value)
        if found is None:
            found = next((status for holds, status in fallbacks if holds(item, whole)), None)
        if found is None:
            sentence = f"unknown status '{as_text(value)[:64]}'"
            if unknown == "refuse":
                raise RefuseRequest(sentence)
            raise IgnoreRequest(sentence, LogLine(as_text(value)[:64], sentence))
        if found == "ignore" or (found == "sent" and drop_sent and inbound.channel.config.get(drop_sent)):
            raise IgnoreRequest(f"'{as_text(value)[:64]}' changes nothing")
        return found

    return state
