"""Tokens to a tree of comparisons as they are written. What they mean, and whether they make sense, is found out later: a query that
can't be read as a whole is a syntax error, whatever else is wrong with its beginning.

query      = alternative END
alternative = conjunction (OR conjunction)*
conjunction = term (AND? term)*
term       = "(" alternative ")" | PROPERTY COMPARATOR literal | literal
literal    = STRING | PROPERTY | TEXT
"""

from typing import Final, Literal, NamedTuple

from domain.contact.query.errors import QueryError, syntax_error
from domain.contact.query.scanner import Kind, Token
from domain.contact.query.syntax_tree import AND, OR

_LITERALS: Final = frozenset({Kind.STRING, Kind.PROPERTY, Kind.TEXT})
_TERM_STARTS: Final = _LITERALS | {Kind.OPEN}


class Comparison(NamedTuple):
    """`name operator value`; name and operator "" where a value stands alone."""

    name: str
    operator: str
    value: str


class Several(NamedTuple):
    """Comparisons, or several of them, joined by `and` or `or`."""

    operator: Literal["and", "or"]
    children: tuple["Written", ...]


Written = Comparison | Several


def read_tokens(tokens: list[Token]) -> Written:
    """The tree of a query's tokens. Raises QueryError (`syntax`)."""
    return _Parser(tokens).whole()


class _Parser:
    """One pass over the tokens."""

    __slots__ = ("_position", "_tokens")

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0

    def whole(self) -> Written:
        tree = self._alternative()
        if self._next.kind is not Kind.END:
            raise self._unexpected()
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._tokens[self._position]
        self._position += 1
        return token

    def _unexpected(self) -> QueryError:
        token = self._next
        return syntax_error(f"the query can't go on with '{token.text}'", token.text)

    def _alternative(self) -> Written:
        children = [self._conjunction()]
        while self._next.kind is Kind.OR:
            self._take()
            children.append(self._conjunction())
        return children[0] if len(children) == 1 else Several(OR, tuple(children))

    def _conjunction(self) -> Written:
        children = [self._term()]
        while self._next.kind is Kind.AND or self._next.kind in _TERM_STARTS:
            if self._next.kind is Kind.AND:
                self._take()
            children.append(self._term())
        return children[0] if len(children) == 1 else Several(AND, tuple(children))

    def _term(self) -> Written:
        kind = self._next.kind
        if kind is Kind.OPEN:
            return self._bracketed()
        if kind not in _LITERALS:
            raise self._unexpected()
        token = self._take()
        if kind is not Kind.PROPERTY or self._next.kind is not Kind.COMPARATOR:
            return Comparison("", "", token.text)
        operator = self._take().text
        if self._next.kind not in _LITERALS:
            raise self._unexpected()
        return Comparison(token.text, operator, self._take().text)

    def _bracketed(self) -> Written:
        self._take()
        inside = self._alternative()
        if self._next.kind is not Kind.CLOSE:
            raise self._unexpected()
        self._take()
        return inside
