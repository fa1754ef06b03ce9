"""What psycopg2 raises, in the project's own errors."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from domain.errors import Unavailable


@contextmanager
def database_errors() -> Iterator[None]:
    """Inside, a lost or refused connection, a restart or a deadlock raises Unavailable; trying again may help."""
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise Unavailable(f"the database of the read models can't be used now: {str(error).strip()}") from error
