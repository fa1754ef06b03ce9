"""Texts with `{variables}`, compiled once. A variable that nobody sets is an error when the description is loaded.

`{name|filter|filter}` puts the value through filters; `{{` stands for a brace. Secrets are variables like others, which
is safe because templates exist only for what goes to the aggregator.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlencode

import orjson

from gateways.channels.description.section import DescriptionError
from gateways.channels.xml_body import escape

Variables = dict[str, str]
Render = Callable[[Variables], str]

FILTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "noplus": lambda text: text.lstrip("+"),
    "national10": lambda text: text.removeprefix("+1"),
    "upper": str.upper,
    "urlquote": quote_plus,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode(),
    "md5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    "utf16be_hex": lambda text: text.encode("utf-16-be", "surrogatepass").hex(),
    "utf16be": lambda text: text.encode("utf-16-be", "surrogatepass").decode("utf-8", "surrogateescape"),
}
_PLACE: Final = re.compile(r"\{\{|\{([a-zA-Z0-9_.]+)((?:\|[a-z0-9_]+)*)\}")
ESCAPES: Final[Mapping[str, Callable[[str], str]]] = {
    "none": lambda text: text,
    "xml": escape,
    "url": lambda text: quote(text, safe=""),
}


def template(text: str, known: set[str], where: str, how: str = "none", raw: frozenset[str] = frozenset()) -> Render:
    """What fills a text in. Values are escaped as `how` says, but for the variables named in `raw`."""
    pieces: list[str | tuple[str, tuple[Callable[[str], str], ...]]] = []
    position = 0
    for found in _PLACE.finditer(text):
        pieces.append(text[position : found.start()])
        position = found.end()
        if found[0] == "{{":
            pieces.append("{")
            continue
        name = found[1]
        if name not in known:
            raise DescriptionError(f"{where}: there is no variable '{name}'", field=where)
        pieces.append((name, (*_filters(found[2], where), *(() if name in raw else (ESCAPES[how],)))))
    pieces.append(text[position:])
    kept = [piece for piece in pieces if piece != ""]
    if all(isinstance(piece, str) for piece in kept):
        constant = "".join(piece for piece in kept if isinstance(piece, str))
        return lambda variables: constant
    return lambda variables: "".join(
        piece if isinstance(piece, str) else _filtered(variables[piece[0]], piece[1]) for piece in kept
    )


def _filters(names: str, where: str) -> list[Callable[[str], str]]:
    found = []
    for name in names.split("|")[1:]:
        if name not in FILTERS:
            raise DescriptionError(f"{where}: there is no filter '{name}'", field=where)
        found.append(FILTERS[name])
    return found


def _filtered(value: str, filters: tuple[Callable[[str], str], ...]) -> str:
    for each in filters:
        value = each(value)
    return value


def hmac_sha256(key: str, text: str) -> str:
    """The signature several aggregators ask for, in hexadecimal."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


# forms -----------------------------------------------------------------------------------------------------------------


def form_template(table: Mapping[str, Any], known: set[str], where: str) -> Render:
    """What makes `a=1&b=2` of a table of templates; a value may be `{ value = "…", when = "variable" }` or `unless`."""
    fields = [_form_field(name, value, known, f"{where}.{name}") for name, value in table.items()]

    def render(variables: Variables) -> str:
        pairs = [(name, fill(variables)) for name, fill, wanted in fields if wanted(variables)]
        return urlencode(pairs, errors="surrogateescape")

    return render


def _form_field(name: str, value: Any, known: set[str], where: str) -> tuple[str, Render, Callable[[Variables], bool]]:
    wanted: Callable[[Variables], bool] = _always
    if isinstance(value, dict):
        wanted = _wanted(value, known, where)
        value = value.get("value")
    if not isinstance(value, str):
        raise DescriptionError(f"{where}: a text is expected", field=where)
    return name, template(value, known, where), wanted


def _always(variables: Variables) -> bool:
    return True


def _wanted(table: Mapping[str, Any], known: set[str], where: str) -> Callable[[Variables], bool]:
    """Whether a value is to be there: `when` its variable holds something (and is not "false"), or `unless`."""
    unknown = set(table) - {"value", "when", "unless"}
    name = table.get("when", table.get("unless"))
    if unknown or not isinstance(name, str) or name not in known:
        raise DescriptionError(f"{where}: 'value' with 'when' or 'unless' and a variable is expected", field=where)
    if "when" in table:
        return lambda variables: variables[name] not in ("", "false", "False")
    return lambda variables: variables[name] in ("", "false", "False")


# JSON ------------------------------------------------------------------------------------------------------------------

Shape = Callable[[Variables, "Lists"], Any]
Lists = Mapping[str, list[Variables]]
NOTHING: Final = object()
LISTS: Final = {"attachments": ("item.type", "item.url", "item.kind"), "parts": ("item.text",)}


def json_template(text: str, known: set[str], where: str) -> Callable[[Variables, Lists], bytes]:
    """What fills in a JSON document.

    An object `{"$when": "variable", "value": …}` is left out where the variable is empty (`$unless`: where it is not), and
    `{"$each": "attachments" | "parts", "value": …}` as a member of a list is repeated for each item.
    """
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise DescriptionError(f"{where}: not valid JSON: {error}", field=where) from None
    shape = _shape(document, known, where)
    return lambda variables, lists: orjson.dumps(shape(variables, lists))


def _shape(value: Any, known: set[str], where: str) -> Shape:
    if isinstance(value, str):
        render = template(value, known, where)
        return lambda variables, lists: render(variables)
    if isinstance(value, dict) and ("$when" in value or "$unless" in value):
        return _optional(value, known, where)
    if isinstance(value, dict):
        members = [(name, _shape(each, known, f"{where}.{name}")) for name, each in value.items()]
        return lambda variables, lists: _kept_members((name, make(variables, lists)) for name, make in members)
    if isinstance(value, list):
        entries = [_entry(each, known, where) for each in value]
        return lambda variables, lists: [found for make in entries for found in make(variables, lists)]
    return lambda variables, lists: value


def _kept_members(members: Any) -> dict[str, Any]:
    return {name: found for name, found in members if found is not NOTHING}


def _optional(value: Mapping[str, Any], known: set[str], where: str) -> Shape:
    plain = {name.removeprefix("$"): each for name, each in value.items()}
    wanted = _wanted(plain, known, where)
    make = _shape(plain.get("value"), known, where)
    return lambda variables, lists: make(variables, lists) if wanted(variables) else NOTHING


def _entry(value: Any, known: set[str], where: str) -> Callable[[Variables, Lists], list[Any]]:
    """What one entry of a list comes to: itself, nothing, or with `$each` as many as there are items."""
    if isinstance(value, dict) and "$each" in value:
        return _repeated(value, known, where)
    make = _shape(value, known, where)
    return lambda variables, lists: _kept_entries([make(variables, lists)])


def _kept_entries(entries: list[Any]) -> list[Any]:
    return [each for each in entries if each is not NOTHING]


def _repeated(value: Mapping[str, Any], known: set[str], where: str) -> Callable[[Variables, Lists], list[Any]]:
    name = value["$each"]
    if name not in LISTS or set(value) != {"$each", "value"}:
        raise DescriptionError(f"{where}: '$each' is one of {', '.join(LISTS)}, with a 'value'", field=where)
    make = _shape(value["value"], known | set(LISTS[name]), where)
    return lambda variables, lists: _kept_entries([make({**variables, **item}, lists) for item in lists[name]])
