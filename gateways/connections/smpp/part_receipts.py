"""One status for a message in parts: it is delivered when all its parts are, and failed when one is."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from domain.errors import Unavailable
from gateways.channels.contract import StatusName
from gateways.connections.notes import Notes

log = logging.getLogger(__name__)

KEEP_SECONDS: Final = 3 * 86_400.0
_REMEMBERED: Final = 100_000


class PartReceipts:
    """Knows ids that were given to parts: in memory those of this process, in the notes those of earlier ones too."""

    def __init__(self, channel: str, notes: Notes) -> None:
        self._channel = channel
        self._notes = notes
        self._places: OrderedDict[str, tuple[str, int, int] | None] = OrderedDict()

    def knows(self, id: str) -> bool:
        return id in self._places

    async def submitted(self, id: str, message: str, number: int, total: int) -> None:
        """A part, or a message that has one only, was accepted under this id."""
        place = (message, number, total) if total > 1 else None
        self._places[id] = place
        if len(self._places) > _REMEMBERED:
            self._places.popitem(last=False)
        if place is not None:
            value = f"{message} {number} {total}"
            try:
                await asyncio.to_thread(self._notes.write, self._channel, f"part:{id}", value, KEEP_SECONDS)
            except Unavailable:
                log.warning("Receipts of a message in parts may be lost", extra={"action": "part_not_noted"})

    async def named(self, id: str, status: StatusName) -> Mapping[str, Any] | None:
        """What a delivery report says of it: the message (by its uuid, or by the operator's id) and its status; None if it isn't one yet.

        Raises Unavailable where a part's message can't be looked up: the operator says it again.
        """
        place = self._places.get(id)
        if place is None and id not in self._places:
            place = await self._noted(id)
        if place is None:
            return {"external_id": id, "status": status}
        message, number, total = place
        if status != "delivered":
            return {"message": message, "status": status}
        delivered = await asyncio.to_thread(
            self._notes.add, self._channel, f"delivered:{message}", str(number), status, KEEP_SECONDS
        )
        return {"message": message, "status": status} if len(delivered) >= total else None

    async def _noted(self, id: str) -> tuple[str, int, int] | None:
        value = await asyncio.to_thread(self._notes.read, self._channel, f"part:{id}")
        if value is None:
            return None
        message, number, total = value.split(" ")
        return message, int(number), int(total)
