"""How groups, fields, triggers and campaigns are written in an export file: their shapes, and the codes for their types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.flow.definition.checks import IS_UUID
from domain.flow.definition.shapes import Check, nested, nested_list, number, string, strings

MAX_ITEMS = 10_000
"""Members of each list of the file."""
MAX_FIELD_NAME = 36
SYSTEM_DATES = ("created_on", "last_seen_on")
"""What campaigns may count from beside fields."""

FIELD_TYPES = {"T": "text", "N": "number", "D": "datetime", "S": "state", "I": "district", "W": "ward"}
TRIGGER_TYPES = {
    "K": "keyword",
    "C": "catch_all",
    "S": "schedule",
    "V": "incoming_call",
    "M": "missed_call",
    "N": "new_conversation",
    "R": "referral",
    "T": "ticket_closed",
    "O": "opt_in",
    "P": "opt_out",
}
MATCH_TYPES = {"F": "first", "O": "only"}
UNITS = {"M": "minutes", "H": "hours", "D": "days", "W": "weeks"}
POINT_TYPES = {"F": "flow", "M": "message"}
START_MODES = {"I": "interrupt", "S": "skip", "P": "passive"}

_ALSO_CALLED = {"numeric": "number"}
_FIELD_KEY = re.compile(r"[a-z][a-z0-9_]{0,35}")


def _one_of(codes: Mapping[str, str]) -> Check:
    names = frozenset(codes) | frozenset(codes.values()) | (_ALSO_CALLED.keys() if codes is FIELD_TYPES else set())
    return Check(names.__contains__, f"must be one of {', '.join(codes)}")


def named(codes: Mapping[str, str], written: str, otherwise: str = "") -> str:
    """What a code stands for; names are taken too."""
    return codes.get(written) or _ALSO_CALLED.get(written, written) or otherwise


def code_of(codes: Mapping[str, str], name: str) -> str:
    return next((code for code, each in codes.items() if each == name), name)


def is_field_key(text: str) -> bool:
    """Whether a field may have this key."""
    return _FIELD_KEY.fullmatch(text) is not None


def name_of_key(key: str) -> str:
    """A readable name for a thing that only its key is known of: `first_name` gives `First Name`."""
    return " ".join(word.capitalize() for word in key.split("_") if word) or key


_IS_KEY = Check(lambda text: is_field_key(text) or text in SYSTEM_DATES, "must be lower-case letters, digits and _")


@dataclass(frozen=True, slots=True)
class Named:
    """A reference by uuid, by name, or both."""

    uuid: str = string(check=IS_UUID)
    name: str = string(max_chars=64)


@dataclass(frozen=True, slots=True)
class WrittenGroup:
    uuid: str = string(check=IS_UUID)
    name: str = string(required=True, max_chars=64)
    query: str = string(max_chars=10_000)


@dataclass(frozen=True, slots=True)
class WrittenField:
    key: str = string(required=True, check=_IS_KEY)
    name: str = string(max_chars=MAX_FIELD_NAME)
    label: str = string(max_chars=MAX_FIELD_NAME)
    type: str = string(check=_one_of(FIELD_TYPES))
    value_type: str = string(check=_one_of(FIELD_TYPES))


@dataclass(frozen=True, slots=True)
class WrittenTrigger:
    trigger_type: str = string(required=True, check=_one_of(TRIGGER_TYPES))
    keyword: str = string(max_chars=640)
    keywords: tuple[str, ...] = strings(max_items=100, max_chars=64)
    match_type: str = string(check=_one_of(MATCH_TYPES))
    flow: Named | None = nested(Named, required=True)
    groups: tuple[Named, ...] = nested_list(Named, max_items=1000)
    exclude_groups: tuple[Named, ...] = nested_list(Named, max_items=1000)


@dataclass(frozen=True, slots=True)
class WrittenDate:
    key: str = string(required=True, check=_IS_KEY)
    name: str = string(max_chars=64)
    label: str = string(max_chars=64)


@dataclass(frozen=True, slots=True)
class WrittenPoint:
    uuid: str = string(check=IS_UUID)
    event_type: str = string(required=True, check=_one_of(POINT_TYPES))
    relative_to: WrittenDate | None = nested(WrittenDate, required=True)
    offset: int = number(if_missing=0)
    unit: str = string(required=True, check=_one_of(UNITS))
    delivery_hour: int = number(minimum=-1, maximum=23, if_missing=-1)
    start_mode: str = string(check=_one_of(START_MODES))
    flow: Named | None = nested(Named)
    base_language: str = string(max_chars=4)


@dataclass(frozen=True, slots=True)
class WrittenCampaign:
    uuid: str = string(check=IS_UUID)
    name: str = string(required=True, max_chars=64)
    group: Named | None = nested(Named, required=True)
