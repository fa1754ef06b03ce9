"""`@contact`, `@fields`, `@urns` and `@ticket`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from domain.contact.assets import Field
from domain.contact.contact import Contact, Ticket
from domain.contact.field_values import FieldValue
from domain.contact.reference_code import reference_code
from domain.expressions.values.kinds import MISSING, Deprecated, Lazy, ObjectValue, Value
from domain.expressions.values.rendering import render
from domain.flow.engine.context_values import ChannelView, UserView, first_word, moment, named_object, shown_urn
from domain.urn.normalise import format_urn
from domain.urn.schemes import SCHEMES

if TYPE_CHECKING:
    from domain.flow.engine.execution import Execution


class ContactView(ObjectValue):
    """`@contact`; stands for the name, else an address or the id."""

    __slots__ = ("_contact", "_x")

    _properties: ClassVar[dict[str, Callable[[Execution, Contact], Value]]] = {
        "uuid": lambda x, contact: contact.uuid,
        "id": lambda x, contact: Deprecated(str(contact.id), "@contact.id is deprecated, use @contact.ref instead"),
        "ref": lambda x, contact: reference_code(contact.id, x.environment.obfuscation_key) if contact.id else "",
        "name": lambda x, contact: contact.name,
        "first_name": lambda x, contact: first_word(contact.name),
        "language": lambda x, contact: contact.language,
        "timezone": lambda x, contact: contact.timezone or None,
        "status": lambda x, contact: contact.status,
        "created_on": lambda x, contact: moment(contact.created_on),
        "last_seen_on": lambda x, contact: moment(contact.last_seen_on) if contact.last_seen_on else None,
        "urns": lambda x, contact: [shown_urn(x, urn) for urn in contact.urns],
        "urn": lambda x, contact: _preferred_urn(x, contact),
        "groups": lambda x, contact: [dict(group.reference()) for group in contact.groups.values()],
        "fields": lambda x, contact: contact_fields(x, contact),
        "channel": lambda x, contact: _preferred_channel(x, contact),
        "tickets": lambda x, contact: Deprecated(
            Lazy(lambda: [ticket_view(ticket) for ticket in contact.tickets]),
            "@contact.tickets is deprecated, use @ticket instead",
        ),
    }

    def __init__(self, x: Execution, contact: Contact) -> None:
        self._x = x
        self._contact = contact

    def property(self, name: str) -> Value:
        found = self._properties.get(name)
        return MISSING if found is None else found(self._x, self._contact)

    def names(self) -> Iterable[str]:
        return self._properties

    def default(self) -> Value:
        return self.formatted()

    def formatted(self) -> str:
        """How people call the contact: by name, by id where URNs are not to be seen, by its first URN."""
        contact = self._contact
        if contact.name:
            return contact.name
        if self._x.environment.redaction_policy == "urns":
            return str(contact.id)
        return format_urn(contact.urns[0].text) if contact.urns else ""


def _preferred_urn(x: Execution, contact: Contact) -> Value:
    route = x.assets.channel_choice.route_of(contact.urns)
    return shown_urn(x, route[0]) if route is not None else None


def _preferred_channel(x: Execution, contact: Contact) -> Value:
    route = x.assets.channel_choice.route_of(contact.urns)
    return ChannelView(route[1]) if route is not None else None


def contact_fields(x: Execution, contact: Contact) -> Value:
    """`@fields`: every field of the organization, null where the contact has no value."""
    return FieldsView(x, contact)


class FieldsView(ObjectValue):
    """The contact's values by field key; stands for one line for each that is set."""

    __slots__ = ("_contact", "_x")

    def __init__(self, x: Execution, contact: Contact) -> None:
        self._x = x
        self._contact = contact

    def property(self, name: str) -> Value:
        field = self._x.assets.fields.get(name)
        return MISSING if field is None else typed_value(self._contact.fields.get(name), field)

    def names(self) -> Iterable[str]:
        return self._x.assets.fields

    def default(self) -> Value:
        fields = self._x.assets.fields
        shown = ((fields[key], value) for key, value in self._contact.fields.items() if key in fields)
        typed = ((field.name, typed_value(value, field)) for field, value in shown)
        return "\n".join(sorted(f"{name}: {render(value)}" for name, value in typed if value is not None))


def typed_value(value: FieldValue | None, field: Field) -> Value:
    """The part of a field's value that the field's type asks for; null when the text was not understood as that."""
    if value is None:
        return None
    kind = field.value_type
    if kind == "text":
        return value.text
    if kind == "number":
        return value.number
    if kind == "datetime":
        return moment(value.datetime) if value.datetime else None
    if kind in ("state", "district", "ward"):
        return getattr(value, kind) or None
    return value.text


def contact_urns(x: Execution, contact: Contact) -> Value:
    """`@urns`: the first URN of each scheme, null for schemes the contact has none of."""
    return URNsView(x, contact)


class URNsView(ObjectValue):
    """The contact's URNs by scheme."""

    __slots__ = ("_contact", "_x")

    def __init__(self, x: Execution, contact: Contact) -> None:
        self._x = x
        self._contact = contact

    def property(self, name: str) -> Value:
        for urn in self._contact.urns:
            if urn.scheme == name:
                return shown_urn(self._x, urn)
        return None if name in SCHEMES else MISSING

    def names(self) -> Iterable[str]:
        return SCHEMES


def ticket_view(ticket: Ticket) -> Value:
    """`@ticket`."""
    topic, assignee = ticket.topic, ticket.assignee
    return {
        "uuid": ticket.uuid,
        "topic": named_object(topic.uuid, topic.name) if topic is not None else None,
        "assignee": UserView(assignee) if assignee is not None else None,
    }
