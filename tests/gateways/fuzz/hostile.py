"""Requests that nobody would send: well-formed ones with something wrong in them, and ones that are wrong altogether.

`FUZZ=2000 pytest tests/gateways/fuzz` looks for longer, at random; without it a fixed choice is run in a few seconds.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "text/xml"
HUNT = int(os.environ.get("FUZZ") or 0)


def _deep() -> Any:
    made: Any = 1
    for _ in range(150):
        made = {"a": [made]}
    return made


DEEP = _deep()
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**70, 10**40, 1.5, 1e308, -0.0,
    "", " ", "0", "-1", "7", "007", "1e999", "NaN", "Infinity", "-9223372036854775809", "99999999999999999999999", "9" * 400,
    "٣", "१२३", "²", "½", "+250788123123", "250788123123", "tel:+1", "+", "+0", "0" * 40, "mtn", "a@b", "a b", "%00", "%s %d {0} {{x}}",
    "\0", "a\0b", "\ud800", "a\udfff\ud800b", "\U0001f600", "\u202e", "\ufeff", "\r\n\t", "é" * 70, "x" * 300, "x" * 3_000, "ü" * 9_000,
    "e4bb1578-29da-4fa5-a214-9da19dd24230", "E4BB1578-29DA-4FA5-A214-9DA19DD24230", "e4bb1578-29da-4fa5-a214-9da19dd2423",
    "2026-01-31T08:15:00Z", "2026-02-30T08:15:00Z", "2026-01-31T24:61:00+99:99", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "20260131081500", "00000000000000", "Tue Nov 24 2026 09:00:00 GMT+0000 (UTC)", "1760000000", "1760000000500", "-62135596801",
    "253402300800", "9" * 18, "'; drop table messages; --", "<script>", "http://[::1", "http://a.example/\ud800", "javascript:1",
    "image/jpeg:http://x", "data:", "geo:1,2", "media:x/../..", "../../etc/passwd", "user", "event", "text", "image", "delivered", "failed",
    '{"a":' * 300 + "1" + "}" * 300, "[" * 900 + "]" * 900, '{"a": "\\u0000"}', '{"\\u0000": 1}', '{"a": "\\ud800"}', "{}", "null", DEEP,
    [], {}, [[]], [None], [{}], {"": None}, {"a": {"b": [1]}}, [1, "x", None, {"id": "1"}], {"id": "x", "text": {"body": "y"}, "type": "text"},
)  # fmt: skip
NAMES = ("\0", "", "id", "type", "\ud800", "x" * 300)
VERY_DEEP = b'{"a":' * 3_000 + b"1" + b"}" * 3_000
BODIES = (
    b"", b"\0", b"{", b"[", b"null", b"[]", b"{}", b'"x"', b"1", b"NaN", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"=&=&&", b"a", b"%",
    b"%zz=%&%00=%00", b"a=1" * 2_000, b"&".join(b"a%d=1" % n for n in range(1_500)), VERY_DEEP, b"[" * 5_000, b"<", b"<a/>", b"<a><b>",
    b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', b'<?xml version="1.0" encoding="utf-16"?><a>x</a>',
    b'<?xml version="1.0" encoding="nonsense"?><a>x</a>', b"<a>" * 3_000, b"--x\r\n\r\n--x--", b"\r\n" * 500,
)  # fmt: skip
HEADERS = (
    ("content-type", JSON), ("content-type", FORM), ("content-type", XML), ("content-type", ""), ("content-type", "\xff"),
    ("content-type", "multipart/form-data; boundary=x"), ("content-type", "multipart/form-data; boundary="),
    ("content-type", "application/json; charset=nonsense"), ("content-type", "application/x-www-form-urlencoded; charset=utf-16"),
    ("content-type", "text/xml; charset=utf-7"), ("authorization", ""), ("authorization", "Token"), ("authorization", "Basic !!!"),
    ("authorization", "Basic //8="), ("authorization", "Token \xe9"), ("authorization", "Bearer a.b.c"), ("host", ""), ("host", "\xe9:x"),
    ("host", "evil.example"), ("x-hub-signature-256", "sha256="), ("x-twilio-signature", "\xe9"), ("x-line-signature", "===="),
    ("x-freshchat-signature", "AAAA"), ("messagebird-signature-jwt", "a.b.c"), ("messagebird-signature-jwt", "e30.e30.e30"),
    ("x-forwarded-host", "a, b"), ("x-forwarded-proto", "gopher"), ("content-length", "-1"), ("expect", "100-continue"), ("cookie", "\xff=\xfe"),
)  # fmt: skip


def examples(number: int) -> settings:
    """So many hostile requests for a test."""
    return settings(
        max_examples=HUNT or number,
        derandomize=not HUNT,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class Seed:
    """A request that is right. `fields` is a form (a dict of texts) or what is to be JSON; `xml` makes XML of it."""

    action: str
    method: str = "POST"
    fields: Any = None
    as_: str = FORM
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hostile:
    method: str
    query: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def by_chance(make: Callable[[Random], Any]) -> st.SearchStrategy[Any]:
    """Hypothesis draws one number and `make` the rest from it: some twenty times as fast as drawing each part."""
    return st.integers(0, 2**64 - 1).map(lambda number: make(Random(number)))


def hostile(seeds: Sequence[Seed]) -> st.SearchStrategy[tuple[str, Hostile]]:
    """(action, request) made of one of the seeds."""
    return by_chance(lambda chance: _hostile(seeds, chance))


def _hostile(seeds: Sequence[Seed], chance: Random) -> tuple[str, Hostile]:
    seed = chance.choice(seeds)
    fields = spoiled(seed.fields, chance) if seed.fields is not None else None
    query = spoiled(dict(seed.query), chance) if seed.query else {}
    body, headers = b"", list(seed.headers.items())
    if fields is not None and seed.method == "GET":
        query = {
            **(query if isinstance(query, dict) else {}),
            **(fields if isinstance(fields, dict) else {"x": fields}),
        }
    elif fields is not None:
        body, headers = RENDERED[seed.as_](fields), [("content-type", seed.as_), *headers]
    if chance.random() < 0.1:
        body = chance.choice((chance.choice(BODIES), damaged(body, chance)))
    if chance.random() < 0.2:
        headers += chance.choices(HEADERS, k=chance.randint(1, 3))
    method = chance.choice(("GET", "POST", "PUT", "HEAD", "OPTIONS")) if chance.random() < 0.1 else seed.method
    sent = tuple((name.lower().encode("latin-1"), str(value).encode("latin-1", "replace")) for name, value in headers)
    return seed.action, Hostile(method, as_form(query), sent, body)


def spoiled(document: Any, chance: Random) -> Any:
    """The document with a few things wrong in it; sometimes none."""
    made = deepcopy(document)
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        places = list(_places(made))
        if not places:
            return value(chance)
        container, key = chance.choice(places)
        what = chance.choice(("replace", "replace", "replace", "remove", "wrap", "twice", "add"))
        if what == "remove":
            del container[key]
        elif what == "wrap":
            container[key] = [container[key]]
        elif what == "twice":
            container[key] = [deepcopy(container[key])] * 2
        elif what == "add" and isinstance(container, dict):
            container[chance.choice(NAMES)] = value(chance)
        else:
            container[key] = value(chance)
    return made


def value(chance: Random) -> Any:
    if chance.random() < 0.8:
        return deepcopy(chance.choice(VALUES))
    return "".join(
        chr(chance.choice((chance.randint(0, 127), chance.randint(0, 0x10FFFF)))) for _ in range(chance.randint(1, 12))
    )


def damaged(body: bytes, chance: Random) -> bytes:
    """Cut off, or with bytes put in."""
    at = chance.randint(0, max(len(body), 1))
    return body[:at] if chance.random() < 0.5 else body[:at] + chance.randbytes(3) + body[at:]


def _places(document: Any) -> Any:
    entries: Any = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, inner in entries:
        yield document, key
        yield from _places(inner)


# ---- on the wire --------------------------------------------------------------------------------------------------------------


def as_json(document: Any) -> bytes:
    """Lone surrogates and numbers beyond every bound come out as JSON can say them."""
    return json.dumps(document).encode()


def as_form(fields: Any) -> bytes:
    if not isinstance(fields, dict):
        return as_text(fields).encode("utf-8", "surrogatepass")
    pairs = [
        (as_text(name).encode("utf-8", "surrogatepass"), as_text(each).encode("utf-8", "surrogatepass"))
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    return urlencode(pairs).encode()


def as_xml(tree: Any) -> bytes:
    return _element(tree).encode("utf-8", "surrogatepass")


def _element(tree: Any) -> str:
    """Of [tag, attributes, children or text]; what is no such thing any more is text."""
    if not isinstance(tree, list) or len(tree) != 3 or not isinstance(tree[1], dict):
        return escape(as_text(tree))
    tag, attributes, content = _tag(tree[0]), tree[1], tree[2]
    said = "".join(f" {_tag(name)}={quoteattr(as_text(value))}" for name, value in attributes.items())
    inner = "".join(map(_element, content)) if isinstance(content, list) else escape(as_text(content))
    return f"<{tag}{said}>{inner}</{tag}>"


def _tag(name: Any) -> str:
    return "".join(each for each in as_text(name) if each.isalnum() or each in "_-") or "x"


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


RENDERED: Mapping[str, Callable[[Any], bytes]] = {JSON: as_json, FORM: as_form, XML: as_xml}
