"""The modifier of the groups that are kept by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from domain.contact.assets import Group
from domain.contact.contact import BLOCKED, STOPPED, Contact
from domain.contact.modifiers.change import Change
from domain.contact.modifiers.modifier import Modifier

ADD, REMOVE = "add", "remove"


@dataclass(frozen=True, slots=True)
class ChangeGroups(Modifier):
    """Adds the contact to groups or removes it from them; groups with a query are kept by the query alone."""

    groups: tuple[Group, ...]
    modification: str
    type: ClassVar[str] = "groups"

    def apply(self, contact: Contact, change: Change) -> Contact:
        if contact.status in (BLOCKED, STOPPED):
            change.log_error("Can't add blocked or stopped contacts to groups")
            return contact
        groups = dict(contact.groups)
        changed = [group for group in self.groups if self._change_one(group, groups, change)]
        if not changed:
            return contact
        name = "groups_added" if self.modification == ADD else "groups_removed"
        change.log("contact_groups_changed", **{name: [group.reference() for group in changed]})
        return contact.with_changes(groups=groups)

    def _change_one(self, group: Group, groups: dict[str, Group], change: Change) -> bool:
        if group.query:
            wish = "add contacts to" if self.modification == ADD else "remove contacts from"
            change.log_error(f"Can't {wish} the query based group '{group.name}'")
            return False
        if self.modification == ADD:
            if group.uuid in groups:
                return False
            groups[group.uuid] = group
            return True
        return groups.pop(group.uuid, None) is not None

    @property
    def touches(self) -> tuple[str, ...]:
        return ("group",)

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "groups": [group.reference() for group in self.groups],
            "modification": self.modification,
        }
