"""Where the values that version 11 expressions could name are found now.

`@flow.age` is now `@results.age`, `@contact.age` is `@fields.age`, `@contact.tel` is `@(format_urn(urns.tel))`, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.flow.definition.checks import URN_SCHEMES
from domain.flow.definition.legacy.migrated import Kind, Piece, call

TOP_LEVELS = frozenset({"channel", "child", "contact", "date", "extra", "flow", "parent", "step"})
"""Names that an `@` in a text had to be followed by to mean something."""

_CONTACT_PROPERTIES = frozenset({"uuid", "id", "name", "first_name", "created_on", "language"})
_RESULT_PROPERTIES = {"category": "category_localized", "text": "input", "time": "created_on"}
_KEYWORDS = frozenset({"true", "false", "null"})


def migrate_path(path: str, raw_dates: bool = False) -> Piece:
    """The value that a dotted name stood for. With `raw_dates`, dates are not formatted as text."""
    parts = path.lower().split(".")
    top, rest = parts[0], parts[1:]
    if top == "date":
        return _date(rest, raw_dates)
    if top == "contact":
        return _contact("", rest)
    if top == "flow":
        return _contact("", rest[1:]) if rest[:1] == ["contact"] else _results("results", rest)
    if top in ("parent", "child"):
        return _other_run(top, rest)
    if top == "extra":
        return _results("parent.results", rest[1:]) if rest[:1] == ["flow"] else _path("legacy_extra", rest)
    if top == "step":
        return _step(rest)
    if top == "channel":
        name = rest[0] if rest else "address"
        return _path("contact.channel", ["address" if name in ("tel", "tel_e164") else name, *rest[1:]])
    return _path(top, rest)


def _path(root: str, parts: Sequence[str]) -> Piece:
    """Look-ups one after the other; names that can't stand after a dot are put in brackets."""
    text = root
    for part in parts:
        text += f'["{part}"]' if part[0].isdigit() or part in _KEYWORDS else f".{part}"
    return Piece(text)


def _results(root: str, rest: Sequence[str]) -> Piece:
    if len(rest) == 2:
        return _path(root, [rest[0], _RESULT_PROPERTIES.get(rest[1], rest[1])])
    return _path(root, rest)


def _other_run(top: str, rest: Sequence[str]) -> Piece:
    if not rest:
        return Piece(top)
    if rest[0] == "contact":
        return _contact(f"{top}.", rest[1:])
    return _results(f"{top}.results", rest)


def _contact(prefix: str, rest: Sequence[str]) -> Piece:
    """`prefix` is empty for the run's own contact, `parent.` and `child.` for those of other runs."""
    if not rest:
        return Piece(f"{prefix}contact")
    name = rest[0]
    if name in _CONTACT_PROPERTIES:
        return _path(f"{prefix}contact", rest)
    if name == "groups" and len(rest) == 1:
        return call("join", f"{prefix}contact.groups", '","')
    if name == "tel_e164":
        return _urn(f"{prefix}urns.tel", ["path_or_empty"])
    if name in URN_SCHEMES:
        return _urn(f"{prefix}urns.{name}", rest[1:] or (["display"] if name == "tel" else ["path_or_empty"]))
    return _path(f"{prefix}fields", rest)


def _urn(urn: str, rest: Sequence[str]) -> Piece:
    if rest == ["path_or_empty"]:
        return call("default", f"urn_parts({urn}).path", '""')
    if rest == ["display"]:
        return call("format_urn", urn)
    if rest == ["urn"]:
        return Piece(urn)
    return _path(f"urn_parts({urn})", rest)


def _step(rest: Sequence[str]) -> Piece:
    if not rest or rest == ["value"]:
        return Piece("input")
    if rest[0] == "contact":
        return _contact("", rest[1:])
    if rest == ["time"]:
        return Piece("input.created_on")
    if rest == ["attachments"]:
        return call("foreach", "foreach(input.attachments, attachment_parts)", "extract", '"url"')
    if rest[0] == "attachments" and len(rest) == 2 and rest[1].isdecimal():
        return Piece(f"attachment_parts(input.attachments[{int(rest[1])}]).url")
    return _path("input", rest)


def _date(rest: Sequence[str], raw_dates: bool) -> Piece:
    if not rest or rest == ["now"]:
        return call("now", kind=Kind.DATETIME)
    if rest == ["today"]:
        day = call("today", kind=Kind.DATE)
    elif rest == ["tomorrow"]:
        day = call("datetime_add", "now()", "1", '"D"', kind=Kind.DATETIME)
    elif rest == ["yesterday"]:
        day = call("datetime_add", "now()", "-1", '"D"', kind=Kind.DATETIME)
    else:
        return _path("date", rest)
    return day if raw_dates else call("format_date", day.text, kind=Kind.DATE)
