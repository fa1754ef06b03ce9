"""Query text to tokens. A word that could be a property's name is a PROPERTY; with other signs in it, it is TEXT."""

from enum import Enum, auto
from typing import Final, NamedTuple

import regex

from domain.contact.query.errors import syntax_error
from domain.expressions.quoting import unquote


class Kind(Enum):
    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    COMPARATOR = auto()
    STRING = auto()
    PROPERTY = auto()
    TEXT = auto()
    END = auto()


class Token(NamedTuple):
    kind: Kind
    text: str
    """What it stands for: a string without quotes, a comparator as a sign."""


_KEYWORDS: Final = {
    "and": Token(Kind.AND, "AND"),
    "or": Token(Kind.OR, "OR"),
    "has": Token(Kind.COMPARATOR, "~"),
    "is": Token(Kind.COMPARATOR, "="),
}

# A string ends at the first quote that isn't escaped. Where there is none, one that ends with a backslash is taken as
# people mean it ("C:\").
_TOKEN: Final = regex.compile(
    r"""\s*(?:
      (?P<word>[\p{L}\p{Nd}_.\-+/'@:]+)
    | (?P<comparator>!=|>=|<=|[=~><])
    | (?P<string>"(?:\\.|[^"\\])*"|"(?:\\"|[^"])*")
    | (?P<open>\()
    | (?P<close>\))
    | (?P<end>\Z)
    )""",
    regex.VERBOSE | regex.DOTALL | regex.V1,
)
_PROPERTY: Final = regex.compile(r"(?:\p{L}+\.)?[\p{L}\p{Nd}_]+")


def scan(text: str) -> list[Token]:
    """The tokens of a query, END last. Raises QueryError (`syntax`) at what can't be one."""
    tokens: list[Token] = []
    position = 0
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            rest = text[position:].lstrip()
            raise syntax_error(f"can't read the query at '{rest[:20]}'", rest[:1])
        tokens.append(_token(found.lastgroup, found[found.lastgroup]))
        if tokens[-1].kind is Kind.END:
            return tokens
        position = found.end()


def _token(group: str, text: str) -> Token:
    match group:
        case "word":
            return _word(text)
        case "comparator":
            return Token(Kind.COMPARATOR, text)
        case "string":
            return Token(Kind.STRING, _unquoted(text))
        case "open":
            return Token(Kind.OPEN, text)
        case "close":
            return Token(Kind.CLOSE, text)
    return Token(Kind.END, "the end")


def _word(text: str) -> Token:
    keyword = _KEYWORDS.get(text.lower())
    if keyword is not None:
        return keyword
    return Token(Kind.PROPERTY if _PROPERTY.fullmatch(text) else Kind.TEXT, text)


def _unquoted(text: str) -> str:
    try:
        return unquote(text)
    except ValueError:
        return text[1:-1]
