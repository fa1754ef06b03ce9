"""The values of which messages and events are made, compiled to functions from an item and the whole it is part of."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from domain.message import gsm7
from gateways.channels.channel_type import Inbound, RefuseRequest
from gateways.channels.description.dates import date_reader
from gateways.channels.description.fields import Getter, getter, text_of
from gateways.channels.description.section import Section
from gateways.channels.forms import clean
from gateways.channels.senders import sender_urn
from gateways.channels.sending import as_text

TextOf = Callable[[Inbound, Any, Any], str]
"""From the request, an item and the whole it is part of to a text."""

DECODERS: Final[Mapping[str, Callable[[str], str]]] = {
    "percent_latin1": lambda text: unquote_to_bytes(text.replace("+", " ")).decode("latin-1"),
    "percent_utf16be": lambda text: unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be", "replace"),
    "latin1_again": lambda text: unquote_to_bytes(text.replace("+", " ").encode("latin-1", "replace")).decode(
        "latin-1"
    ),
    "gsm7_octets": lambda text: gsm7.decode_octets(text.encode()),
}


def optional_getter(section: Section, key: str, parse: str) -> Getter | None:
    """What finds the fields a key names; None when the description has no such key."""
    return getter(parse, section.texts(key)) if section.has(key) else None


def urn_getter(section: Section, parse: str) -> TextOf:
    """What finds whose message it is. It raises RefuseRequest when that is missing or no URN."""
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


def text_getter(section: Section, parse: str) -> TextOf:
    """What finds the text, decoded and without the prefixes that the channel's settings name."""
    find = getter(parse, section.texts("text")) if section.has("text") else None
    decode = _decoder(section, parse)
    prefixes = section.optional_text("strip_prefixes")

    def text_in(inbound: Inbound, item: Any, whole: Any) -> str:
        text = as_text(find(item, whole)) if find else ""
        text = clean(decode(item, whole)(text) if decode else text)
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


def date_getter(section: Section, parse: str) -> Callable[[Any, Any], Any]:
    """What finds when it was sent; None when that isn't said. It raises RefuseRequest for what is no date."""
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


def attachments_getter(section: Section, parse: str) -> Callable[[Any, Any], tuple[str, ...]]:
    """What finds the links of what is attached, or the place that is shared (`geo:latitude,longitude`)."""
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
