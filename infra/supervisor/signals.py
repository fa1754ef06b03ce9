"""Signals as events to wait for.

SIGTERM and SIGINT ask a process to end. SIGUSR1 asks a supervisor to look at the request of `evenkeel restart`. SIGUSR2 asks a process that
listens to hand over: another has its socket already, so it ends when the last of its connections has ended by itself.
"""

import signal
import threading

ASKED = signal.SIGUSR1
HAND_OVER = signal.SIGUSR2


def on_signals(*numbers: signal.Signals) -> threading.Event:
    """An event that is set when one of the signals comes.

    A handler runs in the midst of whatever the main thread does, maybe within this very event, whose lock would then never be
    free; so another thread sets it.
    """
    event = threading.Event()
    for number in numbers:
        signal.signal(number, lambda *_: threading.Thread(target=event.set, daemon=True).start())
    return event


def stop_on_signals() -> threading.Event:
    """An event that is set when this process is asked to end."""
    return on_signals(signal.SIGTERM, signal.SIGINT)


def hold_back() -> None:
    """Signals wait until `let_through`: while one program takes another's place in the process, nobody could handle them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, ASKED))


def let_through() -> None:
    """What was held back comes now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT, ASKED))
