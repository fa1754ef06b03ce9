"""Flow starts as their contacts are handled, however the log is cut."""

import pytest

from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

pytestmark = pytest.mark.postgres

START = uuid_of("start")
CHANGED = "select modified_on from flow_starts"


def begun(contacts: int) -> Story:
    """A start of the survey for so many contacts, of whom nobody was handled yet."""
    story = Story().configured()
    start = {"uuid": START, "id": 7, "flow": story.flow, "origin": "api", "created_on": story.now}
    story.tell("configuration", story.event("flow_start_created", {"flow_start": start}, START))
    return story.tell("configuration", story.event("flow_start_begun", {"flow_start": START, "total": contacts}, START))


def handled(story: Story, contact: str) -> None:
    story.change(story.contact(contact), "start_contact_done", origin=START, kind="flow_start", outcome="started")


@pytest.mark.parametrize("batch", [1, 3, 1000])
def test_a_start_changes_when_its_last_contact_was_handled(tables: Tables, batch: int) -> None:
    story = begun(3)
    for contact in ("Ann", "Bob", "Cat"):
        handled(story, contact)
    tables.project(story, batch=batch)

    assert tables.values(CHANGED) == tables.values("select modified_on from flow_start_progress")


def test_a_start_does_not_change_with_each_contact_that_was_handled(tables: Tables) -> None:
    story = begun(3)
    tables.project(story)
    before = tables.values(CHANGED)
    handled(story, "Ann")
    handled(story, "Bob")

    tables.project(story)

    assert tables.values(CHANGED) == before
