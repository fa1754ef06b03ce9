"""What a query depends on: for showing it, and for deciding whether a group may have it."""

from dataclasses import dataclass

from domain.contact.query.properties import NOT_IN_GROUPS, PropertyType
from domain.contact.query.resolver import QueryResolver
from domain.contact.query.syntax_tree import Condition, Node


@dataclass(frozen=True, slots=True)
class Inspection:
    """Attributes, schemes and field keys in order of name; fields and groups as references.

    A group that nobody resolved is `{name_match}`, a field nobody knew has an empty name.
    """

    attributes: tuple[str, ...]
    schemes: tuple[str, ...]
    fields: tuple[dict[str, str], ...]
    groups: tuple[dict[str, str], ...]
    allow_as_group: bool

    def as_json(self) -> dict[str, object]:
        """The shape in which the API shows it."""
        return {
            "attributes": list(self.attributes),
            "schemes": list(self.schemes),
            "fields": list(self.fields),
            "groups": list(self.groups),
            "allow_as_group": self.allow_as_group,
        }


def inspect_tree(tree: Node | None, resolver: QueryResolver | None) -> Inspection:
    """What the conditions of a tree read and name."""
    keys: dict[PropertyType, set[str]] = {property_type: set() for property_type in PropertyType}
    groups: dict[str, dict[str, str]] = {}
    for condition in tree.conditions() if tree is not None else ():
        keys[condition.property_type].add(condition.key)
        if condition.is_attribute("group") and condition.value:
            reference = _group_reference(condition, resolver)
            groups.setdefault(reference.get("uuid") or reference["name_match"].lower(), reference)
    return Inspection(
        attributes=tuple(sorted(keys[PropertyType.ATTRIBUTE])),
        schemes=tuple(sorted(keys[PropertyType.URN])),
        fields=tuple(_field_reference(key, resolver) for key in sorted(keys[PropertyType.FIELD])),
        groups=tuple(groups.values()),
        allow_as_group=not keys[PropertyType.ATTRIBUTE] & NOT_IN_GROUPS,
    )


def _field_reference(key: str, resolver: QueryResolver | None) -> dict[str, str]:
    field = None if resolver is None else resolver.field(key)
    return {"key": key, "name": "" if field is None else field.name}


def _group_reference(condition: Condition, resolver: QueryResolver | None) -> dict[str, str]:
    group = None if resolver is None else resolver.group_named(condition.value)
    return {"name_match": condition.value} if group is None else {"uuid": group.uuid, "name": group.name}
