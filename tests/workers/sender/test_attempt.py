"""How much of an answer is read: a word of how it went, or a file that goes on to an aggregator."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from domain.ports.http_caller import Call, Reply
from gateways.channels.catalogue import type_of
from gateways.channels.contract import Channel, Installation
from workers.sender.attempt import MAX_ANSWER_BYTES, Attempts
from workers.sender.outgoing import Outgoing

TURN = Channel(
    "019f0000-0000-7000-8000-0000000000c1",
    "org",
    "TRN",
    "+250788000000",
    schemes=("whatsapp",),
    config={"auth_token": "turn-1", "base_url": "https://turn.example"},
)
FILE = b"x" * (MAX_ANSWER_BYTES * 4)
ANSWERS = {
    "https://files.example/film.mp4": FILE,
    "https://turn.example/v1/media": b'{"media": [{"id": "up-1"}]}',
    "https://turn.example/v1/messages": b'{"messages": [{"id": "wamid.1"}]}',
}


class Wire:
    """Answers as far as it is asked to, like the real caller."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def call(self, call: Call) -> Reply:
        self.calls.append(call)
        whole = ANSWERS[call.url]
        return Reply(200, body=whole[: call.max_bytes], size=len(whole), too_large=len(whole) > call.max_bytes)

    async def close(self) -> None:
        """There is nothing to close."""


def test_a_large_file_is_carried_over_whole() -> None:
    wire = Wire()
    message: dict[str, Any] = {"uuid": "019f0000-0000-7000-8000-000000000001", "id": 10, "urn": "whatsapp:250788123123"}
    message |= {"text": "", "attachments": ["video/mp4:https://files.example/film.mp4"], "origin": "flow"}
    attempts = Attempts(wire, type_of, lambda: datetime(2026, 11, 24, tzinfo=UTC), Installation())

    attempt = asyncio.run(attempts.make(Outgoing("org", TURN.uuid, "contact", message), TURN))

    _, upload, said = wire.calls
    assert (attempt.outcome.status, attempt.outcome.external_ids) == ("wired", ("wamid.1",))
    assert upload.body == FILE
    assert (upload.max_bytes, said.max_bytes) == (MAX_ANSWER_BYTES, MAX_ANSWER_BYTES)
