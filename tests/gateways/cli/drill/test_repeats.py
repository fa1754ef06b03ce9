"""What excuses a message that went out twice, and what does not."""

from math import inf

import pytest

from gateways.cli.drill.killing import Kill
from gateways.cli.drill.repeats import Excuses, Repeat, pending_until

HANDED = {"m": [10.0, 20.0]}


def repeat(outcomes: list[float], *kills: Kill, senders: int = 1, handed: dict[str, list[float]] = HANDED) -> Repeat:
    (found,) = Excuses(kills, senders).repeats(handed, {"m": outcomes})
    return found


@pytest.mark.parametrize("name", ["light", "light-2"])
def test_a_kill_of_the_sender_before_its_note_explains_it(name: str) -> None:
    assert repeat([20.1], Kill(name, 10.2)).kill == Kill(name, 10.2)


@pytest.mark.parametrize(
    "kills",
    [
        [Kill("light", 15.0), Kill("redis", 16.0)],
        [Kill("redis", 15.0), Kill("light", 16.0)],
        [Kill("redis", 9.0), Kill("light", 15.0)],
    ],
    ids=["its note was lost", "both it and its note", "the note waited for Redis"],
)
def test_a_later_kill_of_the_sender_explains_it_with_one_of_redis(kills: list[Kill]) -> None:
    found = repeat([20.1], *kills).kill

    assert found is not None
    assert found.name == "light"


def test_among_several_senders_another_one_may_fill_a_redis_that_was_killed() -> None:
    kill = Kill("redis", 10.2)

    assert repeat([20.1], kill, senders=2).kill == kill
    assert repeat([20.1], kill).kill is None


@pytest.mark.parametrize(
    ("outcomes", "kills"),
    [
        ([20.1], [Kill("web", 10.2)]),
        ([20.1], [Kill("decider", 10.2)]),
        ([20.1], [Kill("postgres", 10.2)]),
        ([20.1], [Kill("light", 8.0)]),
        ([20.1], [Kill("light", 15.0)]),
        ([20.1], [Kill("light", 20.5)]),
        ([10.1, 20.1], [Kill("light", 15.0), Kill("redis", 12.0)]),
        ([20.1], [Kill("light", 15.0), Kill("redis", 3.0)]),
        ([20.1], []),
    ],
    ids=[
        "a door",
        "the decider",
        "the database",
        "long before it left",
        "when it was noted",
        "after it left again",
        "its outcome was in the log",
        "Redis was back",
        "nobody",
    ],
)
def test_nothing_else_does(outcomes: list[float], kills: list[Kill]) -> None:
    found = repeat(outcomes, *kills)

    assert found.kill is None
    assert "no kill explains it (outcome noted at: " in found.sentence(0)


def test_of_several_kills_the_first_after_it_left_explains_it() -> None:
    kills = [Kill("light", 9.5), Kill("light", 10.1), Kill("light", 11.0)]

    assert repeat([], *kills).kill == kills[1]
    assert repeat([], *kills[:1]).kill == kills[0]


def test_each_time_it_went_out_again_needs_a_kill_of_its_own() -> None:
    kills = [Kill("light", 10.1), Kill("light", 40.0)]

    repeats = Excuses(kills).repeats({"m": [10.0, 20.0, 30.0]}, {})

    assert [repeat.kill for repeat in repeats] == [kills[0], None]


def test_one_kill_does_not_excuse_two_repetitions_within_a_second() -> None:
    kill = Kill("light", 10.05)

    repeats = Excuses([kill]).repeats({"m": [10.0, 10.4, 10.8]}, {})

    assert [repeat.kill for repeat in repeats] == [kill, None]


def test_kills_explain_nothing_once_messages_that_left_much_later_are_in_the_log() -> None:
    kills = [Kill("redis", 298.0), Kill("light", 299.0)]
    outcomes = {"m": [300.1], "later": [40.0]}
    until = pending_until({"m": 10.0, "later": 39.0}, outcomes)

    (late,) = Excuses(kills, pending_until=until).repeats({"m": [10.0, 300.0]}, outcomes)

    assert late.kill is None
    assert Excuses(kills, pending_until=until).missing_note(10.0) is None
    assert Excuses(kills).missing_note(10.0) == kills[1]


def test_what_left_is_in_the_log_before_what_left_much_later() -> None:
    taken = {"a": 0.0, "b": 20.0, "c": 30.0, "never": 40.0}
    until = pending_until(taken, {"a": [0.1], "b": [33.0], "c": [31.0, 50.0]})

    assert (until(0.0), until(5.0), until(15.0), until(16.0)) == (31.0, 31.0, 31.0, inf)


@pytest.mark.parametrize(
    ("kills", "is_excused"),
    [
        ([Kill("light", 10.2), Kill("redis", 18.0)], True),
        ([Kill("redis", 8.0), Kill("light", 12.0)], True),
        ([Kill("light", 10.2)], False),
        ([Kill("redis", 10.2)], False),
        ([Kill("light", 10.2), Kill("redis", 40.0)], False),
        ([Kill("web", 10.2), Kill("redis", 10.4)], False),
    ],
    ids=[
        "sender and Redis",
        "Redis and sender",
        "only the sender",
        "only Redis",
        "Redis when its lease had ended",
        "another process",
    ],
)
def test_a_note_is_missing_only_where_sender_and_redis_went(kills: list[Kill], is_excused: bool) -> None:
    assert (Excuses(kills).missing_note(10.0) is not None) == is_excused
