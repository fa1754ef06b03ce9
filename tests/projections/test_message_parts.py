"""Long messages in parts: one status, whatever is reported of which part, and when."""

from itertools import permutations
from typing import Any

import pytest

from tests.projections.conftest import Tables
from tests.projections.examples import Story

STATUS = "select status from messages where uuid = %s"


@pytest.fixture
def story() -> Story:
    return Story()


def long_message(story: Story, *ids: str, status: str = "wired", **rest: Any) -> dict[str, Any]:
    message = story.outgoing(story.contact("Ann"), "x" * 400)
    story.sent(message, status, external_ids=list(ids), **rest)
    return message


def status_of(tables: Tables, message: dict[str, Any]) -> str:
    [status] = tables.values(STATUS, message["uuid"])
    return str(status)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, "wired"),
        ({"a": "delivered"}, "wired"),
        ({"a": "delivered", "b": "sent"}, "wired"),
        ({"a": "delivered", "b": "sent", "c": "sent"}, "sent"),
        ({"a": "delivered", "b": "delivered", "c": "delivered"}, "delivered"),
        ({"a": "read", "b": "delivered", "c": "read"}, "delivered"),
        ({"a": "failed"}, "failed"),
        ({"c": "failed", "a": "delivered"}, "failed"),
        ({"a": "delivered", "b": "delivered", "c": "failed"}, "failed"),
    ],
)
@pytest.mark.parametrize("batch", [1, 1000])
def test_a_message_stands_as_its_parts_do(
    tables: Tables, story: Story, told: dict[str, str], status: str, batch: int
) -> None:
    message = long_message(story, "a", "b", "c")
    for id, what in told.items():
        story.reported(what, external_id=id)

    tables.project(story, batch=batch)

    assert status_of(tables, message) == status


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_reports_of_parts_in_any_order_end_the_same_way(tables: Tables, batch: int) -> None:
    told = [("a", "failed"), ("a", "delivered"), ("b", "sent"), ("b", "delivered")]
    messages = []
    stories = Story()
    for number, order in enumerate(permutations(told)):
        ids = {name: f"{name}{number}" for name in "ab"}
        messages.append(long_message(stories, *ids.values()))
        for name, status in order:
            stories.reported(status, external_id=ids[name])

    tables.project(stories, batch=batch)

    assert {status_of(tables, message) for message in messages} == {"delivered"}


def test_a_part_that_failed_is_not_made_up_for_by_another_that_arrived(tables: Tables, story: Story) -> None:
    message = long_message(story, "a", "b")
    story.reported("failed", external_id="a").reported("delivered", external_id="b")
    tables.project(story, batch=1)
    assert status_of(tables, message) == "failed"

    story.reported("delivered", external_id="a")
    tables.project(story, batch=1)

    assert status_of(tables, message) == "delivered"


@pytest.mark.parametrize("batch", [1, 1000])
def test_receipts_before_the_parts_are_known_wait_for_them(tables: Tables, story: Story, batch: int) -> None:
    message = story.outgoing(story.contact("Ann"), "x" * 400)
    story.reported("delivered", external_id="b").reported("delivered", external_id="a")
    tables.project(story, batch=batch)
    assert status_of(tables, message) == "queued"

    story.sent(message, "wired", external_ids=["a", "b"])
    tables.project(story, batch=batch)

    assert status_of(tables, message) == "delivered"
    assert tables.rows("select * from unmatched_reports") == []


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_part_that_arrived_is_not_the_whole_while_others_wait_to_be_sent(
    tables: Tables, story: Story, batch: int
) -> None:
    message = long_message(story, "a", status="errored", error_count=1, next_attempt_on="2026-08-01T12:10:00Z")
    story.reported("delivered", external_id="a")
    tables.project(story, batch=batch)
    assert status_of(tables, message) == "errored"

    story.sent(message, "wired", external_ids=["a", "b"], error_count=1)
    tables.project(story, batch=batch)
    assert status_of(tables, message) == "wired"

    story.reported("delivered", external_id="b")
    tables.project(story, batch=batch)
    assert status_of(tables, message) == "delivered"


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_message_whose_later_part_was_refused_has_failed_though_the_first_arrived(
    tables: Tables, story: Story, batch: int
) -> None:
    message = long_message(story, "a", status="failed", failed_reason="response_status")
    story.reported("delivered", external_id="a")

    tables.project(story, batch=batch)

    assert status_of(tables, message) == "failed"
    assert tables.values("select failed_reason from messages") == ["response_status"]


def test_a_message_in_one_piece_has_no_parts(tables: Tables, story: Story) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    story.sent(message, "wired", external_ids=["x"]).reported("delivered", external_id="x")

    tables.project(story)

    assert status_of(tables, message) == "delivered"
    assert tables.rows("select * from message_parts") == []


def test_an_outcome_that_names_the_message_counts_for_all_its_parts(tables: Tables, story: Story) -> None:
    message = long_message(story, "a", "b")
    story.reported("delivered", message=message["uuid"])

    tables.project(story)

    assert status_of(tables, message) == "delivered"


def test_the_same_ids_of_another_organization_are_others(tables: Tables) -> None:
    here, there = Story("here"), Story("there")
    mine, theirs = long_message(here, "a", "b"), long_message(there, "a", "b")
    there.reported("delivered", external_id="a").reported("delivered", external_id="b")

    tables.project(here)
    tables.project(there)

    assert (status_of(tables, mine), status_of(tables, theirs)) == ("wired", "delivered")
