"""The modifier that sets a field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from domain.contact.assets import Field
from domain.contact.contact import Contact
from domain.contact.modifiers.change import Change
from domain.contact.modifiers.modifier import Modifier
from domain.contact.understood_values import understood


@dataclass(frozen=True, slots=True)
class SetField(Modifier):
    """Sets a field to what a text is understood as; an empty text clears it."""

    field: Field
    value: str
    type: ClassVar[str] = "field"

    def apply(self, contact: Contact, change: Change) -> Contact:
        key = self.field.key
        before = contact.fields.get(key)
        after = understood(
            self.value,
            self.field,
            contact,
            change.environment,
            change.assets,
            change.now,
            change.rules.max_field_chars,
        )
        if after == before:
            return contact
        fields = dict(contact.fields)
        if after is None:
            del fields[key]
        else:
            fields[key] = after
        change.log(
            "contact_field_changed", field=self.field.reference(), value=None if after is None else after.to_json()
        )
        return contact.with_changes(fields=fields)

    @property
    def touches(self) -> tuple[str, ...]:
        return (f"fields.{self.field.key}",)

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "field": self.field.reference(), "value": self.value}
