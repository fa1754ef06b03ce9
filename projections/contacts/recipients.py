"""Who a flow start or a broadcast reaches: contacts, groups, URNs and a query become one set of active contacts, each once.

The selection is one SQL statement over the live read models, so that a hundred thousand recipients never pass through Python. The search path of
the connection must show the live read models (`contacts, runs` at least), because conditions of queries name tables as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg2.extensions import connection as Connection

from domain.contact.assets import Field
from domain.contact.query.query import parse_query
from domain.contact.query.resolver import CatalogueResolver
from domain.errors import Invalid
from domain.urn.errors import InvalidUrn
from domain.urn.normalise import normalise_urn, validate_urn
from domain.workspace.environment import environment_of
from projections.contact_query_sql import SQLCondition, contact_condition
from projections.set_sql import fetch, fetch_one
from projections.translated import database_errors

STARTED_PREVIOUSLY_DAYS: Final = 90
"""How far back `started_previously` looks."""

_KNOWN_URNS: Final = """
select w.place from unnest(%s::text[], %s::text[]) with ordinality as w(scheme, path, place)
join contacts.contact_urns u on u.org = %s and u.scheme = w.scheme and u.path = w.path
"""

_PARTS: Final = {
    "contacts": "select c.id from contacts.contacts c where c.org = %s and c.uuid = any(%s::uuid[])",
    "groups": "select g.contact_id from contacts.contact_groups g where g.org = %s and g.group_uuid = any(%s::uuid[])",
    "urns": "select u.contact_id from contacts.contact_urns u"
    " join unnest(%s::text[], %s::text[]) as w(scheme, path) on u.scheme = w.scheme and u.path = w.path where u.org = %s",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody wants to reach. `groups` and `contacts` are uuids, `urns` as they were given.

    `flow` is the flow that is started ("" for a broadcast). Exclusions: `in_a_flow`, `started_previously` (in `flow`, within 90 days),
    `not_seen_since_days` (0: whenever).
    """

    contacts: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    urns: tuple[str, ...] = ()
    query: str = ""
    flow: str = ""
    in_a_flow: bool = False
    started_previously: bool = False
    not_seen_since_days: int = 0

    @classmethod
    def of_start(cls, start: Mapping[str, Any]) -> "Wanted":
        """As a flow_start (or, without flow, a broadcast) of the log says it."""
        exclusions = start.get("exclusions") or {}
        flow = start.get("flow") or {}
        return cls(
            contacts=_uuids(start.get("contacts")),
            groups=_uuids(start.get("groups")),
            urns=tuple(urn for urn in start.get("urns") or () if isinstance(urn, str)),
            query=start.get("contact_query") or start.get("query") or "",
            flow=flow["uuid"] if isinstance(flow, Mapping) and flow else str(flow or ""),
            in_a_flow=bool(exclusions.get("in_a_flow") or start.get("exclude_active")),
            started_previously=bool(exclusions.get("started_previously") or start.get("restart_participants") is False),
            not_seen_since_days=int(exclusions.get("not_seen_since_days") or 0),
        )


@dataclass(frozen=True, slots=True)
class Recipients:
    """`select` gives the uuids of the contacts there are, in the order of their ids; `new_urns` belong to nobody yet, normalised."""

    select: SQLCondition
    new_urns: tuple[str, ...]


NOBODY: Final = Recipients(SQLCondition("select null::uuid as uuid where false"), ())


def resolve_recipients(connection: Connection, org: str, wanted: Wanted) -> Recipients:
    """Whom the read models know of them now.

    Raises Unavailable; QueryError if the query makes no sense in this organization; Invalid if there is no such organization.
    """
    with database_errors():
        urns: list[str] = []
        condition = None
        if wanted.urns or wanted.query:
            profile = _profile(connection, org)
            urns = _normalised(wanted.urns, profile.get("country") or "")
            condition = _query_condition(connection, org, wanted.query, profile) if wanted.query else None
        return Recipients(_select(org, wanted, urns, condition), _nobody_s(connection, org, urns))


def count_recipients(connection: Connection, org: str, wanted: Wanted) -> int:
    """How many there would be. Raises as `resolve_recipients`."""
    found = resolve_recipients(connection, org, wanted)
    with database_errors():
        row = fetch_one(connection, f"select count(*) as n from ({found.select.sql}) r", found.select.parameters)
    return int(row["n"] if row else 0) + len(found.new_urns)


def _uuids(given: Any) -> tuple[str, ...]:
    """Uuids, or references that have them."""
    return tuple(each["uuid"] if isinstance(each, Mapping) else each for each in given or ())


def _select(org: str, wanted: Wanted, urns: Sequence[str], query: SQLCondition | None) -> SQLCondition:
    parts: list[str] = []
    parameters: list[Any] = []
    if wanted.contacts:
        parts.append(_PARTS["contacts"])
        parameters += [org, list(wanted.contacts)]
    if wanted.groups:
        parts.append(_PARTS["groups"])
        parameters += [org, list(wanted.groups)]
    if urns:
        parts.append(_PARTS["urns"])
        parameters += [*_schemes_and_paths(urns), org]
    if query is not None:
        parts.append(f"select c.id from contacts.contacts c where c.org = %s and c.status = 'active' and {query.sql}")
        parameters += [org, *query.parameters]
    if not parts:
        return NOBODY.select
    but = _exclusions(wanted)
    sql = (
        f"with wanted(id) as ({' union '.join(parts)}) select c.uuid from wanted w"
        f" join contacts.contacts c on c.org = %s and c.id = w.id where c.status = 'active' and {but.sql} order by c.id"
    )
    return SQLCondition(sql, (*parameters, org, *but.parameters))


def _exclusions(wanted: Wanted) -> SQLCondition:
    tests: list[str] = ["true"]
    parameters: list[Any] = []
    if wanted.in_a_flow:
        tests.append("c.flow_uuid is null")
    if wanted.started_previously and wanted.flow:
        tests.append(
            "not exists (select 1 from runs.runs r where r.org = c.org and r.contact_uuid = c.uuid"
            " and r.flow_uuid = %s::uuid and r.created_on > now() - make_interval(days => %s))"
        )
        parameters += [wanted.flow, STARTED_PREVIOUSLY_DAYS]
    if wanted.not_seen_since_days:
        tests.append("c.last_seen_on > now() - make_interval(days => %s)")
        parameters.append(wanted.not_seen_since_days)
    return SQLCondition(" and ".join(tests), tuple(parameters))


# ---- URNs -----------------------------------------------------------------------------------------------------------------


def _normalised(urns: Sequence[str], country: str) -> list[str]:
    """Each once, without those that are no URNs."""
    found: dict[str, None] = {}
    for urn in urns:
        normal = normalise_urn(urn, country)
        try:
            validate_urn(normal)
        except InvalidUrn:
            continue
        found.setdefault(normal.partition("?")[0].partition("#")[0])
    return list(found)


def _schemes_and_paths(urns: Sequence[str]) -> tuple[list[str], list[str]]:
    pairs = [urn.split(":", 1) for urn in urns]
    return [scheme for scheme, _ in pairs], [path for _, path in pairs]


def _nobody_s(connection: Connection, org: str, urns: Sequence[str]) -> tuple[str, ...]:
    if not urns:
        return ()
    schemes, paths = _schemes_and_paths(urns)
    known = {row["place"] for row in fetch(connection, _KNOWN_URNS, (schemes, paths, org))}
    return tuple(urn for place, urn in enumerate(urns, 1) if place not in known)


# ---- queries --------------------------------------------------------------------------------------------------------------


def _query_condition(connection: Connection, org: str, text: str, profile: Mapping[str, Any]) -> SQLCondition:
    environment = environment_of(profile)
    query = parse_query(text, environment, _resolver(connection, org))
    return contact_condition(query, environment)


@dataclass(frozen=True, slots=True)
class _Reference:
    uuid: str
    name: str


def _resolver(connection: Connection, org: str) -> CatalogueResolver:
    fields = [Field.from_json(document) for document in _documents(connection, org, "fields")]
    return CatalogueResolver(
        {field.key: field for field in fields},
        [_Reference(group["uuid"], group["name"]) for group in _documents(connection, org, "groups")],
        [_Reference(flow["uuid"], flow["name"]) for flow in _documents(connection, org, "flows")],
    )


def _documents(connection: Connection, org: str, table: str) -> list[dict[str, Any]]:
    """What a query can name of them."""
    sql = f"select uuid::text, doc->>'name' as name, doc->>'key' as key, doc->>'type' as type from {table}.{table}"
    return fetch(connection, f"{sql} where org = %s and not removed", (org,))


def _profile(connection: Connection, org: str) -> dict[str, Any]:
    row = fetch_one(connection, "select doc from workspaces.workspaces where org = %s and uuid = %s", (org, org))
    if row is None:
        raise Invalid(f"There is no workspace {org}.")
    return dict(row["doc"])
