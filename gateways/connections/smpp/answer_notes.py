"""What the operator answered, noted for whoever holds the link next: a message that was answered is not submitted again after a kill.

Answers that come while some are being written are written together, so that it costs a round trip for many.
"""

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from domain.errors import Unavailable
from gateways.connections.notes import Notes

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0  # of a new holder: senders ask again within their lease
KEEP_SECONDS: Final = 900.0


class AnswerNotes:
    """Made and used in one event loop. The holder with the first `fence` had none before it."""

    def __init__(self, channel: str, notes: Notes, fence: int) -> None:
        self._channel = channel
        self._notes = notes
        self._pending: dict[str, str] = {}
        self._writing: asyncio.Task[None] | None = None
        self._look_until = asyncio.get_running_loop().time() + (LOOK_SECONDS if fence > 1 else 0.0)

    async def find(self, message: str, number: int) -> bytes | None:
        """The answer that an earlier holder got for this part of a message."""
        if asyncio.get_running_loop().time() > self._look_until:
            return None
        try:
            found = await asyncio.to_thread(self._notes.read, self._channel, _name(message, number))
        except Unavailable:
            return None
        return None if found is None else found.encode()

    async def keep(self, message: str, number: int, answer: bytes) -> None:
        """Done when it is noted (or can't be)."""
        self._pending[_name(message, number)] = answer.decode()
        while _name(message, number) in self._pending:
            if self._writing is None:
                self._writing = asyncio.create_task(self._write())
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        writing: Mapping[str, str] = dict(self._pending)
        try:
            await asyncio.to_thread(partial(self._notes.write_many, self._channel, writing, KEEP_SECONDS))
        except Unavailable as outage:
            log.warning("Answers aren't noted: %s", outage.sentence, extra={"action": "answers_not_noted"})
        finally:
            for name in writing:
                self._pending.pop(name, None)
            self._writing = None


def _name(message: str, number: int) -> str:
    return f"answer:{message}:{number}"
