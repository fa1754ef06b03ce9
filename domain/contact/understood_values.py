"""What an entered text is understood as when it becomes the value of a contact's field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.contact.assets import ContactAssets, Field
from domain.contact.contact import Contact
from domain.contact.field_values import FieldValue
from domain.environment.date_text import datetime_from_text
from domain.environment.environment import Environment
from domain.environment.locations import PATH_SEPARATOR, Location, LocationHierarchy
from domain.expressions.values.conversions import to_number
from domain.expressions.values.kinds import EvaluationError
from domain.expressions.values.rendering import render_datetime

STATE, DISTRICT, WARD = 1, 2, 3
_LEVELS = {"state": STATE, "district": DISTRICT, "ward": WARD}


def understood(
    text: str,
    field: Field,
    contact: Contact,
    environment: Environment,
    assets: ContactAssets,
    now: Callable[[], datetime],
    max_chars: int,
) -> FieldValue | None:
    """The value of a field when the text is entered for it; None for an empty text, which clears it.

    Args:
        now: the time, for a date without a time and for a year of two digits; asked only when it matters.
        max_chars: the longest text that is kept.
    """
    if not text:
        return None
    number = _number(text)
    moment = _moment(text, environment, now)
    place = _place(text, field, contact, environment.locations or assets.locations_for(environment), assets)
    above = _place_and_above(place)
    return FieldValue(
        text=text[:max_chars],
        number=number,
        datetime=None if moment is None else render_datetime(moment),
        state=above.get(STATE, ""),
        district=above.get(DISTRICT, ""),
        ward=above.get(WARD, ""),
    )


def _number(text: str) -> Decimal | None:
    try:
        return to_number(text)
    except EvaluationError:
        return None


def _moment(text: str, environment: Environment, now: Callable[[], datetime]) -> datetime | None:
    try:
        return datetime_from_text(text, environment.date_format, environment.timezone, now, fill_time=True)
    except ValueError:
        return None


def _place(
    text: str, field: Field, contact: Contact, hierarchy: LocationHierarchy | None, assets: ContactAssets
) -> Location | None:
    if hierarchy is None:
        return None
    if PATH_SEPARATOR in text:
        return hierarchy.at_path(text)
    level = _LEVELS.get(field.value_type)
    if level is None:
        return None
    parent = None
    if level > STATE:
        parent = _place_of_contact(level - 1, contact, hierarchy, assets)
        if parent is None:
            return None
    found = hierarchy.search(text, level, parent)
    return found[0] if found else None


def _place_of_contact(
    level: int, contact: Contact, hierarchy: LocationHierarchy, assets: ContactAssets
) -> Location | None:
    """Where the contact's first field of that level says it lives."""
    part = {STATE: "state", DISTRICT: "district"}[level]
    for field in assets.fields.values():
        if field.value_type == part:
            value: Any = contact.fields.get(field.key)
            path = getattr(value, part) if value is not None else ""
            if path:
                return hierarchy.at_path(path)
    return None


def _place_and_above(place: Location | None) -> dict[int, str]:
    """The paths of a place and those it lies in, by level."""
    paths = {}
    while place is not None:
        paths[place.level] = place.path
        place = place.parent
    return paths
