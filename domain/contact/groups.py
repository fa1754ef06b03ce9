"""Groups that are kept by a query: which of them a contact belongs to.

An organization may have hundreds, and almost every message changes something of its contact. So each query is compiled
once, and the groups are indexed by what their queries read: after a change only those are asked that read what changed.
A contact remembers which set of groups its own were last brought in line with (`Contact.checked_by`). All are asked for
one that was just read, unless its host remembers too (`QueryGroups.fingerprint`), and when the groups themselves changed.
Queries on dates depend on the environment too and are asked again whenever a sprint begins.

What a query can read is named: an attribute (`name`, `language`, `created_on`, …), `urn` for all that concerns URNs,
`fields.<key>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from domain.contact.assets import Field, Group
from domain.contact.contact import ACTIVE, Contact
from domain.contact.query.errors import QueryError
from domain.contact.query.properties import DATETIME
from domain.contact.query.query import Query, parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.environment.environment import Environment

STATUS = "status"
_ANY_ENVIRONMENT = Environment()


class QueryGroup:
    """A group with its query compiled. `place` is where the group stands among all query groups."""

    __slots__ = ("depends_on_environment", "group", "place", "query")

    def __init__(self, group: Group, query: Query, place: int) -> None:
        self.group = group
        self.query = query
        self.place = place
        self.depends_on_environment = any(condition.value_type == DATETIME for condition in query.conditions)


class QueryGroups:
    """The groups of an organization that have a query, in the organization's order."""

    __slots__ = ("_by_read", "_dated", "_touched", "all", "fingerprint")

    def __init__(self, groups: Mapping[str, Group], fields: Mapping[str, Field]) -> None:
        resolver = CatalogueResolver(fields)
        self.fingerprint = _fingerprint(groups, fields)
        """The same for the same queries on the same fields. Hosts keep it with a contact to tell `Contact.from_json` later
        that the contact's groups need not be asked again."""
        found: list[QueryGroup] = []
        for group in groups.values():
            query = _read_query(group, resolver) if group.query else None
            if query is not None:
                found.append(QueryGroup(group, query, len(found)))
        self.all = tuple(found)
        self._dated = tuple(group for group in found if group.depends_on_environment)
        self._by_read: dict[str, list[QueryGroup]] = {}
        for query_group in found:
            for read in query_group.query.reads:
                self._by_read.setdefault(read, []).append(query_group)
        self._touched: dict[tuple[str, ...], tuple[QueryGroup, ...]] = {}

    def concerned(self, contact: Contact, touched: tuple[str, ...] | None) -> Iterable[QueryGroup]:
        """The groups that may have to change.

        Args:
            touched: what changed since the contact was in line with its groups, None when a sprint begins.
        """
        if contact.checked_by is not self or (touched is not None and STATUS in touched):
            return self.all
        if touched is None:
            return self._dated
        if len(touched) == 1:
            return self._by_read.get(touched[0], ())
        concerned = {group.place: group for read in touched for group in self._by_read.get(read, ())}
        return [concerned[place] for place in sorted(concerned)]


def _fingerprint(groups: Mapping[str, Group], fields: Mapping[str, Field]) -> str:
    queries = [(group.uuid, group.query) for group in groups.values() if group.query]
    types = [(field.key, field.value_type) for field in fields.values()]
    return blake2b(repr((queries, types)).encode(errors="replace"), digest_size=6).hexdigest()


def _read_query(group: Group, resolver: CatalogueResolver) -> Query | None:
    try:
        return parse_query(group.query, _ANY_ENVIRONMENT, resolver)
    except QueryError:
        return None


def readable_groups(groups: Mapping[str, Group], fields: Mapping[str, Field]) -> Mapping[str, Group]:
    """The groups without those whose query can't be read: nobody can be said to belong to them."""
    resolver = CatalogueResolver(fields)
    return {
        uuid: group for uuid, group in groups.items() if not group.query or _read_query(group, resolver) is not None
    }


def regrouped(
    contact: Contact, environment: Environment, query_groups: QueryGroups, touched: tuple[str, ...] | None
) -> tuple[Contact, list[Group], list[Group]]:
    """The contact with its groups brought in line: groups with a query by the query; none unless the contact is active.

    Returns:
        The contact, and the groups it was added to and removed from.
    """
    before = contact.groups
    is_active = contact.status == ACTIVE
    added: list[Group] = []
    removed: list[Group] = []
    for each in query_groups.concerned(contact, touched):
        belongs = is_active and _matches(each, environment, contact)
        if belongs != (each.group.uuid in before):
            (added if belongs else removed).append(each.group)
    if not is_active:
        removed.extend(group for group in before.values() if not group.query)
    if not added and not removed:
        if contact.checked_by is query_groups:
            return contact, added, removed
        return contact.with_changes(checked_by=query_groups), added, removed
    gone = {group.uuid for group in removed}
    groups = {uuid: group for uuid, group in before.items() if uuid not in gone}
    groups.update((group.uuid, group) for group in added)
    return contact.with_changes(groups=groups, checked_by=query_groups), added, removed


def _matches(each: QueryGroup, environment: Environment, contact: Contact) -> bool:
    try:
        return each.query.evaluate(environment, contact)
    except QueryError:
        return False
