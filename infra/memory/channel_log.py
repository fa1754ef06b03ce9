"""The channel log in memory, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

from domain.ports.channel_log import Exchange, Question, Tally


class MemoryChannelLog:
    def __init__(self) -> None:
        self._lock = Lock()
        self._exchanges: list[Exchange] = []
        self._tallies: dict[tuple[object, ...], tuple[int, int]] = {}

    def keep(self, exchanges: Sequence[Exchange], tallies: Sequence[Tally] = ()) -> None:
        with self._lock:
            self._exchanges.extend(exchanges)
            for *key, count, elapsed_ms in tallies:
                counted, elapsed = self._tallies.get(tuple(key), (0, 0))
                self._tallies[tuple(key)] = (counted + count, elapsed + elapsed_ms)

    def find(self, question: Question) -> list[Exchange]:
        with self._lock:
            found = [each for each in self._exchanges if _is_asked_for(each, question)]
        return sorted(found, key=lambda each: (each.at, each.id), reverse=True)[: question.limit]

    def tallies(self, question: Question) -> list[Tally]:
        with self._lock:
            all_of_them = [Tally(*key, *numbers) for key, numbers in self._tallies.items()]  # type: ignore[arg-type,call-arg]
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
            gone |= {key[2].date() for key in self._tallies if key[2].date() < today}  # type: ignore[attr-defined]
            self._exchanges = [each for each in self._exchanges if each.at.date() not in gone]
            self._tallies = {key: each for key, each in self._tallies.items() if key[2].date() not in gone}  # type: ignore[attr-defined]
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
