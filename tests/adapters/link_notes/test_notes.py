"""What links leave for their successors: one suite for every adapter."""

import uuid
from collections.abc import Iterator

import pytest

from gateways.connections.notes import MemoryNotes, Notes, RedisNotes
from infra.redis.connection import connect


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.redis)])
def notes(request) -> Iterator[Notes]:
    if request.param == "memory":
        yield MemoryNotes()
        return
    client = connect(request.getfixturevalue("redis_url"))
    yield RedisNotes(client, f"test-{uuid.uuid4().hex}")
    client.close()


def test_a_note_is_the_channels_own(notes):
    notes.write("a", "offset", "17", 60)

    assert notes.read("a", "offset") == "17"
    assert notes.read("b", "offset") is None
    assert notes.read("a", "other") is None
    notes.forget("a", "offset")
    assert notes.read("a", "offset") is None


def test_a_note_ends(notes):
    notes.write("a", "short", "x", 0.001)

    while notes.read("a", "short") is not None:
        pass

    assert notes.add("a", "short", "1", "y", 60) == {"1": "y"}


def test_many_at_once(notes):
    notes.write_many("a", {"x": "1", "y": "2"}, 60)

    assert [notes.read("a", name) for name in "xy"] == ["1", "2"]


def test_members_come_together(notes):
    assert notes.add("a", "parts", "1", "delivered", 60) == {"1": "delivered"}
    assert notes.add("a", "parts", "1", "delivered", 60) == {"1": "delivered"}
    assert notes.add("a", "parts", "2", "failed", 60) == {"1": "delivered", "2": "failed"}


def test_states_are_shown_until_nobody_renews_them(notes):
    notes.show({"a": {"channel": "a", "state": "connected"}}, 60)
    notes.show({"b": {"channel": "b", "state": "failed"}}, 0.001)

    while len(notes.shown()) > 1:
        pass

    assert notes.shown() == {"a": {"channel": "a", "state": "connected"}}
