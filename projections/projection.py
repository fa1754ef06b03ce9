"""What a read model is: tables, the events it handles, and `apply`, which folds a batch of them into the tables.

Rules that make read models disposable:

- `apply` depends on the events only: no clock, no made-up ids, no other read model's tables. It must give the same rows however the log
  is cut into batches, because a rebuild cuts it differently than live traffic did.
- Table names are unqualified. The search path names the schema: the live one has the read model's own name, one that is being
  built another. All live read models share one search path, so a table's name is unique among all read models.
- Every table is keyed by organization first.
- A changed read model gets a higher `version`; the projector then builds it beside the old one and switches.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection

__all__ = ["Apply", "Connection", "LoggedEvent", "Projection"]


class LoggedEvent(NamedTuple):
    """One event with what its record says of it. `at` is when it was recorded, RFC 3339 text in UTC; `nth` counts within the record."""

    org: str
    type: str
    data: dict[str, Any]
    of: str | None
    n: int | None
    id: str
    at: str
    partition: int
    offset: int
    nth: int


Apply = Callable[[Sequence[LoggedEvent], Connection], None]


@dataclass(frozen=True)
class Projection:
    """One read model. `folder` holds its `tables.sql`; `tables` lists them, for comparing two builds."""

    name: str
    version: int
    folder: Path
    tables: tuple[str, ...]
    handles: frozenset[str]
    apply: Apply

    def apply_to(self, events: Sequence[LoggedEvent], connection: Connection) -> None:
        """As `apply`."""
        self.apply(events, connection)

    @cached_property
    def tables_sql(self) -> str:
        """The statements that make the tables, with unqualified names."""
        return (self.folder / "tables.sql").read_text(encoding="utf-8")
