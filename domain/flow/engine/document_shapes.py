"""What triggers and resumes look like, for telling whoever hands in another kind of document what is wrong with it.

A shape is a type, a tuple of types, a list with the shape of its items, an object's shape by key, or ANYTHING. Keys may be absent or
null (which are required, the readers say), and keys that a shape doesn't name may hold anything.
"""

from __future__ import annotations

from typing import Any, Final

from domain.errors import Invalid

ANYTHING: Final = object
WHOLE: Final = int
Shape = Any

_NAMES: Final = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    dict: "an object",
    list: "a list",
    float: "a number",
}

REFERENCE: Final = {"uuid": str, "name": str}
_FLOW: Final = {**REFERENCE, "revision": WHOLE}
_MESSAGE: Final = {
    "urn": str,
    "channel": REFERENCE,
    "text": str,
    "attachments": [str],
    "external_id": str,
    "payload": ANYTHING,
}
_EVENT: Final = {
    "uuid": str,
    "type": str,
    "created_on": str,
    "msg": _MESSAGE,
    "campaign": REFERENCE,
    "channel": REFERENCE,
    "dial": {"status": str, "duration": (int, float)},
    "params": ANYTHING,
}
_TICKET: Final = {"uuid": str, "status": str, "topic": REFERENCE, "assignee": {**REFERENCE, "email": str}}
_FIELD_VALUE: Final = {
    "text": str,
    "number": (int, float, str),
    "datetime": str,
    "state": str,
    "district": str,
    "ward": str,
}
CONTACT: Final = {
    "uuid": str,
    "id": WHOLE,
    "name": str,
    "language": str,
    "status": str,
    "timezone": str,
    "created_on": str,
    "last_seen_on": str,
    "urns": [str],
    "groups": [{"uuid": str, "name": str}],
    "fields": {str: _FIELD_VALUE},
    "tickets": [_TICKET],
}
_RESULT: Final = {
    "name": str,
    "value": str,
    "category": str,
    "category_localized": str,
    "node_uuid": str,
    "input": str,
    "created_on": str,
    "extra": ANYTHING,
}
TRIGGER: Final = {
    "type": str,
    "event": _EVENT,
    "flow": _FLOW,
    "batch": bool,
    "params": ANYTHING,
    "history": {"parent_uuid": str, "ancestors": WHOLE, "ancestors_since_input": WHOLE},
    "user": {**REFERENCE, "email": str},
    "origin": str,
    "keyword_match": {"type": str, "keyword": str},
    "run_summary": {"uuid": str, "flow": _FLOW, "contact": CONTACT, "status": str, "results": {str: _RESULT}},
    "ticket": _TICKET,
    "triggered_on": str,
}
RESUME: Final = {"type": str, "event": _EVENT, "resumed_on": str}


def check_shape(value: Any, shape: Shape, path: str = "") -> None:
    """Nothing when the value has the shape.

    Raises:
        Invalid: it names the field and says what was expected there.
    """
    cls = shape.__class__
    if cls is dict:
        if not isinstance(value, dict):
            raise _not(path, "an object")
        if str in shape:
            for key, item in value.items():
                check_shape(item, shape[str], f"{path}.{key}")
            return
        for key, item in value.items():
            wanted = shape.get(key)
            if wanted is None or item is None or item.__class__ is wanted:
                continue
            if wanted is not ANYTHING:
                check_shape(item, wanted, f"{path}.{key}" if path else key)
    elif cls is list:
        if not isinstance(value, list | tuple):
            raise _not(path, "a list")
        for place, item in enumerate(value):
            check_shape(item, shape[0], f"{path}[{place}]")
    elif value.__class__ not in (shape if cls is tuple else (shape,)):
        raise _not(path, " or ".join(_NAMES[each] for each in (shape if cls is tuple else (shape,))))


def _not(path: str, what: str) -> Invalid:
    return Invalid(f"field '{path}' must be {what}" if path else f"the document must be {what}", field=path)
