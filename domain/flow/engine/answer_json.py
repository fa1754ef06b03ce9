"""The JSON in what a webhook answered, made fit to be kept with a session.

The answer comes from anybody. What a database can't store is taken out of it, and what a session couldn't be written with
(nesting without end, numbers beyond any arithmetic) doesn't get in.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import orjson

from domain.expressions.values.json_text import without_half_pairs

MAX_DEPTH = 100
"""How deep objects and lists may lie in each other. Expressions see no deeper, and deeper ones could not be written again."""

_DIGITS_OF_64_BITS = 20
_ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""A NUL as JSON writes it; not the text `\\u0000`, whose backslash is itself escaped."""


def json_of_body(body: bytes) -> tuple[Any, str]:
    """The JSON in a body, and its text. Bytes that are no UTF-8 and NULs are left out.

    Returns:
        (None, "") where there is none, or where it is nested deeper than `MAX_DEPTH`.
    """
    text = _ESCAPED_NUL.sub(r"\1", body.decode(errors="ignore").replace("\x00", ""))
    text = without_half_pairs(text)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        document, text = _with_numbers_of_any_size(text)
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(document):
        return None, ""
    return document, text


def _is_too_deep(document: Any) -> bool:
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [
            member
            for container in level
            if isinstance(container, dict | list)
            for member in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return False
    return True


def _with_numbers_of_any_size(text: str) -> tuple[Any, str]:
    """JSON with a number that is too large for any arithmetic: null stands for the number, the rest is as it was sent."""
    try:
        document = json.loads(text, parse_float=_finite, parse_int=_storable, parse_constant=_no_constant)
        return document, json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return None, ""


def _storable(text: str) -> int | float | None:
    """A whole number that fits 64 bits; a larger one is rounded, as it is in any other JSON of the session."""
    number = int(text) if len(text) <= _DIGITS_OF_64_BITS else 2**64
    return number if -(2**63) <= number < 2**64 else _finite(text)


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _no_constant(name: str) -> Any:
    raise ValueError(name)
