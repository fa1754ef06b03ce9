"""Finds the expressions in a template: `Hi @contact.name, you owe @(fields.debt * 2)`."""

import re
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

import regex

ROOT_NAMES: Final = frozenset(
    {
        "child",
        "contact",
        "fields",
        "globals",
        "input",
        "legacy_extra",
        "locals",
        "node",
        "parent",
        "results",
        "resume",
        "run",
        "ticket",
        "trigger",
        "urns",
        "webhook",
    }
)
"""The names that an `@name` in a template may begin with; any other `@` is plain text."""

BODY: Final = "body"
IDENTIFIER: Final = "identifier"
EXPRESSION: Final = "expression"

NAME_PATH: Final = regex.compile(r"[\p{L}\p{N}_]+(?:\.[\p{L}\p{N}_]+)*")
BRACKET_OR_QUOTE: Final = re.compile(r'[()"]')
QUOTE_OR_ESCAPE: Final = re.compile(r'\\+|"')


class Token(NamedTuple):
    """A piece of a template: its kind, its text without `@` and parentheses (escapes of a body resolved), its source."""

    kind: str
    text: str
    source: str


def scan(template: str, names: AbstractSet[str] = ROOT_NAMES) -> list[Token]:
    """The template's tokens in order. Neighbouring bodies are one; a NUL ends the template."""
    end = template.find("\0")
    text = template if end < 0 else template[:end]
    tokens: list[Token] = []
    body: list[str] = []
    start = position = 0
    while (at := text.find("@", position)) >= 0:
        body.append(text[position:at])
        token, position, literal = _token_at(text, at, names)
        if token is None:
            body.append(literal)
            continue
        if at > start:
            tokens.append(Token(BODY, "".join(body), text[start:at]))
        tokens.append(token)
        body.clear()
        start = position
    body.append(text[position:])
    if len(text) > start:
        tokens.append(Token(BODY, "".join(body), text[start:]))
    return tokens


def _token_at(text: str, at: int, names: AbstractSet[str]) -> tuple[Token | None, int, str]:
    """What an `@` begins: a token and the position after it, or the literal text that it is."""
    following = text[at + 1 : at + 2]
    if following == "@":
        return None, at + 2, "@"
    if following == "(":
        closing = _closing_parenthesis(text, at + 2)
        if closing < 0:
            return None, len(text), text[at:]
        return Token(EXPRESSION, text[at + 2 : closing], text[at : closing + 1]), closing + 1, ""
    match = NAME_PATH.match(text, at + 1)
    if match is None:
        return None, at + 1, "@"
    path = match.group()
    if path.partition(".")[0].lower() in names:
        return Token(IDENTIFIER, path, f"@{path}"), match.end(), ""
    return None, match.end(), text[at : match.end()]


def _closing_parenthesis(text: str, position: int) -> int:
    """Where the parenthesis opened before `position` closes, texts in quotes skipped; -1 if nowhere."""
    depth = 1
    while (match := BRACKET_OR_QUOTE.search(text, position)) is not None:
        sign = match.group()
        position = match.end()
        if sign == '"':
            position = _after_quoted(text, position)
            if position < 0:
                return -1
        elif sign == "(":
            depth += 1
        else:
            depth -= 1
            if depth == 0:
                return match.start()
    return -1


def _after_quoted(text: str, position: int) -> int:
    r"""The position after the quote that ends a text. A quote after a backslash does not, not even after `\\`."""
    while (match := QUOTE_OR_ESCAPE.search(text, position)) is not None:
        position = match.end()
        if match.group() == '"':
            return position
        position += 1
    return -1
