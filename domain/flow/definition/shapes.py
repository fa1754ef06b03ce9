"""What the JSON of a definition may look like, declared beside the fields it fills.

A definition class is a frozen dataclass whose fields carry a `Spec`:

    @dataclass(frozen=True, slots=True)
    class SetContactName(Action):
        name: str = text(max_chars=1000, template=True)

`read_object` turns JSON into such an object and collects what is wrong with it as sentences ("field 'name' is required");
`write_object` turns it back into canonical JSON. A missing value and an empty one are the same thing here, as they
are for the editors that write definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, TypeVar

from domain.errors import DefinitionError

T = TypeVar("T")

OMIT = object()
"""Written by a `Spec` for a value that canonical JSON leaves out."""


class Problems:
    """Sentences about one JSON object, in the order of its fields."""

    __slots__ = ("sentences",)

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def add(self, path: str, what: str) -> None:
        self.sentences.append(f"field '{path}' {what}")

    def raise_if_any(self) -> None:
        if self.sentences:
            raise DefinitionError(", ".join(self.sentences))


@dataclass(frozen=True, slots=True)
class Check:
    """A rule for a text: `accepts` says whether it is kept, `otherwise` ends the sentence about it if not."""

    accepts: Callable[[str], bool]
    otherwise: str


class Spec:
    """How one JSON property is read and written."""

    __slots__ = ("required", "omit_empty")

    template = False
    localizable = False
    empty: Any = None

    def __init__(self, *, required: bool = False, omit_empty: bool = False) -> None:
        self.required = required
        self.omit_empty = omit_empty

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        return OMIT if self.omit_empty and not value else value


class TextSpec(Spec):
    """A string. `max_chars` counts characters, not bytes."""

    __slots__ = ("max_chars", "check", "template", "localizable")

    empty = ""

    def __init__(
        self,
        *,
        required: bool = False,
        omit_empty: bool = False,
        max_chars: int | None = None,
        check: Check | None = None,
        template: bool = False,
        localizable: bool = False,
    ) -> None:
        super().__init__(required=required, omit_empty=omit_empty)
        self.max_chars = max_chars
        self.check = check
        self.template = template
        self.localizable = localizable

    def read(self, value: Any, path: str, problems: Problems) -> str:
        if value is None or value == "":
            if self.required:
                problems.add(path, "is required")
            return ""
        if not isinstance(value, str):
            problems.add(path, "must be text")
            return ""
        if self.max_chars is not None and len(value) > self.max_chars:
            problems.add(path, f"must be less than or equal to {self.max_chars}")
        elif self.check is not None and not self.check.accepts(value):
            problems.add(path, self.check.otherwise)
        return value


class ListSpec(Spec):
    """An array whose members all follow one spec; read as a tuple."""

    __slots__ = ("each", "min_items", "max_items")

    empty = ()

    def __init__(
        self, each: Spec, *, min_items: int = 0, max_items: int | None = None, omit_empty: bool = True
    ) -> None:
        super().__init__(required=min_items > 0, omit_empty=omit_empty)
        self.each = each
        self.min_items = min_items
        self.max_items = max_items

    @property
    def template(self) -> bool:  # type: ignore[override]
        return self.each.template

    @property
    def localizable(self) -> bool:  # type: ignore[override]
        return self.each.localizable

    def read(self, value: Any, path: str, problems: Problems) -> tuple[Any, ...]:
        if value is None:
            value = []
        if not isinstance(value, list):
            problems.add(path, "must be a list")
            return ()
        if len(value) < self.min_items:
            problems.add(path, f"must have a minimum of {self.min_items} items")
            return ()
        if self.max_items is not None and len(value) > self.max_items:
            problems.add(path, f"must have a maximum of {self.max_items} items")
            return ()
        read = self.each.read
        return tuple([read(member, f"{path}[{index}]", problems) for index, member in enumerate(value)])

    def write(self, value: Any) -> Any:
        if self.omit_empty and not value:
            return OMIT
        return [self.each.write(member) for member in value]


class FlagSpec(Spec):
    """A boolean, false when missing."""

    __slots__ = ()

    empty = False

    def read(self, value: Any, path: str, problems: Problems) -> bool:
        if value is None:
            return False
        if not isinstance(value, bool):
            problems.add(path, "must be true or false")
            return False
        return value


class NumberSpec(Spec):
    """A whole number within bounds; `if_missing` stands for a missing one, and for 0, which is as good as none."""

    __slots__ = ("minimum", "maximum", "if_missing")

    def __init__(
        self,
        *,
        minimum: int = -(2**31),
        maximum: int = 2**31 - 1,
        if_missing: int | None = None,
        omit_empty: bool = True,
        required: bool = False,
    ) -> None:
        super().__init__(required=required, omit_empty=omit_empty)
        self.minimum = minimum
        self.maximum = maximum
        self.if_missing = if_missing

    def read(self, value: Any, path: str, problems: Problems) -> int | None:
        if value is None:
            if self.required:
                problems.add(path, "is required")
            return self.if_missing
        if isinstance(value, float | Decimal) and -(2**53) < value < 2**53 and value == int(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add(path, "must be a whole number")
            return self.if_missing
        if value < self.minimum:
            problems.add(path, f"must be greater than or equal to {self.minimum}")
        elif value > self.maximum:
            problems.add(path, f"must be less than or equal to {self.maximum}")
        return value or self.if_missing or value

    def write(self, value: Any) -> Any:
        return OMIT if value is None or (self.omit_empty and not value) else value


class ObjectSpec(Spec):
    """A nested object of a definition class, or null."""

    __slots__ = ("of",)

    def __init__(self, of: type, *, required: bool = False, omit_empty: bool = True) -> None:
        super().__init__(required=required, omit_empty=omit_empty)
        self.of = of

    @property
    def template(self) -> bool:  # type: ignore[override]
        return any(spec.template for _, spec in specs_of(self.of))

    def read(self, value: Any, path: str, problems: Problems) -> Any:
        if value is None:
            if self.required:
                problems.add(path, "is required")
            return None
        if not isinstance(value, dict):
            problems.add(path, "must be an object")
            return None
        return fill(self.of, value, problems, path + ".")

    def write(self, value: Any) -> Any:
        if value is None:
            return OMIT if self.omit_empty else None
        return write_object(value)


Specs = tuple[tuple[str, Spec], ...]
Readers = tuple[tuple[str, Callable[[Any, str, Problems], Any]], ...]

_SPECS: dict[type, Specs] = {}
_READERS: dict[type, Readers] = {}
"""Both hold one entry per definition class."""


def specs_of(cls: type) -> Specs:
    """JSON name and spec of each declared field of a definition class, in order."""
    known = _SPECS.get(cls)
    if known is None:
        declared_fields = [f for f in fields(cls) if "spec" in f.metadata]
        known = tuple((f.metadata.get("json", f.name), f.metadata["spec"]) for f in declared_fields)
        _SPECS[cls] = known
    return known


def _readers_of(cls: type) -> Readers:
    known = _READERS.get(cls)
    if known is None:
        known = _READERS[cls] = tuple((name, spec.read) for name, spec in specs_of(cls))
    return known


def fill(cls: type[T], raw: Mapping[str, Any], problems: Problems, prefix: str = "") -> T:
    """An object of `cls` out of JSON; what is wrong with it is added to `problems`."""
    get = raw.get
    if prefix:
        return cls(*[read(get(name), prefix + name, problems) for name, read in _readers_of(cls)])
    return cls(*[read(get(name), name, problems) for name, read in _readers_of(cls)])


def read_object(cls: type[T], raw: Any) -> T:
    """An object of `cls` out of JSON. Raises DefinitionError with everything that is wrong, joined by commas."""
    if not isinstance(raw, dict):
        raise DefinitionError("must be an object")
    problems = Problems()
    made = fill(cls, raw, problems)
    problems.raise_if_any()
    return made


def written_fields(thing: Any) -> Iterator[tuple[str, Any]]:
    """JSON name and JSON value of each field that canonical JSON holds."""
    for f in fields(thing):
        spec = f.metadata.get("spec")
        if spec is None:
            continue
        value = spec.write(getattr(thing, f.name))
        if value is not OMIT:
            yield f.metadata.get("json", f.name), value


def write_object(thing: Any) -> dict[str, Any]:
    """Canonical JSON of a definition object."""
    return dict(written_fields(thing))


def declared(spec: Spec) -> Any:
    """A dataclass field that is read and written as `spec` says."""
    if type(spec.empty).__hash__ is None:
        return field(default_factory=lambda: spec.empty, hash=False, metadata={"spec": spec})
    return field(default=spec.empty, metadata={"spec": spec})


def string(
    *,
    required: bool = False,
    omit_empty: bool = False,
    max_chars: int | None = None,
    check: Check | None = None,
    template: bool = False,
    localizable: bool = False,
) -> Any:
    """A field that holds a string."""
    return declared(
        TextSpec(
            required=required,
            omit_empty=omit_empty,
            max_chars=max_chars,
            check=check,
            template=template,
            localizable=localizable,
        )
    )


def strings(
    *,
    max_chars: int | None = None,
    max_items: int | None = None,
    min_items: int = 0,
    check: Check | None = None,
    template: bool = False,
    localizable: bool = False,
    omit_empty: bool = True,
) -> Any:
    """A field that holds a tuple of strings."""
    each = TextSpec(max_chars=max_chars, check=check, template=template, localizable=localizable)
    return declared(ListSpec(each, min_items=min_items, max_items=max_items, omit_empty=omit_empty))


def flag(*, omit_empty: bool = True) -> Any:
    """A field that holds a boolean."""
    return declared(FlagSpec(omit_empty=omit_empty))


def number(
    *,
    minimum: int = -(2**31),
    maximum: int = 2**31 - 1,
    if_missing: int | None = None,
    omit_empty: bool = True,
    required: bool = False,
) -> Any:
    """A field that holds a whole number."""
    return declared(
        NumberSpec(minimum=minimum, maximum=maximum, if_missing=if_missing, omit_empty=omit_empty, required=required)
    )


def nested(of: type, *, required: bool = False, omit_empty: bool = True) -> Any:
    """A field that holds an object of another definition class, or None."""
    return declared(ObjectSpec(of, required=required, omit_empty=omit_empty))


def nested_list(of: type, *, min_items: int = 0, max_items: int | None = None, omit_empty: bool = True) -> Any:
    """A field that holds a tuple of objects of another definition class."""
    each = ObjectSpec(of, required=True)
    return declared(ListSpec(each, min_items=min_items, max_items=max_items, omit_empty=omit_empty))
