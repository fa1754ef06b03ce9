"""Values as JSON and JSON as values. Numbers keep every digit; keys come in byte order; nothing is escaped for HTML."""

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from domain.expressions.values.kinds import (
    DEFAULT_KEY,
    EvaluationError,
    Value,
    XError,
    kind_of,
    object_items,
    unwrapped,
)
from domain.expressions.values.number import MAX_DIGITS, is_in_range, number_text
from domain.expressions.values.rendering import MAX_DEPTH, render

NEEDS_ESCAPE: Final = re.compile(r'["\\\x00-\x1f\u2028\u2029\ud800-\udfff]')
SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
JSON_SPACE: Final = " \t\r\n"
ANY_ESCAPE: Final = re.compile(
    r"\\(?:(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def quoted(text: str) -> str:
    """The text as a JSON string."""
    return f'"{NEEDS_ESCAPE.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    return SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def to_json(value: Value, depth: int = 0) -> str:
    """Compact JSON. Errors in arrays are null, in objects left out; an object's default is not part of it."""
    kind = kind_of(value)
    match kind:
        case "null" | "error" | "function":
            return "null"
        case "number":
            return number_text(value)
        case "boolean":
            return "true" if value else "false"
        case "array" | "object":
            if depth > MAX_DEPTH:
                raise EvaluationError("value is nested too deep")
            return _array_json(value, depth) if kind == "array" else _object_json(value, depth)
    return quoted(render(value))


def _array_json(value: list[Value], depth: int) -> str:
    return "[" + ",".join(to_json(unwrapped(item), depth + 1) for item in value) + "]"


def _object_json(value: Value, depth: int) -> str:
    members = (
        f"{quoted(name)}:{to_json(item, depth + 1)}"
        for name, item in object_items(value)
        if item.__class__ is not XError
    )
    return "{" + ",".join(members) + "}"


def number_of_json(text: str) -> Decimal | XError:
    """A number as JSON writes it; an error in its place where it is too long or out of range."""
    if len(text) > MAX_DIGITS * 10:
        return XError(f"number {text[:MAX_DIGITS]}… is out of range")
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent of twenty digits
        return XError(f"number {text} is out of range")
    return value if is_in_range(value) else XError(f"number {text} is out of range")


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in pairs if key != DEFAULT_KEY}


def without_half_pairs(text: str) -> str:
    r"""The JSON with U+FFFD for each escape that is half of a surrogate pair (`\ud83d` alone): no text can hold such a half."""
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return ANY_ESCAPE.sub(lambda escape: "\ufffd" if escape[2] else escape[0], text)


DECODER: Final = json.JSONDecoder(
    parse_float=number_of_json,
    parse_int=number_of_json,
    parse_constant=_no_constant,
    object_pairs_hook=_object,
    strict=True,
)


def from_json(text: str) -> Value:
    """The value that JSON holds; null for "". Raises EvaluationError for anything that isn't JSON."""
    if not text:
        return None
    try:
        return DECODER.decode(without_half_pairs(text.strip(JSON_SPACE)))
    except (ValueError, RecursionError):
        raise EvaluationError("invalid JSON") from None
