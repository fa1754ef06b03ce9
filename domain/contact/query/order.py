"""The order of a list of contacts: `-created_on`, `name`, `fields.age`; "" is by id, newest first."""

from typing import Final, NamedTuple

from domain.contact.query.errors import QueryError
from domain.contact.query.properties import ATTRIBUTE_TYPES, PropertyType
from domain.contact.query.resolver import QueryResolver

SORTED_ATTRIBUTES: Final = frozenset({"id", "name", "language", "created_on", "last_seen_on"})


class Order(NamedTuple):
    """A property to sort by. `value_type` as in conditions: `text`, `number`, `datetime`, `state`, …"""

    property_type: PropertyType
    key: str
    value_type: str
    descending: bool


NEWEST_FIRST: Final = Order(PropertyType.ATTRIBUTE, "id", "text", descending=True)


def read_order(text: str, resolver: QueryResolver) -> Order:
    """Reads an order. Raises QueryError (`unknown_property`) for what contacts can't be sorted by."""
    descending, name = text.startswith("-"), text.removeprefix("-").lower()
    if not name:
        return NEWEST_FIRST
    if name in SORTED_ATTRIBUTES:
        return Order(PropertyType.ATTRIBUTE, name, ATTRIBUTE_TYPES[name], descending)
    key = name.removeprefix("fields.")
    field = resolver.field(key)
    if field is None:
        raise QueryError("unknown_property", f"no such field with key: {key}", property=key)
    return Order(PropertyType.FIELD, key, field.value_type, descending)
