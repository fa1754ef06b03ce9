"""Conditions of descriptions: a table of fields and what they have to hold, all of which must be met.

A wanted value is a text (or number), a list of them (any will do), `"*"` for anything, or `""` for nothing.
"""

from collections.abc import Callable
from typing import Any

from gateways.channels.description.fields import getter
from gateways.channels.description.section import Section
from gateways.channels.sending import as_text

Condition = Callable[[Any, Any], bool]
Fold = Callable[[str], str]


def condition(parse: str, place: Section, table: dict[str, Any], *, any_case: bool = False) -> Condition:
    """What tests a table of wanted values, with `any_case` however they are written."""
    fold = str.casefold if any_case else str
    tests = [(getter(parse, name), _wanted(place, name, value, fold)) for name, value in table.items()]

    def holds(item: Any, whole: Any) -> bool:
        return all(_meets(find(item, whole), wanted, fold) for find, wanted in tests)

    return holds


def _wanted(place: Section, name: str, value: Any, fold: Fold) -> frozenset[str] | bool:
    if value == "*":
        return True
    if value == "":
        return False
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str | int) for each in values):
        raise place.wrong(name, "a text, a number or a list of them is expected")
    return frozenset(fold(as_text(each)) for each in values)


def _meets(value: Any, wanted: frozenset[str] | bool, fold: Fold) -> bool:
    if isinstance(wanted, bool):
        return (value not in (None, "")) is wanted
    return fold(as_text(value)) in wanted
