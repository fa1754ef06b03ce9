"""What each process does, by role: builds its parts out of the settings, says when it is ready, and works until told to stop."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from domain.errors import EvenkeelError
from gateways.cli import compose
from gateways.cli.working import work
from infra.settings import Settings

Ready = Callable[[], None]


def run_role(role: str, name: str, settings: Settings, ready: Ready, stop: threading.Event) -> int:
    """Work in this role until `stop` is set; the exit code. `name` is the process's own, for leases and files."""
    if role == "build":
        return run_build(settings)
    {"web": run_web, "decider": run_decider, "projector": run_projector, "light": run_light}[role](
        name, settings, ready, stop
    )
    return 0


def run_build(settings: Settings) -> int:
    """Build the read models that changed, and end: before the processes of another program are replaced by ours."""
    from projections.building import build_outdated
    from projections.catalogue import CATALOGUE

    event_log = compose.open_log(settings)
    try:
        build_outdated(event_log, lambda: compose.connect_database(settings), CATALOGUE)
    except EvenkeelError as error:
        logging.getLogger(__name__).error("%s", error.sentence)
        return 1
    finally:
        event_log.close()
    return 0


def run_decider(name: str, settings: Settings, ready: Ready, stop: threading.Event) -> None:
    from infra.clock import now
    from workers.decider.decider import Decider

    event_log = compose.open_log(settings)
    with ThreadPoolExecutor(1, "commit") as beside:
        decider = Decider(event_log, compose.open_state_store(settings), now, name, beside)
        ready()
        work(decider.step, stop)
        decider.close()
    event_log.close()


def run_projector(name: str, settings: Settings, ready: Ready, stop: threading.Event) -> None:
    from workers.projector.projector import Projector

    event_log = compose.open_log(settings)
    projector = Projector(event_log, lambda: compose.connect_database(settings), shares=True)
    ready()
    work(projector.step, stop)
    projector.close()
    event_log.close()


def run_light(name: str, settings: Settings, ready: Ready, stop: threading.Event) -> None:
    """Sender, effects, clock and starter in one process, each in a thread of its own."""
    from gateways.cli import light

    light.run(name, settings, ready, stop)


def run_web(name: str, settings: Settings, ready: Ready, stop: threading.Event) -> None:
    from gateways.cli import web

    web.run(name, settings, ready, stop)
