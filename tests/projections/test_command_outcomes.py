"""Outcomes of commands are kept for a day, by the log's own time: however it is cut, the same rows stay."""

from datetime import timedelta

import pytest

from domain.events.record import Record
from tests.projections.conftest import Tables
from tests.projections.examples import BEGIN, Story, uuid_of

HOURS = (0, 1, 12, 23, 24, 25, 26)


def story() -> Story:
    """One command at each of these hours."""
    made = Story()
    for hour in HOURS:
        data = {"command": uuid_of(f"command {hour}"), "result": {"id": hour}}
        recorded_on = int((BEGIN + timedelta(hours=hour)).timestamp() * 1e6)
        made.records.append(
            Record(made.org, "decision", (made.event("command_accepted", data),), recorded_on, "decider")
        )
    return made


@pytest.mark.parametrize("batch", [1, 2, 3, 1000])
def test_what_is_older_than_a_day_is_forgotten(tables: Tables, batch: int) -> None:
    tables.project(story(), batch=batch)

    hours = tables.values("select (result->>'id')::int from command_outcomes.command_outcomes order by 1")
    assert hours == [12, 23, 24, 25, 26]
