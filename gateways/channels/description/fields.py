"""Finding the fields that a description names, in a form, in JSON or in XML.

A name is a form field (case doesn't matter), a dotted path of JSON (`data.messages.0.id`) or a path of XML
(`service@request_id`). A leading `^` looks in the whole request while an item of it is being read. A list of names is the
first that holds something.
"""

from collections.abc import Callable
from typing import Any, Literal
from xml.etree.ElementTree import Element

import orjson

from gateways.channels.channel_type import RefuseRequest
from gateways.channels.contract import HttpRequest
from gateways.channels.forms import add_urlencoded, clean, read_form
from gateways.channels.sending import as_text, dig
from gateways.channels.xml_body import read_xml, text_at

Parse = Literal["form", "json", "xml", "query"]
Getter = Callable[[Any, Any], Any]
"""From an item and the whole it is part of to a value; None when it is not there."""

PARSES: tuple[Parse, ...] = ("form", "json", "xml", "query")


def read_body(parse: str, request: HttpRequest, charset: str = "utf-8", *, keep_nuls: bool = False) -> Any:
    """The request as fields can be found in it; `charset` and `keep_nuls` are about forms. Raises RefuseRequest."""
    if parse == "json":
        return json_body(request.body)
    if parse == "xml":
        root = read_xml(request.body)
        if root is None:
            raise RefuseRequest("the body is not XML that can be read")
        return root
    form = read_form(request, charset, keep_nuls=keep_nuls)
    return {name.lower(): values[0] for name, values in reversed(form.items())}


def json_body(body: bytes) -> Any:
    """The JSON of a request. Raises RefuseRequest."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RefuseRequest("the body is not valid JSON") from None


def read_answer(parse: str, body: bytes) -> Any:
    """An aggregator's answer as fields can be found in it; None when it can't be read as what it should be."""
    if parse == "json":
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
    if parse == "xml":
        return read_xml(body)
    form: dict[str, list[str]] = {}
    add_urlencoded(form, body.strip())
    return {name.lower(): values[0] for name, values in form.items()}


def getter(parse: str, names: str | tuple[str, ...]) -> Getter:
    """What finds a field."""
    if isinstance(names, tuple):
        if len(names) == 1:
            return getter(parse, names[0])
        return _first_of(tuple(getter(parse, name) for name in names))
    if names.startswith("^"):
        inner = getter(parse, names[1:])
        return lambda item, whole: inner(whole, whole)
    if parse == "json":
        return lambda item, whole: dig(item, names)
    if parse == "xml":
        return lambda item, whole: text_at(item, names) if isinstance(item, Element) else None
    folded = names.lower()
    return lambda item, whole: item.get(folded)


def _first_of(getters: tuple[Getter, ...]) -> Getter:
    def find(item: Any, whole: Any) -> Any:
        for each in getters:
            value = each(item, whole)
            if value not in (None, ""):
                return value
        return None

    return find


def text_of(find: Getter, item: Any, whole: Any) -> str:
    """A field as text, "" when it is not there."""
    return clean(as_text(find(item, whole)))


def items_of(parse: str, path: str, whole: Any) -> list[Any]:
    """The items a request holds at a path; the path `*` says that the request itself has to be a list. Raises RefuseRequest."""
    if parse == "xml":
        return list(whole.findall(path))
    if path == "*":
        if not isinstance(whole, list):
            raise RefuseRequest("the body must be a JSON list")
        return whole
    found = dig(whole, path)
    return found if isinstance(found, list) else []
