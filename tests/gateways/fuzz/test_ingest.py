"""Whatever comes to a channel's address: never a 500, never a half-handled request, never another workspace's data."""

from pathlib import Path
from typing import Any

import psycopg2
import pytest
from hypothesis import given

from domain.event_catalogue import EVENT_TYPES
from domain.events.record import Record
from gateways.channels.catalogue import channel_types
from gateways.ingest.app import TYPES_BY_ADDRESS
from projections.cursor import LIVE
from tests.examples.installation import Installation
from tests.gateways.fuzz.doors import ORGS, Doors, channel, faults, uuid_of
from tests.gateways.fuzz.hostile import RENDERED, Hostile, Seed, as_form, examples, hostile
from tests.gateways.fuzz.seeds import seeds_of
from workers.projector.projector import Projector

CALLED = [code for code, kind in channel_types().items() if kind.actions]


def path_of(code: str, action: str) -> str:
    if code in TYPES_BY_ADDRESS:
        return f"/c/{code.lower()}/{action}"
    return f"/c/{code.lower()}/{uuid_of(code)}/{action}"


def bear(doors: Doors, code: str, number: int) -> int:
    """Call the channel with hostile requests; how many were understood, though they said what was said before."""
    before = understood(doors)

    @examples(number)
    @given(request=hostile(seeds_of(channel_types()[code])))
    def call(request: Any) -> None:
        action, asked = request
        answer, records = doors.call(path_of(code, action), asked)
        wrong = faults(answer, records, uuid_of(code), doors.org_of)
        assert not wrong, (wrong, answer.body[:500])

    call()
    return understood(doors) - before


def understood(doors: Doors) -> int:
    return sum(doors.app.counts[each] for each in ("messages", "statuses", "events", "repeated"))


@pytest.mark.parametrize("code", CALLED)
def test_a_channel_bears_whatever_comes_signed_as_it_should_be(code: str, doors: Doors, signed: None) -> None:
    assert bear(doors, code, 25), "none of the requests was understood: the seeds are not what the type reads"


@pytest.mark.parametrize("code", CALLED)
def test_a_channel_bears_whatever_comes_from_anybody(code: str, doors: Doors) -> None:
    bear(doors, code, 6)


@pytest.mark.parametrize("code", CALLED)
def test_what_types_understand_is_understood(code: str, doors: Doors, signed: None) -> None:
    """The seeds themselves are right, each of them: else fuzzing starts from nothing."""
    for seed in seeds_of(channel_types()[code]):
        answer, _ = doors.call(path_of(code, seed.action), unspoiled(seed))
        assert answer.status == 200, (seed, answer.status, answer.body)


def unspoiled(seed: Seed) -> Hostile:
    fields, query = seed.fields, dict(seed.query)
    if seed.method == "GET" and fields:
        query, fields = {**query, **fields}, None
    headers = {**seed.headers, **({"content-type": seed.as_} if fields is not None else {})}
    return Hostile(
        seed.method,
        as_form(query),
        tuple((name.encode(), value.encode()) for name, value in headers.items()),
        RENDERED[seed.as_](fields) if fields is not None else b"",
    )


def test_what_doors_took_the_decider_decides_and_the_read_models_show(
    doors: Doors, signed: None, postgres_database: str, tmp_path: Path
) -> None:
    """No input is set aside for a fault of ours, and none stops a reader."""
    taken = doors.taken or taken_by_doors_of_its_own(tmp_path)
    at = Installation()
    for number, org in enumerate(ORGS):
        profile = {"uuid": org, "name": "W", "timezone": "Africa/Kigali", "country": "RW", "languages": ["eng"]}
        at.command(org, "create_workspace", {"workspace": {**profile, "date_style": "day_first", "anon": False}})
        for kind in channel_types().values():
            at.append(org, "command", "add_channel", {"channel": channel(kind, number)})
    at.run()
    at.log.append(taken)
    at.run()
    projector = Projector(at.log, lambda: psycopg2.connect(postgres_database))
    while projector.step(0.1):
        pass
    projector.close()

    assert not [event["data"] for org in ORGS for event in at.events(org, "input_refused")]
    assert set_aside(postgres_database) == []
    assert {event["type"] for record in taken for event in record.events} <= set(EVENT_TYPES)


def taken_by_doors_of_its_own(folder: Path) -> list[Record]:
    """For one that runs alone, or before those that call the doors. Theirs would know the same requests again."""
    doors = Doors(folder)
    for code in CALLED:
        bear(doors, code, 25)
    doors.close()
    return doors.taken


def set_aside(database: str) -> list[Any]:
    connection = psycopg2.connect(database)
    with connection, connection.cursor() as cursor:
        cursor.execute("select read_model, type, error from projections.set_aside where set_name = %s limit 5", (LIVE,))
        found = cursor.fetchall()
    connection.close()
    return found
