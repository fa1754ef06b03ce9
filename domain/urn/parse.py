"""`scheme:path[?query][#display]`: text to parts and back.

In text, `#`, `%` and `?` inside a path or a display name are percent-escaped; in the parts they stand for themselves.
A URN's identity (what belongs to one contact only) is its scheme and path.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from domain.kept import kept_for_short_texts
from domain.urn.errors import InvalidUrn

PARSED_KEPT = 65_536
"""How many parsed URNs are kept: parsing is on the way of every message, and a busy installation's contacts repeat."""

LONGEST_KEPT = 400
"""Characters: longer texts are no valid URNs."""

_ESCAPES = {"#": "%23", "%": "%25", "?": "%3F"}
_UNESCAPED = re.compile(r"[#%?]")
_ESCAPED = re.compile(r"%(23|25|3[Ff])")


@dataclass(frozen=True, slots=True)
class URN:
    """A parsed URN: unescaped path and display name, query as written. Not necessarily valid or normalised."""

    scheme: str
    path: str
    query: str = ""
    display: str = ""

    @property
    def identity(self) -> str:
        """`scheme:path` in text form: what makes a contact findable, unique in an organization."""
        return f"{self.scheme}:{escape(self.path)}"

    @property
    def parameters(self) -> dict[str, list[str]]:
        """The query's parameters; each may be given more than once."""
        return parse_qs(self.query, keep_blank_values=True)

    def __str__(self) -> str:
        text = self.identity
        if self.query:
            text += f"?{self.query}"
        if self.display:
            text += f"#{escape(self.display)}"
        return text


def escape(part: str) -> str:
    """A path or display name as it is written inside a URN."""
    return _UNESCAPED.sub(lambda found: _ESCAPES[found.group()], part) if _UNESCAPED.search(part) else part


def unescape(part: str) -> str:
    """What a written path or display name stands for; a percent sign that escapes nothing stands for itself."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), part) if "%" in part else part


@kept_for_short_texts(PARSED_KEPT, LONGEST_KEPT)
def parse_urn(text: str) -> URN:
    """The parts of a URN. Its scheme may be unknown and its path invalid: see `validate_urn`.

    Raises InvalidUrn when scheme or path are missing or the parts are out of order.
    """
    scheme, _, rest = text.partition(":")
    if "?" in scheme or "#" in scheme:
        raise InvalidUrn(_out_of_order(scheme))
    before_display, has_display, display = rest.partition("#")
    path, has_query, query = before_display.partition("?")
    if "#" in display:
        raise InvalidUrn("fragment component can only come after path or query components")
    if "?" in query or "?" in display:
        raise InvalidUrn("query component can only come after path component")
    if not scheme:
        raise InvalidUrn("scheme cannot be empty")
    if not path:
        raise InvalidUrn("path cannot be empty")
    return URN(scheme, unescape(path), query, unescape(display))


def _out_of_order(scheme: str) -> str:
    if re.search(r"[?#]", scheme).group() == "#":  # type: ignore[union-attr]
        return "fragment component can only come after path or query components"
    return "query component can only come after path component"
