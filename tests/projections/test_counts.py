"""Counts of labels and topics are kept as messages and tickets change: they are what counting would give, however the log is cut."""

import random

import pytest

from tests.projections.conftest import Tables
from tests.projections.examples import Story, uuid_of

LABELS = [{"uuid": uuid_of(f"label {name}"), "name": name} for name in ("Urgent", "Water", "Praise")]
TOPICS = [{"uuid": uuid_of(f"topic {name}"), "name": name} for name in ("General", "Water")]

COUNTED_LABELS = """
select label::text, count(*)::int as count from messages, unnest(labels) label where visibility = 'visible' group by label order by label
"""
KEPT_LABELS = "select label::text, count::int from message_label_counts order by label"
LABELLED = """
select label::text, id from messages, unnest(labels) label where visibility <> 'deleted' order by label, id
"""
LISTED = "select label::text, id from message_labels order by label, id"
PLACED = "select uuid, visibility, text, labels::text, modified_on from messages order by id"
COUNTED_TOPICS = """
select doc->'topic'->>'uuid' as topic, doc->>'status' as status, count(*)::int as count from tickets
where doc->'topic'->>'uuid' is not null group by 1, 2 order by 1, 2
"""
KEPT_TOPICS = "select topic, status, count::int from ticket_counts order by topic, status"


def filed_messages(seed: int) -> Story:
    """Thirty messages of three contacts, labelled, unlabelled, archived, deleted and brought back at random."""
    story, chance = Story(), random.Random(seed)
    contacts = [story.contact(name) for name in ("Ann", "Bob", "Cat")]
    messages = [(chance.choice(contacts), "") for _ in range(30)]
    messages = [(contact, story.incoming(contact, "Hi")["uuid"]) for contact, _ in messages]
    for _ in range(150):
        contact, message = chance.choice(messages)
        happens = chance.choice(
            ("label", "label", "label", "unlabel", "visible", "archived", "deleted", "all archived", "flow")
        )
        labels = chance.sample(LABELS, chance.randint(1, 2))
        if happens == "label":
            story.change(contact, "message_labels_changed", message=message, labels_added=labels)
        elif happens == "unlabel":
            story.change(contact, "message_labels_changed", message=message, labels_removed=labels)
        elif happens == "flow":
            noted = {"type": "input_labels_added", "input_uuid": message, "labels": labels}
            story.change(contact, "flow_noted", event=noted)
        elif happens == "all archived" and chance.random() < 0.2:
            story.change(contact, "contact_messages_archived")
        elif happens != "all archived":
            story.change(contact, "message_visibility_changed", message=message, visibility=happens)
    return story


def tickets(seed: int) -> Story:
    story, chance = Story(), random.Random(seed)
    contact = story.contact("Ann")
    opened: list[str] = []
    for _ in range(80):
        happens = chance.choice(("open", "close", "reopen", "move", "note")) if opened else "open"
        uuid = chance.choice(opened) if opened else ""
        if happens == "open":
            uuid = uuid_of(f"ticket {len(opened)}")
            opened.append(uuid)
            ticket = {"uuid": uuid, "status": "open", "topic": chance.choice((*TOPICS, None))}
            story.change(contact, "ticket_opened", ticket=ticket)
        elif happens == "move":
            story.change(contact, "ticket_topic_changed", ticket_uuid=uuid, topic=chance.choice(TOPICS))
        else:
            name = {"close": "ticket_closed", "reopen": "ticket_reopened", "note": "ticket_note_added"}[happens]
            story.change(contact, name, ticket_uuid=uuid)
    return story


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("batch", [7, 40, 1000])
def test_messages_are_put_in_the_same_places_however_the_log_is_cut(tables: Tables, seed: int, batch: int) -> None:
    tables.project(filed_messages(seed), batch=batch)
    together = tables.rows(PLACED)
    with tables.connection.cursor() as cursor:
        cursor.execute("truncate messages, message_labels, message_label_counts, projections.cursors")
    tables.project(filed_messages(seed), batch=1)

    assert together == tables.rows(PLACED) != []


@pytest.mark.parametrize(("seed", "batch"), [(1, 1), (1, 7), (2, 40), (3, 1000)])
def test_labels_are_counted_and_listed_as_their_messages_stand(tables: Tables, seed: int, batch: int) -> None:
    tables.project(filed_messages(seed), batch=batch)

    assert tables.rows(COUNTED_LABELS) == tables.rows(KEPT_LABELS) != []
    assert tables.rows(LABELLED) == tables.rows(LISTED)


@pytest.mark.parametrize(("seed", "batch"), [(1, 1), (1, 7), (2, 1000)])
def test_tickets_are_counted_by_topic_as_they_stand(tables: Tables, seed: int, batch: int) -> None:
    tables.project(tickets(seed), batch=batch)

    assert tables.rows(COUNTED_TOPICS) == tables.rows(KEPT_TOPICS) != []


@pytest.mark.parametrize("batch", [1, 1000])
def test_a_label_without_visible_messages_has_no_count(tables: Tables, batch: int) -> None:
    story = Story()
    contact = story.contact("Ann")
    message = story.incoming(contact, "Hi")["uuid"]
    story.change(contact, "message_labels_changed", message=message, labels_added=LABELS[:1])
    story.change(contact, "message_visibility_changed", message=message, visibility="archived")

    tables.project(story, batch=batch)

    assert tables.rows(KEPT_LABELS) == []
    assert tables.rows(LISTED) == tables.rows(LABELLED) != []
