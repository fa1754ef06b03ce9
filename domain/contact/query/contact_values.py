"""How a query reads a contact: each property's values, as texts, numbers and moments."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Protocol

from domain.contact.query.match import ReadValues, Value
from domain.contact.query.properties import DATETIME, NUMBER, PLACES, UNKNOWN_TYPE, PropertyType
from domain.contact.query.syntax_tree import Condition
from domain.contact.timestamps import parse_rfc3339


class QueriedURN(Protocol):
    @property
    def scheme(self) -> str: ...
    @property
    def path(self) -> str: ...


class QueriedFieldValue(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def number(self) -> Decimal | None: ...
    @property
    def datetime(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def district(self) -> str: ...
    @property
    def ward(self) -> str: ...


class QueriedTicket(Protocol):
    @property
    def status(self) -> str: ...


class QueriedContact(Protocol):
    """What queries read of a contact. Moments are RFC 3339 texts, places paths (`Rwanda > Kigali`)."""

    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def created_on(self) -> str: ...
    @property
    def last_seen_on(self) -> str: ...
    @property
    def urns(self) -> Sequence[QueriedURN]: ...
    @property
    def fields(self) -> Mapping[str, QueriedFieldValue]: ...
    @property
    def tickets(self) -> Sequence[QueriedTicket]: ...


NOTHING: Final[tuple[Value, ...]] = ()

_ATTRIBUTES: Final[dict[str, Callable[[QueriedContact], Sequence[Value]]]] = {
    "uuid": lambda contact: (contact.uuid,),
    "name": lambda contact: (contact.name,) if contact.name else NOTHING,
    "language": lambda contact: (contact.language,) if contact.language else NOTHING,
    "urn": lambda contact: [urn.path for urn in contact.urns],
    "tickets": lambda contact: (Decimal(sum(ticket.status == "open" for ticket in contact.tickets)),),
    "created_on": lambda contact: (parse_rfc3339(contact.created_on),),
    "last_seen_on": lambda contact: (parse_rfc3339(contact.last_seen_on),) if contact.last_seen_on else NOTHING,
}


def contact_reader(condition: Condition) -> ReadValues[QueriedContact]:
    """Reads a property of a contact. What a group's query must not ask (id, status, groups, flows) has no values."""
    key = condition.key
    if condition.property_type is PropertyType.ATTRIBUTE:
        return _ATTRIBUTES.get(key, _nothing)
    if condition.property_type is PropertyType.URN:
        return lambda contact: [urn.path for urn in contact.urns if urn.scheme == key]
    read = _field_part(condition.value_type)
    return lambda contact: NOTHING if (value := contact.fields.get(key)) is None else read(value)


def _nothing(_: QueriedContact) -> Sequence[Value]:
    return NOTHING


def _field_part(value_type: str) -> Callable[[QueriedFieldValue], Sequence[Value]]:
    if value_type == NUMBER:
        return lambda value: NOTHING if value.number is None else (value.number,)
    if value_type == DATETIME:
        return lambda value: (parse_rfc3339(value.datetime),) if value.datetime else NOTHING
    if value_type in PLACES:
        return lambda value: _place(getattr(value, value_type))
    if value_type == UNKNOWN_TYPE:
        return _best_part
    return lambda value: (value.text,) if value.text else NOTHING


def _best_part(value: QueriedFieldValue) -> Sequence[Value]:
    if value.number is not None:
        return (value.number,)
    if value.datetime:
        return (parse_rfc3339(value.datetime),)
    return (value.text,) if value.text else NOTHING


def _place(path: str) -> Sequence[Value]:
    name = path.rpartition(">")[2].strip()
    return (name,) if name else NOTHING
