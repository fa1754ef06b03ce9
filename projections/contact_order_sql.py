"""Lists of contacts in an order, a page at a time."""

from typing import Any, Final

from psycopg2.extensions import connection as Connection

from domain.contact.query.order import NEWEST_FIRST, Order
from domain.contact.query.properties import PropertyType
from domain.contact.query.query import Query
from domain.environment.environment import Environment
from projections.contact_query_sql import ACTIVE, FIELD_PARTS, ContactRow, SQLCondition, text_key_sql, where_contacts
from projections.set_sql import fetch
from projections.translated import database_errors

LARGEST_PAGE: Final = 500


def list_contacts(
    connection: Connection,
    org: str,
    query: Query,
    environment: Environment,
    *,
    status: str | None = ACTIVE,
    order: Order = NEWEST_FIRST,
    offset: int = 0,
    limit: int = 50,
) -> list[ContactRow]:
    """A page of the contacts that match, in an order; those without a value come last, equal ones newest first."""
    where, by = where_contacts(org, query, environment, status), order_sql(order)
    sql = f"select c.id, c.uuid::text from contacts c where {where.sql} order by {by.sql} offset %s limit %s"
    parameters: tuple[Any, ...] = (*where.parameters, *by.parameters, max(offset, 0), min(limit, LARGEST_PAGE))
    with database_errors():
        return [ContactRow(row["id"], row["uuid"]) for row in fetch(connection, sql, parameters)]


def order_sql(order: Order) -> SQLCondition:
    """What follows `order by`, over a row `c` of `contacts`."""
    direction = "desc" if order.descending else "asc"
    if order.key == "id" and order.property_type is PropertyType.ATTRIBUTE:
        return SQLCondition(f"c.id {direction}")
    if order.property_type is PropertyType.FIELD:
        part = FIELD_PARTS[order.value_type]
        expression = f"(select {part if order.value_type in ('number', 'datetime') else text_key_sql(part)} from (select c.fields -> %s as v) f)"
        return SQLCondition(f"{expression} {direction} nulls last, c.id desc", (order.key,))
    column = f"c.{order.key}"
    expression = column if order.value_type == "datetime" else text_key_sql(column)
    return SQLCondition(f"{expression} {direction} nulls last, c.id desc")
