"""The view that a lost send queue is filled from."""

from functools import partial

import psycopg2
import pytest

from domain.errors import Unavailable
from projections.catalogue import CATALOGUE
from projections.installing import install, live_set
from projections.messages.unsent import unsent_messages
from tests.projections.examples import Story
from workers.sender.outgoing import Outgoing

pytestmark = pytest.mark.postgres


def applied(database: str, story: Story) -> dict[int, int]:
    """Put the story into the read models; the positions they have reached."""
    connection = psycopg2.connect(database)
    install(connection, CATALOGUE)
    live = live_set(CATALOGUE)
    live.use(connection)
    records = story.stored()
    reached = {records[-1].partition: records[-1].offset}
    live.apply(connection, records, reached)
    connection.close()
    return reached


def test_messages_without_final_outcome_are_in_the_view_as_they_were_created(postgres_database):
    story = Story().configured()
    ann = story.contact("Ann", "tel:+250788123123")
    queued = story.outgoing(ann, "Queued", quick_replies=[{"type": "text", "text": "Yes"}], reply_to="ext-1")
    errored = story.outgoing(ann, "Errored", flow=story.flow)
    story.sent(errored, "errored", error_count=2, next_attempt_on="2026-08-01T12:10:00.5Z")
    for status in ("wired", "sent", "delivered", "failed"):
        story.sent(story.outgoing(ann, status), status)
    story.outgoing(ann, "Never queued", status="failed", failed_reason="looping")
    story.incoming(ann, "Hi")
    reached = applied(postgres_database, story)

    with unsent_messages(partial(psycopg2.connect, postgres_database)) as view:
        found = [each for batch in view.batches() for each in batch]
        positions = view.positions

    assert reached.items() <= dict(positions).items()
    assert [(each.message["text"], each.error_count, each.next_attempt_on) for each in found] == [
        ("Queued", 0, ""),
        ("Errored", 2, "2026-08-01T12:10:00.500000Z"),
    ]
    for each, message in zip(found, (queued, errored), strict=True):
        again, first = Outgoing.created(each.org, each.message), Outgoing.created(story.org, message)
        assert again is not None and first is not None
        assert again.to_send() == first.to_send()
        assert (again.key, again.channel, again.contact) == (first.key, first.channel, first.contact)
        assert again.queued().queued_on == first.queued().queued_on


def test_many_messages_come_in_batches(postgres_database):
    story = Story().configured()
    ann = story.contact("Ann", "tel:+250788123123")
    for number in range(2_500):
        story.outgoing(ann, f"Message {number}")
    applied(postgres_database, story)

    with unsent_messages(partial(psycopg2.connect, postgres_database)) as view:
        batches = [len(batch) for batch in view.batches()]

    assert batches == [1_000, 1_000, 500]


def test_the_view_stands_still_while_the_read_models_go_on(postgres_database):
    story = Story().configured()
    ann = story.contact("Ann", "tel:+250788123123")
    message = story.outgoing(ann, "Hello")
    applied(postgres_database, story)

    with unsent_messages(partial(psycopg2.connect, postgres_database)) as view:
        connection = psycopg2.connect(postgres_database)
        with connection.cursor() as database:
            database.execute("update messages.messages set status = 'wired'")
        connection.commit()
        connection.close()
        assert [each.message["uuid"] for batch in view.batches() for each in batch] == [message["uuid"]]


def test_before_the_read_models_are_made_there_is_no_view(postgres_database):
    with pytest.raises(Unavailable), unsent_messages(partial(psycopg2.connect, postgres_database)):
        pass


def test_an_absent_database_is_unavailable():
    with (
        pytest.raises(Unavailable),
        unsent_messages(partial(psycopg2.connect, "postgresql://127.0.0.1:1/none", connect_timeout=1)),
    ):
        pass


# ---- given back -------------------------------------------------------------------------------------------------------------------


def returned(database: str) -> list[tuple[str, int, int]]:
    with unsent_messages(partial(psycopg2.connect, database)) as view:
        return [(each.unsent.message["text"], each.unsent.error_count, each.times) for each in view.returned(10)]


def test_messages_that_aggregators_gave_back_are_told_until_they_are_answered(postgres_database):
    story = Story().configured()
    ann = story.contact("Ann", "tel:+250788123123")
    for text in ("Given back", "Answered", "Arrived", "Never taken", "Once more"):
        message = story.outgoing(ann, text)
        if text != "Never taken":
            story.sent(message, "wired", external_ids=[text])
        story.reported("errored", external_id=text) if text == "Given back" else story.reported(
            "errored", message=message["uuid"]
        )
        if text in ("Answered", "Once more"):
            story.sent(message, "errored", error_count=1, answers=1, next_attempt_on=story.now)
        if text == "Arrived":
            story.reported("delivered", message=message["uuid"])
        if text == "Once more":
            story.sent(message, "wired", error_count=1)
            story.reported("errored", message=message["uuid"])
    applied(postgres_database, story)

    assert returned(postgres_database) == [("Given back", 0, 1), ("Once more", 1, 2)]


def test_what_is_said_of_an_attempt_before_the_next_was_made_is_no_further_error(postgres_database):
    story = Story().configured()
    message = story.outgoing(story.contact("Ann", "tel:+250788123123"), "Hello")
    story.sent(message, "wired").reported("errored", message=message["uuid"])
    story.sent(message, "errored", error_count=1, answers=1, next_attempt_on="2026-08-01T13:00:00Z")
    story.reported("errored", message=message["uuid"])
    applied(postgres_database, story)

    assert returned(postgres_database) == []


def test_a_contact_s_own_time_zone_comes_with_its_messages(postgres_database):
    story = Story().configured()
    story.outgoing(story.contact("Ann", "tel:+250788123123", timezone="Asia/Tokyo"), "Hello")
    story.outgoing(story.contact("Bob", "tel:+250788123124"), "Hello")
    applied(postgres_database, story)

    with unsent_messages(partial(psycopg2.connect, postgres_database)) as view:
        [found] = view.batches()

    assert [each.message["timezone"] for each in found] == ["Asia/Tokyo", ""]
