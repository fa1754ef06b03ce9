"""What a query's parser asks of an organization's catalogue: which fields, groups and flows there are."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar


class QueryField(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def value_type(self) -> str: ...


class QueryReference(Protocol):
    """A group or flow."""

    @property
    def uuid(self) -> str: ...
    @property
    def name(self) -> str: ...


class QueryResolver(Protocol):
    """Finds what a query names. Names of groups and flows are compared without regard to case."""

    def field(self, key: str) -> QueryField | None: ...

    def group_named(self, name: str) -> QueryReference | None: ...

    def flow_named(self, name: str) -> QueryReference | None: ...


Named = TypeVar("Named", bound=QueryReference)


class CatalogueResolver:
    """A resolver over an organization's fields (by key), groups and flows, as they are now."""

    __slots__ = ("_fields", "_flows", "_groups")

    def __init__(
        self,
        fields: Mapping[str, QueryField],
        groups: Iterable[QueryReference] = (),
        flows: Iterable[QueryReference] = (),
    ) -> None:
        self._fields = fields
        self._groups = _by_name(groups)
        self._flows = _by_name(flows)

    def field(self, key: str) -> QueryField | None:
        return self._fields.get(key)

    def group_named(self, name: str) -> QueryReference | None:
        return self._groups.get(name.lower())

    def flow_named(self, name: str) -> QueryReference | None:
        return self._flows.get(name.lower())


def _by_name(items: Iterable[Named]) -> dict[str, Named]:
    """The first of each name wins."""
    found: dict[str, Named] = {}
    for item in items:
        found.setdefault(item.name.lower(), item)
    return found
