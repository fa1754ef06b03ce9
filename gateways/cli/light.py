"""Sender, effects, clock and starter in one process, each in a thread of its own."""

import threading
from collections.abc import Callable

from infra.settings import Settings


def run(name: str, settings: Settings, ready: Callable[[], None], stop: threading.Event) -> None:
    ready()
    stop.wait()
