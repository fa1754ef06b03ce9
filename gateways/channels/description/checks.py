"""What a request has to be, beyond being signed: required fields, numbers, what is ignored or refused, the channel's address."""

from collections.abc import Callable
from typing import Any

from gateways.channels.channel_type import IgnoreRequest, Inbound, RefuseRequest
from gateways.channels.description.conditions import Condition, condition
from gateways.channels.description.dates import number_or_none
from gateways.channels.description.fields import Getter, getter, text_of
from gateways.channels.description.section import Section
from gateways.channels.missing_fields import fields_required
from gateways.channels.sending import as_text

Check = Callable[[Inbound, Any, Any], None]
"""Looks at an item and the whole it is part of. Raises RefuseRequest or IgnoreRequest."""


def checks_of(section: Section, parse: str, *, any_case: bool = False) -> list[Check]:
    """The checks of a receive rule, in the order in which they are made."""
    numbers = {name: getter(parse, name) for name in section.texts("numbers")}
    required = [(name, getter(parse, name), name in numbers) for name in section.texts("require")]
    checks: list[Check] = []
    if required:
        checks.append(lambda inbound, item, whole: _require(required, item, whole))
    if numbers:
        checks.append(lambda inbound, item, whole: _numbers(numbers, item, whole))
    for place in ("ignore", "reject"):
        for table in section.tables(place):
            checks.append(_stopper(place, condition(parse, section, table, any_case=any_case)))
    for table in section.tables("ignore_unless"):
        checks.append(_stopper("ignore", _opposite(condition(parse, section, table, any_case=any_case))))
    address = section.optional_text("address")
    if address:
        checks.append(_address(getter(parse, address), address))
    return checks


def _require(required: list[tuple[str, Getter, bool]], item: Any, whole: Any) -> None:
    missing = [
        name
        for name, find, is_number in required
        if (value := find(item, whole)) in (None, "", [], {}) or (is_number and as_text(value) == "0")
    ]
    if missing:
        raise fields_required(missing)


def _numbers(numbers: dict[str, Getter], item: Any, whole: Any) -> None:
    for name, find in numbers.items():
        value = find(item, whole)
        if value not in (None, "") and number_or_none(value) is None:
            raise RefuseRequest(f"field '{name}' must be a whole number")


def _opposite(holds: Condition) -> Condition:
    return lambda item, whole: not holds(item, whole)


def _stopper(place: str, holds: Condition) -> Check:
    def check(inbound: Inbound, item: Any, whole: Any) -> None:
        if holds(item, whole):
            if place == "ignore":
                raise IgnoreRequest("nothing to do for this request")
            raise RefuseRequest("this request is not accepted")

    return check


def _address(find: Getter, name: str) -> Check:
    def check(inbound: Inbound, item: Any, whole: Any) -> None:
        if text_of(find, item, whole).lstrip("+") != inbound.channel.address.lstrip("+"):
            raise RefuseRequest(f"field '{name}' is not the address of this channel")

    return check
