"""Reading requests that are JSON objects, and writing requests that are JSON."""

from collections.abc import Mapping
from typing import Any

import orjson

from gateways.channels.channel_type import RefuseRequest
from gateways.channels.contract import JSON_TYPE, HttpRequest
from gateways.channels.description.fields import json_body
from gateways.channels.forms import clean
from gateways.channels.sending import as_text, dig


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object a body is. Raises RefuseRequest when it is anything else."""
    found = json_body(body)
    if not isinstance(found, dict):
        raise RefuseRequest("the body must be a JSON object")
    return found


def json_to_show(value: Any) -> bytes:
    """JSON for people to look at; nothing where it is nested deeper than can be written."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b""


def field_text(value: Any, path: str) -> str:
    """The scalar at a dotted path as text; "" when there is none."""
    return clean(as_text(dig(value, path)))


def required_text(value: Any, path: str) -> str:
    """As `field_text`. Raises RefuseRequest when there is none."""
    found = field_text(value, path)
    if not found:
        raise RefuseRequest(f"field '{path}' required")
    return found


def field_items(value: Any, path: str) -> list[Any]:
    """The list at a dotted path; empty when there is none."""
    found = dig(value, path)
    return found if isinstance(found, list) else []


def location(latitude: Any, longitude: Any) -> str | None:
    """The attachment for a place, `geo:lat,long` with six decimals; None when these are no coordinates."""
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in (latitude, longitude)):
        return None
    return f"geo:{latitude:f},{longitude:f}"


def post_json(url: str, payload: Any, headers: Mapping[str, str] | None = None) -> HttpRequest:
    """A POST of JSON that asks for JSON."""
    own = {"Content-Type": JSON_TYPE, "Accept": JSON_TYPE}
    return HttpRequest("POST", url, own | dict(headers or {}), body=orjson.dumps(payload))
