"""The value of a contact's field: what was entered, and what it was understood as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from domain.contact.timestamps import moment_in
from domain.expressions.values.rendering import render_datetime

_EXACT_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class FieldValue:
    """What was entered as text, and the typed parts it was understood as.

    `datetime` is as expressions show it, to the microsecond; places are paths such as `Rwanda > Kigali`.
    """

    text: str
    number: Decimal | None = None
    datetime: str | None = None
    state: str = ""
    district: str = ""
    ward: str = ""

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> FieldValue:
        text = document.get("text") or ""
        number = document.get("number")
        moment = document.get("datetime")
        return cls(
            text=text,
            number=None if number is None else number_from_json(number, text),
            datetime=render_datetime(moment_in(moment)) if moment else None,
            state=document.get("state") or "",
            district=document.get("district") or "",
            ward=document.get("ward") or "",
        )

    def to_json(self) -> dict[str, Any]:
        document: dict[str, Any] = {"text": self.text}
        if self.datetime is not None:
            document["datetime"] = self.datetime
        if self.number is not None:
            document["number"] = number_to_json(self.number)
        for part in ("state", "district", "ward"):
            place = getattr(self, part)
            if place:
                document[part] = place
        return document


def number_to_json(number: Decimal) -> Any:
    """The number as orjson writes it without loss: an int, a float, or its digits."""
    if number == number.to_integral_value() and abs(number) < _EXACT_INTEGER:
        return int(number)
    approximate = float(number)
    if Decimal(repr(approximate)) == number:
        return approximate
    return orjson.Fragment(f"{number:f}")


def number_from_json(number: Any, text: str = "") -> Decimal:
    """The number behind a JSON value. JSON readers round long numbers: the entered text gives the digits back."""
    if not isinstance(number, float):
        return Decimal(number)
    try:
        entered = Decimal(text.strip())
    except InvalidOperation:
        return Decimal(repr(number))
    return entered if float(entered) == number else Decimal(repr(number))
