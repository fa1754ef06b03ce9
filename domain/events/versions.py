"""The versions of events: what is written is of the newest one, what is read is lifted to it, and what is newer than this program is
refused.

The event log's wire format calls `lifted` on every record it decodes, so no reader ever sees an older event or steps over a newer one.
Events that decisions carry within them (inputs put off) are lifted when they are taken up.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import UnknownEvent
from domain.event_catalogue import EVENT_TYPES
from domain.events.record import Event
from domain.events.upcasters import UPCASTERS, Upcaster

NEWEST: Mapping[str, int] = {name: event_type.version for name, event_type in EVENT_TYPES.items()}


def version_of(name: str) -> int:
    """The version in which this program writes an event of this name."""
    return NEWEST[name]


def new_event(name: str, id: str, data: dict[str, Any]) -> Event:
    """An event of no aggregate, in the newest version."""
    return {"type": name, "version": NEWEST[name], "id": id, "data": data}


def lifted(
    events: Sequence[Event],
    place: object,
    newest: Mapping[str, int] = NEWEST,
    upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
) -> tuple[Event, ...]:
    """The events as of today; `place` says where they stand.

    Raises UnknownEvent for one that this program does not know, or not in this version: a newer program wrote it.
    """
    for event in events:
        if newest.get(event["type"]) != event.get("version", 1):
            return tuple(_lifted(each, place, newest, upcasters) for each in events)
    return tuple(events)


def _lifted(
    event: Event, place: object, newest: Mapping[str, int], upcasters: Mapping[tuple[str, int], Upcaster]
) -> Event:
    while newest.get(event["type"]) != (version := event.get("version", 1)):
        upcaster = upcasters.get((event["type"], version))
        if upcaster is None:
            raise UnknownEvent(
                f"{event['type']} version {version} at {place} is newer than this program, which knows"
                f" {_known(newest.get(event['type']))}; upgrade it"
            )
        event = upcaster(event)
    return event


def _known(version: int | None) -> str:
    return "no event of this name" if version is None else f"version {version}"
