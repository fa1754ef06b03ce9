"""The channel log of a process: what its door or sender is told to record goes to the log of this installation."""

import contextlib
from collections.abc import Iterator

from gateways.channels.log.figures import Figures
from gateways.channels.log.recorder import Recorder
from gateways.channels.log.writer import FIGURES_FILE, ChannelLogWriter
from gateways.cli import compose
from infra.clock import now
from infra.ids import uuid7
from infra.settings import Settings


@contextlib.contextmanager
def recording(settings: Settings, name: str) -> Iterator[Recorder]:
    """`name` is the process's own."""
    figures = Figures()
    writer = ChannelLogWriter(
        compose.open_channel_log(settings),
        now,
        days=settings.channel_log_days,
        figures=figures.as_json,
        figures_file=settings.state / "run" / FIGURES_FILE.format(name),
    )
    writer.start()
    try:
        yield Recorder(
            writer,
            figures,
            uuid7,
            now,
            compose.channel_installation(settings),
            per_minute=settings.channel_log_per_minute,
        )
    finally:
        writer.stop()
