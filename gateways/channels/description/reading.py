"""Receive rules of a description, compiled to functions from a request to facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from domain.message import gsm7
from gateways.channels.channel_type import IgnoreRequest, Inbound, Reader, RefuseRequest
from gateways.channels.contract import (
    Answer,
    ChannelEvent,
    HttpResponse,
    IncomingMessage,
    LogLine,
    MessagePart,
    Received,
    StatusReport,
)
from gateways.channels.description.conditions import Condition, condition
from gateways.channels.description.dates import date_reader, number_or_none
from gateways.channels.description.fields import PARSES, Getter, getter, items_of, read_body, text_of
from gateways.channels.description.section import Section
from gateways.channels.description.verification import Verify, verification
from gateways.channels.message_ids import uuid_of
from gateways.channels.replies import accepted, text_response
from gateways.channels.senders import sender_urn
from gateways.channels.sending import as_text

STATUSES: Final = ("wired", "sent", "delivered", "read", "failed", "errored", "ignore")


@dataclass(slots=True)
class Found:
    """What has been understood of one request so far."""

    messages: list[IncomingMessage] = field(default_factory=list)
    statuses: list[StatusReport] = field(default_factory=list)
    events: list[ChannelEvent] = field(default_factory=list)
    parts: list[MessagePart] = field(default_factory=list)
    log: list[LogLine] = field(default_factory=list)


Take = Callable[[Inbound, Any, Any, Found], None]
"""Reads one fact from an item and the whole it is part of."""
UrnOf = Callable[[Inbound, Any, Any], str]
Check = Callable[[Inbound, Any, Any], None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how to read the request, whether it applies, and what to take from it."""

    parse: str
    charset: str
    verify: Verify | None
    applies: Condition
    ignores_others: bool
    each: str
    each_required: bool
    checks: tuple[Check, ...]
    takes: tuple[Take, ...]


def rule(section: Section) -> Rule:
    """Compiles one receive rule; its actions and methods have been taken already."""
    parse = section.one_of("parse", PARSES, "form")
    verify = section.section("verify")
    built = Rule(
        parse=parse,
        charset=section.text("charset", "utf-8"),
        verify=verification(verify) if verify else None,
        applies=condition(parse, section, section.table("when")),
        ignores_others=section.one_of("otherwise", ("refuse", "ignore"), "refuse") == "ignore",
        each=section.text("each", ""),
        each_required=section.flag("each_required"),
        checks=tuple(_checks(section, parse)),
        takes=tuple(_takes(section, parse)),
    )
    section.finish()
    return built


def reader(rules: list[Rule], responses: Mapping[str, HttpResponse], reply: str = "") -> Reader:
    """What reads the requests of one action: the first rule that applies."""

    def read(inbound: Inbound) -> Answer:
        found = Found()
        for each in rules:
            if each.verify:
                each.verify(inbound)
            whole = read_body(each.parse, inbound.request, each.charset)
            if each.applies(whole, whole):
                _apply(each, inbound, whole, found)
                return _answer(inbound, found, responses, reply)
        if rules[-1].ignores_others:
            raise IgnoreRequest("not a request for us")
        raise RefuseRequest("the request is none of those that are understood here")

    return read


def _apply(rule: Rule, inbound: Inbound, whole: Any, found: Found) -> None:
    items = items_of(rule.parse, rule.each, whole) if rule.each else [whole]
    if not items and rule.each_required:
        raise RefuseRequest(f"field '{rule.each}' required")
    if not items:
        raise IgnoreRequest("there is nothing in the request")
    for item in items:
        for check in rule.checks:
            check(inbound, item, whole)
        for take in rule.takes:
            take(inbound, item, whole, found)


def _answer(inbound: Inbound, found: Found, responses: Mapping[str, HttpResponse], reply: str) -> Answer:
    kind = "message" if found.messages or found.parts else "status" if found.statuses else "event"
    response = responses.get(kind)
    if reply and found.messages:
        response = text_response(reply.replace("{uuid}", found.messages[0].uuid))
    log = tuple(found.log)
    facts = tuple(found.messages), tuple(found.statuses), tuple(found.events)
    if not found.parts:
        return accepted(inbound.channel.uuid, *facts, response=response, log=log)
    whole = accepted(inbound.channel.uuid, *facts, response=response, log=log)
    return Received(*facts, whole.response, tuple(found.parts), log)


# checks ----------------------------------------------------------------------------------------------------------------


def _checks(section: Section, parse: str) -> list[Check]:
    numbers = {name: getter(parse, name) for name in section.texts("numbers")}
    required = [(name, getter(parse, name), name in numbers) for name in section.texts("require")]
    checks: list[Check] = []
    if required:
        checks.append(lambda inbound, item, whole: _require(required, item, whole))
    if numbers:
        checks.append(lambda inbound, item, whole: _numbers(numbers, item, whole))
    for place in ("ignore", "reject"):
        for table in _tables(section, place):
            checks.append(_stopper(place, condition(parse, section, table)))
    for table in _tables(section, "ignore_unless"):
        checks.append(_stopper("ignore", _opposite(condition(parse, section, table))))
    address = section.optional_text("address")
    if address:
        checks.append(_address(getter(parse, address), address))
    return checks


def _tables(section: Section, key: str) -> list[dict[str, Any]]:
    value = section.raw(key)
    tables = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in tables):
        raise section.wrong(key, "a table of fields is expected")
    return tables


def _require(required: list[tuple[str, Getter, bool]], item: Any, whole: Any) -> None:
    missing = [
        name
        for name, find, is_number in required
        if (value := find(item, whole)) in (None, "", [], {}) or (is_number and as_text(value) == "0")
    ]
    if missing:
        raise RefuseRequest(", ".join(f"field '{name}' required" for name in missing))


def _numbers(numbers: dict[str, Getter], item: Any, whole: Any) -> None:
    for name, find in numbers.items():
        value = find(item, whole)
        if value not in (None, "") and number_or_none(value) is None:
            raise RefuseRequest(f"field '{name}' must be a whole number")


def _opposite(holds: Condition) -> Condition:
    return lambda item, whole: not holds(item, whole)


def _stopper(place: str, holds: Condition) -> Check:
    def check(inbound: Inbound, item: Any, whole: Any) -> None:
        if holds(item, whole):
            if place == "ignore":
                raise IgnoreRequest("nothing to do for this request")
            raise RefuseRequest("this request is not accepted")

    return check


def _address(find: Getter, name: str) -> Check:
    def check(inbound: Inbound, item: Any, whole: Any) -> None:
        if text_of(find, item, whole).lstrip("+") != inbound.channel.address.lstrip("+"):
            raise RefuseRequest(f"field '{name}' is not the address of this channel")

    return check


# facts -----------------------------------------------------------------------------------------------------------------


def _takes(section: Section, parse: str) -> list[Take]:
    takes: list[Take] = []
    for key, build in (("part", _part), ("message", _message), ("status", _status), ("event", _event)):
        inner = section.section(key)
        if inner is not None:
            takes.append(build(inner, parse))
            inner.finish()
    if not takes:
        raise section.wrong("", "one of message, status, event or part is expected")
    return takes


def _urn(section: Section, parse: str) -> UrnOf:
    inner = section.section("urn")
    if inner is None:
        raise section.wrong("urn", "a table is expected")
    find = getter(parse, inner.texts("from"))
    scheme, otherwise = inner.text("scheme", "tel"), inner.optional_text("otherwise")
    strip = inner.text("strip", "")
    display = getter(parse, inner.texts("display")) if inner.has("display") else None
    inner.finish()

    def urn_of(inbound: Inbound, item: Any, whole: Any) -> str:
        address = text_of(find, item, whole)
        if not address.startswith(strip):
            raise RefuseRequest(f"the sender must start with '{strip}'")
        if not address:
            raise RefuseRequest("the sender is missing")
        shown = text_of(display, item, whole) if display else ""
        try:
            return sender_urn(scheme, address.removeprefix(strip), inbound.channel.country, shown)
        except RefuseRequest:
            if otherwise is None:
                raise
            return sender_urn(otherwise, address)

    return urn_of


def _message(section: Section, parse: str) -> Take:
    urn_of, text_in = _urn(section, parse), _text(section, parse)
    external_id = _optional_getter(section, "external_id", parse)
    name = _optional_getter(section, "name", parse)
    date = _date(section, parse)
    attachments = _attachments(section, parse)
    need_content = section.flag("need_content")

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        text, files = text_in(inbound, item, whole), attachments(item, whole)
        if need_content and not text and not files:
            raise RefuseRequest("there is neither a text nor an attachment")
        given_id = text_of(external_id, item, whole) if external_id else ""
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


def _optional_getter(section: Section, key: str, parse: str) -> Getter | None:
    return getter(parse, section.texts(key)) if section.has(key) else None


DECODERS: Final[Mapping[str, Callable[[str], str]]] = {
    "percent_latin1": lambda text: unquote_to_bytes(text.replace("+", " ")).decode("latin-1"),
    "percent_utf16be": lambda text: unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be", "replace"),
    "latin1_again": lambda text: unquote_to_bytes(text.replace("+", " ").encode("latin-1", "replace")).decode(
        "latin-1"
    ),
    "gsm7_octets": lambda text: gsm7.decode_octets(text.encode()),
}


def _text(section: Section, parse: str) -> Callable[[Inbound, Any, Any], str]:
    find = getter(parse, section.texts("text")) if section.has("text") else None
    decode = _decoder(section, parse)
    prefixes = section.optional_text("strip_prefixes")

    def text_in(inbound: Inbound, item: Any, whole: Any) -> str:
        text = text_of(find, item, whole) if find else ""
        if decode:
            text = decode(item, whole)(text).replace("\0", "")
        for prefix in (inbound.channel.config.get(prefixes) or []) if prefixes else []:
            if isinstance(prefix, str) and text.lower().startswith(prefix.lower()):
                return text[len(prefix) :].strip()
        return text

    return text_in


def _decoder(section: Section, parse: str) -> Callable[[Any, Any], Callable[[str], str]] | None:
    """How the text is decoded: always the same way, or by what a field says."""
    inner = section.section("decode")
    if inner is None:
        return None
    always, by = inner.optional_text("always"), inner.table("by")
    find = getter(parse, inner.text("field")) if inner.has("field") else None
    inner.finish()
    if not set(by.values()) | ({always} if always else set()) <= set(DECODERS):
        raise inner.wrong("", f"decoders are {', '.join(DECODERS)}")
    if always:
        return lambda item, whole: DECODERS[always]
    if find is None:
        raise inner.wrong("field", "is required with 'by'")
    return lambda item, whole: DECODERS.get(by.get(as_text(find(item, whole)), ""), str)


def _date(section: Section, parse: str) -> Callable[[Any, Any], Any]:
    inner = section.section("date")
    if inner is None:
        return lambda item, whole: None
    names = inner.texts("field")
    find, read, required = getter(parse, names), date_reader(inner), inner.flag("required")
    inner.finish()

    def date(item: Any, whole: Any) -> Any:
        text = text_of(find, item, whole)
        if not text and not required:
            return None
        found = read(text)
        if found is None:
            raise RefuseRequest(f"field '{names[0]}' is not a date that can be read")
        return found

    return date


def _attachments(section: Section, parse: str) -> Callable[[Any, Any], tuple[str, ...]]:
    inner = section.section("attachments")
    if inner is None:
        return lambda item, whole: ()
    path, url, limit = inner.text("each", ""), inner.text("url", ""), inner.number("max")
    geo = inner.texts("geo")
    inner.finish()
    if path:
        return lambda item, whole: _urls(getter(parse, path)(item, whole), url)[:limit]
    find = getter(parse, url)
    places = tuple(getter(parse, name) for name in geo)

    def one(item: Any, whole: Any) -> tuple[str, ...]:
        link = text_of(find, item, whole)
        if link:
            return (link,)
        point = [each(item, whole) for each in places]
        if len(point) == 2 and all(isinstance(each, int | float) for each in point):
            return (f"geo:{point[0]:.6f},{point[1]:.6f}",)
        return ()

    return one


def _urls(values: Any, path: str) -> tuple[str, ...]:
    find = getter("json", path) if path else None
    found = [as_text(find(each, each) if find else each) for each in values] if isinstance(values, list) else []
    return tuple(each for each in found if each)


def _status(section: Section, parse: str) -> Take:
    by_uuid = section.has("uuid")
    key = getter(parse, section.texts("uuid" if by_uuid else "id"))
    state = _state(section, parse)
    log_code = _optional_getter(section, "log_code", parse)
    log_text = _optional_getter(section, "log_text", parse)

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        if log_code and (code := text_of(log_code, item, whole)) not in ("", "0"):
            found.log.append(LogLine(code, text_of(log_text, item, whole) if log_text else ""))
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
    fallbacks = [(condition(parse, section, each["when"]), each["status"]) for each in _tables(section, "fallbacks")]
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


def _event(section: Section, parse: str) -> Take:
    kind = section.one_of("type", ("stop_contact", "new_conversation", "referral", "welcome_message"))
    urn_of = _urn(section, parse)

    def take(inbound: Inbound, item: Any, whole: Any, found: Found) -> None:
        found.events.append(ChannelEvent(kind, urn_of(inbound, item, whole)))

    return take


def _part(section: Section, parse: str) -> Take:
    """One piece of a long message, as far as the request says so; the rule's `when` has made sure of that."""
    urn_of, text_in = _urn(section, parse), _text(section, parse)
    reference = getter(parse, section.texts("reference"))
    number, count = getter(parse, section.texts("number")), getter(parse, section.texts("count"))
    external_id = _optional_getter(section, "external_id", parse)
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
