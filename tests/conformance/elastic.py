"""As much of Elasticsearch as the cases of contact queries use: whether a document matches a query.

A document is a dict: plain properties, and `urns` and `fields`, lists of nested documents. Texts are lower-case, as keywords are indexed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.contact.query.name_words import name_words
from domain.contact.timestamps import parse_rfc3339

Document = Mapping[str, Any]

_RANGES: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def matches(query: Mapping[str, Any], document: Document) -> bool:
    """Whether the document is found."""
    ((kind, body),) = query.items()
    return _KINDS[kind](body, document)


def _bool(body: Mapping[str, Any], document: Document) -> bool:
    return (
        all(matches(part, document) for part in _parts(body, "must"))
        and not any(matches(part, document) for part in _parts(body, "must_not"))
        and (not _parts(body, "should") or any(matches(part, document) for part in _parts(body, "should")))
    )


def _parts(body: Mapping[str, Any], name: str) -> list[Any]:
    part = body.get(name, [])
    return part if isinstance(part, list) else [part]


def _nested(body: Mapping[str, Any], document: Document) -> bool:
    path = body["path"]
    return any(
        matches(body["query"], {f"{path}.{key}": value for key, value in each.items()}) for each in document[path]
    )


def _term(body: Mapping[str, Any], document: Document) -> bool:
    ((key, wanted),) = body.items()
    found = _values(document, key)
    return wanted["value"] in found


def _match(body: Mapping[str, Any], document: Document) -> bool:
    """Of a name: a word that begins with a word of the query. Of a number: the same number."""
    ((key, wanted),) = body.items()
    if key != "name":
        return wanted["query"] in _values(document, key)
    sought = name_words(wanted["query"])
    return any(word.startswith(sought) for name in _values(document, key) for word in name_words(name))


def _match_phrase(body: Mapping[str, Any], document: Document) -> bool:
    ((key, wanted),) = body.items()
    return any(wanted["query"] in value for value in _values(document, key))


def _range(body: Mapping[str, Any], document: Document) -> bool:
    ((key, limits),) = body.items()
    return any(
        all(_RANGES[name](_ordered(value), _ordered(limit)) for name, limit in limits.items())
        for value in _values(document, key)
    )


def _ordered(value: Any) -> Any:
    return parse_rfc3339(value) if isinstance(value, str) else value


def _exists(body: Mapping[str, Any], document: Document) -> bool:
    return bool(_values(document, body["field"]))


def _ids(body: Mapping[str, Any], document: Document) -> bool:
    return str(document["id"]) in body["values"]


def _values(document: Document, key: str) -> list[Any]:
    value = document.get(key, document.get(key.removesuffix(".keyword")))
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return value
    return [value.lower() if key.endswith("keyword") else value]


_KINDS: dict[str, Callable[[Mapping[str, Any], Document], bool]] = {
    "bool": _bool,
    "nested": _nested,
    "term": _term,
    "match": _match,
    "match_phrase": _match_phrase,
    "range": _range,
    "exists": _exists,
    "ids": _ids,
    "match_none": lambda body, document: False,
    "match_all": lambda body, document: True,
}
