"""Reads an expression of version 11 and writes it anew as it goes.

The old language had `<>` for "differs", `""` for a quote inside a text, dots inside names, and neither brackets nor null.
"""

from __future__ import annotations

import re

from domain.expressions.quoting import quote, unquote
from domain.flow.definition.legacy.context_paths import migrate_path
from domain.flow.definition.legacy.function_calls import migrate_call
from domain.flow.definition.legacy.migrated import (
    ATOM,
    COMPARISON,
    EQUALITY,
    JOIN,
    POWER,
    PRODUCT,
    SUM,
    CannotMigrate,
    Kind,
    Piece,
    binary,
)
from domain.flow.definition.legacy.sums import add, subtract

MAX_DEPTH = 100
MAX_PIECE = 50_000
"""Characters of the new expression. Times and self-references are written twice, so nesting could double without end."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>"(?:[^"]|"")*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
    |(?P<symbol><>|<=|>=|[-+*/^&=<>(),])
    |(?P<end>$)
    )""",
    re.VERBOSE,
)
_STRENGTHS = {
    "&": JOIN,
    "=": EQUALITY,
    "<>": EQUALITY,
    "<": COMPARISON,
    "<=": COMPARISON,
    ">": COMPARISON,
    ">=": COMPARISON,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "^": POWER,
}

Token = tuple[str, str]


def migrate_expression(source: str, raw_dates: bool = False) -> Piece:
    """What stood between `@(` and `)`, in the new language. Raises CannotMigrate."""
    reader = _Reader(_tokens(source), raw_dates)
    piece = reader.expression(JOIN)
    reader.expect("end", "")
    return piece


def _tokens(source: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while not tokens or tokens[-1][0] != "end":
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup is None:
            raise CannotMigrate(f"can't read the expression from character {position}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


class _Reader:
    """Precedence climbing over the tokens."""

    __slots__ = ("tokens", "position", "depth", "raw_dates")

    def __init__(self, tokens: list[Token], raw_dates: bool) -> None:
        self.tokens = tokens
        self.position = 0
        self.depth = 0
        self.raw_dates = raw_dates

    def expression(self, weakest: int) -> Piece:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CannotMigrate("expression nesting too deep")
        left = self._operand()
        while True:
            kind, operator = self.tokens[self.position]
            strength = _STRENGTHS.get(operator, 0) if kind == "symbol" else 0
            if strength < weakest:
                break
            self.position += 1
            left = self._combined(left, operator, self.expression(strength + 1), strength)
        self.depth -= 1
        return left

    def expect(self, kind: str, text: str) -> None:
        if self.tokens[self.position] != (kind, text):
            raise CannotMigrate(f"expected {text or 'the end'}")
        self.position += 1

    def _combined(self, left: Piece, operator: str, right: Piece, strength: int) -> Piece:
        if operator == "+":
            made = add(left, right, raw_dates=self.raw_dates)
        elif operator == "-":
            made = subtract(left, right, raw_dates=self.raw_dates)
        else:
            made = binary(left, "!=" if operator == "<>" else operator, right, strength)
        if len(made.text) > MAX_PIECE:
            raise CannotMigrate("expression too long")
        return made

    def _operand(self) -> Piece:
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "text":
            return Piece(quoted(text[1:-1].replace('""', '"')))
        if kind == "number":
            return Piece(text, ATOM, Kind.NUMBER if text.isdecimal() else Kind.UNKNOWN)
        if kind == "name":
            return self._named(text)
        if text == "-":
            return self._negative()
        if text == "(":
            inner = self.expression(JOIN)
            self.expect("symbol", ")")
            return Piece(f"({inner.text})", ATOM, inner.kind)
        raise CannotMigrate(f"unexpected {text or 'end'}")

    def _negative(self) -> Piece:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise CannotMigrate("expression nesting too deep")
        operand = self._operand()
        self.depth -= 1
        return Piece(f"-{operand.within(ATOM)}", ATOM, operand.kind if operand.kind is Kind.NUMBER else Kind.UNKNOWN)

    def _named(self, name: str) -> Piece:
        if self.tokens[self.position] == ("symbol", "("):
            self.position += 1
            made = migrate_call(name, self._arguments())
            if len(made.text) > MAX_PIECE:
                raise CannotMigrate("expression too long")
            return made
        if name.lower() in ("true", "false"):
            return Piece(name.lower())
        return migrate_path(name, self.raw_dates)

    def _arguments(self) -> list[Piece]:
        arguments: list[Piece] = []
        if self.tokens[self.position] == ("symbol", ")"):
            self.position += 1
            return arguments
        while True:
            arguments.append(self.expression(JOIN))
            if self.tokens[self.position] == ("symbol", ","):
                self.position += 1
                continue
            self.expect("symbol", ")")
            return arguments


def quoted(text: str) -> str:
    r"""A text literal. Backslashes are doubled only where they would be read as escapes: `\d` reads as it is written."""
    plain = '"' + text.replace('"', '\\"') + '"'
    if "\\" not in text and "\n" not in text:
        return plain
    try:
        read_back = unquote(plain)
    except ValueError:
        read_back = plain[1:-1]
    return plain if read_back == text else quote(text)
