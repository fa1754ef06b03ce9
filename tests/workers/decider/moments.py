"""An event log whose deciders' commits something can come before: another message, another owner, an outage."""

from collections.abc import Callable, Sequence
from typing import Any

from domain.events.record import Position, Record
from domain.ports.event_log import DeciderSession, EventLog

Moment = Callable[[int], None]


class MomentousLog:
    """`before_commit` is called with the number of commits that were begun before this one."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.before_commit: Moment = lambda number: None
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def own(self, member: str) -> "MomentousSession":
        return MomentousSession(self, self._log.own(member))


class MomentousSession:
    def __init__(self, log: MomentousLog, session: DeciderSession) -> None:
        self._log = log
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def commit(self, partition: int, outputs: Sequence[Record], cursor: bytes) -> list[Position]:
        number, self._log.commits = self._log.commits, self._log.commits + 1
        self._log.before_commit(number)
        return self._session.commit(partition, outputs, cursor)
