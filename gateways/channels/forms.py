"""Reading url-encoded and multipart forms from bytes, fast: an ingest door does this for every request.

Fields of the body come before those of the query string. Bytes that are no UTF-8 become U+FFFD, NULs are dropped
(no database takes them) unless whoever reads has a use for them, and what comes after the thousandth field is not read.
"""

from functools import lru_cache
from typing import Final

from gateways.channels.contract import HttpRequest

Form = dict[str, list[str]]

MAX_FIELDS = 1000
FORM_TYPE = "application/x-www-form-urlencoded"
MULTIPART_TYPE = "multipart/form-data"


def read_form(request: HttpRequest, charset: str = "utf-8", *, keep_nuls: bool = False) -> Form:
    """The fields of a request, body first; a body that is neither kind of form counts as empty.

    With `keep_nuls` those in url-encoded values stay, for alphabets in which they are a letter.
    """
    form: Form = {}
    if request.body:
        content_type = request.headers.get("content-type", "")
        media_type = content_type[: len(FORM_TYPE)].lower()
        if media_type == FORM_TYPE:
            add_urlencoded(form, request.body, charset, keep_nuls=keep_nuls)
        elif media_type.startswith(MULTIPART_TYPE):
            add_multipart(form, request.body, content_type)
    if request.query:
        add_urlencoded(form, request.query, charset, keep_nuls=keep_nuls)
    return form


def add_urlencoded(form: Form, raw: bytes, charset: str = "utf-8", *, keep_nuls: bool = False) -> None:
    """Adds the fields of `a=1&b=2` to the form."""
    for pair in raw.split(b"&", MAX_FIELDS)[:MAX_FIELDS]:
        raw_name, _, raw_value = pair.partition(b"=")
        if not raw_name:
            continue
        name, value = _name(raw_name, charset), _text(raw_value, charset, keep_nuls)
        if name in form:
            form[name].append(value)
        else:
            form[name] = [value]


@lru_cache(maxsize=4096)
def _name(raw: bytes, charset: str) -> str:
    """Names of fields repeat from request to request, unlike values."""
    return _text(raw, charset)


def _text(raw: bytes, charset: str, keep_nuls: bool = False) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    if b"%" in raw:
        raw = _unquote(raw)
    text = raw.decode(charset, "replace")
    return text.replace("\0", "") if "\0" in text and not keep_nuls else text


def _unquote(raw: bytes) -> bytes:
    first_piece, *pieces = raw.split(b"%")
    out = [first_piece]
    for piece in pieces:
        octet = _OCTETS.get(piece[:2])
        out.append(b"%" + piece if octet is None else octet + piece[2:])
    return b"".join(out)


_DIGITS: Final = "0123456789abcdefABCDEF"
_OCTETS: Final = {(a + b).encode(): bytes([int(a + b, 16)]) for a in _DIGITS for b in _DIGITS}


def clean(text: str) -> str:
    """The text without NULs."""
    return text.replace("\0", "") if "\0" in text else text


def add_multipart(form: Form, body: bytes, content_type: str) -> None:
    """Adds the plain fields of a multipart body to the form; files in it are passed over."""
    boundary = _boundary(content_type)
    if not boundary:
        return
    for section in body.split(b"--" + boundary, MAX_FIELDS)[1:MAX_FIELDS]:
        head, blank_line, content = section.lstrip(b"\r\n").partition(b"\r\n\r\n")
        name = _field_name(head)
        if blank_line and name:
            form.setdefault(name, []).append(clean(content.removesuffix(b"\r\n").decode("utf-8", "replace")))


def _boundary(content_type: str) -> bytes:
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip('"').encode("latin-1", "replace")
    return b""


def _field_name(head: bytes) -> str:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        title, _, disposition = line.partition(":")
        if title.strip().lower() == "content-disposition" and "filename=" not in disposition:
            for parameter in disposition.split(";")[1:]:
                name, _, value = parameter.strip().partition("=")
                if name == "name":
                    return clean(value.strip('"'))
    return ""


def first(form: Form, *names: str) -> str:
    """The first value of the first of these fields that has one; "" when none has."""
    for name in names:
        values = form.get(name)
        if values and values[0]:
            return values[0]
    return ""
