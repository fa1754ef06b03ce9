"""What channel types a workspace has described."""

from typing import Any

from psycopg2.extensions import connection as Connection

_LIST = "select doc from channel_types.channel_types where org = %s and not removed order by doc->>'code'"


def channel_types_of(connection: Connection, org: str) -> list[dict[str, Any]]:
    """[{uuid, code, name, text}] by code."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, (org,))
        return [doc for (doc,) in cursor.fetchall()]
