"""What became of a message, whatever the order of reports."""

from itertools import permutations
from typing import Any

import pytest

from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

STATUS = "select status from messages where uuid = %s"


@pytest.fixture
def story() -> Story:
    return Story()


def test_an_incoming_message_is_handled(tables: Tables, story: Story) -> None:
    contact = story.contact("Ann", "tel:+250788123123")
    message = story.incoming(contact, "Muraho", external_id="abc")

    tables.project(story)

    (row,) = tables.rows("select * from messages")
    assert (row["direction"], row["status"], row["text"]) == ("in", "handled", "Muraho")
    assert (row["id"], row["uuid"], row["contact_id"]) == (message["id"], message["uuid"], message["contact"]["id"])


@pytest.mark.parametrize("order", list(permutations(["wired", "sent", "delivered", "read"])))
@pytest.mark.parametrize("batch", [1, 1000])
def test_the_highest_status_wins_in_any_order(tables: Tables, story: Story, order: tuple[str, ...], batch: int) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    for status in order:
        story.reported(status, message_id=message["id"])

    tables.project(story, batch=batch)

    assert tables.values(STATUS, message["uuid"]) == ["read"]


def test_sent_and_delivered_in_one_batch_end_as_delivered(tables: Tables, story: Story) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    story.sent(message, external_ids=["x1"]).reported("delivered", external_id="x1").reported("sent", external_id="x1")

    tables.project(story)

    assert tables.values(STATUS, message["uuid"]) == ["delivered"]


@pytest.mark.parametrize("batch", [1, 1000])
@pytest.mark.parametrize("reports", [["long ago"], ["long ago", "now"], ["now", "long ago"]])
def test_no_message_was_sent_before_it_was_made(tables: Tables, story: Story, reports: list[str], batch: int) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    story.reported("failed", message_id=message["id"])
    for each in reports:
        story.reported(
            "sent", message_id=message["id"], **({"reported_on": "1970-01-02T00:00:00Z"} if each != "now" else {})
        )

    tables.project(story, batch=batch)

    assert tables.rows("select sent_on = created_on as at_once from messages") == [{"at_once": True}]


def test_a_message_that_only_failed_was_never_sent(tables: Tables, story: Story) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    tables.project(story)
    story.reported("failed", message_id=message["id"])

    tables.project(story)

    assert tables.values("select sent_on from messages") == [None]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (("errored", "wired"), "wired"),
        (("wired", "failed"), "failed"),
        (("sent", "failed"), "failed"),
        (("delivered", "failed"), "delivered"),
        (("failed", "delivered"), "delivered"),
        (("wired", "errored"), "wired"),
        (("failed", "sent"), "failed"),
    ],
)
def test_failures_stand_between_sent_and_delivered(
    tables: Tables, story: Story, told: tuple[str, ...], status: str
) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    for each in told:
        story.reported(each, message=message["uuid"])

    tables.project(story, batch=1)

    assert tables.values(STATUS, message["uuid"]) == [status]


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_report_before_its_external_id_is_known_waits_for_it(tables: Tables, story: Story, batch: int) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    story.reported("delivered", external_id="x1")
    tables.project(story, batch=batch)
    assert tables.values(STATUS, message["uuid"]) == ["queued"]

    story.sent(message, external_ids=["x1"])
    tables.project(story, batch=batch)

    assert tables.values(STATUS, message["uuid"]) == ["delivered"]
    assert tables.rows("select * from unmatched_reports") == []


@pytest.mark.parametrize("name", ["message", "message_id"])
def test_a_report_before_its_message_waits_for_it(tables: Tables, story: Story, name: str) -> None:
    contact = story.contact("Ann")
    later = Story()
    later.contacts = story.contacts
    number = 1000
    names = {"message": uuid_of("the one"), "message_id": number}
    story.reported("sent", **{name: names[name]})
    tables.project(story, batch=1)

    story.outgoing(contact, "Hi", id=number, uuid=uuid_of("the one"))
    tables.project(story, batch=1)

    assert tables.values(STATUS, uuid_of("the one")) == ["sent"]


def test_what_can_not_name_a_message_is_passed_over(tables: Tables, story: Story) -> None:
    story.reported("sent", message="nonsense").reported("sent", message_id=2**70).reported("sent").reported(
        "odd", message_id=1
    )

    tables.project(story)

    assert tables.rows("select * from unmatched_reports") == []


def test_a_nul_character_is_left_out(tables: Tables, story: Story) -> None:
    story.incoming(story.contact("Ann"), "a\0b\\u0000c")

    tables.project(story)

    assert tables.values("select text from messages") == ["ab\\u0000c"]


def test_errors_are_counted_and_say_when_the_next_try_is(tables: Tables, story: Story) -> None:
    message = story.outgoing(story.contact("Ann"), "Hi")
    story.sent(message, "errored", error_count=1, next_attempt_on="2026-08-01T12:10:00Z")

    tables.project(story)

    (row,) = tables.rows("select status, error_count, next_attempt_on::text from messages")
    assert row == {"status": "errored", "error_count": 1, "next_attempt_on": "2026-08-01 12:10:00+00"}


def test_labels_of_the_flow_are_put_on_the_message(tables: Tables, story: Story) -> None:
    contact = story.contact("Ann")
    message = story.incoming(contact, "Hi")
    label = {"uuid": uuid_of("label"), "name": "Urgent"}
    noted = {"type": "input_labels_added", "input_uuid": message["uuid"], "labels": [label]}
    story.change(contact, "flow_noted", event=noted)

    tables.project(story)

    assert tables.values("select labels::text[] from messages") == [[label["uuid"]]]


@pytest.mark.parametrize("batch", [1, 2, 1000])
@pytest.mark.parametrize("order", list(permutations(["errored", "wired", "delivered"])))
def test_errors_of_what_arrived_after_all_wait_for_no_answer(
    tables: Tables, order: tuple[str, ...], batch: int
) -> None:
    story = Story()
    message = story.outgoing(story.contact("Ann"), "Hi")
    for status in order:
        story.reported(status, message_id=message["id"])

    tables.project(story, batch=batch)

    assert tables.rows("select count, answered from reported_errors") == [{"count": 1, "answered": 1}]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("message_labels_changed", {"labels_added": [{"uuid": uuid_of("label"), "name": "Urgent"}]}),
        ("message_visibility_changed", {"visibility": "archived"}),
        ("contact_messages_archived", {}),
        ("contact_deleted", {"urns": []}),
    ],
)
@pytest.mark.parametrize("batch", [1, 1000])
def test_a_message_that_is_put_somewhere_has_changed(
    tables: Tables, story: Story, name: str, data: dict[str, Any], batch: int
) -> None:
    contact = story.contact("Ann")
    message = story.incoming(contact, "Hi")
    story.change(contact, name, message=message["uuid"], **data)

    tables.project(story, batch=batch)

    recorded = tables.values("select recorded_on from history where type = %s", name)
    assert tables.values("select modified_on from messages") == recorded


def test_what_is_deleted_stays_deleted(tables: Tables, story: Story) -> None:
    contact = story.contact("Ann")
    message = story.incoming(contact, "Hi")
    for visibility in ("deleted", "visible"):
        story.change(contact, "message_visibility_changed", message=message["uuid"], visibility=visibility)

    tables.project(story)

    assert tables.rows("select visibility, text from messages") == [{"visibility": "deleted", "text": ""}]
