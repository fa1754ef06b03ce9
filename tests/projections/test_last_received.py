"""From which message on a link asks what it missed."""

import uuid
from functools import partial

import psycopg2
import pytest

from projections.messages.last_received import last_received
from tests.projections.examples import Story
from tests.projections.test_unsent_messages import applied

pytestmark = pytest.mark.postgres


def test_the_last_that_came_over_the_channel_counts(postgres_database):
    story = Story().configured()
    ann = story.contact("Ann", "tel:+250788123123")
    story.incoming(ann, "first", external_id="ext-1", created_on="2026-08-01T12:00:00Z")
    story.incoming(ann, "last", external_id="ext-2", created_on="2026-08-01T12:05:00Z")
    story.incoming(ann, "without an id", created_on="2026-08-01T12:06:00Z")
    story.outgoing(ann, "ours")
    applied(postgres_database, story)
    connect = partial(psycopg2.connect, postgres_database)

    assert last_received(connect, story.org, story.channel["uuid"]) == "ext-2"
    assert last_received(connect, story.org, str(uuid.uuid4())) is None
    assert last_received(connect, str(uuid.uuid4()), story.channel["uuid"]) is None
