"""History: every event of every aggregate, as the eventsourcing library reads it."""

from typing import Any

import orjson
import pytest

from projections.history import apply as history
from projections.projection import LoggedEvent
from tests.projections.conftest import Tables
from tests.projections.examples import Story


@pytest.fixture
def story() -> Story:
    return Story().configured()


def states(tables: Tables) -> list[Any]:
    rows = tables.values(
        "select state from history.history where type = 'message_handled' order by partition, at_offset, index"
    )
    return [orjson.loads(bytes(state))["data"]["message"]["text"] for state in rows]


@pytest.mark.parametrize(
    "text", ['a "quoted" \\ back\\\\slash \\n', "tab\tline\nreturn\r", "àéîõü 漢字 🙂", "\\x41\\001", ""]
)
def test_what_was_said_is_kept_to_the_letter(tables: Tables, story: Story, text: str) -> None:
    contact = story.contact("Ann", "tel:+250788123123")
    story.incoming(contact, text)

    tables.project(story)

    assert states(tables) == [text]


def test_a_version_that_is_there_already_stays_and_stops_nothing(tables: Tables, story: Story) -> None:
    tables.project(story)
    [row] = tables.rows("select org::text, originator_id::text, originator_version, type from history.history limit 1")
    again = LoggedEvent(
        row["org"], row["type"], {"other": 1}, row["originator_id"], row["originator_version"],
        row["originator_id"], "2026-11-24T09:00:00+00:00", 0, 99, 0,
    )  # fmt: skip
    new = again._replace(n=77)
    before = tables.values("select count(*) from history.history")[0]

    history.apply([again, new], tables.connection)

    assert tables.values("select count(*) from history.history")[0] == before + 1
    assert not tables.values(
        "select 1 from history.history where at_offset = 99 and originator_version = %s", row["originator_version"]
    )
