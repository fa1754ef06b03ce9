"""Builds the read models that this program has in another version, one after the other, beside the live ones.

Whoever keeps the live rows current meanwhile (the projector of the program before, or this one's for those that did not change) goes on;
each is switched in the moment it is complete.
"""

import logging
from collections.abc import Callable, Sequence

from psycopg2.extensions import connection as Connection

from domain.ports.event_log import EventLog
from projections.installing import install
from projections.projection import Projection
from projections.rebuild import Rebuilt, rebuild

log_of_work = logging.getLogger("evenkeel.read_models")


def build_outdated(
    log: EventLog, connect: Callable[[], Connection], projections: Sequence[Projection]
) -> list[Rebuilt]:
    """What was built, if anything. Safe to call from several processes at once. Raises Unavailable, and UnknownEvent when log or
    read models are newer than this program."""
    connection = connect()
    try:
        wanted = install(connection, projections)
    finally:
        connection.close()
    return [_build(log, connect, projection) for projection in wanted]


def _build(log: EventLog, connect: Callable[[], Connection], projection: Projection) -> Rebuilt:
    log_of_work.info("Building %s version %s from the log", projection.name, projection.version)
    built = rebuild(log, connect, projection, unless_live=True)
    if built.switched:
        changed = ", ".join(each.table for each in built.differences) or "none"
        log_of_work.info(
            "%s version %s is read now: %s events; tables whose rows changed: %s",
            built.name, built.version, built.events, changed, extra={"action": "read_model_switched"},
        )  # fmt: skip
    return built
