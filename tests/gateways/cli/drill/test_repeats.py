"""What excuses a message that went out twice, and what does not."""

import pytest

from gateways.cli.drill.killing import Kill
from gateways.cli.drill.repeats import explained

HANDED = {"m": [10.0, 20.0]}


@pytest.mark.parametrize("name", ["light", "light-2", "redis"])
def test_a_kill_of_who_alone_knew_that_it_left_explains_it(name: str) -> None:
    (repeat,) = explained(HANDED, {"m": [20.1]}, [Kill(name, 10.2)])

    assert repeat.kill == Kill(name, 10.2)


@pytest.mark.parametrize(
    ("outcomes", "kill"),
    [
        ([20.1], Kill("web", 10.2)),
        ([20.1], Kill("postgres", 10.2)),
        ([20.1], Kill("light", 8.0)),
        ([20.1], Kill("light", 20.5)),
        ([10.1, 20.1], Kill("light", 15.0)),
        ([20.1], None),
    ],
    ids=[
        "a door",
        "the database",
        "long before it left",
        "after it left again",
        "its outcome was in the log",
        "nobody",
    ],
)
def test_nothing_else_does(outcomes: list[float], kill: Kill | None) -> None:
    (repeat,) = explained(HANDED, {"m": outcomes}, [kill] if kill else [])

    assert repeat.kill is None
    assert "no kill explains it (outcome noted at: " in repeat.sentence(0)


def test_of_several_kills_the_first_after_it_left_explains_it() -> None:
    kills = [Kill("redis", 9.5), Kill("light", 10.1), Kill("redis", 11.0)]

    assert explained(HANDED, {}, kills)[0].kill == kills[1]
    assert explained(HANDED, {}, kills[:1])[0].kill == kills[0]


def test_each_time_it_went_out_again_needs_a_kill_of_its_own() -> None:
    kills = [Kill("light", 10.1), Kill("light", 40.0)]

    repeats = explained({"m": [10.0, 20.0, 30.0]}, {}, kills)

    assert [repeat.kill for repeat in repeats] == [kills[0], None]
