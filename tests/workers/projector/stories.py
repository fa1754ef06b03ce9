"""What the projector's tests tell the log, and how they see what came of it."""

from collections.abc import Sequence

from psycopg2.extensions import connection as Connection

from domain.events.partitioning import partition_of
from domain.events.record import OUTPUT_KINDS, Record
from infra.event_log.memory import MemoryEventLog
from projections.catalogue import CATALOGUE
from tests.projections.examples import Story
from workers.projector.projector import Projector


def write(log: MemoryEventLog, records: Sequence[Record]) -> None:
    """As doors, sender and decider would."""
    decider = log.own("test")
    decider.assignment()
    for record in records:
        if record.kind in OUTPUT_KINDS:
            partition = next(p for p in range(log.partitions) if _belongs(log, record, p))
            decider.commit(partition, [record], b"")
        else:
            log.append([record])
    decider.close()


def _belongs(log: MemoryEventLog, record: Record, partition: int) -> bool:
    return partition_of(record.org, log.partitions) == partition


RUNS = 16
"""How many runs of a busy story are left: those of its contacts that were not deleted."""


def busy_story(org: str) -> Story:
    story = Story(org).configured()
    for number in range(20):
        contact = story.contact(f"contact {number}", f"tel:+2507881231{number:02}")
        story.incoming(contact, "Hi", external_id=f"in {number}")
        run = story.run(contact)
        message = story.outgoing(contact, "Your color?")
        story.reported("sent", external_id=f"out {number}").sent(message, external_ids=[f"out {number}"])
        if number % 2:
            story.reported("delivered", message_id=message["id"]).answered(contact, run, "red")
        if number % 5 == 0:
            story.change(contact, "contact_deleted", urns=[])
    return story


def dump(connection: Connection) -> dict[str, list[str]]:
    rows = {}
    with connection.cursor() as database:
        for projection in CATALOGUE:
            for table in projection.tables:
                database.execute(f'select t::text from "{projection.name}"."{table}" t')
                rows[table] = sorted(text for (text,) in database.fetchall())
    connection.commit()
    return rows


def drop(connection: Connection) -> None:
    """All read models, and what is known of how far they are."""
    with connection, connection.cursor() as database:
        for projection in CATALOGUE:
            database.execute(f'drop schema "{projection.name}" cascade')
        database.execute("drop schema projections cascade")


def run_dry(projector: Projector) -> int:
    total = 0
    while applied := projector.step(0.01):
        total += applied
    return total
