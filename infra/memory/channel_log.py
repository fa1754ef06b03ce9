"""The channel log in memory, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

from domain.ports.channel_log import Exchange, ExchangeKind, Question, Tally

_Key = tuple[str, str, datetime, ExchangeKind, bool]


class MemoryChannelLog:
    def __init__(self) -> None:
        self._lock = Lock()
        self._exchanges: list[Exchange] = []
        self._tallies: dict[_Key, tuple[int, int]] = {}

    def keep(self, exchanges: Sequence[Exchange], tallies: Sequence[Tally] = ()) -> None:
        with self._lock:
            self._exchanges.extend(exchanges)
            for each in tallies:
                number, elapsed_ms = self._tallies.get(each[:5], (0, 0))
                self._tallies[each[:5]] = (number + each.number, elapsed_ms + each.elapsed_ms)

    def find(self, question: Question) -> list[Exchange]:
        with self._lock:
            found = [each for each in self._exchanges if _is_asked_for(each, question)]
        return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[: question.limit]

    def tallies(self, question: Question) -> list[Tally]:
        with self._lock:
            all_of_them = [Tally(*key, *numbers) for key, numbers in self._tallies.items()]
        found = [
            each
            for each in all_of_them
            if each.org == question.org
            and question.channel in (None, each.channel)
            and (each.failed or not question.errors)
            and (question.since is None or each.minute >= question.since)
            and (question.before is None or each.minute < question.before)
        ]
        return sorted(found, key=lambda each: (each.minute, each.channel, each.kind, each.failed), reverse=True)[
            : question.limit
        ]

    def forget_before(self, moment: datetime) -> int:
        today = moment.astimezone(UTC).date()
        with self._lock:
            gone = {each.at.date() for each in self._exchanges if each.at.date() < today}
            gone |= {key[2].date() for key in self._tallies if key[2].date() < today}
            self._exchanges = [each for each in self._exchanges if each.at.date() not in gone]
            self._tallies = {key: each for key, each in self._tallies.items() if key[2].date() not in gone}
        return len(gone)

    def close(self) -> None:
        """There is nothing to let go of."""


def _is_asked_for(exchange: Exchange, question: Question) -> bool:
    return (
        exchange.org == question.org
        and question.channel in (None, exchange.channel)
        and (not question.messages or bool(set(question.messages) & set(exchange.messages)))
        and (bool(exchange.error) or not question.errors)
        and (question.since is None or exchange.at >= question.since)
        and (question.before is None or exchange.at < question.before)
    )
