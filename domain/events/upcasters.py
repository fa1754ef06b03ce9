"""How events of older versions become those of today.

The log is never rewritten: an event stays as it was written, and is lifted when it is read, one version at a time. Whoever raises an
`EventType.version` adds a line here, under the event's name and the version that it lifts:

    def _with_language(event: Event) -> Event:
        return {**event, "version": 2, "data": {**event["data"], "language": "und"}}

    UPCASTERS = MappingProxyType({("contact_created", 1): _with_language})

An upcaster is pure, gets an event of its own to keep or change, and must set the version it lifts to. It may rename the event. One event
stays one event: positions count them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain.events.record import Event

Upcaster = Callable[[Event], Event]

UPCASTERS: Mapping[tuple[str, int], Upcaster] = MappingProxyType({})
