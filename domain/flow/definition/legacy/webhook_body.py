"""What a webhook of version 11 posted when nothing else was said: contact, flow, path, results, run, message and channel.

Receivers out there read these keys, so the template below makes the same JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

Shape = str | Mapping[str, "Shape"]
"""An expression, or an object of them by key."""

_RESULT_KEYS = ("category", "category_localized", "created_on", "input", "name", "node_uuid", "value")

_URN: Shape = {
    "display": 'default(format_urn(input.urn), "")',
    "path": "urn_parts(input.urn).path",
    "scheme": "urn_parts(input.urn).scheme",
}


def _expression(shape: Shape) -> str:
    if isinstance(shape, str):
        return shape
    return f"object({', '.join(f'{_quoted(key)}, {_expression(value)}' for key, value in shape.items())})"


def _quoted(key: str) -> str:
    return f'"{key}"'


def _or_null(name: str, shape: Shape) -> str:
    return f"if({name}, {_expression(shape)}, null)"


_INPUT: Shape = {
    "attachments": "foreach(input.attachments, attachment_parts)",
    "channel": "input.channel",
    "created_on": "input.created_on",
    "text": "input.text",
    "type": "input.type",
    "urn": _or_null("input.urn", _URN),
    "uuid": "input.uuid",
}

_BODY: Shape = {
    "contact": {"uuid": "contact.uuid", "name": "contact.name", "urn": "contact.urn"},
    "flow": "run.flow",
    "path": "run.path",
    "results": f"foreach_value(results, extract_object, {', '.join(map(_quoted, _RESULT_KEYS))})",
    "run": {"uuid": "run.uuid", "created_on": "run.created_on"},
    "input": _or_null("input", _INPUT),
    "channel": "default(input.channel, null)",
}

DEFAULT_BODY = f"@(json({_expression(_BODY)}))"
"""The template."""
