"""A query as a tree, its canonical text, and how to build one without writing text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, Self

from domain.contact.query.properties import UNKNOWN_TYPE, PropertyType
from domain.expressions.quoting import quote

AND: Final = "and"
OR: Final = "or"
_PREFIXES: Final = {PropertyType.ATTRIBUTE: "", PropertyType.URN: "urns.", PropertyType.FIELD: "fields."}
_BARE_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: `fields.age > 18`.

    `value_type` is the type of the property's values, UNKNOWN_TYPE for a field nobody knew. `reference` is the uuid of
    the group or flow that `value` names, "" where that wasn't asked.
    """

    property_type: PropertyType
    key: str
    operator: str
    value: str
    value_type: str = UNKNOWN_TYPE
    reference: str = ""

    @property
    def property_name(self) -> str:
        """The property as canonical text has it: `fields.age`, `urns.tel`, `name`."""
        return _PREFIXES[self.property_type] + self.key

    def is_attribute(self, *keys: str) -> bool:
        return self.property_type is PropertyType.ATTRIBUTE and self.key in keys

    @property
    def reads_urns(self) -> bool:
        """Whether it is about a contact's addresses."""
        return self.property_type is PropertyType.URN or self.is_attribute("urn")

    def simplified(self) -> Self:
        return self

    def conditions(self) -> Iterator["Condition"]:
        yield self

    def __str__(self) -> str:
        value = self.value if _BARE_NUMBER.fullmatch(self.value) else quote(self.value)
        return f"{self.property_name} {self.operator} {value}"


@dataclass(frozen=True, slots=True)
class Combination:
    """Conditions or combinations, all of which (`and`) or one of which (`or`) must hold."""

    operator: Literal["and", "or"]
    children: tuple["Node", ...]

    def simplified(self) -> "Node | None":
        """The same without nesting of like in like, without combinations of one or none; None when nothing is left."""
        children: list[Node] = []
        for child in self.children:
            simple = child.simplified()
            if isinstance(simple, Combination) and simple.operator == self.operator:
                children.extend(simple.children)
            elif simple is not None:
                children.append(simple)
        if len(children) < 2:
            return children[0] if children else None
        return Combination(self.operator, tuple(children))

    def conditions(self) -> Iterator[Condition]:
        """Every condition, in the order of the text."""
        for child in self.children:
            yield from child.conditions()

    def __str__(self) -> str:
        return f" {self.operator.upper()} ".join(
            f"({child})" if isinstance(child, Combination) else str(child) for child in self.children
        )


Node = Condition | Combination


def canonical_text(node: Node | None) -> str:
    """The one way to write a query, "" for an empty one."""
    simple = None if node is None else node.simplified()
    return "" if simple is None else str(simple)


def all_of(*nodes: Node) -> Combination:
    """A combination of which all must hold."""
    return Combination(AND, nodes)


def any_of(*nodes: Node) -> Combination:
    """A combination of which one must hold."""
    return Combination(OR, nodes)


def escape_value(value: str) -> str:
    """A value quoted, so that it can stand in a query's text whatever it holds."""
    return quote(value)
