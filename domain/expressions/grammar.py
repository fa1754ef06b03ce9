"""Reads an expression into its tree.

Strongest first: atom, unary minus, `^`, `* /`, `+ -`, `< <= > >=`, `= !=`, `&`, `(a, b) => body`. All binary operators group to
the left, so 2^3^2 is 64, and the minus goes before the power, so -2^2 is 4. Only names, calls, look-ups and what stands in
parentheses can be looked into: `"abc".x` is an error, `("abc").x` is not.
"""

from decimal import Decimal
from typing import Final, NamedTuple

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
LEXEME: Final = regex.compile(
    rf"""[ \t\r\n]*+(?:
        (?P<text>"(?:\\"|[^"])*")
      | (?P<decimal>[0-9]+\.[0-9]+)
      | (?P<integer>[0-9]+)
      | (?P<name>{LETTER}{LATER_LETTER}*)
      | (?P<sign>=>|!=|<=|>=|[,()\[\].+\-*/^=<>&])
      | (?P<unknown>.)
    )""",
    regex.V1 | regex.VERBOSE | regex.DOTALL,
)
KEYWORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
END: Final = "end"


class Lexeme(NamedTuple):
    """A piece of an expression: its kind (a sign is its own kind), its text and where it starts."""

    kind: str
    text: str
    start: int


class _Unexpected(Exception):
    """The lexeme can't continue the expression."""

    def __init__(self, lexeme: Lexeme) -> None:
        self.lexeme = lexeme


class _TooDeep(Exception):
    """Brackets or anonymous functions are nested too deep."""


def parse(expression: str) -> Node:
    """The tree of an expression. Raises EvaluationError with the message that authors see."""
    if _nesting(expression) > MAX_NESTING:
        raise EvaluationError("expression nesting too deep")
    parser = _Parser(lexemes(expression))
    try:
        return parser.whole()
    except _Unexpected as error:
        raise EvaluationError(f"syntax error at {_excerpt(expression, error.lexeme.start)}") from None
    except _TooDeep:
        raise EvaluationError("expression nesting too deep") from None


def _nesting(expression: str) -> int:
    """How deep brackets nest, those inside of texts counted too."""
    depth = deepest = 0
    for character in expression:
        if character in "([{":
            depth += 1
            if depth > deepest:
                deepest = depth
        elif character in ")]}" and depth:
            depth -= 1
    return deepest


def _excerpt(expression: str, start: int) -> str:
    """Up to ten bytes of the line, from the column of the fault."""
    line_start = expression.rfind("\n", 0, start) + 1
    line_end = expression.find("\n", start)
    line = expression[line_start : line_end if line_end >= 0 else len(expression)].encode()
    column = start - line_start
    return line[column : column + EXCERPT_BYTES].decode("utf-8", "replace")


def lexemes(expression: str) -> list[Lexeme]:
    """All lexemes, and the end."""
    found = []
    for match in LEXEME.finditer(expression):
        kind: str = match.lastgroup
        text: str = match.group(kind)
        if kind == "sign":
            kind = text
        elif kind == "name" and text.lower() in KEYWORDS:
            kind = "keyword"
        found.append(Lexeme(kind, text, match.start(match.lastgroup)))
    found.append(Lexeme(END, "", len(expression)))
    return found


class _Parser:
    __slots__ = ("_depth", "_lexemes", "_position")

    def __init__(self, found: list[Lexeme]) -> None:
        self._lexemes = found
        self._position = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._expression(0)
        self._expect(END)
        return node

    def _next(self) -> Lexeme:
        lexeme = self._lexemes[self._position]
        self._position += 1
        return lexeme

    def _expect(self, kind: str) -> Lexeme:
        lexeme = self._lexemes[self._position]
        if lexeme.kind != kind:
            raise _Unexpected(lexeme)
        self._position += 1
        return lexeme

    def _skips(self, kind: str) -> bool:
        if self._lexemes[self._position].kind != kind:
            return False
        self._position += 1
        return True

    def _expression(self, weakest: int) -> Node:
        """An operand and every operator after it that binds more than `weakest`."""
        node = self._operand()
        while True:
            binding = BINDING.get(self._lexemes[self._position].kind, 0)
            if binding <= weakest:
                return node
            operator = self._next().kind
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
        lexeme = self._next()
        kind = lexeme.kind
        if kind == "name":
            return self._lookups(Reference(lexeme.text))
        if kind == "(":
            return self._anonymous_function() if self._begins_function() else self._lookups(self._parentheses())
        if kind == "text":
            return Literal(_text(lexeme.text))
        if kind in ("integer", "decimal"):
            return Literal(_number(lexeme.text))
        if kind == "keyword":
            return Literal(KEYWORDS[lexeme.text.lower()])
        raise _Unexpected(lexeme)

    def _parentheses(self) -> Node:
        inner = self._expression(0)
        self._expect(")")
        return Parentheses(inner)

    def _lookups(self, node: Node) -> Node:
        """Calls and look-ups that follow an atom."""
        while True:
            if self._skips("("):
                node = Call(node, self._arguments())
            elif self._skips("."):
                lexeme = self._next()
                if lexeme.kind not in ("name", "integer"):
                    raise _Unexpected(lexeme)
                node = Dot(node, lexeme.text)
            elif self._skips("["):
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
        """Whether `names) =>` follows an opening parenthesis."""
        position = self._position
        while self._lexemes[position].kind == "name":
            if self._lexemes[position + 1].kind == ")":
                return self._lexemes[position + 2].kind == "=>"
            if self._lexemes[position + 1].kind != ",":
                return False
            position += 2
        return False

    def _anonymous_function(self) -> Node:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise _TooDeep
        parameters = [self._expect("name").text]
        while self._skips(","):
            parameters.append(self._expect("name").text)
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


def _number(digits: str) -> Decimal | XError:
    value = Decimal(digits)
    return value if is_in_range(value) else XError(f"number {digits} is out of range")
