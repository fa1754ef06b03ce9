"""From the configuration in the log to plans: the starter's own cursor, and what is created as it moves."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from domain.events.record import StoredRecord
from projections.set_sql import json_text
from workers.starter.plans import Kind

_CREATED: Mapping[str, Kind] = {
    "flow_start_created": "flow_start",
    "broadcast_created": "broadcast",
    "group_added": "group",
}
_BEGUN: Mapping[str, Kind] = {"flow_start_begun": "flow_start", "broadcast_begun": "broadcast", "group_begun": "group"}
_WANTED = (
    "contacts", "groups", "urns", "query", "contact_query", "flow", "exclusions", "exclude_active", "restart_participants",
    "create_contact",
)  # fmt: skip

_INSTALL_LOCK = 7_305_522_923  # any number, the same in every process: one makes the tables at a time

_TAKE_UP = """
insert into starter.plans (org, uuid, kind, partition, at_offset, wanted) values %s on conflict do nothing
"""

_LEAVE_BEGUN = """
delete from starter.plans p using (values %s) v (org, uuid) where p.org = v.org and p.uuid = v.uuid and p.total is null
"""

_MOVE_CURSOR = """
update starter.cursors c set at_offset = greatest(c.at_offset, v.at_offset)
from (values %s) v (partition, at_offset) where c.partition = v.partition
"""


def install(connection: Connection) -> None:
    """Make the starter's tables; run again, it changes nothing."""
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (_INSTALL_LOCK,))
        cursor.execute("set local client_min_messages = warning")
        cursor.execute(files("workers.starter").joinpath("tables.sql").read_text(encoding="utf-8"))


def read_cursor(connection: Connection, partitions: int) -> dict[int, int]:
    """Per partition, the offset up to which the configuration was read (-1: not begun)."""
    at = dict.fromkeys(range(partitions), -1)
    with connection, connection.cursor() as cursor:
        cursor.execute("select partition, at_offset from starter.cursors")
        at.update(cursor.fetchall())
    return at


def take_up(connection: Connection, records: Sequence[StoredRecord], reached: Mapping[int, int]) -> int:
    """Write down what the records create and move the cursor, in one transaction; returns how many plans are new.

    A start whose total is in the log already without a plan of ours was begun in an earlier life of this database: it is not repeated.
    """
    with connection, connection.cursor() as cursor:
        at = _locked_cursor(cursor, list(reached))
        new = [record for record in records if record.offset > at[record.partition]]
        created = {plan[:2]: plan for record in new for plan in _created(record)}
        begun = [key for record in new for key in _begun(record)]
        for key in begun:
            created.pop(key, None)
        if created:
            execute_values(cursor, _TAKE_UP, list(created.values()))
        if begun:
            execute_values(cursor, _LEAVE_BEGUN, begun, "(%s::uuid, %s::uuid)")
        execute_values(cursor, _MOVE_CURSOR, sorted(reached.items()))
        return len(created)


def _locked_cursor(cursor: Any, partitions: Sequence[int]) -> dict[int, int]:
    """Nobody else moves it before this transaction ends."""
    execute_values(
        cursor,
        "insert into starter.cursors values %s on conflict (partition) do nothing",
        [(partition, -1) for partition in sorted(partitions)],
    )
    cursor.execute(
        "select partition, at_offset from starter.cursors where partition = any(%s) order by partition for update",
        (list(partitions),),
    )
    return dict(cursor.fetchall())


def _created(stored: StoredRecord) -> list[tuple[Any, ...]]:
    plans = []
    for event in stored.record.events:
        kind = _CREATED.get(event["type"])
        if kind is not None:
            document = event["data"][kind]
            if kind == "group" and not document.get("query"):
                continue
            wanted = json_text({key: document[key] for key in _WANTED if key in document})
            org = stored.record.org
            plans.append((org, event.get("of") or document["uuid"], kind, stored.partition, stored.offset, wanted))
    return plans


def _begun(stored: StoredRecord) -> list[tuple[str, str]]:
    return [
        (stored.record.org, event["data"][_BEGUN[event["type"]]])
        for event in stored.record.events
        if event["type"] in _BEGUN
    ]
