"""Templates of version 11 (`@contact.age`, `@(UPPER(contact.name))`) in the language there is now."""

from __future__ import annotations

import re

from domain.expressions.scanner import ROOT_NAMES
from domain.flow.definition.legacy.context_paths import TOP_LEVELS, migrate_path
from domain.flow.definition.legacy.migrated import CannotMigrate, Piece
from domain.flow.definition.legacy.syntax import migrate_expression, quoted

_NAME = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")
_IDENTIFIER = re.compile(r"([a-z_][a-z0-9_]*)(?:\.[a-z_][a-z0-9_]*)*")


def migrate_template(
    template: str, *, default_to_self: bool = False, url_encode: bool = False, raw_dates: bool = False
) -> str:
    """The template with every expression in the current language; one that can't be read is kept as it is.

    `default_to_self` makes an expression give its own old source where it fails (operands of expression splits),
    `url_encode` escapes values for use in a URL, and `raw_dates` keeps dates from being formatted (arguments of date tests).
    """
    if "@" not in template:
        return template
    made: list[str] = []
    position = 0
    while (at := template.find("@", position)) >= 0:
        made.append(template[position:at])
        position = _end_of_expression(template, at)
        if position < 0:
            return "".join(made) + template[at:]
        source = template[at:position]
        if source in ("@", "@@"):
            made.append(source)
            continue
        try:
            piece = _migrated(source, raw_dates)
        except CannotMigrate:
            made.append(source)
        else:
            made.append(_written(piece, source, default_to_self, url_encode))
    made.append(template[position:])
    return "".join(made)


def _migrated(source: str, raw_dates: bool) -> Piece:
    if source[1] != "(":
        return migrate_path(source[1:], raw_dates)
    return migrate_expression(source[2:-1], raw_dates)


def _end_of_expression(template: str, at: int) -> int:
    """Where what begins with the `@` at that place ends; right after the `@` if it is only one; -1 if it has no end."""
    if template.startswith("@@", at):
        return at + 2
    if template.startswith("@(", at):
        return _closing_parenthesis(template, at + 1)
    name = _NAME.match(template, at + 1)
    if name is not None and name[0].split(".", 1)[0].lower() in TOP_LEVELS:
        return name.end()
    return at + 1


def _closing_parenthesis(template: str, opening: int) -> int:
    """The place after the parenthesis that closes; -1 if none does, for then all of it is text."""
    depth = 0
    in_text = False
    for position in range(opening, len(template)):
        character = template[position]
        if character == '"':
            in_text = not in_text
        elif in_text:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return position + 1
    return -1


def _written(piece: Piece, source: str, default_to_self: bool, url_encode: bool) -> str:
    if piece.text == '""':
        return ""
    text = piece.text
    if default_to_self:
        text = f"if(is_error({text}), {quoted(source)}, {text})"
    if url_encode:
        text = f"url_encode({text})"
    identifier = _IDENTIFIER.fullmatch(text)
    if identifier is not None and identifier[1] in ROOT_NAMES:
        return f"@{text}"
    return f"@({text})"
