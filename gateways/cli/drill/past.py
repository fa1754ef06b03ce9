"""A workspace's past, made in one go: contacts, their messages and runs, as if they had all been asked already.

The rows are made inside Postgres, set-based, so that a million contacts take minutes and not hours. They are in no log: they are read and
looked up like any others, and a rebuild of the read models would leave them out.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import files

from psycopg2.extensions import connection as Connection

SLICE = 50_000  # contacts in one transaction
_STATE = """
insert into decider.conversation (org, contact, body)
select %(org)s, uuid, replace(replace(replace(%(body)s, %(contact)s, uuid::text), '"id":' || %(id)s, '"id":' || id), %(number)s, path)
from contacts.contacts c join contacts.contact_urns u on u.org = c.org and u.contact_id = c.id
where c.org = %(org)s and c.id between %(last)s and %(from)s
"""
_HOLDERS = """
insert into decider.urn_holder (org, urn, contact)
select c.org, 'tel:' || u.path, c.uuid from contacts.contacts c join contacts.contact_urns u on u.org = c.org and u.contact_id = c.id
where c.org = %(org)s and c.id between %(last)s and %(from)s
"""
_TABLES = (
    "contacts.contacts, contacts.contact_urns, contacts.contact_groups, messages.messages, runs.runs, history.history"
)


@dataclass(frozen=True, slots=True)
class Past:
    """Whose past it is, and what the messages went over and the runs ran in; `group` holds every contact. Uuids."""

    org: str
    channel: str
    flow: str
    group: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A contact that the decider made: the others' state is made like its `body`, with their own uuid, id and number."""

    contact: str
    id: int
    number: str
    body: str


def fill_past(
    connection: Connection,
    past: Past,
    contacts: int,
    *,
    pattern: Pattern | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Contacts tel:+250780000000, …0001 and so on; with a `pattern` they stand in the decider's state too, and can go on talking.

    Commits in slices. Call it once per organization, before anything is known of these contacts.
    """
    statements = files("gateways.cli.drill").joinpath("past.sql").read_text(encoding="utf-8")
    for first in range(0, contacts, SLICE):
        until = min(first + SLICE, contacts)
        with connection.cursor() as cursor:
            cursor.execute(statements, {**asdict(past), "first": first, "until": until})
            if pattern:
                made = {"org": past.org, "from": -first - 1, "last": -until, **asdict(pattern), "id": str(pattern.id)}
                cursor.execute(_STATE, made)
                cursor.execute(_HOLDERS, made)
        connection.commit()
        progress(until, contacts)
    with connection.cursor() as cursor:
        cursor.execute(f"analyze {_TABLES}{', decider.conversation, decider.urn_holder' if pattern else ''}")
    connection.commit()
