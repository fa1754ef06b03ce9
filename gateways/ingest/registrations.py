"""Apps that register a device are told the uuid of the contact they speak for, which is known once the registration has been taken in."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import orjson

from domain.errors import Unavailable
from domain.urn.parse import parse_urn
from gateways.channels.contract import JSON_TYPE, Channel, HttpResponse, Received
from gateways.http.own_connection import OwnConnection

log = logging.getLogger(__name__)

REGISTRATION: Final = "registration"
LOOKS: Final = 20  # times the contact is looked for ...
PAUSE: Final = 0.1  # ... after so many seconds

ContactOf = Callable[[str, str], str | None]
"""From an organization and a URN to the uuid of the contact that has it. Raises Unavailable."""


async def answer_to(
    channel: Channel, received: Received, contact_of: ContactOf, pause: Callable[[float], Awaitable[None]]
) -> HttpResponse:
    """`{"contact_uuid"}` where somebody registered; the type's own answer to everything else, and where the contact isn't known in time."""
    urn = next((event.urn for event in received.events if event.type == REGISTRATION), None)
    if urn is None:
        return received.response
    try:
        for _ in range(LOOKS):
            contact = await asyncio.to_thread(contact_of, channel.org_uuid, urn)
            if contact is not None:
                return HttpResponse(200, {"content-type": JSON_TYPE}, orjson.dumps({"contact_uuid": contact}))
            await pause(PAUSE)
    except Unavailable as outage:
        log.warning("A registration is answered without its contact: %s", outage.sentence)
    return received.response


class ContactReader:
    """`connect` opens a connection of its own. Thread-safe."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._database = OwnConnection(connect)

    def of_urn(self, org: str, urn: str) -> str | None:
        """The uuid of the contact who has a URN. Raises Unavailable."""
        parsed = parse_urn(urn)
        rows = self._database.rows(_BY_URN, (org, parsed.scheme, parsed.path))
        return str(rows[0][0]) if rows else None

    def close(self) -> None:
        self._database.close()


_BY_URN: Final = """
select c.uuid::text from contacts.contact_urns u join contacts.contacts c on c.org = u.org and c.id = u.contact_id
where u.org = %s and u.scheme = %s and u.path = %s and c.status is not null
"""
