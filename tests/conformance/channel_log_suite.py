"""What every channel log does (see domain/ports/channel_log.py). Subclasses give `log`, a fixture of an empty one."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ports.channel_log import ChannelLog, Exchange, Question, Tally

ORG, OTHER = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
CODE, PHONE = str(uuid.UUID(int=11)), str(uuid.UUID(int=12))
MESSAGE = str(uuid.UUID(int=21))
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ODD = "tab\t line\r\n back\\slash \\N \"quoted\" {braces, 'more'} \U0001f600 \ufffd"


def exchange(number: int, **details: Any) -> Exchange:
    """The number-th of the day, one each second."""
    made = Exchange(
        id=str(uuid.UUID(int=1_000 + number)), org=ORG, channel=CODE, at=NOON + timedelta(seconds=number), kind="message_send",
        direction="out", request=f"POST /{number}", response="HTTP/1.1 200 OK", status=200, elapsed_ms=5,
    )  # fmt: skip
    return made._replace(**details)


def numbers(found: list[Exchange]) -> list[int]:
    return [int(uuid.UUID(each.id)) - 1_000 for each in found]


class ChannelLogSuite:
    @pytest.fixture
    def log(self) -> Iterator[ChannelLog]:
        raise NotImplementedError

    def test_an_empty_log_has_nothing(self, log: ChannelLog) -> None:
        assert (log.find(Question(ORG)), log.tallies(Question(ORG)), log.forget_before(NOON)) == ([], [], 0)

    def test_what_was_kept_is_found_whole_the_newest_first(self, log: ChannelLog) -> None:
        kept = [
            exchange(1, request=ODD, response=ODD, error=ODD, notes=(ODD, "", "x"), messages=(MESSAGE, f"external:{ODD}")),
            exchange(2, kind="message_status", direction="in", status=0, urns=("tel:+250788123123",)),
        ]  # fmt: skip
        log.keep(kept)

        assert log.find(Question(ORG)) == kept[::-1]

    def test_several_of_one_moment_have_an_order(self, log: ChannelLog) -> None:
        log.keep([exchange(number, at=NOON) for number in (2, 3, 1)])

        assert numbers(log.find(Question(ORG))) == [3, 2, 1]

    def test_another_workspace_s_are_never_found(self, log: ChannelLog) -> None:
        log.keep([exchange(1), exchange(2, org=OTHER, messages=(MESSAGE,))], [_tally(OTHER)])

        assert numbers(log.find(Question(ORG))) == [1]
        assert log.find(Question(ORG, messages=(MESSAGE,))) == []
        assert log.tallies(Question(ORG)) == []

    def test_they_are_asked_for_by_channel_message_error_and_time(self, log: ChannelLog) -> None:
        log.keep([exchange(1, messages=(MESSAGE,)), exchange(2, error="wrong"), exchange(3, channel=PHONE)])
        log.keep([exchange(4, messages=("id:7", "external:7"), error="late")])
        since, before = NOON + timedelta(seconds=2), NOON + timedelta(seconds=4)

        assert numbers(log.find(Question(ORG, channel=PHONE))) == [3]
        assert numbers(log.find(Question(ORG, messages=(MESSAGE, "external:7")))) == [4, 1]
        assert numbers(log.find(Question(ORG, messages=("7",)))) == []
        assert numbers(log.find(Question(ORG, errors=True))) == [4, 2]
        assert numbers(log.find(Question(ORG, since=since, before=before))) == [3, 2]
        assert numbers(log.find(Question(ORG, CODE, ("id:7",), True, since))) == [4]
        assert numbers(log.find(Question(ORG, limit=2))) == [4, 3]

    def test_counts_of_one_minute_add_up(self, log: ChannelLog) -> None:
        log.keep([], [_tally(number=3), _tally(number=4, failed=True)])
        log.keep(
            [exchange(1)], [_tally(number=5, elapsed_ms=100), _tally(minute=NOON + timedelta(minutes=1), number=1)]
        )

        found = log.tallies(Question(ORG))

        assert [(each.minute.minute, each.failed, each.number, each.elapsed_ms) for each in found] == [
            (1, False, 1, 10), (0, True, 4, 10), (0, False, 8, 110),
        ]  # fmt: skip
        assert [each.number for each in log.tallies(Question(ORG, errors=True))] == [4]
        assert [each.number for each in log.tallies(Question(ORG, CODE, since=NOON + timedelta(minutes=1)))] == [1]
        assert log.tallies(Question(ORG, PHONE)) == []

    def test_days_are_forgotten_whole(self, log: ChannelLog) -> None:
        days = [NOON - timedelta(days=ago) for ago in range(4)]
        log.keep([exchange(nth, at=day) for nth, day in enumerate(days)], [_tally(minute=day) for day in days])

        assert log.forget_before(NOON - timedelta(days=1)) == 2
        assert numbers(log.find(Question(ORG))) == [0, 1]
        assert len(log.tallies(Question(ORG))) == 2
        assert log.forget_before(NOON - timedelta(days=1)) == 0

    def test_a_day_that_was_forgotten_can_be_written_again(self, log: ChannelLog) -> None:
        log.keep([exchange(1)])
        log.forget_before(NOON + timedelta(days=2))
        log.keep([exchange(2)])

        assert numbers(log.find(Question(ORG))) == [2]


def _tally(
    org: str = ORG, minute: datetime = NOON, failed: bool = False, number: int = 2, elapsed_ms: int = 10
) -> Tally:
    return Tally(org, CODE, minute, "message_send", failed, number, elapsed_ms)
