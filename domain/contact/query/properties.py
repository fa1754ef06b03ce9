"""What a query can ask about: attributes every contact has, URNs by scheme, the organization's fields."""

from enum import StrEnum
from typing import Final


class PropertyType(StrEnum):
    ATTRIBUTE = "attribute"
    URN = "urn"
    FIELD = "field"


TEXT, NUMBER, DATETIME = "text", "number", "datetime"
STATE, DISTRICT, WARD = "state", "district", "ward"
PLACES: Final = frozenset({STATE, DISTRICT, WARD})
UNKNOWN_TYPE: Final = ""
"""The type of a field when nobody was there to ask: every way to compare is tried on what the contact has."""

ATTRIBUTE_TYPES: Final = {
    "uuid": TEXT,
    "id": TEXT,
    "ref": TEXT,
    "name": TEXT,
    "status": TEXT,
    "language": TEXT,
    "urn": TEXT,
    "group": TEXT,
    "flow": TEXT,
    "history": TEXT,
    "tickets": NUMBER,
    "created_on": DATETIME,
    "last_seen_on": DATETIME,
}
"""Every attribute and the type of its values."""

ALWAYS_SET: Final = frozenset({"uuid", "id", "ref", "status", "created_on", "tickets"})
"""Attributes that every contact has: whether they are set can't be asked."""

NOT_IN_GROUPS: Final = frozenset({"id", "ref", "status", "group", "flow", "history"})
"""Attributes a group's query can't read: membership would depend on itself, or on what changes without the contact."""

EQUAL, NOT_EQUAL, CONTAINS = "=", "!=", "~"
GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL = ">", ">=", "<", "<="
COMPARISONS: Final = frozenset({GREATER, GREATER_OR_EQUAL, LESS, LESS_OR_EQUAL})
