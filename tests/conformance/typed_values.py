"""The cases' encoding of typed values, read into values of the expression language and compared with them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.environment.date_text import nanos_from_digits, time_from_text
from domain.environment.moments import epoch_nanos, from_epoch_nanos
from domain.environment.zones import zone_named
from domain.expressions.functions.catalogue import FUNCTIONS
from domain.expressions.values.equality import are_equal
from domain.expressions.values.kinds import Deprecated, Value, XError, kind_of
from domain.expressions.values.number import number_text
from domain.expressions.values.rendering import render


def nanos_of_iso(text: str) -> int:
    """Nanoseconds since 1970 of an ISO time with up to nine digits of a second."""
    whole, dot, rest = text.partition(".")
    digits = ""
    if dot:
        digits = "".join(ch for ch in rest.split("Z")[0].split("+")[0].split("-")[0])
        text = whole + rest[len(digits) :]
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return epoch_nanos(moment) + nanos_from_digits(digits)


def decoded_datetime(encoded: dict[str, Any]) -> datetime:
    offset = datetime.fromisoformat(_without_fraction(encoded["value"])).tzinfo
    zone = zone_named(encoded["tz"]) if encoded.get("tz") else offset
    return from_epoch_nanos(nanos_of_iso(encoded["value"]), zone or UTC)


def _without_fraction(text: str) -> str:
    whole, dot, rest = text.partition(".")
    return (whole + rest.lstrip("0123456789") if dot else text).replace("Z", "+00:00")


def decoded(encoded: dict[str, Any]) -> Value:
    """The value; a Deprecated one where the case marks it so."""
    value = _decoded(encoded)
    return Deprecated(value, encoded["deprecated"]) if encoded.get("deprecated") else value


def _decoded(encoded: dict[str, Any]) -> Value:
    match encoded["type"]:
        case "null":
            return None
        case "text":
            return repeated(encoded) if "repeat" in encoded else encoded["value"]
        case "number":
            return Decimal(encoded["value"])
        case "boolean":
            return encoded["value"]
        case "datetime":
            return decoded_datetime(encoded)
        case "date":
            return date.fromisoformat(encoded["value"])
        case "time":
            return time_from_text(encoded["value"])
        case "array":
            return repeated(encoded) if "repeat" in encoded else [decoded(item) for item in encoded["items"]]
        case "object":
            made = {name: decoded(value) for name, value in encoded["props"].items()}
            return {**made, "__default__": decoded(encoded["default"])} if "default" in encoded else made
        case "function":
            return FUNCTIONS[encoded["name"]]
        case "error":
            return XError(encoded["message"] or "I am error")
    raise ValueError(f"unknown type {encoded['type']}")


def repeated(encoded: dict[str, Any]) -> Value:
    repeat = encoded["repeat"]
    if encoded["type"] == "text":
        return repeat["text"] * repeat["count"] if "text" in repeat else repeat["value"] * repeat["count"]
    return [decoded(repeat["item"]) for _ in range(repeat["count"])]


def differs(actual: Value, expected: dict[str, Any]) -> str:
    """What is different about a value, "" when nothing is. Any error will do where the case's message is null."""
    kind = kind_of(actual)
    if kind != expected["type"]:
        return f"got {kind} {render(actual)!r}, expected {expected}"
    if kind == "error":
        wanted = expected["message"]
        return "" if wanted in (None, actual.message) else f"got error {actual.message!r}, expected {wanted!r}"
    if kind == "object":
        return _differing_object(actual, expected)
    if kind == "array" and "items" in expected:
        if len(actual) != len(expected["items"]):
            return f"got {render(actual)!r}, expected {expected}"
        return next(filter(None, map(differs, actual, expected["items"])), "")
    wanted = decoded(expected)
    if kind == "datetime" and actual.utcoffset() != wanted.utcoffset():
        return f"got {actual.isoformat()}, expected {expected['value']}"
    if kind == "number":
        return "" if actual == wanted else f"got {number_text(actual)}, expected {expected['value']}"
    return "" if are_equal(actual, wanted) else f"got {render(actual)!r}, expected {expected}"


def _differing_object(actual: Value, expected: dict[str, Any]) -> str:
    given = {name: value for name, value in actual.items() if name != "__default__"}
    if given.keys() != expected["props"].keys():
        return f"got properties {sorted(given)}, expected {sorted(expected['props'])}"
    for name, value in expected["props"].items():
        if found := differs(given[name], value):
            return f"{name}: {found}"
    if ("default" in expected) != ("__default__" in actual):
        return f"got default {actual.get('__default__')!r}, expected {expected.get('default')}"
    return differs(actual["__default__"], expected["default"]) if "default" in expected else ""
