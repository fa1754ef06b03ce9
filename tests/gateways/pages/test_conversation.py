"""What the simulator shows after a reload, from the read models."""

from collections.abc import Callable

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from domain.errors import Unavailable
from gateways.pages.conversation import Conversation
from projections.catalogue import CATALOGUE
from projections.installing import install, live_set
from tests.projections.examples import Story, uuid_of

PHONE = "tel:+250788123123"


@pytest.fixture
def connect(postgres_database: str) -> Callable[[], Connection]:
    return lambda: psycopg2.connect(postgres_database)


def told(connect: Callable[[], Connection]) -> Story:
    """Ann wrote twice and was answered; somebody else wrote too, and Ann over another channel."""
    story = Story().configured()
    ann = story.contact("Ann", PHONE)
    ben = story.contact("Ben", "tel:+250788000000")
    story.incoming(ann, "survey")
    story.outgoing(ann, "Your name?", quick_replies=[{"type": "text", "text": "Ann"}])
    story.incoming(ben, "not mine")
    story.incoming(ann, "elsewhere", channel={"uuid": uuid_of("other"), "name": "Other"})
    story.incoming(ann, "Ann")
    connection = connect()
    install(connection, CATALOGUE)
    live = live_set(CATALOGUE)
    live.use(connection)
    stored = story.stored()
    live.apply(connection, stored, {stored[-1].partition: stored[-1].offset})
    connection.close()
    return story


def test_a_phone_s_newest_messages_on_a_channel_oldest_first(connect: Callable[[], Connection]) -> None:
    story = told(connect)
    conversation = Conversation(connect)

    messages = conversation(story.org, story.channel["uuid"], PHONE, 2)
    everything = conversation(story.org, story.channel["uuid"], PHONE, 50)

    assert [(each["direction"], each["text"]) for each in messages] == [("out", "Your name?"), ("in", "Ann")]
    assert [each["text"] for each in everything] == ["survey", "Your name?", "Ann"]
    assert messages[0]["quick_replies"] == [{"type": "text", "text": "Ann"}]
    conversation.close()


def test_a_lost_connection_is_opened_again(connect: Callable[[], Connection]) -> None:
    story = told(connect)
    conversation = Conversation(connect)
    conversation(story.org, story.channel["uuid"], PHONE, 2)
    with connect() as admin, admin.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )

    with pytest.raises(Unavailable):
        conversation(story.org, story.channel["uuid"], PHONE, 2)
    assert len(conversation(story.org, story.channel["uuid"], PHONE, 2)) == 2
    conversation.close()
