"""What the starter takes of a flow start: recipients resolved, written down and appended as commands, on an embedded Postgres."""

import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from domain.events.partitioning import partition_of
from domain.events.record import Record
from infra.embedded.postgres_server import EmbeddedPostgres
from infra.event_log import postgres
from infra.event_log.postgres import PostgresEventLog
from projections.catalogue import CATALOGUE
from projections.installing import install
from workers.starter.starter import Starter

CONTACTS = 100_000
SMALL_STARTS = 400
ORG = str(uuid.UUID(int=1))
GROUP = str(uuid.UUID(int=2))
FLOW = {"uuid": str(uuid.UUID(int=3)), "name": "Survey"}
PARTITIONS = 8

_CONTACTS = """
insert into contacts.contacts (org, id, uuid, name, status, created_on, modified_on, tickets, fields, notes)
select %(org)s, n, md5(n::text)::uuid, 'contact ' || n, 'active', now(), now(), 0, '{}', '[]' from generate_series(1, %(count)s) n
"""
_MEMBERS = "insert into contacts.contact_groups select %(org)s, n, %(group)s from generate_series(1, %(count)s) n"
_WORKSPACE = """
insert into workspaces.workspaces (org, uuid, doc, created_on, modified_on, removed)
values (%(org)s, %(org)s, '{"country": "RW"}', now(), now(), false)
"""
_APPLIED = "insert into projections.cursors select 'live', n, 1000000000 from generate_series(0, %s) n"


def run() -> list[tuple[str, float, str]]:
    """A start for a group of 100,000; and 400 starts for one contact each."""
    with _installation() as (log, connection, url):
        starter = Starter(log, lambda: psycopg2.connect(url), log.append, lambda: datetime.now(UTC), window=10**9)
        session = log.own("bench")
        session.assignment()
        starter.step(0)
        _create(log, session, [{"groups": [GROUP]}])
        large = _measure(starter, CONTACTS)
        contacts = _some_contacts(connection)
        _create(log, session, [{"contacts": [contact]} for contact in contacts])
        small = _measure(starter, SMALL_STARTS)
        starter.close()
        session.close()
    return [
        ("recipients of a large start", CONTACTS / large[0], "recipients/s"),
        ("starter's CPU", large[1] / CONTACTS * 1e6, "µs/recipient"),
        ("starts for one contact", SMALL_STARTS / small[0], "starts/s"),
        ("starter's CPU", small[1] / SMALL_STARTS * 1e6, "µs/start"),
    ]


@contextmanager
def _installation() -> Iterator[tuple[PostgresEventLog, Connection, str]]:
    with tempfile.TemporaryDirectory(prefix="evenkeel-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres", durable=True, die_with_parent=True)
        url = server.start()
        try:
            postgres.install(url, PARTITIONS)
            connection = psycopg2.connect(url)
            install(connection, CATALOGUE)
            with connection, connection.cursor() as cursor:
                parameters = {"org": ORG, "group": GROUP, "count": CONTACTS}
                for statement in (_CONTACTS, _MEMBERS, _WORKSPACE):
                    cursor.execute(statement, parameters)
                cursor.execute(_APPLIED, (PARTITIONS - 1,))
                cursor.execute("analyze contacts.contacts, contacts.contact_groups")
            log = PostgresEventLog(url)
            yield log, connection, url
            log.close()
            connection.close()
        finally:
            server.stop()


def _some_contacts(connection: Connection) -> list[str]:
    with connection, connection.cursor() as cursor:
        cursor.execute("select uuid::text from contacts.contacts order by id limit %s", (SMALL_STARTS,))
        return [contact for (contact,) in cursor.fetchall()]


def _create(log: PostgresEventLog, session: Any, wanted: list[dict[str, Any]]) -> None:
    """As the decider would."""
    records = []
    for each in wanted:
        start = {"uuid": str(uuid.uuid4()), "flow": FLOW, **each}
        event = {"type": "flow_start_created", "version": 1, "id": start["uuid"], "of": start["uuid"], "n": 1}
        records.append(Record(ORG, "configuration", ({**event, "data": {"flow_start": start}},), 1, "decider"))
    session.commit(partition_of(ORG, PARTITIONS), records, b"")


def _measure(starter: Starter, recipients: int) -> tuple[float, float]:
    wall, cpu, done = time.perf_counter(), time.process_time(), 0
    while done < recipients:
        done += starter.step(0)
    return time.perf_counter() - wall, time.process_time() - cpu
