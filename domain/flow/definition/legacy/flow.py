"""Definitions of version 11."""

from typing import Any, Callable


def is_legacy(raw: dict[str, Any]) -> bool:
    return False


def migrate_legacy(raw: dict[str, Any], ids: Callable[[], str], base_media_url: str) -> dict[str, Any]:
    return raw
