"""Texts: words, collation, numbers, JSON, attachments, quick replies."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.environment.collation import COLLATIONS, skeleton
from domain.environment.environment import NumberFormat
from domain.environment.segments import segments_of
from domain.environment.words import (
    indent,
    nesting_exceeds,
    prefix_overlap,
    snakify,
    split_on,
    truncate,
    truncate_with_ellipsis,
    words_of,
)
from domain.expressions.router_tests.numbers import parse_written_number
from domain.expressions.values.number import number_text, parse_number
from domain.flow.engine.answer_json import json_of_body
from domain.message.content import attachment_parts, is_attachment, read_quick_reply
from tests.conformance.kinds.envs.checking import Check, Checks, error_of, of_function
from tests.conformance.outcomes import checked, equal
from tests.conformance.runner import Outcome


def _collation(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        collate = COLLATIONS[case["collation"]]
        key = collate(case["input"])
        equals = {other: collate(other) == key for other in case["equals"]}
        return equal((key, equals), (case["transform"], case["equals"]))

    return check


def _quick_replies(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        reply = read_quick_reply(case["text"] if "text" in case else json.loads(case["json"]))
        expected = case["expected"]
        wanted = expected.get("Type", "text"), expected.get("Text", ""), expected.get("Extra", "")
        return equal((reply.type, reply.text, reply.extra), wanted)

    return check


def _attachments(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        content_type, url = attachment_parts(case["attachment"])
        found = content_type, url, is_attachment(case["attachment"])
        return equal(found, (case["content_type"], case["url"], case["valid"]))

    return check


def _bytes(encoded: Any) -> bytes:
    return bytes.fromhex(encoded["hex"]) if isinstance(encoded, dict) else encoded.encode()


def _extract_json(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        found, _ = json_of_body(_bytes(case["body"]))
        wanted = json.loads(_bytes(case["json"])) if case["json"] else None
        return equal(found, wanted)

    return check


def _parse_number(given: Any, folder: Path) -> Check:
    def check(case: Any) -> str:
        found = parse_written_number(case["input"], NumberFormat(**case["format"]))
        expected = case["expected"]["value"] if case["expected"] else None
        return equal(None if found is None else number_text(found), expected)

    return check


def parse_number_errors(cases: list[Any]) -> Iterator[Outcome]:
    for index, case in enumerate(cases):
        name = f"parse_number error[{index}]"
        yield checked(name, lambda c=case: equal(error_of(lambda: parse_number(c["input"])), c["error"]))  # type: ignore[misc]


CHECKS: dict[str, Checks] = {
    "collation": _collation,
    "snakify": lambda given, folder: lambda case: equal(snakify(case["input"]), case["expected"]),
    "tokenize": lambda given, folder: lambda case: equal(words_of(case["text"]), case["result"]),
    "tokenize_by_chars": lambda given, folder: (
        lambda case: equal(split_on(case["text"], case["chars"]), case["result"])
    ),
    "tokenize_by_unicode_seg": lambda given, folder: lambda case: equal(segments_of(case["text"]), case["result"]),
    "prefix_overlap": of_function(prefix_overlap),
    "indent": of_function(indent),
    "nesting_depth_exceeds": of_function(nesting_exceeds),
    "attachments": _attachments,
    "extract_json": _extract_json,
    "parse_number": _parse_number,
    "quick_replies": _quick_replies,
    "gocommon_confusables:Skeleton": of_function(skeleton),
    "gocommon_confusables:Confusable": of_function(lambda a, b: skeleton(a) == skeleton(b)),
    "gocommon_truncate:TruncateEllipsis": of_function(truncate_with_ellipsis),
    "gocommon_truncate:Truncate": of_function(truncate),
}
