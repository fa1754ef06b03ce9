"""Reads an expression into its tree.

Strongest first: atom, unary minus, `^`, `* /`, `+ -`, `< <= > >=`, `= !=`, `&`, `(a, b) => body`. All binary operators group to
the left, so 2^3^2 is 64, and the minus goes before the power, so -2^2 is 4. Only names, calls, look-ups and what stands in
parentheses can be looked into: `"abc".x` is an error, `("abc").x` is not.
"""

import re
from decimal import Decimal
from typing import Final

import regex

from domain.expressions.quoting import unquote
from domain.expressions.syntax_tree import (
    AnonymousFunction,
    Binary,
    Call,
    Dot,
    Index,
    Literal,
    Negation,
    Node,
    Parentheses,
    Reference,
)
from domain.expressions.values.kinds import EvaluationError, XError
from domain.expressions.values.number import is_in_range

MAX_NESTING: Final = 100
EXCERPT_BYTES: Final = 10

BINDING: Final = {
    "^": 7,
    "*": 6,
    "/": 6,
    "+": 5,
    "-": 5,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "=": 3,
    "!=": 3,
    "&": 2,
}
LETTER: Final = r"[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}_--\U00010000-\U0010FFFF]"
LATER_LETTER: Final = r"[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{Lo}\p{Nd}_--\U00010000-\U0010FFFF]"
LEXEME: Final = r"""[ \t\r\n]*+("(?:\\"|[^"])*"|[0-9]+\.[0-9]+|[0-9]+|{name}|=>|!=|<=|>=|[^ \t\r\n])"""
ASCII_LEXEME: Final = re.compile(LEXEME.replace("{name}", "[A-Za-z_][A-Za-z0-9_]*"))
ANY_LEXEME: Final = regex.compile(LEXEME.replace("{name}", f"{LETTER}{LATER_LETTER}*"), regex.V1)
SIGNS: Final = frozenset(
    {",", "(", ")", "[", "]", ".", "=>", "+", "-", "*", "/", "^", "=", "!=", "<=", "<", ">=", ">", "&"}
)
BRACKET: Final = re.compile(r"[()\[\]{}]")
DIGITS: Final = frozenset("0123456789")
KEYWORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
END: Final = "end"


class _Unexpected(Exception):
    """The lexeme at this place can't continue the expression."""

    def __init__(self, place: int) -> None:
        self.place = place


class _TooDeep(Exception):
    """Brackets or anonymous functions are nested too deep."""


def parse(expression: str) -> Node:
    """The tree of an expression. Raises EvaluationError with the message that authors see."""
    if _nesting(expression) > MAX_NESTING:
        raise EvaluationError("expression nesting too deep")
    pattern = ASCII_LEXEME if expression.isascii() else ANY_LEXEME
    parser = _Parser(pattern.findall(expression))
    try:
        return parser.whole()
    except _Unexpected as error:
        starts = [match.start(1) for match in pattern.finditer(expression)]
        start = starts[error.place] if error.place < len(starts) else len(expression)
        raise EvaluationError(f"syntax error at {_excerpt(expression, start)}") from None
    except _TooDeep:
        raise EvaluationError("expression nesting too deep") from None


def _nesting(expression: str) -> int:
    """How deep brackets nest, those inside of texts counted too."""
    depth = deepest = 0
    for bracket in BRACKET.findall(expression):
        if bracket in "([{":
            depth += 1
            if depth > deepest:
                deepest = depth
        elif depth:
            depth -= 1
    return deepest


def _excerpt(expression: str, start: int) -> str:
    """Up to ten bytes of the line, from the column of the fault."""
    line_start = expression.rfind("\n", 0, start) + 1
    line_end = expression.find("\n", start)
    line = expression[line_start : line_end if line_end >= 0 else len(expression)].encode()
    column = start - line_start
    return line[column : column + EXCERPT_BYTES].decode("utf-8", "replace")


def kind_of_lexeme(text: str) -> str:
    """A sign is its own kind; else text, integer, decimal, name, keyword or unknown."""
    if text in SIGNS:
        return text
    first = text[0]
    if first == '"':
        return "text" if len(text) > 1 else "unknown"
    if first in DIGITS:
        return "decimal" if "." in text else "integer"
    if text.lower() in KEYWORDS:
        return "keyword"
    return "name" if first == "_" or first.isalpha() and first <= "\uffff" else "unknown"


class _Parser:
    __slots__ = ("_depth", "_kinds", "_place", "_texts")

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self._kinds = [*map(kind_of_lexeme, texts), END]
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression(0)
        self._expect(END)
        return node

    def _expect(self, kind: str) -> None:
        if self._kinds[self._place] != kind:
            raise _Unexpected(self._place)
        self._place += 1

    def _skips(self, kind: str) -> bool:
        if self._kinds[self._place] != kind:
            return False
        self._place += 1
        return True

    def _name(self) -> str:
        self._expect("name")
        return self._texts[self._place - 1]

    def _expression(self, weakest: int) -> Node:
        """An operand and every operator after it that binds more than `weakest`."""
        node = self._operand()
        while True:
            operator = self._kinds[self._place]
            binding = BINDING.get(operator, 0)
            if binding <= weakest:
                return node
            self._place += 1
            node = Binary(operator, node, self._expression(binding))

    def _operand(self) -> Node:
        minuses = 0
        while self._skips("-"):
            minuses += 1
        node = self._literal_or_atom()
        for _ in range(minuses):
            node = Negation(node)
        return node

    def _literal_or_atom(self) -> Node:
        place = self._place
        kind = self._kinds[place]
        self._place = place + 1
        if kind == "name":
            return self._lookups(Reference(self._texts[place]))
        if kind == "(":
            return self._anonymous_function() if self._begins_function() else self._lookups(self._parentheses())
        if kind == "text":
            return Literal(_text(self._texts[place]))
        if kind in ("integer", "decimal"):
            return _number(self._texts[place])
        if kind == "keyword":
            return Literal(KEYWORDS[self._texts[place].lower()])
        raise _Unexpected(place)

    def _parentheses(self) -> Node:
        inner = self._expression(0)
        self._expect(")")
        return Parentheses(inner)

    def _lookups(self, node: Node) -> Node:
        """Calls and look-ups that follow an atom."""
        while True:
            kind = self._kinds[self._place]
            if kind == "(":
                self._place += 1
                node = Call(node, self._arguments())
            elif kind == ".":
                place = self._place + 1
                if self._kinds[place] not in ("name", "integer"):
                    raise _Unexpected(place)
                self._place += 2
                node = Dot(node, self._texts[place])
            elif kind == "[":
                self._place += 1
                node = Index(node, self._expression(0))
                self._expect("]")
            else:
                return node

    def _arguments(self) -> tuple[Node, ...]:
        if self._skips(")"):
            return ()
        arguments = [self._expression(0)]
        while self._skips(","):
            arguments.append(self._expression(0))
        self._expect(")")
        return tuple(arguments)

    def _begins_function(self) -> bool:
        """Whether the parameters of a function follow an opening parenthesis: `name,` or `name) =>`."""
        place = self._place
        if self._kinds[place] != "name":
            return False
        following = self._kinds[place + 1]
        return following == "," or (following == ")" and self._kinds[place + 2] == "=>")

    def _anonymous_function(self) -> Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise _TooDeep
        parameters = [self._name()]
        while self._skips(","):
            parameters.append(self._name())
        self._expect(")")
        self._expect("=>")
        body = self._expression(0)
        self._depth -= 1
        return AnonymousFunction(tuple(name.lower() for name in parameters), body)


def _text(quoted: str) -> str:
    """What a quoted text says; where its escapes are not proper ones, what stands between the quotes."""
    try:
        return unquote(quoted)
    except ValueError:
        return quoted[1:-1]


def _number(digits: str) -> Literal:
    value = Decimal(digits)
    return Literal(value) if is_in_range(value) else Literal(XError(f"number {digits} is out of range"), digits)
