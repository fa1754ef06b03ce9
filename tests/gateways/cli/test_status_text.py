"""What `evenkeel status` prints."""

from typing import Any

import pytest

from gateways.cli.status import as_text

PAUSED = {
    "organization": "org",
    "channel": "ch",
    "name": "Short code",
    "since": "2026-11-28T03:00:00Z",
    "reason": "No credit.",
}


def found(**parts: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "processes": [],
        "log": {"readers": {}, "parked": []},
        "queues": {"send": {}},
        "paused": [],
    }
    return whole | {"spool": {"segments": 0, "bytes": 0}, "links": {}, "set_aside": []} | parts


def test_paused_channels_are_named_with_what_waits_for_them() -> None:
    text = as_text(found(paused=[PAUSED], queues={"send": {"org": {"ch": 17}}}))

    assert "paused Short code ch since 2026-11-28T03:00:00Z: No credit.; 17 messages wait" in text


@pytest.mark.parametrize("part", ["log", "queues", "paused", "links", "set_aside"])
def test_what_cannot_be_asked_hides_nothing_else(part: str) -> None:
    text = as_text(found(**{"paused": [PAUSED], part: {"error": "It is away."}}))

    assert "spool: 0 segments" in text
    assert ("paused Short code" in text) is (part != "paused")
