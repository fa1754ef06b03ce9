"""Reading XML from strangers: no document types (so no entities to blow up), names without namespaces."""

import re
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape as _escape

_QUOTES = {"'": "&#39;", '"': "&#34;", "\n": "&#xA;", "\t": "&#x9;", "\r": "&#xD;"}
_PREFIX = re.compile(r"[\w.-]+:(?=[\w*])")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def read_xml(body: bytes) -> Element | None:
    """The root element; None when the bytes are not XML or declare a document type. What follows the last tag is dropped."""
    bare = body.replace(b"\0", b"")
    if b"<!DOCTYPE" in bare or b"<!ENTITY" in bare:
        return None
    try:
        root = fromstring(body[: body.rfind(b">") + 1] or body)
    except (ParseError, ValueError, LookupError):
        return None
    for element in root.iter():
        if isinstance(element.tag, str) and "}" in element.tag:
            element.tag = element.tag.rpartition("}")[2]
    return root


def text_at(root: Element, path: str) -> str | None:
    """The text at a path (`a/b`, `a@attribute`, `.`, `@attribute`, `//a`); None when there is no such element.

    Raises ValueError for a path that is none.
    """
    steps, _, attribute = path.partition("@")
    steps = _PREFIX.sub("", steps.rstrip("/"))
    if steps.startswith("/"):
        steps = "." + steps
    try:
        node = root if steps in ("", ".") else root.find(steps)
    except (SyntaxError, KeyError):
        raise ValueError(f"{path!r} is no path to an element") from None
    if node is None:
        return None
    return node.get(attribute) if attribute else "".join(node.itertext())


def escape(text: str) -> str:
    """The text as it may stand between tags or in an attribute; characters XML can't hold are dropped."""
    return _escape(_NOT_XML.sub("", text), _QUOTES)
