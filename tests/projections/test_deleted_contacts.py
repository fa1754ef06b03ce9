"""What was said with a contact, and what it answered, goes with the contact, however the log is cut."""

from functools import partial

import psycopg2
import pytest

from projections.messages.unsent import unsent_messages
from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

pytestmark = pytest.mark.postgres

LABEL = {"uuid": uuid_of("label Urgent"), "name": "Urgent"}
SAID = "select contact_uuid::text as contact, visibility, text, attachments, quick_replies, urn, status from messages order by id"
WIPED = {"visibility": "deleted", "text": "", "attachments": [], "quick_replies": [], "urn": None}


def deleted_among_others(*, and_then: bool) -> tuple[Story, str, str]:
    """Ann and Bob have said and answered the same; Ann is deleted. `and_then`: reports about her messages still come."""
    story = Story().configured()
    ann, bob = story.contact("Ann", "tel:+250788123123"), story.contact("Bob", "tel:+250788456456")
    for contact in (ann, bob):
        asked = story.incoming(contact, "I am ill", attachments=["image:https://example.com/me.jpg"])
        story.change(contact, "message_labels_changed", message=asked["uuid"], labels_added=[LABEL])
        sent = story.outgoing(contact, "Who are you?", quick_replies=[{"type": "text", "text": "Ann"}])
        story.answered(contact, story.run(contact), "Blue")
        story.run(contact)
        story.outgoing(contact, "Not sent yet")
        if contact == ann:
            hers = sent
    story.change(ann, "contact_deleted", urns=[])
    if and_then:
        story.sent(hers).reported("delivered", message=hers["uuid"])
    return story, ann, bob


@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_messages_of_a_deleted_contact_say_nothing_any_more(tables: Tables, batch: int) -> None:
    story, ann, bob = deleted_among_others(and_then=True)
    tables.project(story, batch=batch)

    said = tables.rows(SAID)
    hers = [{key: row[key] for key in WIPED} for row in said if row["contact"] == ann]
    his = [row["text"] for row in said if row["contact"] == bob]
    assert hers == [WIPED] * 3
    assert his == ["I am ill", "Who are you?", "Not sent yet"]
    assert [row["status"] for row in said if row["contact"] == ann] == ["handled", "delivered", "queued"]
    assert tables.rows("select label::text, count::int from message_label_counts") == [
        {"label": LABEL["uuid"], "count": 1}
    ]
    assert len(tables.rows("select 1 from message_labels")) == 1


@pytest.mark.parametrize("batch", [1, 5, 1000])
def test_runs_of_a_deleted_contact_are_gone_and_not_counted(tables: Tables, batch: int) -> None:
    story, _, bob = deleted_among_others(and_then=False)
    tables.project(story, batch=batch)

    assert tables.values("select distinct contact_uuid::text from runs") == [bob]
    counts = tables.rows("select status, count::int from flow_run_counts order by status")
    assert counts == [{"status": "completed", "count": 1}, {"status": "waiting", "count": 1}]


def test_what_was_to_be_sent_to_a_deleted_contact_is_not_put_into_the_queue_again(
    tables: Tables, postgres_database: str
) -> None:
    story, _, bob = deleted_among_others(and_then=False)
    tables.project(story)
    tables.connection.commit()

    with unsent_messages(partial(psycopg2.connect, postgres_database)) as view:
        found = [each.message["contact"]["uuid"] for batch in view.batches() for each in batch]

    assert set(found) == {bob}
