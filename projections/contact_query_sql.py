"""Contact queries over the read model of contacts: the same answer as `Query.evaluate` gives for the same contact.

A query becomes one boolean SQL expression over a row `c` of `contacts`. Its texts are compared as the engine compares them:
without white space at the ends, lower case character by character (Postgres' own `pg_c_utf8`, there since version 17). Unlike
groups, lists may ask for ids, reference codes, the status, groups, flows and the history of flows too.

    condition = contact_condition(parse_query('age > 18 AND group = "Testers"', environment, resolver), environment)
    cursor.execute(f"select c.uuid from contacts c where c.org = %s and {condition.sql}", (org, *condition.parameters))
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg2.extensions import connection as Connection

from domain.contact.query.errors import QueryError, invalid_choice
from domain.contact.query.match import text_key
from domain.contact.query.name_words import name_words
from domain.contact.query.properties import (
    COMPARISONS,
    CONTAINS,
    DATETIME,
    EQUAL,
    NOT_EQUAL,
    NUMBER,
    PLACES,
    UNKNOWN_TYPE,
    PropertyType,
)
from domain.contact.query.query import Query
from domain.contact.query.syntax_tree import Condition, Node
from domain.contact.query.values import day_start, number_value
from domain.contact.reference_code import contact_id_of
from domain.environment.environment import Environment
from domain.environment.words import SPACES
from domain.errors import Invalid
from projections.set_sql import fetch
from projections.translated import database_errors

ACTIVE: Final = "active"
LARGEST_ID: Final = 2**63 - 1


class SQLCondition(NamedTuple):
    """A boolean expression over a row `c` of `contacts`, with a `%s` for each parameter."""

    sql: str
    parameters: tuple[Any, ...] = ()


class ContactRow(NamedTuple):
    """A contact that was found."""

    id: int
    uuid: str


NEVER: Final = SQLCondition("false")
ALWAYS: Final = SQLCondition("true")

_SPACES_SQL: Final = "E'" + "".join(f"\\u{ord(space):04x}" for space in SPACES) + "'"
_LOWER_CASE_SCHEMES: Final = frozenset({"tel", "telegram", "instagram", "jiochat", "twitterid"})
"""Schemes whose paths have no capitals and no spaces, so that the index on them can be used."""

_OF_CONTACT: Final = "org = c.org and {table}.contact_id = c.id"
_UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
_PLAIN_NUMBER: Final = r"'^-?([0-9]+([.][0-9]+)?|[.][0-9]+)$'"
_DAY_LATER: Final = "%s::timestamptz + interval '24 hours'"
_EXACT_DIGITS: Final = 15
"""Numbers longer than this are read from the entered text: JSON readers on the way round them."""


def contact_condition(query: Query, environment: Environment) -> SQLCondition:
    """The query as SQL. Dates are read in the environment given.

    Raises:
        QueryError: a value can't be read, or a group or flow was not resolved when the query was parsed.
    """
    return ALWAYS if query.tree is None else _of_node(query.tree, environment)


def count_contacts(
    connection: Connection, org: str, query: Query, environment: Environment, *, status: str | None = ACTIVE
) -> int:
    """How many contacts of a status match; with status None all that are not deleted."""
    where = where_contacts(org, query, environment, status)
    with database_errors():
        rows = fetch(connection, f"select count(*) as n from contacts c where {where.sql}", where.parameters)
    return int(rows[0]["n"])


def find_contacts(
    connection: Connection,
    org: str,
    query: Query,
    environment: Environment,
    *,
    status: str | None = ACTIVE,
    after: int = 0,
    limit: int = 500,
) -> list[ContactRow]:
    """The next matching contacts by id, after one: ask again with the last id until fewer than `limit` come back."""
    where = where_contacts(org, query, environment, status)
    with database_errors():
        rows = fetch(
            connection,
            f"select c.id, c.uuid::text from contacts c where {where.sql} and c.id > %s order by c.id limit %s",
            (*where.parameters, after, limit),
        )
    return [ContactRow(row["id"], row["uuid"]) for row in rows]


def where_contacts(org: str, query: Query, environment: Environment, status: str | None) -> SQLCondition:
    """What follows `where`: the contacts of an organization that match, of one status or (None) all that are not deleted."""
    condition = contact_condition(query, environment)
    if status is None:
        return SQLCondition(f"c.org = %s and c.status is not null and {condition.sql}", (org, *condition.parameters))
    return SQLCondition(f"c.org = %s and c.status = %s and {condition.sql}", (org, status, *condition.parameters))


def _of_node(node: Node, environment: Environment) -> SQLCondition:
    if isinstance(node, Condition):
        return _of_condition(node, environment)
    parts = [_of_node(child, environment) for child in node.children]
    sql = f" {node.operator} ".join(part.sql for part in parts)
    return SQLCondition(f"({sql})", tuple(value for part in parts for value in part.parameters))


def _of_condition(condition: Condition, environment: Environment) -> SQLCondition:
    if condition.reads_urns:
        return _of_urns(condition)
    if condition.property_type is PropertyType.FIELD:
        return _of_field(condition, environment)
    return _ATTRIBUTES[condition.key](condition, environment)


def _of_one(condition: Condition, expression: str, parameters: tuple[Any, ...], test: SQLCondition) -> SQLCondition:
    """A condition on a property with one value or none. `test` says, of a value that is there, whether it is equal, greater …;
    for `!=` it is the test for `=`."""
    if condition.value == "" and condition.operator == EQUAL:
        return SQLCondition(f"({expression}) is null", parameters)
    if condition.value == "" and condition.operator == NOT_EQUAL:
        return SQLCondition(f"({expression}) is not null", parameters)
    if condition.operator == NOT_EQUAL:
        return SQLCondition(f"({test.sql}) is not true", test.parameters)
    return test


# ---- how values compare ---------------------------------------------------------------------------------------------------


def text_key_sql(expression: str) -> str:
    """What of a text is compared; `text_key` in SQL."""
    return f'lower(btrim({expression}, {_SPACES_SQL}) collate "pg_c_utf8")'


def _text_test(expression: str, condition: Condition) -> SQLCondition:
    return SQLCondition(f"{text_key_sql(expression)} = %s", (storable(text_key(condition.value)),))


def _number_test(expression: str, condition: Condition) -> SQLCondition:
    operator = EQUAL if condition.operator == NOT_EQUAL else condition.operator
    return SQLCondition(f"{expression} {operator} %s", (number_value(condition.value),))


def _moment_test(expression: str, condition: Condition, environment: Environment) -> SQLCondition:
    start = day_start(condition.value, environment)
    match condition.operator:
        case ">":
            return SQLCondition(f"{expression} >= {_DAY_LATER}", (start,))
        case ">=":
            return SQLCondition(f"{expression} >= %s", (start,))
        case "<":
            return SQLCondition(f"{expression} < %s", (start,))
        case "<=":
            return SQLCondition(f"{expression} < {_DAY_LATER}", (start,))
    return SQLCondition(f"({expression} >= %s and {expression} < {_DAY_LATER})", (start, start))


def storable(text: str) -> str:
    """The text as Postgres takes it: U+FFFF, which no text has, for NUL and for half a surrogate pair, which it doesn't know."""
    return text if text.isascii() and "\x00" not in text else _UNSTORABLE.sub("\uffff", text)


# ---- attributes -----------------------------------------------------------------------------------------------------------


def _of_uuid(condition: Condition, _: Environment) -> SQLCondition:
    try:
        wanted = UUID(text_key(condition.value))
    except ValueError:
        return ALWAYS if condition.operator == NOT_EQUAL else NEVER
    if str(wanted) != text_key(condition.value):
        return ALWAYS if condition.operator == NOT_EQUAL else NEVER
    return SQLCondition(f"c.uuid {_equality(condition)} %s::uuid", (str(wanted),))


def _of_id(condition: Condition, _: Environment) -> SQLCondition:
    text = text_key(condition.value)
    is_id = text.isascii() and text.isdigit() and text == str(int(text)) and int(text) <= LARGEST_ID
    return _of_contact_id(condition, int(text) if is_id else None)


def _of_ref(condition: Condition, environment: Environment) -> SQLCondition:
    try:
        return _of_contact_id(condition, contact_id_of(text_key(condition.value).upper(), environment.obfuscation_key))
    except Invalid:
        return _of_contact_id(condition, None)


def _of_contact_id(condition: Condition, wanted: int | None) -> SQLCondition:
    if wanted is None:
        return ALWAYS if condition.operator == NOT_EQUAL else NEVER
    return SQLCondition(f"c.id {_equality(condition)} %s", (wanted,))


def _equality(condition: Condition) -> str:
    return "<>" if condition.operator == NOT_EQUAL else "="


def _of_name(condition: Condition, _: Environment) -> SQLCondition:
    if condition.operator == CONTAINS:
        wanted = name_words(condition.value)
        sql = " or ".join(["strpos(c.name_words, %s) > 0"] * len(wanted))
        return SQLCondition(f"({sql})", tuple(storable(f" {word}") for word in wanted))
    return _of_one(condition, "c.name", (), _text_test("c.name", condition))


def _of_text(column: str) -> "Attribute":
    return lambda condition, _: _of_one(condition, column, (), _text_test(column, condition))


def _of_moment(column: str) -> "Attribute":
    def of_moment(condition: Condition, environment: Environment) -> SQLCondition:
        if condition.value == "":
            return _of_one(condition, column, (), NEVER)
        return _of_one(condition, column, (), _moment_test(column, condition, environment))

    return of_moment


def _of_tickets(condition: Condition, _: Environment) -> SQLCondition:
    return _of_one(condition, "c.tickets", (), _number_test("c.tickets", condition))


def _of_group(condition: Condition, _: Environment) -> SQLCondition:
    rows = f"from contact_groups g where g.{_OF_CONTACT.format(table='g')}"
    return _of_rows(condition, rows, (), "g.group_uuid = %s::uuid", _reference(condition, "group"))


def _of_history(condition: Condition, _: Environment) -> SQLCondition:
    rows = "from runs r where r.org = c.org and r.contact_uuid = c.uuid"
    return _of_rows(condition, rows, (), "r.flow_uuid = %s::uuid", _reference(condition, "flow"))


def _of_flow(condition: Condition, _: Environment) -> SQLCondition:
    test = SQLCondition("c.flow_uuid = %s::uuid", _reference(condition, "flow"))
    return _of_one(condition, "c.flow_uuid", (), test)


def _reference(condition: Condition, what: str) -> tuple[str, ...]:
    if condition.value and not condition.reference:
        raise invalid_choice(what, condition.value)
    return (condition.reference,) if condition.value else ()


Attribute = Callable[[Condition, Environment], SQLCondition]
_ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    "uuid": _of_uuid,
    "id": _of_id,
    "ref": _of_ref,
    "name": _of_name,
    "status": _of_text("c.status"),
    "language": _of_text("c.language"),
    "group": _of_group,
    "flow": _of_flow,
    "history": _of_history,
    "tickets": _of_tickets,
    "created_on": _of_moment("c.created_on"),
    "last_seen_on": _of_moment("c.last_seen_on"),
}


# ---- URNs and fields ------------------------------------------------------------------------------------------------------


def _of_rows(
    condition: Condition, rows: str, parameters: tuple[Any, ...], test: str, test_parameters: tuple[Any, ...]
) -> SQLCondition:
    """A condition on a property with any number of values, which are rows of another table. `test` is the test for `=`."""
    if condition.value == "":
        exists = "not exists" if condition.operator == EQUAL else "exists"
        return SQLCondition(f"{exists} (select 1 {rows})", parameters)
    exists = "not exists" if condition.operator == NOT_EQUAL else "exists"
    return SQLCondition(f"{exists} (select 1 {rows} and {test})", (*parameters, *test_parameters))


def _of_urns(condition: Condition) -> SQLCondition:
    rows = f"from contact_urns u where u.{_OF_CONTACT.format(table='u')}"
    scheme = condition.key if condition.property_type is PropertyType.URN else ""
    parameters: tuple[str, ...] = ()
    if scheme:
        rows, parameters = f"{rows} and u.scheme = %s", (storable(scheme),)
    path = "u.path" if scheme in _LOWER_CASE_SCHEMES else text_key_sql("u.path")
    wanted = storable(text_key(condition.value))
    test = f"strpos({path}, %s) > 0" if condition.operator == CONTAINS else f"{path} = %s"
    return _of_rows(condition, rows, parameters, test, (wanted,))


def _of_field(condition: Condition, environment: Environment) -> SQLCondition:
    kind = condition.value_type
    if kind == UNKNOWN_TYPE:
        return _of_unknown_field(condition, environment)
    expression = FIELD_PARTS[kind]
    return _with_value(condition, _of_field_part(condition, expression, kind, environment))


def _with_value(condition: Condition, test: SQLCondition) -> SQLCondition:
    """The test of a field's value, which it calls `f.v`."""
    sql = f"(select {test.sql} from (select c.fields -> %s as v) f)"
    return SQLCondition(sql, (*test.parameters, condition.key))


def _of_field_part(condition: Condition, expression: str, kind: str, environment: Environment) -> SQLCondition:
    if condition.value == "":
        return _of_one(condition, expression, (), NEVER)
    if kind == NUMBER:
        test = _number_test(expression, condition)
    elif kind == DATETIME:
        test = _moment_test(expression, condition, environment)
    else:
        test = _text_test(expression, condition)
    return _of_one(condition, expression, (), test)


_NUMBER: Final = (
    f"(case when length(f.v->>'number') > {_EXACT_DIGITS} and f.v->>'text' ~ {_PLAIN_NUMBER} "
    "then f.v->>'text' else f.v->>'number' end)::numeric"
)
_MOMENT: Final = r"regexp_replace(nullif(f.v->>'datetime', ''), '[.][0-9]+', '')::timestamptz"
_TEXT: Final = "nullif(f.v->>'text', '')"
FIELD_PARTS: Final[dict[str, str]] = {
    "text": _TEXT,
    NUMBER: _NUMBER,
    DATETIME: _MOMENT,
    **{place: f"nullif(btrim(split_part(f.v->>'{place}', '>', -1), {_SPACES_SQL}), '')" for place in PLACES},
}


def _of_unknown_field(condition: Condition, environment: Environment) -> SQLCondition:
    """A field that nobody knew when the query was parsed: what the contact has decides how it is compared."""
    if condition.value == "":
        kinds = "coalesce(f.v->>'number', nullif(f.v->>'datetime', ''), nullif(f.v->>'text', ''))"
        return _with_value(condition, _of_one(condition, kinds, (), NEVER))
    text = NEVER if condition.operator in COMPARISONS else _text_test(_TEXT, condition)
    number = _readable(lambda: _number_test(_NUMBER, condition))
    moment = _readable(lambda: _moment_test(_MOMENT, condition, environment))
    sql = (
        f"case when f.v->>'number' is not null then {number.sql} when nullif(f.v->>'datetime', '') is not null "
        f"then {moment.sql} else {text.sql} end"
    )
    test = SQLCondition(sql, (*number.parameters, *moment.parameters, *text.parameters))
    return _with_value(condition, _of_one(condition, "", (), test))


def _readable(test: Callable[[], SQLCondition]) -> SQLCondition:
    try:
        return test()
    except QueryError:
        return NEVER
