"""Pages without a template language: `{{name}}` in a file is replaced by the escaped value; only `Markup` goes in as it is."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files

_PLACE = re.compile(r"\{\{(\w+)\}\}")


class Markup(str):
    """HTML that was made here, from escaped parts."""

    __slots__ = ()


def template(name: str) -> str:
    """A page's file."""
    return files("gateways.pages").joinpath("templates", name).read_text(encoding="utf-8")


def fill(text: str, values: Mapping[str, str]) -> Markup:
    """The text with its places filled. Raises KeyError for a place without a value."""
    return Markup(_PLACE.sub(lambda found: _safe(values[found[1]]), text))


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup("".join(parts))


def _safe(value: str) -> str:
    return str(value) if isinstance(value, Markup) else escape(str(value), quote=True)
