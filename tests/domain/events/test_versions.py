"""Older events are lifted to today's versions, one version at a time; newer ones are refused."""

import re
from pathlib import Path

import pytest

from domain.errors import UnknownEvent
from domain.event_catalogue import EVENT_TYPES
from domain.events.record import Event
from domain.events.upcasters import UPCASTERS
from domain.events.versions import lifted, new_event


def split_name(event: Event) -> Event:
    first, _, last = event["data"]["name"].partition(" ")
    return {**event, "version": 2, "data": {"first": first, "last": last}}


def rename(event: Event) -> Event:
    return {**event, "type": "person_met", "version": 3}


NEWEST = {"person_met": 3, "message_received": 1}
LIFTS = {("somebody_met", 1): split_name, ("somebody_met", 2): rename}


def met(version: int, data: dict[str, str], name: str = "somebody_met") -> Event:
    return {"type": name, "version": version, "id": "x", "of": "y", "n": 7, "data": data}


def lift(*events: Event) -> tuple[Event, ...]:
    return lifted(events, "3.17", NEWEST, LIFTS)


def test_an_old_event_is_lifted_over_every_version_between():
    assert lift(met(1, {"name": "Bo Ek"})) == (met(3, {"first": "Bo", "last": "Ek"}, "person_met"),)


def test_an_event_that_says_no_version_is_of_the_first():
    event = met(1, {"name": "Bo Ek"})
    del event["version"]
    assert lift(event)[0]["version"] == 3


def test_only_what_is_old_is_touched():
    today = met(3, {"first": "Bo", "last": "Ek"}, "person_met")
    received = new_event("message_received", "m", {"text": "hi"})
    found = lift(today, met(2, {"first": "Al", "last": "Ip"}), received)
    assert found[0] is today and found[2] is received
    assert found[1]["version"] == 3


def test_a_newer_version_is_refused_with_its_place_and_what_to_do():
    with pytest.raises(UnknownEvent) as raised:
        lift(met(4, {}, "person_met"))
    assert "person_met version 4 at 3.17" in raised.value.sentence and "upgrade" in raised.value.sentence


def test_an_event_of_an_unknown_name_is_refused():
    with pytest.raises(UnknownEvent, match="person_forgotten version 1 at 3.17"):
        lift(met(1, {}, "person_forgotten"))


def test_what_was_lifted_is_another_event():
    old = met(1, {"name": "Bo Ek"})
    lift(old)
    assert old == met(1, {"name": "Bo Ek"})


def test_every_older_version_in_the_catalogue_has_a_way_up():
    missing = [
        (name, version)
        for name, event_type in EVENT_TYPES.items()
        for version in range(1, event_type.version)
        if (name, version) not in UPCASTERS
    ]
    assert not missing


def test_nobody_writes_a_version_of_his_own():
    root = Path(__file__).parents[3]
    sources = [
        path for package in ("commands", "infra", "workers", "gateways") for path in (root / package).rglob("*.py")
    ]
    assert [path.name for path in sources if re.search(r'"type": [^,{}]+, *"version": *\d', path.read_text())] == []


def test_new_events_are_of_the_newest_version():
    for name, event_type in EVENT_TYPES.items():
        assert new_event(name, "id", {})["version"] == event_type.version
