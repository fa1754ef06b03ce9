"""What a value of the expression language is in Python.

    null      None                 array     list
    text      str                  object    dict (keys in any case, `DEFAULT_KEY` for the default) or an `ObjectValue`
    number    decimal.Decimal      function  XFunction
    boolean   bool                 error     XError
    date      datetime.date        datetime  datetime.datetime, aware; `moments.NanoDateTime` where nanoseconds matter
    time      datetime.time        `moments.NanoTime` likewise

Errors are values: `1/0` gives an XError that a function may look at. Inside a function, bad input is raised as
`EvaluationError`; the call turns it into an XError. `TooComplex` is no value: it ends the whole expression.

A host's object may hold, instead of a plain value, a `Lazy` (worked out when first looked at), a `Deprecated` (reading
it by name leaves a warning) or an int (read as a number).
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from domain.expressions.scope import Scope

Value = Any
"""One of the Python types listed above."""

DEFAULT_KEY: Final = "__default__"


class Missing:
    """The absence of a property, which is not null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class EvaluationError(Exception):
    """Something in an expression is wrong; its text becomes an error value. Never leaves the language."""


class TooComplex(Exception):
    """The expression used up its budget; ends the whole expression, can't be caught inside it."""

    def __init__(self) -> None:
        super().__init__("expression is too complex to evaluate")


class XError:
    """An error as a value: has no text, is false, and taints what it takes part in."""

    __slots__ = ("message", "too_complex")

    def __init__(self, message: str, *, too_complex: bool = False) -> None:
        self.message = message
        self.too_complex = too_complex

    def __repr__(self) -> str:
        return f"XError({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, XError) and other.message == self.message

    def __hash__(self) -> int:
        return hash(self.message)


class XFunction:
    """A function as a value. `run(scope, args)` answers a value; its errors already carry the call's name.

    `work` is what a call costs besides going through its arguments.
    """

    __slots__ = ("name", "run", "work")

    def __init__(self, name: str, run: "Callable[[Scope, list[Value]], Value]", work: int = 1) -> None:
        self.name = name
        self.run = run
        self.work = work

    def __repr__(self) -> str:
        return f"XFunction({self.name!r})"


class Lazy:
    """A value worked out when first looked at, once."""

    __slots__ = ("_build", "_value")

    def __init__(self, build: Callable[[], Value]) -> None:
        self._build: Callable[[], Value] | None = build
        self._value: Value = None

    def resolve(self) -> Value:
        if self._build is not None:
            self._value = self._build()
            self._build = None
        return self._value


class Deprecated:
    """A value that still works; reading it by name leaves the message as a warning."""

    __slots__ = ("message", "value")

    def __init__(self, value: Value, message: str) -> None:
        self.value = value
        self.message = message


class ObjectValue:
    """An object that a host resolves on demand. Subclasses answer `property` and `names`, and `default` if they have one."""

    __slots__ = ()

    def property(self, name: str) -> Value:
        """The value of a property by its lower-case name, or MISSING."""
        raise NotImplementedError

    def names(self) -> Iterable[str]:
        """The names of all properties, as they are shown."""
        raise NotImplementedError

    def default(self) -> Value:
        """What the object stands for when used as text, number or date; MISSING when it has no default."""
        return MISSING


WRAPPED: Final = frozenset({Lazy, Deprecated, int})
SIMPLE: Final = frozenset({str, Decimal, bool})
"""What is never wrapped, absent or an error."""


def unwrapped(value: Value, scope: "Scope | None" = None) -> Value:
    """The plain value behind Lazy, Deprecated and int; with a scope, reading something deprecated leaves a warning."""
    while value.__class__ in WRAPPED:
        value = _behind(value, scope)
    return value


def _behind(value: Value, scope: "Scope | None") -> Value:
    if isinstance(value, Lazy):
        return value.resolve()
    if isinstance(value, Deprecated):
        if scope is not None:
            scope.warn(value.message)
        return value.value
    return Decimal(value)


KIND_OF_CLASS: Final[dict[type, str]] = {
    type(None): "null",
    str: "text",
    Decimal: "number",
    bool: "boolean",
    datetime: "datetime",
    date: "date",
    time: "time",
    list: "array",
    dict: "object",
    XFunction: "function",
    XError: "error",
}


def kind_of(value: Value) -> str:
    """The name of the value's type in the language. Subclasses count as their nearest listed class."""
    found = KIND_OF_CLASS.get(value.__class__)
    if found is not None:
        return found
    if isinstance(value, ObjectValue):
        return "object"
    for listed, kind in KIND_OF_CLASS.items():
        if isinstance(value, listed):
            return kind
    raise TypeError(f"{type(value).__name__} is not a value of the expression language")


def object_default(value: Value) -> Value:
    """An object's default, unwrapped, or MISSING."""
    found = value.get(DEFAULT_KEY, MISSING) if isinstance(value, dict) else value.default()
    return unwrapped(found) if found.__class__ in WRAPPED else found


def object_property(value: Value, name: str) -> Value:
    """A property by name in any case, still wrapped, or MISSING."""
    if not isinstance(value, dict):
        return value.property(name.lower())
    found = value.get(name, MISSING)
    if found is not MISSING and name != DEFAULT_KEY:
        return found
    lowered = name.lower()
    for key in value:
        if key.lower() == lowered and key != DEFAULT_KEY:
            return value[key]
    return MISSING


def object_names(value: Value) -> list[str]:
    """The names of an object's properties in byte order, its default not among them."""
    names = value if isinstance(value, dict) else value.names()
    return sorted(name for name in names if name != DEFAULT_KEY)


def object_items(value: Value) -> list[tuple[str, Value]]:
    """Names and unwrapped values in byte order of the names; nothing is warned about."""
    read = value.__getitem__ if isinstance(value, dict) else (lambda name: value.property(name.lower()))
    return [(name, unwrapped(read(name))) for name in object_names(value)]
