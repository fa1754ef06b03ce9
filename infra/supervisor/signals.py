"""SIGTERM and SIGINT as an event to wait for."""

import signal
import threading


def stop_on_signals() -> threading.Event:
    """An event that is set when this process is asked to end.

    A handler runs in the midst of whatever the main thread does, maybe within this very event, whose lock would then never be
    free; so another thread sets it.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop.set, daemon=True).start())
    return stop
