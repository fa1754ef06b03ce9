"""The channel directory of a process that listens or sends."""

import contextlib
from collections.abc import Iterator
from typing import Final

from domain.ports.event_log import EventLog
from gateways.ingest.channel_directory import ChannelDirectory
from infra.settings import Settings

CATCH_UP_SECONDS: Final = 5.0
"""How long a process waits at its start to learn its channels (`caught_up`); then a door answers 503 where it does not know."""


@contextlib.contextmanager
def knowing_channels(event_log: EventLog, settings: Settings, name: str) -> Iterator[ChannelDirectory]:
    """Follows the log meanwhile. `name` is the process's own."""
    directory = ChannelDirectory(settings.state / "run" / f"channels-{name}.json")
    directory.start(event_log)
    try:
        yield directory
    finally:
        directory.stop()
