"""What runs show of the results that were saved in them, however the log is cut."""

import pytest

from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_result_that_was_saved_again_has_the_node_time_and_input_of_the_last_time(tables: Tables, batch: int) -> None:
    story = Story().configured()
    contact = story.contact("Ann", "tel:+250788123123")
    run = story.run(contact)
    first = {"run": run, "name": "Color", "value": "Blue", "category": "Blue", "node": uuid_of("node 1")}
    again = first | {"name": "color", "node": uuid_of("node 2"), "input": "blue!", "created_on": "2026-11-30T03:00:00Z"}
    changed = first | {"input": "blau", "created_on": "2026-11-30T02:00:00Z"}
    story.tell("decision", story.event("run_result_changed", changed, contact))
    story.tell("decision", story.event("run_result_repeated", again, contact))

    tables.project(story, batch=batch)

    (results,) = tables.values("select results from runs")
    del again["run"], again["created_on"]
    assert results == {"color": again | {"time": "2026-11-30T03:00:00Z", "category_localized": None}}
