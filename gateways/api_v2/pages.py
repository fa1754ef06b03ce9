"""Lists in pages of 250, by keyset: a page costs the same wherever it is. A cursor is [time, id], and true for the page that ends before it."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
import psycopg2

from gateways.api_v2.answers import Refused
from gateways.api_v2.calls import Call
from gateways.http.read_pool import Reader

Data = dict[str, Any]

PAGE = 250


def page(
    reader: Reader,
    call: Call,
    select: str,
    *,
    order: tuple[str, str],
    conditions: Sequence[str] = (),
    arguments: Sequence[Any] = (),
    show: Callable[[list[Data]], list[Data]],
    reverse: bool = False,
) -> Data:
    """`select` up to its `where`, which begins with the organization; `order` is (time, id), both columns of what is selected."""
    when, number = order
    asked, values = list(conditions), list(arguments)
    at, backwards = _position(call)
    ascending = reverse != backwards
    if at:
        asked.append(f"({when}, {number}) {'>' if ascending else '<'} (%s, %s)")
        values += at
    where = " and ".join(asked) or "true"
    direction = "asc" if ascending else "desc"
    statement = f"{select} and {where} order by {when} {direction}, {number} {direction} limit {PAGE + 1}"
    try:
        rows = reader.rows(statement, *values)
    except (psycopg2.DataError, psycopg2.ProgrammingError):
        if not at:
            raise
        raise _no_cursor() from None  # it is of another list, or made up
    more = len(rows) > PAGE
    rows = rows[PAGE - 1 :: -1] if backwards else rows[:PAGE]

    def url(row: Data, *back: bool) -> str:
        return _url(call, [row[_column(when)].isoformat(), row[_column(number)], *back])

    return {
        "next": url(rows[-1]) if rows and (more or backwards) else None,
        "previous": url(rows[0], True) if rows and (more if backwards else at) else None,
        "results": show(rows),
    }


def empty_page() -> Data:
    return {"next": None, "previous": None, "results": []}


def _column(name: str) -> str:
    return name.rpartition(".")[2]


def _url(call: Call, position: list[Any]) -> str:
    cursor = base64.urlsafe_b64encode(orjson.dumps(position, default=str)).decode()
    kept = [(name, value) for name, value in call.given or call.params.items() if name != "cursor"]
    return f"{call.url}?{urlencode([*kept, ('cursor', cursor)])}"


def _position(call: Call) -> tuple[list[Any], bool]:
    """Where the page begins (nowhere: at the first), and whether it is the one that ends there."""
    cursor = call.text("cursor")
    if not cursor:
        return [], False
    try:
        when, number, *back = orjson.loads(base64.urlsafe_b64decode(cursor))
        if isinstance(number, bool) or not isinstance(number, int | str) or "\0" in str(number):
            raise ValueError
        if back not in ([], [True]):
            raise ValueError
        return [datetime.fromisoformat(when), number], bool(back)
    except (ValueError, TypeError):
        raise _no_cursor() from None


def _no_cursor() -> Refused:
    return Refused(404, {"detail": "Invalid cursor"})
