"""Brings a definition to a newer version of the format, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson

from domain.errors import DefinitionError
from domain.flow.definition.checks import IS_UUID, MAX_NAME
from domain.flow.definition.legacy.flow import LEGACY_KEYS, migrate_legacy
from domain.flow.definition.migrations import STEPS, Step
from domain.flow.definition.model import SPEC_VERSION
from domain.flow.definition.shapes import Problems, TextSpec
from domain.flow.definition.validate import MAX_NODES

Version = tuple[int, int, int]

MAX_UI_BYTES = 262_144
MAX_DEPTH = 100
"""How deep objects and lists may lie in each other."""
MAX_LANGUAGES = 200
_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?")
_UUID = TextSpec(required=True, check=IS_UUID)
_NAME = TextSpec(required=True, max_chars=MAX_NAME)


def parse_version(text: Any) -> Version | None:
    """`"13.6.1"` as numbers; None if it isn't a version."""
    found = _VERSION.fullmatch(text) if isinstance(text, str) else None
    return None if found is None else (int(found[1]), int(found[2] or 0), int(found[3] or 0))


NEWEST: Version = (14, 4, 2)
OLDEST_WITH_HEADER: Version = (13, 0, 0)
_ORDERED: tuple[tuple[Version, str, Step], ...] = tuple(
    (version, text, step) for text, step in STEPS.items() if (version := parse_version(text)) is not None
)


def migrate(
    raw: dict[str, Any],
    to_version: str | None = None,
    *,
    ids: Callable[[], str] | None = None,
    base_media_url: str = "",
) -> dict[str, Any]:
    """The definition in the newest version, or in `to_version`. `raw` is left alone; it is the answer if nothing is to do.

    `ids` gives the version 4 UUIDs that some steps need; without it they are derived from the definition's own uuid,
    so that the same definition always migrates to the same result. `base_media_url` is put before the paths of
    recordings and pictures in version 11 definitions. Raises DefinitionError.
    """
    target = NEWEST if to_version is None else parse_version(to_version)
    if target is None:
        raise DefinitionError(f"'{to_version}' is not a version")
    check_depth(raw)
    check_size(raw)
    if ids is None:
        ids = derived_ids(raw)
    try:
        version = read_header(raw)
    except NoHeader:
        if not any(key in raw for key in LEGACY_KEYS):
            raise
        raw = migrate_legacy(raw, ids, base_media_url)
        check_size(raw)
        version = OLDEST_WITH_HEADER if target == OLDEST_WITH_HEADER else read_header(raw)
    if version >= target:
        return raw
    raw = copied(raw)
    for step_version, text, step in _ORDERED:
        if version < step_version <= target:
            step(raw, ids)
            raw["spec_version"] = text
    return raw


class NoHeader(DefinitionError):
    """The definition has no header of version 13 or later."""


def read_header(raw: dict[str, Any]) -> Version:
    """The version of a definition that has the header of version 13 and later. Raises DefinitionError."""
    problems = Problems()
    _UUID.read(raw.get("uuid"), "uuid", problems)
    _NAME.read(raw.get("name"), "name", problems)
    written = raw.get("spec_version")
    version = parse_version(written)
    if written is None or written == "":
        problems.add("spec_version", "is required")
    elif version is None:
        problems.add("spec_version", "must be a version number such as 14.4.2")
    if problems.sentences or version is None:
        raise NoHeader("unable to read flow header: " + ", ".join(problems.sentences))
    if version >= (NEWEST[0], NEWEST[1] + 1, 0):
        raise DefinitionError(f"spec version {written} is newer than this library ({SPEC_VERSION})")
    if version < OLDEST_WITH_HEADER:
        raise NoHeader(f"spec version {written} can't be read: it is older than 13.0.0 and has no rule sets")
    return version


def check_size(raw: dict[str, Any]) -> None:
    """Refuses what is too large to be looked at, before anything walks over it."""
    for key in ("nodes", "action_sets", "rule_sets"):
        members = raw.get(key)
        if isinstance(members, list) and len(members) > MAX_NODES:
            raise DefinitionError(f"flow can't have more than {MAX_NODES} nodes (has {len(members)})")
    localization = raw.get("localization")
    if isinstance(localization, dict) and len(localization) > MAX_LANGUAGES:
        raise DefinitionError(f"flow can't have more than {MAX_LANGUAGES} languages (has {len(localization)})")
    ui = raw.get("_ui")
    if ui:
        try:
            size = len(orjson.dumps(ui))
        except (TypeError, orjson.JSONEncodeError) as e:
            raise DefinitionError(f"field '_ui' must be JSON: {e}") from e
        if size > MAX_UI_BYTES:
            raise DefinitionError(f"flow can't have more than {MAX_UI_BYTES} bytes of UI data (has {size})")


def check_depth(raw: dict[str, Any]) -> None:
    """Refuses what is nested so deep that walking over it, or writing it again, would fail."""
    level: list[Any] = [raw]
    for _ in range(MAX_DEPTH):
        level = [
            member
            for container in level
            for member in (container.values() if isinstance(container, dict) else container)
            if isinstance(member, dict | list)
        ]
        if not level:
            return
    raise DefinitionError(f"the definition is nested deeper than {MAX_DEPTH} levels")


def derived_ids(raw: dict[str, Any]) -> Callable[[], str]:
    """UUIDs of version 4's form that follow from the definition's uuid and from how many were drawn before."""
    metadata = raw.get("metadata")
    own = raw.get("uuid") or (metadata.get("uuid") if isinstance(metadata, dict) else None)
    return ids_from(str(own) if own else digest_of(raw))


def digest_of(raw: dict[str, Any]) -> str:
    """A fingerprint of what the JSON object says. Raises DefinitionError if it holds what JSON can't."""
    try:
        return sha256(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()
    except (TypeError, orjson.JSONEncodeError) as e:
        raise DefinitionError(f"the definition must be JSON: {e}") from e


def ids_from(seed: str) -> Callable[[], str]:
    """UUIDs of version 4's form that follow from the seed and from how many were drawn before."""
    drawn = 0

    def draw() -> str:
        nonlocal drawn
        digest = bytearray(sha256(f"{seed}/{drawn}".encode(errors="replace")).digest()[:16])
        drawn += 1
        digest[6] = (digest[6] & 0x0F) | 0x40
        digest[8] = (digest[8] & 0x3F) | 0x80
        text = digest.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    return draw


def copied(value: Any) -> Any:
    """A copy of a JSON value that shares nothing with it that can be changed."""
    if isinstance(value, dict):
        return {key: copied(member) for key, member in value.items()}
    if isinstance(value, list):
        return [copied(member) for member in value]
    return value
