"""Adding and subtracting, which in version 11 meant different things for numbers, dates and times.

What a side is can be known from a literal or from the function that makes it; otherwise `legacy_add` finds out at run time.
"""

from __future__ import annotations

from domain.flow.definition.legacy.migrated import POWER, PRODUCT, SUM, Kind, Piece, binary, call


def add(left: Piece, right: Piece, *, raw_dates: bool = False) -> Piece:
    """`left + right`."""
    if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER:
        return binary(left, "+", right, SUM)
    if left.kind in (Kind.DATE, Kind.DATETIME) and right.kind is Kind.NUMBER:
        return _shifted(left, right.text, raw_dates)
    if right.kind is Kind.TIME:
        if left.kind is Kind.DATETIME:
            return call("datetime_add", left.text, _minutes(right), '"m"', kind=Kind.DATETIME)
        return call("replace_time", left.text, right.text, kind=Kind.DATETIME)
    return call("legacy_add", left.text, right.text)


def subtract(left: Piece, right: Piece, *, raw_dates: bool = False) -> Piece:
    """`left - right`."""
    if left.kind is Kind.NUMBER and right.kind is Kind.NUMBER:
        return binary(left, "-", right, SUM)
    if left.kind in (Kind.DATE, Kind.DATETIME) and right.kind is Kind.NUMBER:
        return _shifted(left, _negated(right), raw_dates)
    if left.kind is Kind.DATETIME and right.kind is Kind.TIME:
        return call("datetime_add", left.text, f"-({_minutes(right)})", '"m"', kind=Kind.DATETIME)
    return call("legacy_add", left.text, _negated(right))


def _negated(piece: Piece) -> str:
    """A minus holds more tightly than a power, but a product may be negated at its first factor."""
    return f"-{piece.text}" if piece.strength in (PRODUCT, POWER + 1) else f"-({piece.text})"


def _shifted(day: Piece, by_days: str, raw_dates: bool) -> Piece:
    moved = call("datetime_add", day.text, by_days, '"D"', kind=Kind.DATETIME)
    if day.kind is Kind.DATETIME or raw_dates:
        return moved
    return call("format_date", moved.text, kind=Kind.DATE)


def _minutes(time: Piece) -> str:
    return f'format_time({time.text}, "tt") * 60 + format_time({time.text}, "m")'
