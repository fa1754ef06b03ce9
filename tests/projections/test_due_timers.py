"""Timers that are due come fairly, however many are: the first of each organization before the second of any."""

import random
from datetime import timedelta

import pytest

from projections.due_timers.queries import due_timers
from tests.projections.conftest import Tables
from tests.projections.examples import BEGIN, time_text, uuid_of

NOW = 100
ORGS = {uuid_of(name): timers for name, timers in (("giant", 60), ("busy", 12), ("quiet", 1), ("idle", 0))}


def fill(tables: Tables) -> list[tuple[str, int, str]]:
    """Timers of each organization that are due and others that are not, or have no time yet; returns (org, second, contact) of the first."""
    chance, due = random.Random(7), []
    with tables.connection.cursor() as cursor:
        for org, timers in ORGS.items():
            for number in range(timers + 5):
                second = chance.randrange(NOW) if number < timers else NOW + 1 + number
                contact, session = uuid_of(f"{org} {number}"), uuid_of(f"session {number}")
                when = BEGIN + timedelta(seconds=second) if number != timers else None
                row = (org, contact, "wait_expiration", session, None, None, when)
                cursor.execute("insert into due_timers values (%s, %s, %s, %s, %s, %s, %s)", row)
                if number < timers:
                    due.append((org, second, contact))
    tables.connection.commit()
    return sorted(due)


@pytest.mark.parametrize(
    ("each", "limit"), [(1000, 10_000), (5, 10_000), (5, 73), (5, 72), (5, 20), (1, 3), (60, 40), (5, 1)]
)
def test_the_first_of_each_come_before_the_second_of_any(tables: Tables, each: int, limit: int) -> None:
    """73 are due: with a limit up to that, each organization's are read from its own place; else all are put in order."""
    due = fill(tables)
    by_place = sorted(
        (place, org, contact)
        for org in ORGS
        for place, (_, _, contact) in enumerate(timer for timer in due if timer[0] == org)
        if place < each
    )

    found = due_timers(tables.connection, time_text(NOW), each=each, limit=limit)

    assert [(timer.org, timer.contact) for timer in found] == [(org, contact) for _, org, contact in by_place[:limit]]
